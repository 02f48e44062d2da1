import { ComparisonOperator, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule } from 'aws-cdk-lib/aws-events';
import { FilterPattern } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type CfnQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { RunbookAlarm, type RunbookAlarmProps } from '../../constructs/runbook-alarm.ts';
import { isDeadLetters } from '../../constructs/work-queue.ts';

import { FILES, HOUR, type Metrics, MINUTES } from './metrics.ts';

type AlarmProps = Pick<RunbookAlarmProps, 'severity' | 'says' | 'paragraph' | 'metric'> &
  Partial<Pick<RunbookAlarmProps, 'threshold' | 'compared' | 'periods' | 'tellsOfSilence'>>;

/** The fewest rows for a share: fewer say nothing about it. */
const ROWS_FOR_A_SHARE = 20;

/** Alarms, each with its severity and a link to its paragraph of the runbook, told to the administrators' topic. */
export function addAlarms(metrics: Metrics): void {
  watchExecutions(metrics);
  watchMessages(metrics);
  watchCapacity(metrics);
  watchTheWork(metrics);
  watchDenials(metrics);
  watchTheGlass(metrics);
  watchTheSweep(metrics);
}

function watchExecutions(metrics: Metrics): void {
  for (const machine of metrics.workflow.machines) {
    const name = machine.node.id;
    alarm(metrics, `${name}Failed`, {
      severity: 2,
      paragraph: 'an-execution-failed',
      says: `An execution of ${name} failed.`,
      metric: machine.metricFailed({ period: MINUTES }),
    });
    alarm(metrics, `${name}TimedOut`, {
      severity: 2,
      paragraph: 'an-execution-timed-out',
      says: `An execution of ${name} timed out.`,
      metric: machine.metricTimedOut({ period: MINUTES }),
    });
  }
  // CloudWatch has no metric of a Map Run that failed, nor of a state that was entered: both stand in the machines' logs.
  const { batch, direction, importByPieces } = metrics.workflow;
  for (const machine of [batch, importByPieces])
    alarm(metrics, `${machine.node.id}MapFailed`, {
      severity: 2,
      paragraph: 'a-map-failed',
      says: `A Map of ${machine.node.id} failed.`,
      metric: metrics.logged(
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
    alarm(metrics, `${machine.node.id}Waits`, {
      severity: 2,
      paragraph: 'an-execution-waits-after-trouble',
      says: `An execution of ${machine.node.id} met trouble, waits an hour and tries again.`,
      metric: metrics.logged(
        machine,
        'Troubles',
        FilterPattern.all(
          FilterPattern.stringValue('$.type', '=', 'TaskStateEntered'),
          FilterPattern.stringValue('$.details.name', '=', 'Tell the administrators*'),
        ),
      ),
    });
}

function watchMessages(metrics: Metrics): void {
  for (const queue of metrics.all(Queue).filter(isDeadLetters))
    alarm(metrics, queue.node.id, {
      severity: 2,
      paragraph: 'a-dead-letter',
      says: `${queue.node.id} holds a message that could not be worked on.`,
      metric: queue.metricApproximateNumberOfMessagesVisible({ period: MINUTES, statistic: Stats.MAXIMUM }),
    });
  for (const queue of metrics.all(Queue).filter((one) => !isDeadLetters(one))) {
    const { visibilityTimeout = 0 } = queue.node.defaultChild as CfnQueue;
    alarm(metrics, `${queue.node.id}Old`, {
      severity: 2,
      paragraph: 'the-oldest-message-is-old',
      says: `A message waits in ${queue.node.id} for longer than it takes to come back from two failed attempts.`,
      metric: queue.metricApproximateAgeOfOldestMessage({ period: MINUTES, statistic: Stats.MAXIMUM }),
      threshold: 2 * visibilityTimeout,
    });
  }
}

/** A burst is met by retries, so that only half an hour of it alarms. */
function watchCapacity(metrics: Metrics): void {
  const lasting = { severity: 3, periods: 6 } as const;
  alarm(metrics, 'LambdaThrottled', {
    ...lasting,
    paragraph: 'functions-are-throttled',
    says: 'Functions of the account are throttled for half an hour.',
    metric: throttled(metrics),
  });
  for (const table of [metrics.data.cases, metrics.data.links])
    for (const kind of ['Read', 'Write'] as const)
      alarm(metrics, `${table.node.id}${kind}sThrottled`, {
        ...lasting,
        paragraph: 'a-table-is-throttled',
        says: `${kind}s of table ${table.node.id} are throttled for half an hour.`,
        metric: orNone(table.metric(`${kind}ThrottleEvents`, { statistic: Stats.SUM, period: MINUTES })),
      });
  for (const machine of metrics.workflow.machines)
    alarm(metrics, `${machine.node.id}Throttled`, {
      ...lasting,
      paragraph: 'a-state-machine-is-throttled',
      says: `Executions of ${machine.node.id} are throttled for half an hour.`,
      metric: machine.metricThrottled({ period: MINUTES }),
    });
}

/**
 * A metric of a table, with 0 where it has nothing: of alarms on DynamoDB's own metrics the reference of PutMetricAlarm says that they ignore
 * what is missing, whatever they are told. One that has alarmed would do so for good.
 */
function orNone(metric: Metric): MathExpression {
  return new MathExpression({
    expression: 'FILL(throttled, 0)',
    label: metric.metricName,
    period: MINUTES,
    usingMetrics: { throttled: metric },
  });
}

/** The number of times that functions were refused, in the whole account, as the limit is, without those whose places are waited for. */
function throttled(metrics: Metrics): MathExpression {
  const all = new Metric({ namespace: 'AWS/Lambda', metricName: 'Throttles', statistic: Stats.SUM, period: MINUTES });
  const waiting = metrics.all(HandlerFunction<Record<string, string>>).filter(({ isWaitedFor }) => isWaitedFor);
  const own = waiting.map((one, n): [string, Metric] => [`waiting${n}`, one.metricThrottles({ period: MINUTES })]);
  return new MathExpression({
    expression: ['all', ...own.map(([name]) => `FILL(${name}, 0)`)].join(' - '),
    label: 'Functions that were refused',
    period: MINUTES,
    usingMetrics: { all, ...Object.fromEntries(own) },
  });
}

function watchTheWork(metrics: Metrics): void {
  alarm(metrics, 'BatchLate', {
    severity: 1,
    paragraph: 'a-batch-is-late',
    says: 'A batch has not settled an hour after its last deadline, or is not directed a day after its report.',
    metric: metrics.gauge('BatchesLate'),
  });
  alarm(metrics, 'SubscriptionsPending', {
    severity: 2,
    paragraph: 'a-subscription-waits-for-its-confirmation',
    says: 'Somebody who is to be told of what happens is told nothing: a subscription is not confirmed, or gone.',
    metric: metrics.gauge('SubscriptionsPending'),
  });
  alarm(metrics, 'Unexplained', {
    severity: 1,
    paragraph: 'books-dont-balance',
    says: 'A batch settled with rows that its books have no account for.',
    metric: metrics.measured('Unexplained', undefined, { statistic: Stats.MAXIMUM }),
  });
  for (const { id: operator } of metrics.config.operators)
    alarm(metrics, `Unanswered-${operator}`, {
      severity: 3,
      paragraph: 'an-operator-answers-nothing',
      says: `${operator} has answered nothing by half of the first rung.`,
      metric: metrics.gauge('DirectionsUnanswered', { operator }),
    });
  alarm(metrics, 'Conflicts', {
    severity: 3,
    paragraph: 'a-response-contradicts',
    says: 'A response contradicts what is recorded.',
    metric: metrics.measured('Conflicts'),
  });
  alarm(metrics, 'UsageGated', {
    severity: 3,
    paragraph: 'a-usage-file-is-held-up',
    says: 'A usage file was weighed and is held up: nothing of it is imported.',
    metric: metrics.measured('UsageGated'),
  });
  for (const file of FILES)
    alarm(metrics, `RejectsOf-${file}`, {
      severity: 3,
      paragraph: 'too-many-rows-are-rejected',
      says: `More than ${metrics.config.operations.rejectPercent} % of the rows of ${file} files were rejected within an hour.`,
      metric: new MathExpression({
        expression: `IF(read >= ${ROWS_FOR_A_SHARE}, 100 * rejected / read, 0)`,
        label: `Rejected rows of ${file} files, percent`,
        period: HOUR,
        usingMetrics: {
          read: metrics.measured('RowsRead', { file }, { period: HOUR }),
          rejected: metrics.measured('RowsRejected', { file }, { period: HOUR }),
        },
      }),
      threshold: metrics.config.operations.rejectPercent,
      compared: ComparisonOperator.GREATER_THAN_THRESHOLD,
    });
}

/** Watches the refused requests that CloudWatch can see without CloudTrail: those of functions, events and notices. */
function watchDenials(metrics: Metrics): void {
  const denied = { severity: 2, paragraph: 'a-policy-or-a-key-refuses' } as const;
  alarm(metrics, 'Denied', {
    ...denied,
    says: 'A policy or a key refused a request of a function.',
    metric: metrics.measured('Denied'),
  });
  for (const rule of metrics.all(Rule))
    alarm(metrics, `${rule.node.id}Undelivered`, {
      ...denied,
      says: `EventBridge could neither deliver an event of ${rule.node.id} nor put it among the dead letters.`,
      metric: new Metric({
        namespace: 'AWS/Events',
        // The alarm of the dead letters tells of an event that went there.
        metricName: 'InvocationsFailedToBeSentToDlq',
        dimensionsMap: { RuleName: rule.ruleName },
        statistic: Stats.SUM,
        period: MINUTES,
      }),
    });
  for (const topic of metrics.all(Topic))
    alarm(metrics, `${topic.node.id}Undelivered`, {
      ...denied,
      says: `SNS could neither deliver a notice of ${topic.node.id} nor put it among the dead letters.`,
      // The alarm of the dead letters tells of a notice that went there; each failed try of a web server would count as a failure.
      metric: topic.metric('NumberOfNotificationsFailedToRedriveToDlq', { statistic: Stats.SUM, period: MINUTES }),
    });
}

/** The break-glass role can only invoke one function, so that each use is an invocation: seen without CloudTrail. */
function watchTheGlass(metrics: Metrics): void {
  alarm(metrics, 'AuditRedriven', {
    severity: 2,
    paragraph: 'the-glass-was-broken',
    says: 'Somebody with the break-glass role had dead letters of the audit worked on again.',
    metric: metrics.workflow.redriveAudit.metricInvocations({ period: MINUTES }),
  });
}

function watchTheSweep(metrics: Metrics): void {
  alarm(metrics, 'Mended', {
    severity: 3,
    paragraph: 'the-sweep-mended-something',
    says: 'The sweep found something undone and had it done.',
    metric: metrics.measured('Mended'),
  });
  alarm(metrics, 'Quarantined', {
    severity: 2,
    paragraph: 'an-upload-is-in-quarantine',
    says: 'An upload failed each time that it was worked on, and nothing takes it up any more.',
    metric: metrics.measured('Quarantined'),
  });
  alarm(metrics, 'SweepMissing', {
    severity: 2,
    paragraph: 'the-sweep-does-not-run',
    says: 'The sweep has not run when it was due, twice.',
    metric: metrics.workflow.sweep.metricInvocations({ period: metrics.sweeps }),
    compared: ComparisonOperator.LESS_THAN_THRESHOLD,
    periods: 2,
    tellsOfSilence: true,
  });
}

function alarm(metrics: Metrics, id: string, props: AlarmProps): void {
  const { stage, operations } = metrics.config;
  new RunbookAlarm(metrics.stack, id, {
    stage,
    runbookUrl: operations.runbookUrl,
    tells: metrics.data.administrators,
    threshold: 1,
    compared: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    ...props,
  });
}
