import { ListSubscriptionsByTopicCommand, SNSClient, SubscribeCommand, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { beforeAll, describe, expect, it } from 'vitest';
import { MEASURES, NAMESPACE } from '../../lambdas/domain/measures.ts';
import { Lab } from './lab.ts';
import { A1, A2, A3, H1, H2, H3, H4, J1, tellStory } from './story.ts';

/** A line in CloudWatch's embedded metric format. */
interface Line {
  _aws: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  [property: string]: unknown;
}

/** Those since the last beginning, and all of them. */
const lines: Line[] = [];
const all: Line[] = [];
/** The values of a measure under exactly these dimensions beside the stage. */
function values(name: string, dimensions: Record<string, string> = {}): number[] {
  const names = ['stage', ...Object.keys(dimensions)].sort().join();
  const found = lines.filter(
    ({ _aws: { CloudWatchMetrics }, ...properties }) =>
      CloudWatchMetrics.some(
        ({ Dimensions, Metrics }) =>
          Metrics.some(({ Name }) => Name === name) && Dimensions.some((set) => [...set].sort().join() === names),
      ) && Object.entries(dimensions).every(([dimension, value]) => properties[dimension] === value),
  );
  return found.map((line) => Number(line[name]));
}
/** Undefined where it was never published. */
function sum(name: string, dimensions: Record<string, string> = {}): number | undefined {
  const all = values(name, dimensions);
  return all.length === 0 ? undefined : all.reduce((a, b) => a + b, 0);
}
const most = (name: string, dimensions: Record<string, string> = {}) => Math.max(...values(name, dimensions));
const each = (name: string, dimension: string, values: string[]) =>
  Object.fromEntries(values.map((value) => [value, sum(name, { [dimension]: value })]));

const OPERATORS = ['airtel', 'bsnl', 'jio', 'mtnl', 'vi'];
const AGENCIES = ['mha', 'up-police'];

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.open({
    context: { sweepHours: '6' },
    log: (_, line) => {
      if (!line.includes('"_aws"')) return;
      lines.push(JSON.parse(line));
      all.push(JSON.parse(line));
    },
  });
  const sns = new SNSClient({
    endpoint: lab.cloud.endpoint,
    region: lab.cloud.region,
    credentials: { accessKeyId: 'owner', secretAccessKey: 'none' },
  });
  const theirs = { Protocol: 'sqs', Endpoint: 'arn:aws:sqs:ap-south-1:999988887777:theirs' };
  await sns.send(new SubscribeCommand({ TopicArn: lab.cloud.names.topics.AgenciesTopic, ...theirs }));
  // Nobody has vi's queue told of directions any more.
  const { Subscriptions = [] } = await sns.send(
    new ListSubscriptionsByTopicCommand({ TopicArn: lab.cloud.names.topics.OperatorsTopic }),
  );
  const { SubscriptionArn } = Subscriptions.find(({ Endpoint }) => Endpoint?.endsWith(':fraud-directions-vi')) ?? {};
  await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
  sns.destroy();
  await tellStory(lab);
  return () => lab.close();
});

/** The story's figures are worked out by hand from its description in story.ts. */
describe('what the functions measure while the story of two batches is told', () => {
  it('counts batches that were registered and settled, by agency', () => {
    expect(sum('BatchesRegistered')).toBe(2);
    expect(each('BatchesRegistered', 'agency', AGENCIES)).toEqual({ mha: 1, 'up-police': 1 });
    expect(each('BatchesSettled', 'agency', AGENCIES)).toEqual({ mha: 1, 'up-police': 1 });
  });

  it('counts rows read and rejected, by kind of file', () => {
    const files = ['report', 'usage', 'response'];
    expect(each('RowsRead', 'file', files)).toEqual({ report: 5 + 2, usage: 3 + 2 + 1, response: 2 + 3 + 1 });
    expect(each('RowsRejected', 'file', files)).toEqual({ report: 1, usage: 0, response: 0 });
    expect(sum('RowsRead')).toBe(7 + 6 + 6);
  });

  it('counts orders by operator and what they order, the one for a failed row among them', () => {
    const orders = Object.fromEntries(
      OPERATORS.map((operator) => [
        operator,
        ['block', 'reverify', 'bar_outgoing', 'bar_incoming', 'disconnect'].map((order) =>
          sum('OrdersIssued', { operator, order }),
        ),
      ]),
    );
    // Two block rungs in each of two batches for each operator. In the first batch jio is silent through four rungs, and
    // airtel's disconnect order is that for the row that failed; the second re-verifies nobody.
    expect(orders).toEqual({
      airtel: [4, 1, undefined, undefined, 1],
      bsnl: [4, undefined, undefined, undefined, undefined],
      jio: [4, 1, 1, 1, 1],
      mtnl: [4, undefined, undefined, undefined, undefined],
      vi: [4, undefined, undefined, undefined, undefined],
    });
  });

  it('counts responses by operator, and their rows by outcome', () => {
    expect(each('ResponsesRecorded', 'operator', OPERATORS)).toMatchObject({ airtel: 3, jio: undefined });
    expect(
      each('RowsRecorded', 'outcome', ['verified', 'failed', 'disconnected', 'not_found', 'blocked', 'overdue']),
    ).toEqual({ verified: 1, failed: 1, disconnected: 1, not_found: 2, blocked: 1, overdue: undefined });
  });

  it('counts what went overdue when the batches settled, by operator, and that nothing is unexplained', () => {
    expect(each('ConnectionsOverdue', 'operator', ['airtel', 'jio'])).toEqual({ airtel: undefined, jio: 1 });
    // H3 of the first batch and H4 of the second at airtel; at the others three handsets, then two.
    expect(each('HandsetsOverdue', 'operator', OPERATORS)).toEqual({ airtel: 2, bsnl: 5, jio: 5, mtnl: 5, vi: 5 });
    expect(sum('Unexplained')).toBe(0);
  });

  it('finds by the sweep what is open: from day 10 to day 16 both batches, neither ever late', () => {
    expect(most('BatchesOpen')).toBe(2);
    expect(most('BatchesLate')).toBe(0);
    const open = (order: string) => most('DirectionsOpen', { order });
    expect(['block', 'reverify', 'bar_outgoing', 'bar_incoming', 'disconnect'].map(open)).toEqual([5, 2, 1, 1, 1]);
    // jio: three handsets and a connection of the first batch.
    expect(most('RowsOpen', { operator: 'jio' })).toBe(4);
  });

  it('finds by the sweep that one who is to be told has not confirmed it, and one is subscribed no more, whatever else goes well', () => {
    expect([...new Set(values('SubscriptionsPending'))]).toEqual([2]);
  });

  it('finds by the sweep who answers nothing from half of the first rung on', () => {
    // jio: from hour 12 of the second batch its block, and the connection of the first, which is open until day 16.
    expect(most('DirectionsUnanswered', { operator: 'jio' })).toBe(2);
    // airtel: its blocks, at hours 12 and 18 of each batch; of the first it answers on day 1.
    expect(most('DirectionsUnanswered', { operator: 'airtel' })).toBe(1);
  });

  it('counts no conflict, no refused file and no denial where there was none', () => {
    for (const name of ['Conflicts', 'ResponsesRefused', 'ReportsRefused', 'UsageStopped', 'Denied'])
      expect([name, sum(name)]).toEqual([name, undefined]);
  });
});

describe('what the functions measure of files that are wrong', () => {
  beforeAll(async () => {
    lines.length = 0;
    const { batchId } = await lab.summary('mha');
    const direction = await lab.direction(batchId, 'reverify', 'airtel');
    // Verified in the story, so that anything else contradicts it.
    const contradiction = [`${A1},failed`, `${A1},verified`];
    await lab.respond(direction, contradiction, 'contradicts.csv');
    await lab.respond(direction, contradiction, 'the-same-again.csv');
    await lab.respond(`${batchId}.reverify.airtel.9-9-9`, [`${A1},failed`]);
    await lab.upload('reports/mha/empty.csv', '');
    await lab.usage('jio', [`${H1},${J1},2026-05-19,"Mumbai`], 'stops.csv');
  });

  it('counts a conflict once, also where the same bytes come again', () => {
    expect(sum('Conflicts', { operator: 'airtel' })).toBe(1);
    expect(sum('ResponsesRecorded', { operator: 'airtel' })).toBe(1);
    expect(sum('RowsRead', { file: 'response' })).toBe(2);
    expect(sum('RowsRejected', { file: 'response' })).toBe(1);
  });

  it('counts refused responses, refused reports and usage files that stop', () => {
    expect(sum('ResponsesRefused', { operator: 'airtel' })).toBe(1);
    expect(sum('ReportsRefused', { agency: 'mha' })).toBe(1);
    expect(sum('UsageStopped', { operator: 'jio' })).toBe(1);
  });
});

describe('every line', () => {
  it('is of the namespace, under the stage alone and under the dimensions that the measure has', () => {
    for (const { _aws, stage } of all) {
      const [{ Namespace, Dimensions, Metrics } = { Namespace: '', Dimensions: [], Metrics: [] }] =
        _aws.CloudWatchMetrics;
      expect([Namespace, stage, Metrics.length]).toEqual([NAMESPACE, 'dev', 1]);
      const own = MEASURES[Metrics[0]?.Name as keyof typeof MEASURES];
      expect(Dimensions).toEqual(own.length === 0 ? [['stage']] : [['stage'], ['stage', ...own]]);
    }
    expect(all.length).toBeGreaterThan(50);
  });

  it('holds no number and no IMEI', () => {
    const text = JSON.stringify(all);
    for (const identifier of [A1, A2, A3, J1, H1, H2, H3, H4])
      expect(text).not.toContain(identifier.replace('+91', ''));
  });
});
