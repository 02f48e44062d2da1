import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Rights, resolveStacks } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { MEASURES } from '../../lambdas/domain/measures.ts';
import { synthesized } from './synthesized.ts';

const place = { region: 'ap-south-1', account: '111122223333' };
const resources = resolveStacks(
  Object.entries(synthesized()).map(([name, template]) => ({ name: `dev-${name}`, template: template.toJSON() })),
  { ...place, endpoint: 'https://sqs' },
);
const ofType = (type: string) => resources.filter((resource) => resource.type === type);
const idOf = ({ logicalId }: { logicalId: string }) => logicalId.replace(/[0-9A-F]{8}$/, '');

// ------------------------------------------------------------------------------------------------- alarms and runbook

interface Alarm {
  AlarmName: string;
  AlarmDescription: string;
  AlarmActions: string[];
  OKActions: string[];
  [property: string]: unknown;
}
const alarms = ofType('AWS::CloudWatch::Alarm').map(({ properties }) => properties as unknown as Alarm);

/** An alarm's severity, sentence and link, as its description tells them. */
function told({ AlarmDescription }: Alarm) {
  const [, severity, says, page, anchor] = /^Severity ([123])\. (.+\.) (\S+)#(\S+)$/.exec(AlarmDescription) ?? [];
  return { severity, says, page, anchor };
}

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8');
const [, chapter = ''] = runbook.split(/^## Alarms$/m);
const paragraphs = chapter.split(/^### /m).slice(1);
const titleOf = (paragraph: string) => paragraph.split('\n')[0] ?? '';
/** As GitHub makes a link's name of a heading. */
const anchorOf = (paragraph: string) =>
  titleOf(paragraph)
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');
/** The line under a heading: the severity and the alarms that link here. */
function listed(paragraph: string) {
  const [, severity, names = ''] = /\n\nSeverity ([123]): ((?:`[^`]+`,?\s)+)/.exec(paragraph) ?? [];
  return { severity, names: [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name).sort() };
}

describe('an alarm', () => {
  it('is named by its stage, and says its severity, what has happened, and where the runbook stands', () => {
    for (const alarm of alarms) {
      expect(alarm.AlarmName).toMatch(/^dev-[A-Za-z]+(-[a-z0-9]+)?$/);
      expect([alarm.AlarmName, told(alarm)]).toEqual([
        alarm.AlarmName,
        { severity: expect.any(String), says: expect.any(String), page: 'docs/runbook.md', anchor: expect.any(String) },
      ]);
    }
    expect(alarms.length).toBeGreaterThan(40);
  });

  it('tells the administrators, when it begins and when it is over', () => {
    const administrators = ofType('AWS::SNS::Topic').find((topic) => idOf(topic) === 'AdministratorsTopic')?.arn;
    for (const { AlarmActions, OKActions } of alarms)
      expect([AlarmActions, OKActions]).toEqual([[administrators], [administrators]]);
  });

  it('may publish to their topic on behalf of this account only, and use the key for no other topic, whoever it acts for', () => {
    const rights = new Rights(resources, place);
    const key = ofType('AWS::KMS::Key').find((one) => idOf(one) === 'MessagesKey')?.arn ?? '';
    for (const topic of ofType('AWS::SNS::Topic'))
      for (const action of ['kms:GenerateDataKey', 'kms:Decrypt'])
        expect(
          rights.useKey({ service: 'cloudwatch.amazonaws.com', context: {} }, action, key, {
            'kms:encryptioncontext:aws:sns:topicarn': topic.arn,
          }).allowed,
          `${action} for ${topic.arn}`,
        ).toBe(idOf(topic) === 'AdministratorsTopic');
    expect(
      rights.useKey({ service: 'cloudwatch.amazonaws.com', context: {} }, 'kms:GenerateDataKey', key).allowed,
    ).toBe(false);
    const administrators = ofType('AWS::SNS::Topic').find((topic) => idOf(topic) === 'AdministratorsTopic')?.arn ?? '';
    const asked = (account: string) =>
      rights.ask(
        { service: 'cloudwatch.amazonaws.com', context: { 'aws:sourceaccount': account } },
        'sns:Publish',
        administrators,
      );
    expect(asked(place.account)).toEqual({ allowed: true });
    expect(asked('999988887777').allowed).toBe(false);
  });

  it.each(paragraphs.map((paragraph) => [titleOf(paragraph), paragraph] as const))(
    'links to the paragraph "%s" where that lists it, with the same severity, and only there',
    (_, paragraph) => {
      const linked = alarms.filter((alarm) => told(alarm).anchor === anchorOf(paragraph));
      const { severity, names } = listed(paragraph);
      expect(names.length).toBeGreaterThan(0);
      expect(linked.map(({ AlarmName }) => AlarmName.replace(/^dev-/, '')).sort()).toEqual(names);
      expect(new Set(linked.map((alarm) => told(alarm).severity))).toEqual(new Set([severity]));
    },
  );

  it('of throttled functions takes no notice of pieces of usage files that wait for their places', () => {
    const alarm = alarms.find(({ AlarmName }) => AlarmName === 'dev-LambdaThrottled');
    const metrics = (alarm as unknown as { Metrics: { Expression?: string; MetricStat?: { Metric: unknown } }[] })
      .Metrics;
    expect(metrics.flatMap(({ Expression }) => Expression ?? [])).toEqual(['all - FILL(waiting0, 0)']);
    const read = metrics.flatMap(({ MetricStat }) => (MetricStat ? [JSON.stringify(MetricStat.Metric)] : []));
    expect(read.filter((metric) => metric.includes('ImportPiece'))).toHaveLength(1);
    expect(read).toHaveLength(2);
  });

  it('has a paragraph, each of them', () => {
    const anchors = paragraphs.map(anchorOf);
    for (const alarm of alarms) expect(anchors).toContain(told(alarm).anchor);
    expect(new Set(anchors).size).toBe(anchors.length);
  });
});

describe('a paragraph of the runbook', () => {
  it.each(paragraphs.map((paragraph) => [titleOf(paragraph), paragraph] as const))(
    '%s: says what it means, how to look and how to mend, both with commands',
    (_, paragraph) => {
      const [, means = '', look = '', mend = ''] = paragraph.split(/\*\*(?:Means|Look|Mend)\.\*\*/);
      expect([...paragraph.matchAll(/\*\*(Means|Look|Mend)\.\*\*/g)].map(([, part]) => part)).toEqual([
        'Means',
        'Look',
        'Mend',
      ]);
      expect(means.trim().length).toBeGreaterThan(100);
      for (const part of [look, mend]) expect(part).toMatch(/^ {4}(aws|npx|npm) /m);
    },
  );

  it('links to paragraphs that are there', () => {
    const anchors = [...runbook.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => anchorOf(title));
    for (const [, anchor] of runbook.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
  });
});

// ------------------------------------------------------------------------------------------------- what is watched

interface Read {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  where: string;
}

interface Stat {
  Namespace: string;
  MetricName: string;
  Dimensions?: { Name: string; Value: string }[];
}
const readOf = ({ Namespace, MetricName, Dimensions = [] }: Stat, where: string): Read => ({
  namespace: Namespace,
  name: MetricName,
  dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value])),
  where,
});

/** Every metric that an alarm reads. */
const readByAlarms = alarms.flatMap((alarm): Read[] => {
  if (alarm.MetricName !== undefined) return [readOf(alarm as unknown as Stat, alarm.AlarmName)];
  const metrics = (alarm.Metrics ?? []) as { MetricStat?: { Metric: Stat } }[];
  return metrics.flatMap(({ MetricStat }) => (MetricStat ? [readOf(MetricStat.Metric, alarm.AlarmName)] : []));
});

interface Widget {
  type: string;
  properties: { title?: string; metrics?: unknown[][] };
}
const dashboards = ofType('AWS::CloudWatch::Dashboard').map(({ name, properties }) => ({
  name,
  widgets: (JSON.parse(String(properties.DashboardBody)) as { widgets: Widget[] }).widgets,
}));

/** Every metric that a dashboard reads: `[namespace, name, dimension, value, …, options]`, or an expression over others. */
const readByDashboards = dashboards.flatMap(({ name, widgets }) =>
  widgets.flatMap(({ properties: { title, metrics = [] } }) =>
    metrics.flatMap((metric): Read[] => {
      const texts = metric.filter((part): part is string => typeof part === 'string');
      if (texts.length === 0) return [];
      const [namespace = '', metricName = '', ...pairs] = texts;
      const dimensions = Object.fromEntries(
        pairs.flatMap((part, n) => (n % 2 === 0 ? [[part, pairs[n + 1] ?? '']] : [])),
      );
      return [{ namespace, name: metricName, dimensions, where: `${name}: ${title}` }];
    }),
  ),
);
const read = [...readByAlarms, ...readByDashboards];

/** What AWS publishes, of that which is read here: by namespace and dimension, from the services' documentation. */
const PUBLISHED: Readonly<Record<string, Readonly<Record<string, string[]>>>> = {
  'AWS/Lambda': { FunctionName: ['Invocations', 'Errors', 'Throttles', 'Duration'], '': ['Throttles'] },
  'AWS/States': {
    StateMachineArn: ['ExecutionsStarted', 'ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionThrottled'],
  },
  'AWS/SQS': { QueueName: ['ApproximateNumberOfMessagesVisible', 'ApproximateAgeOfOldestMessage'] },
  'AWS/DynamoDB': {
    TableName: ['ConsumedReadCapacityUnits', 'ConsumedWriteCapacityUnits', 'ReadThrottleEvents', 'WriteThrottleEvents'],
  },
  'AWS/Events': { RuleName: ['InvocationsFailedToBeSentToDlq'] },
  'AWS/SNS': { TopicName: ['NumberOfNotificationsFailedToRedriveToDlq'] },
};
/** The type of resource that each dimension names, and by what. */
const NAMED: Readonly<Record<string, [type: string, by: 'name' | 'arn']>> = {
  FunctionName: ['AWS::Lambda::Function', 'name'],
  StateMachineArn: ['AWS::StepFunctions::StateMachine', 'arn'],
  QueueName: ['AWS::SQS::Queue', 'name'],
  TableName: ['AWS::DynamoDB::Table', 'name'],
  RuleName: ['AWS::Events::Rule', 'name'],
  TopicName: ['AWS::SNS::Topic', 'name'],
};

/** The measures that the functions' sources publish. */
const LAMBDAS = fileURLToPath(new URL('../../lambdas', import.meta.url));
const measured = new Set(
  readdirSync(LAMBDAS, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(join(LAMBDAS, file), 'utf8').matchAll(/\bmeasure\('(\w+)'/g)])
    .map(([, name = '']) => name),
);

describe('a metric that an alarm or a dashboard reads', () => {
  it('is one that AWS publishes for a resource of this app, where its namespace is one of AWS', () => {
    const byAws = read.filter(({ namespace }) => namespace.startsWith('AWS/'));
    for (const { namespace, name, dimensions, where } of byAws) {
      const [[dimension, value] = ['', ''], ...more] = Object.entries(dimensions);
      expect([where, more, PUBLISHED[namespace]?.[dimension]]).toEqual([where, [], expect.arrayContaining([name])]);
      const [type = '', by = 'name'] = NAMED[dimension] ?? [];
      if (dimension !== '')
        expect([where, ofType(type).map((one) => one[by])]).toEqual([where, expect.arrayContaining([value])]);
    }
    expect(byAws.length).toBeGreaterThan(100);
  });

  it('is one that a function publishes, under the dimensions of the measure or the stage alone, where it is of the functions', () => {
    const ours = read.filter(({ namespace }) => namespace === 'HandsetFraud');
    for (const { name, dimensions, where } of ours) {
      expect([where, [...measured]]).toEqual([where, expect.arrayContaining([name])]);
      const own: readonly string[] = MEASURES[name as keyof typeof MEASURES];
      expect([where, [['stage'], ['stage', ...own].sort()]]).toEqual([
        where,
        expect.arrayContaining([Object.keys(dimensions).sort()]),
      ]);
      expect(dimensions.stage).toBe('dev');
    }
    expect(ours.length).toBeGreaterThan(50);
  });

  it('is one that a filter counts in the log of a state machine of this app, where it is of the stage', () => {
    const counted = ofType('AWS::Logs::MetricFilter').map(({ properties }) => {
      const [{ MetricNamespace, MetricName } = { MetricNamespace: '', MetricName: '' }] =
        properties.MetricTransformations as { MetricNamespace: string; MetricName: string }[];
      const logs = ofType('AWS::Logs::LogGroup').map(({ name }) => name);
      expect(logs).toContain(properties.LogGroupName);
      return `${MetricNamespace} ${MetricName}`;
    });
    const filtered = read.filter(({ namespace }) => namespace === 'HandsetFraud/dev');
    expect(filtered.map(({ namespace, name }) => `${namespace} ${name}`).sort()).toEqual(counted.sort());
    expect(counted).toHaveLength(4);
  });

  it('is of one of these three', () => {
    for (const { namespace } of read) expect(namespace).toMatch(/^AWS\/|^HandsetFraud$|^HandsetFraud\/dev$/);
  });
});

describe('every measure', () => {
  it('is published by a function, and read by an alarm or a dashboard', () => {
    expect([...measured].sort()).toEqual(Object.keys(MEASURES).sort());
    const names = new Set(read.map(({ name }) => name));
    expect(Object.keys(MEASURES).filter((name) => !names.has(name))).toEqual([]);
  });
});

describe('alarms', () => {
  const watched = (name: string, dimension: string) =>
    readByAlarms
      .filter((one) => one.name === name)
      .map(({ dimensions }) => dimensions[dimension])
      .sort();
  const names = (type: string) =>
    ofType(type)
      .map(({ name }) => name)
      .sort();
  const queues = ofType('AWS::SQS::Queue');
  const isDead = ({ logicalId }: { logicalId: string }) => /DeadLetters/.test(logicalId);

  it('watch failed, timed-out and throttled executions of every state machine', () => {
    const machines = ofType('AWS::StepFunctions::StateMachine')
      .map(({ arn }) => arn)
      .sort();
    for (const name of ['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionThrottled'])
      expect(watched(name, 'StateMachineArn')).toEqual(machines);
    expect(machines).toHaveLength(3);
  });

  it('watch every dead-letter queue, and the age of the oldest message of every other', () => {
    expect(watched('ApproximateNumberOfMessagesVisible', 'QueueName')).toEqual(
      queues
        .filter(isDead)
        .map(({ name }) => name)
        .sort(),
    );
    expect(watched('ApproximateAgeOfOldestMessage', 'QueueName')).toEqual(
      queues
        .filter((queue) => !isDead(queue))
        .map(({ name }) => name)
        .sort(),
    );
    expect(queues.length).toBeGreaterThan(6);
  });

  it('call a message old that has come back twice', () => {
    const thresholds = alarms
      .filter(({ MetricName }) => MetricName === 'ApproximateAgeOfOldestMessage')
      .map(({ AlarmName, Threshold }) => [AlarmName.slice(4), Threshold]);
    // Twice the six times of 1, 15, 5, 5, 5, 1, 1, 15 and 15 minutes for which a message is hidden, the audit's a minute longer.
    expect(Object.fromEntries(thresholds)).toEqual({
      ReportsQueueOld: 720,
      UsageQueueOld: 10_800,
      ResponsesQueueOld: 3600,
      ApprovalsQueueOld: 3600,
      WithdrawalsQueueOld: 3600,
      LookupsQueueOld: 10_800,
      AppealsQueueOld: 3600,
      AuditQueueOld: 840,
      ReleaseQueueOld: 720,
      NightQueueOld: 720,
      StatusQueueOld: 10_800,
      SweepQueueOld: 10_800,
    });
  });

  it('watch throttled reads and writes of every table, every rule and every topic', () => {
    for (const kind of ['Read', 'Write'])
      expect(watched(`${kind}ThrottleEvents`, 'TableName')).toEqual(names('AWS::DynamoDB::Table'));
    expect(watched('InvocationsFailedToBeSentToDlq', 'RuleName')).toEqual(names('AWS::Events::Rule'));
    expect(watched('NumberOfNotificationsFailedToRedriveToDlq', 'TopicName')).toEqual(names('AWS::SNS::Topic'));
  });

  it('watch every operator for silence', () => {
    expect(watched('DirectionsUnanswered', 'operator')).toEqual(['airtel', 'bsnl', 'jio', 'mtnl', 'vi']);
  });

  it('compare rejects with all rows, from 20 rows an hour on, with the configured share', () => {
    const rejects = alarms.filter(({ AlarmName }) => AlarmName.startsWith('dev-RejectsOf-'));
    expect(rejects).toHaveLength(3);
    for (const { Metrics, Threshold, ComparisonOperator } of rejects) {
      expect(JSON.stringify(Metrics)).toContain('"IF(read >= 20, 100 * rejected / read, 0)"');
      expect([Threshold, ComparisonOperator]).toEqual([5, 'GreaterThanThreshold']);
    }
  });

  it('are quiet without data, but for the sweep, whose silence is the trouble', () => {
    const loud = alarms.filter(({ TreatMissingData }) => TreatMissingData !== 'notBreaching');
    expect(loud.map(({ AlarmName, TreatMissingData }) => [AlarmName, TreatMissingData])).toEqual([
      ['dev-SweepMissing', 'missing'],
    ]);
    // Data that were there and come no more are told; where there were none yet, nothing changes, and nothing is.
    for (const { AlarmName, InsufficientDataActions, AlarmActions } of alarms)
      expect([AlarmName, InsufficientDataActions]).toEqual([
        AlarmName,
        AlarmName === 'dev-SweepMissing' ? AlarmActions : undefined,
      ]);
  });

  it('look at periods that CloudWatch evaluates: within a day, or within a week where a period is an hour or more', () => {
    for (const { AlarmName, Period, Metrics, EvaluationPeriods } of alarms) {
      const periods = [
        Period,
        ...((Metrics ?? []) as { MetricStat?: { Period: number } }[]).map((m) => m.MetricStat?.Period),
      ];
      const longest = Math.max(...periods.filter((period) => period !== undefined).map(Number));
      const span = longest * Number(EvaluationPeriods);
      expect([AlarmName, span <= (longest >= 3600 ? 7 : 1) * 86_400]).toEqual([AlarmName, true]);
    }
  });
});

describe('the dashboards', () => {
  it('are two, of the work and of the machine, each graph of a title and of metrics', () => {
    expect(dashboards.map(({ name }) => name).sort()).toEqual(['dev-ap-south-1-machine', 'dev-ap-south-1-work']);
    for (const { widgets } of dashboards) {
      const graphs = widgets.filter(({ type }) => type === 'metric');
      expect(graphs.length).toBeGreaterThanOrEqual(12);
      for (const { properties } of graphs)
        expect([properties.title, properties.metrics?.length]).not.toContain(undefined);
    }
  });

  it.each(['Invocations', 'Errors', 'Throttles', 'Duration'])('show %s of every function', (name) => {
    const shown = readByDashboards.filter((one) => one.name === name).map(({ dimensions }) => dimensions.FunctionName);
    expect(shown.sort()).toEqual(
      ofType('AWS::Lambda::Function')
        .map((one) => one.name)
        .sort(),
    );
  });
});
