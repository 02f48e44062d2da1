import { Aws, CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import {
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { FilterPattern, type IFilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type CfnQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct, IConstruct } from 'constructs';
import { ANSWERS } from '../../lambdas/domain/kinds.ts';
import { ORDERS } from '../../lambdas/domain/ladders.ts';
import { type DimensionsOf, type Measure, NAMESPACE } from '../../lambdas/domain/measures.ts';
import type { StageConfig } from '../config/stage.ts';
import { HandlerFunction } from '../constructs/handler-function.ts';
import { RunbookAlarm, type RunbookAlarmProps } from '../constructs/runbook-alarm.ts';
import type { VersionedMachine } from '../constructs/versioned-machine.ts';
import type { DataStack } from './data.ts';
import type { WorkflowStack } from './workflow/stack.ts';

export interface OperationsStackProps extends StackProps {
  readonly config: StageConfig;
  readonly data: DataStack;
  readonly workflow: WorkflowStack;
}

type AlarmProps = Pick<RunbookAlarmProps, 'severity' | 'says' | 'paragraph' | 'metric'> &
  Partial<Pick<RunbookAlarmProps, 'threshold' | 'compared' | 'periods' | 'tellsOfSilence'>>;

const MINUTES = Duration.minutes(5);
const HOUR = Duration.hours(1);

/** A few rows say nothing about a share. */
const ROWS_FOR_A_SHARE = 20;

const FILES = ['report', 'usage', 'response'];

const WIDTH = 24;
const HEIGHT = 6;

/**
 * What those see who run the system: alarms, each with its severity and a link to its paragraph of the runbook, told to the
 * administrators' topic; and two dashboards, of the work and of the machine.
 */
export class OperationsStack extends Stack {
  readonly #config: StageConfig;
  readonly #data: DataStack;
  readonly #workflow: WorkflowStack;
  /** From one sweep to the next, and from one survey. */
  readonly #sweeps: Duration;
  readonly #surveys: Duration;

  constructor(scope: Construct, id: string, { config, data, workflow, ...props }: OperationsStackProps) {
    super(scope, id, props);
    this.#config = config;
    this.#data = data;
    this.#workflow = workflow;
    const { sweepHours, surveyHours } = config.operations;
    this.#sweeps = Duration.hours(sweepHours);
    this.#surveys = Duration.hours(Math.max(sweepHours, surveyHours));

    // The conditions name the account and not the alarms, which come after the topic.
    data.administrators.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsMayTell',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [data.administrators.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    );
    data.messagesKey.admitPublisher('cloudwatch.amazonaws.com', data.administrators);

    this.#watchExecutions();
    this.#watchMessages();
    this.#watchCapacity();
    this.#watchTheWork();
    this.#watchDenials();
    this.#watchTheGlass();
    this.#watchTheSweep();
    this.#dashboard('Work', this.#work());
    this.#dashboard('Machine', this.#machine());
  }

  // ---------------------------------------------------------------------------------------------------------- alarms

  #watchExecutions(): void {
    for (const machine of this.#workflow.machines) {
      const name = machine.node.id;
      this.#alarm(`${name}Failed`, {
        severity: 2,
        paragraph: 'an-execution-failed',
        says: `An execution of ${name} failed.`,
        metric: machine.metricFailed({ period: MINUTES }),
      });
      this.#alarm(`${name}TimedOut`, {
        severity: 2,
        paragraph: 'an-execution-timed-out',
        says: `An execution of ${name} timed out.`,
        metric: machine.metricTimedOut({ period: MINUTES }),
      });
    }
    // CloudWatch has no metric of a Map Run that failed, nor of a state that was entered: both stand in the machines' logs.
    const { batch, direction, importByPieces } = this.#workflow;
    for (const machine of [batch, importByPieces])
      this.#alarm(`${machine.node.id}MapFailed`, {
        severity: 2,
        paragraph: 'a-map-failed',
        says: `A Map of ${machine.node.id} failed.`,
        metric: this.#logged(
          machine,
          'MapFailures',
          FilterPattern.any(
            ...['MapRunFailed', 'MapRunAborted', 'MapStateFailed'].map((type) =>
              FilterPattern.stringValue('$.type', '=', type),
            ),
          ),
        ),
      });
    for (const machine of [batch, direction])
      this.#alarm(`${machine.node.id}Waits`, {
        severity: 2,
        paragraph: 'an-execution-waits-after-trouble',
        says: `An execution of ${machine.node.id} met trouble, waits an hour and tries again.`,
        metric: this.#logged(
          machine,
          'Troubles',
          FilterPattern.all(
            FilterPattern.stringValue('$.type', '=', 'TaskStateEntered'),
            FilterPattern.stringValue('$.details.name', '=', 'Tell the administrators*'),
          ),
        ),
      });
  }

  #watchMessages(): void {
    for (const queue of this.#all(Queue).filter(isDeadLetters))
      this.#alarm(queue.node.id, {
        severity: 2,
        paragraph: 'a-dead-letter',
        says: `${queue.node.id} holds a message that could not be worked on.`,
        metric: queue.metricApproximateNumberOfMessagesVisible({ period: MINUTES, statistic: Stats.MAXIMUM }),
      });
    for (const queue of this.#all(Queue).filter((one) => !isDeadLetters(one))) {
      const { visibilityTimeout = 0 } = queue.node.defaultChild as CfnQueue;
      this.#alarm(`${queue.node.id}Old`, {
        severity: 2,
        paragraph: 'the-oldest-message-is-old',
        says: `A message waits in ${queue.node.id} for longer than it takes to come back from two failed attempts.`,
        metric: queue.metricApproximateAgeOfOldestMessage({ period: MINUTES, statistic: Stats.MAXIMUM }),
        threshold: 2 * visibilityTimeout,
      });
    }
  }

  /** A burst is met by retries, so that only half an hour of it alarms. */
  #watchCapacity(): void {
    const lasting = { severity: 3, periods: 6 } as const;
    this.#alarm('LambdaThrottled', {
      ...lasting,
      paragraph: 'functions-are-throttled',
      says: 'Functions of the account are throttled for half an hour.',
      // Of the whole account, as the limit is.
      metric: new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', statistic: Stats.SUM, period: MINUTES }),
    });
    for (const table of [this.#data.cases, this.#data.links])
      for (const kind of ['Read', 'Write'] as const)
        this.#alarm(`${table.node.id}${kind}sThrottled`, {
          ...lasting,
          paragraph: 'a-table-is-throttled',
          says: `${kind}s of table ${table.node.id} are throttled for half an hour.`,
          metric: table.metric(`${kind}ThrottleEvents`, { statistic: Stats.SUM, period: MINUTES }),
        });
    for (const machine of this.#workflow.machines)
      this.#alarm(`${machine.node.id}Throttled`, {
        ...lasting,
        paragraph: 'a-state-machine-is-throttled',
        says: `Executions of ${machine.node.id} are throttled for half an hour.`,
        metric: machine.metricThrottled({ period: MINUTES }),
      });
  }

  #watchTheWork(): void {
    this.#alarm('BatchLate', {
      severity: 1,
      paragraph: 'a-batch-is-late',
      says: 'A batch has not settled an hour after its last deadline, or is not directed a day after its report.',
      metric: this.#gauge('BatchesLate'),
    });
    this.#alarm('SubscriptionsPending', {
      severity: 2,
      paragraph: 'a-subscription-waits-for-its-confirmation',
      says: 'Somebody who is to be told of what happens is told nothing, until a subscription is confirmed.',
      metric: this.#gauge('SubscriptionsPending'),
    });
    this.#alarm('Unexplained', {
      severity: 1,
      paragraph: 'books-dont-balance',
      says: 'A batch settled with rows that its books have no account for.',
      metric: this.#measured('Unexplained', undefined, { statistic: Stats.MAXIMUM }),
    });
    for (const { id: operator } of this.#config.operators)
      this.#alarm(`Unanswered-${operator}`, {
        severity: 3,
        paragraph: 'an-operator-answers-nothing',
        says: `${operator} has answered nothing by half of the first rung.`,
        metric: this.#gauge('DirectionsUnanswered', { operator }),
      });
    this.#alarm('Conflicts', {
      severity: 3,
      paragraph: 'a-response-contradicts',
      says: 'A response contradicts what is recorded.',
      metric: this.#measured('Conflicts'),
    });
    for (const file of FILES)
      this.#alarm(`RejectsOf-${file}`, {
        severity: 3,
        paragraph: 'too-many-rows-are-rejected',
        says: `More than ${this.#config.operations.rejectPercent} % of the rows of ${file} files were rejected within an hour.`,
        metric: new MathExpression({
          expression: `IF(read >= ${ROWS_FOR_A_SHARE}, 100 * rejected / read, 0)`,
          label: `Rejected rows of ${file} files, percent`,
          period: HOUR,
          usingMetrics: {
            read: this.#measured('RowsRead', { file }, { period: HOUR }),
            rejected: this.#measured('RowsRejected', { file }, { period: HOUR }),
          },
        }),
        threshold: this.#config.operations.rejectPercent,
        compared: ComparisonOperator.GREATER_THAN_THRESHOLD,
      });
  }

  /** What its one role can do is to invoke one function, so that each use is an invocation: seen without CloudTrail. */
  #watchTheGlass(): void {
    this.#alarm('AuditRedriven', {
      severity: 2,
      paragraph: 'the-glass-was-broken',
      says: 'Somebody with the break-glass role had dead letters of the audit worked on again.',
      metric: this.#workflow.redriveAudit.metricInvocations({ period: MINUTES }),
    });
  }

  /** What of refused requests CloudWatch can see without CloudTrail: those of functions, events and notices. */
  #watchDenials(): void {
    const denied = { severity: 2, paragraph: 'a-policy-or-a-key-refuses' } as const;
    this.#alarm('Denied', {
      ...denied,
      says: 'A policy or a key refused a request of a function.',
      metric: this.#measured('Denied'),
    });
    for (const rule of this.#all(Rule))
      this.#alarm(`${rule.node.id}Undelivered`, {
        ...denied,
        says: `EventBridge could neither deliver an event of ${rule.node.id} nor put it among the dead letters.`,
        metric: new Metric({
          namespace: 'AWS/Events',
          // One that went to the dead letters is told of by their alarm.
          metricName: 'InvocationsFailedToBeSentToDlq',
          dimensionsMap: { RuleName: rule.ruleName },
          statistic: Stats.SUM,
          period: MINUTES,
        }),
      });
    for (const topic of this.#all(Topic))
      this.#alarm(`${topic.node.id}Undelivered`, {
        ...denied,
        says: `SNS could not deliver a notice of ${topic.node.id}.`,
        metric: topic.metricNumberOfNotificationsFailed({ period: MINUTES }),
      });
  }

  #watchTheSweep(): void {
    this.#alarm('Mended', {
      severity: 3,
      paragraph: 'the-sweep-mended-something',
      says: 'The sweep found something undone and had it done.',
      metric: this.#measured('Mended'),
    });
    this.#alarm('Quarantined', {
      severity: 2,
      paragraph: 'an-upload-is-in-quarantine',
      says: 'An upload failed each time that it was worked on, and nothing takes it up any more.',
      metric: this.#measured('Quarantined'),
    });
    this.#alarm('SweepMissing', {
      severity: 2,
      paragraph: 'the-sweep-does-not-run',
      says: 'The sweep has not run when it was due, twice.',
      metric: this.#workflow.sweep.metricInvocations({ period: this.#sweeps }),
      compared: ComparisonOperator.LESS_THAN_THRESHOLD,
      periods: 2,
      tellsOfSilence: true,
    });
  }

  #alarm(id: string, props: AlarmProps): void {
    const { stage, operations } = this.#config;
    new RunbookAlarm(this, id, {
      stage,
      runbookUrl: operations.runbookUrl,
      tells: this.#data.administrators,
      threshold: 1,
      compared: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      ...props,
    });
  }

  // ---------------------------------------------------------------------------------------------------------- metrics

  /** A measure of the functions: under its dimensions, or under the stage alone. */
  #measured<M extends Measure>(
    name: M,
    dimensions?: DimensionsOf<M>,
    { statistic = Stats.SUM, period = MINUTES, label }: { statistic?: string; period?: Duration; label?: string } = {},
  ): Metric {
    const dimensionsMap = { stage: this.#config.stage, ...dimensions };
    return new Metric({
      namespace: NAMESPACE,
      metricName: name,
      dimensionsMap,
      statistic,
      period,
      ...(label && { label }),
    });
  }

  /** A measure of what is, as each survey finds it. */
  #gauge<M extends Measure>(name: M, dimensions?: DimensionsOf<M>, label?: string): Metric {
    return this.#measured(name, dimensions, {
      statistic: Stats.MAXIMUM,
      period: this.#surveys,
      ...(label && { label }),
    });
  }

  /** Counts the lines of a machine's log that fit a pattern. */
  #logged(machine: VersionedMachine, what: string, filterPattern: IFilterPattern): Metric {
    const name = machine.node.id;
    const filter = new MetricFilter(this, `${name}${what}`, {
      logGroup: machine.logGroup,
      metricNamespace: `${NAMESPACE}/${this.#config.stage}`,
      metricName: `${name}${what}`,
      filterPattern,
    });
    return filter.metric({ statistic: Stats.SUM, period: MINUTES });
  }

  /** What stands in the other two stacks, also what comes to stand there: nothing is to be added here for it. */
  #all<T extends Construct>(type: abstract new (...some: never[]) => T): T[] {
    const isOne = (child: IConstruct): child is T => child instanceof type;
    return [this.#data, this.#workflow].flatMap((stack) => stack.node.children.filter(isOne));
  }

  // ------------------------------------------------------------------------------------------------------- dashboards

  #dashboard(name: string, rows: GraphWidget[][]): void {
    const { stage, operations } = this.#config;
    const heading = `# ${name} of ${stage}\nWhat to do about an alarm: ${operations.runbookUrl}`;
    const dashboard = new Dashboard(this, name, {
      // A dashboard's name is an account's, whatever the region.
      dashboardName: `${stage}-${Aws.REGION}-${name.toLowerCase()}`,
      widgets: [[new TextWidget({ markdown: heading, width: WIDTH, height: 2 })], ...rows],
    });
    new CfnOutput(this, `${name}DashboardUrl`, {
      value: `https://${Aws.REGION}.console.aws.amazon.com/cloudwatch/home?region=${Aws.REGION}#dashboards/dashboard/${dashboard.dashboardName}`,
    });
  }

  #work(): GraphWidget[][] {
    const operators = this.#config.operators.map(({ id }) => id);
    const each = <M extends Measure>(name: M, values: string[], dimensions: (value: string) => DimensionsOf<M>) =>
      values.map((value) => this.#measured(name, dimensions(value), { period: HOUR, label: value }));
    const total = (name: Measure, label: string) => this.#measured(name, undefined, { period: HOUR, label });
    return [
      graphs(
        [
          'Batches open',
          [this.#gauge('BatchesOpen', undefined, 'open'), this.#gauge('BatchesLate', undefined, 'late')],
        ],
        ['Batches', [total('BatchesRegistered', 'registered'), total('BatchesSettled', 'settled')]],
        [
          'Open directions by what was ordered last',
          ORDERS.map((order) => this.#gauge('DirectionsOpen', { order }, order)),
        ],
      ),
      graphs(
        ['Rows recorded by outcome', each('RowsRecorded', ANSWERS, (outcome) => ({ outcome }))],
        ['Open rows', operators.map((operator) => this.#gauge('RowsOpen', { operator }, operator))],
        [
          'Open directions of who answers nothing',
          operators.map((operator) => this.#gauge('DirectionsUnanswered', { operator }, operator)),
        ],
      ),
      graphs(
        ['Orders issued', operators.map((operator, n) => this.#ordersOf(operator, n))],
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

  #ordersOf(operator: string, place: number): MathExpression {
    const usingMetrics = Object.fromEntries(
      ORDERS.map(
        (order, n) =>
          [`m${place}_${n}`, this.#measured('OrdersIssued', { operator, order }, { period: HOUR })] as const,
      ),
    );
    return new MathExpression({
      expression: `SUM([${Object.keys(usingMetrics).join(', ')}])`,
      label: operator,
      period: HOUR,
      usingMetrics,
    });
  }

  #machine(): GraphWidget[][] {
    const functions = this.#all(HandlerFunction);
    const { machines } = this.#workflow;
    const { cases, links } = this.#data;
    const queues = this.#all(Queue).filter((queue) => !isDeadLetters(queue));
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
          of(this.#all(Queue).filter(isDeadLetters), (one, label) =>
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
}

function graphs(...row: [title: string, left: IMetric[]][]): GraphWidget[] {
  return row.map(([title, left]) => new GraphWidget({ title, left, width: WIDTH / row.length, height: HEIGHT }));
}

const isDeadLetters = (queue: Queue): boolean => queue.node.id.endsWith('DeadLetters');
