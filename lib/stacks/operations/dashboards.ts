import { Aws, CfnOutput } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric, MathExpression, Stats, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { ORDERS } from '../../../lambdas/domain/ladders.ts';
import type { DimensionsOf, Measure } from '../../../lambdas/domain/measures.ts';
import { ANSWERS } from '../../../lambdas/domain/outcome-rules.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { isDeadLetters } from '../../constructs/work-queue.ts';

import { FILES, HOUR, type Metrics } from './metrics.ts';

const WIDTH = 24;
const HEIGHT = 6;

/** Two dashboards: of the work and of the machine. */
export function addDashboards(metrics: Metrics): void {
  dashboard(metrics, 'Work', work(metrics));
  dashboard(metrics, 'Machine', machine(metrics));
}

function dashboard(metrics: Metrics, name: string, rows: GraphWidget[][]): void {
  const { stage, operations } = metrics.config;
  const heading = `# ${name} of ${stage}\nWhat to do about an alarm: ${operations.runbookUrl}`;
  const dashboard = new Dashboard(metrics.stack, name, {
    // A dashboard's name is an account's, whatever the region.
    dashboardName: `${stage}-${Aws.REGION}-${name.toLowerCase()}`,
    widgets: [[new TextWidget({ markdown: heading, width: WIDTH, height: 2 })], ...rows],
  });
  new CfnOutput(metrics.stack, `${name}DashboardUrl`, {
    value: `https://${Aws.REGION}.console.aws.amazon.com/cloudwatch/home?region=${Aws.REGION}#dashboards/dashboard/${dashboard.dashboardName}`,
  });
}

function work(metrics: Metrics): GraphWidget[][] {
  const operators = metrics.config.operators.map(({ id }) => id);
  const each = <M extends Measure>(name: M, values: string[], dimensions: (value: string) => DimensionsOf<M>) =>
    values.map((value) => metrics.measured(name, dimensions(value), { period: HOUR, label: value }));
  const total = (name: Measure, label: string) => metrics.measured(name, undefined, { period: HOUR, label });
  return [
    graphs(
      [
        'Batches open',
        [metrics.gauge('BatchesOpen', undefined, 'open'), metrics.gauge('BatchesLate', undefined, 'late')],
      ],
      ['Batches', [total('BatchesRegistered', 'registered'), total('BatchesSettled', 'settled')]],
      [
        'Open directions by what was ordered last',
        ORDERS.map((order) => metrics.gauge('DirectionsOpen', { order }, order)),
      ],
    ),
    graphs(
      ['Rows recorded by outcome', each('RowsRecorded', ANSWERS, (outcome) => ({ outcome }))],
      ['Open rows', operators.map((operator) => metrics.gauge('RowsOpen', { operator }, operator))],
      [
        'Open directions of who answers nothing',
        operators.map((operator) => metrics.gauge('DirectionsUnanswered', { operator }, operator)),
      ],
    ),
    graphs(
      ['Orders issued', operators.map((operator, n) => ordersOf(metrics, operator, n))],
      ['Responses recorded', each('ResponsesRecorded', operators, (operator) => ({ operator }))],
      ['Connections overdue', each('ConnectionsOverdue', operators, (operator) => ({ operator }))],
      ['Handsets overdue', each('HandsetsOverdue', operators, (operator) => ({ operator }))],
    ),
    graphs(
      ['Rows read', each('RowsRead', FILES, (file) => ({ file }))],
      ['Rows rejected', each('RowsRejected', FILES, (file) => ({ file }))],
      [
        'Files refused, conflicts',
        [
          total('ReportsRefused', 'reports refused'),
          total('UsageStopped', 'usage files stopped'),
          total('ResponsesRefused', 'responses refused'),
          total('Conflicts', 'conflicting rows'),
          total('Quarantined', 'files quarantined'),
        ],
      ],
    ),
  ];
}

function ordersOf(metrics: Metrics, operator: string, place: number): MathExpression {
  const usingMetrics = Object.fromEntries(
    ORDERS.map(
      (order, n) =>
        [`m${place}_${n}`, metrics.measured('OrdersIssued', { operator, order }, { period: HOUR })] as const,
    ),
  );
  return new MathExpression({
    expression: `SUM([${Object.keys(usingMetrics).join(', ')}])`,
    label: operator,
    period: HOUR,
    usingMetrics,
  });
}

function machine(metrics: Metrics): GraphWidget[][] {
  const functions = metrics.all(HandlerFunction);
  const { machines } = metrics.workflow;
  const { cases, links } = metrics.data;
  const queues = metrics.all(Queue).filter((queue) => !isDeadLetters(queue));
  const of = <T extends Construct>(some: T[], metric: (one: T, label: string) => IMetric) =>
    some.map((one) => metric(one, one.node.id));
  const period = HOUR;
  const sum = { statistic: Stats.SUM, period } as const;
  const most = { statistic: Stats.MAXIMUM, period } as const;
  return [
    graphs(
      ['Invocations', of(functions, (one, label) => one.metricInvocations({ period, label }))],
      ['Errors', of(functions, (one, label) => one.metricErrors({ period, label }))],
      ['Throttles', of(functions, (one, label) => one.metricThrottles({ period, label }))],
    ),
    graphs(
      ['Duration, milliseconds', of(functions, (one, label) => one.metricDuration({ period, label }))],
      ['Executions started', of(machines, (one, label) => one.metricStarted({ period, label }))],
      [
        'Executions that failed, timed out or were throttled',
        machines.flatMap((one) => [
          one.metricFailed({ period, label: `${one.node.id} failed` }),
          one.metricTimedOut({ period, label: `${one.node.id} timed out` }),
          one.metricThrottled({ period, label: `${one.node.id} throttled` }),
        ]),
      ],
    ),
    graphs(
      [
        'Messages waiting',
        of(queues, (one, label) => one.metricApproximateNumberOfMessagesVisible({ ...most, label })),
      ],
      [
        'Oldest message, seconds',
        of(queues, (one, label) => one.metricApproximateAgeOfOldestMessage({ ...most, label })),
      ],
      [
        'Dead letters',
        of(metrics.all(Queue).filter(isDeadLetters), (one, label) =>
          one.metricApproximateNumberOfMessagesVisible({ ...most, label }),
        ),
      ],
    ),
    graphs(
      ['Write units', of([cases, links], (one, label) => one.metricConsumedWriteCapacityUnits({ ...sum, label }))],
      ['Read units', of([cases, links], (one, label) => one.metricConsumedReadCapacityUnits({ ...sum, label }))],
      [
        'Throttled reads and writes',
        [cases, links].flatMap((one) =>
          ['Read', 'Write'].map((kind) =>
            one.metric(`${kind}ThrottleEvents`, { ...sum, label: `${one.node.id} ${kind.toLowerCase()}s` }),
          ),
        ),
      ],
    ),
  ];
}

function graphs(...row: [title: string, left: IMetric[]][]): GraphWidget[] {
  return row.map(([title, left]) => new GraphWidget({ title, left, width: WIDTH / row.length, height: HEIGHT }));
}
