import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../src/clock/virtual-clock.ts';
import { Bus, dailyOf, type RuleTarget, rateOf } from '../src/events/bus.ts';
import { UnsupportedPattern } from '../src/events/pattern.ts';
import { type FaultPlan, seededRandom } from '../src/faults.ts';

const START = Date.parse('2026-06-01T00:00:00Z');
const UPLOADS = { source: ['aws.s3'], 'detail-type': ['Object Created'] };

/** A bus whose one rule matches uploads; `got` holds what was delivered, with the cloud's seconds since the start. */
function busWith(faults: FaultPlan = {}, target: Partial<RuleTarget> = {}) {
  const clock = new VirtualClock(START);
  const got: { body: string; at: number }[] = [];
  let events = 0;
  const bus = new Bus({
    clock,
    region: 'ap-south-1',
    account: '111122223333',
    faults,
    random: seededRandom(7),
    counted: () => events++,
  });
  const deliver = (body: string) => got.push({ body, at: (clock.now() - START) / 1000 });
  bus.addRule(UPLOADS, [{ deliver, input: undefined, inputPath: undefined, ...target }]);
  const upload = (key: string) => bus.put('aws.s3', 'Object Created', ['arn:aws:s3:::inbox'], { object: { key } });
  return { clock, bus, got, upload, count: () => events };
}

const keyOf = ({ body }: { body: string }): string => JSON.parse(body).detail.object.key;

describe('the event bus', () => {
  it('delivers an event whole, in the shape that EventBridge gives it, with the cloud’s time', () => {
    const { got, upload } = busWith();
    upload('reports/mha/r.csv');
    expect(got.map(({ body }) => JSON.parse(body))).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
        'detail-type': 'Object Created',
        source: 'aws.s3',
        account: '111122223333',
        time: '2026-06-01T00:00:00Z',
        region: 'ap-south-1',
        resources: ['arn:aws:s3:::inbox'],
        detail: { object: { key: 'reports/mha/r.csv' } },
      },
    ]);
  });

  it('loses the events that the fault plan drops, and counts them all the same', async () => {
    const { bus, got, upload, count, clock } = busWith({
      drop: ({ source, detailType, detail }) =>
        source === 'aws.s3' && detailType === 'Object Created' && JSON.stringify(detail).includes('lost'),
    });
    upload('lost.csv');
    upload('kept.csv');
    bus.addSchedule('arn:rule', 1000, [
      { deliver: (body) => got.push({ body, at: 0 }), input: '{}', inputPath: undefined },
    ]);
    await clock.run(START + 1000);
    expect(got.map(({ body }) => JSON.parse(body).detail?.object.key)).toEqual(['kept.csv', undefined]);
    expect(count()).toBe(2);
  });

  it('delivers nothing that no rule matches, and counts it all the same', () => {
    const { bus, got, count } = busWith();
    bus.put('aws.states', 'Step Functions Execution Status Change', [], {});
    expect(got).toEqual([]);
    expect(count()).toBe(1);
  });

  it('sends the event of a schedule at its rate, to its own targets only', async () => {
    const { clock, bus, got } = busWith();
    const sent: string[] = [];
    const rule = 'arn:aws:events:ap-south-1:111122223333:rule/sweep';
    const deliver = (body: string) => sent.push(body);
    bus.addSchedule(rule, 6 * 3600 * 1000, [{ deliver, input: undefined, inputPath: undefined }]);
    await clock.run(START + 12 * 3600 * 1000);
    expect(sent.map((body) => JSON.parse(body))).toEqual(
      ['2026-06-01T06:00:00Z', '2026-06-01T12:00:00Z'].map((time) => ({
        version: '0',
        id: expect.any(String),
        'detail-type': 'Scheduled Event',
        source: 'aws.events',
        account: '111122223333',
        time,
        region: 'ap-south-1',
        resources: [rule],
        detail: {},
      })),
    );
    expect(got).toEqual([]);
  });

  it('sends the event of a daily schedule at its minute, that of the first day where it lies ahead', async () => {
    const { clock, bus } = busWith();
    const sent: string[] = [];
    const targets = [
      { deliver: (body: string) => sent.push(JSON.parse(body).time), input: undefined, inputPath: undefined },
    ];
    bus.addDaily('arn:rule', 19 * 3600 * 1000, targets);
    bus.addDaily('arn:rule', 0, targets);
    await clock.run(START + 44 * 3600 * 1000);
    expect(sent).toEqual(['2026-06-01T19:00:00Z', '2026-06-02T00:00:00Z', '2026-06-02T19:00:00Z']);
  });

  it('reads the rate of a schedule, and no other expression', () => {
    expect(['rate(1 minute)', 'rate(6 hours)', 'rate(2 days)'].map(rateOf)).toEqual([60_000, 21_600_000, 172_800_000]);
    expect(['rate(0 hours)', 'rate(6 weeks)', 'cron(0 6 * * ? *)', ''].map(rateOf)).toEqual(Array(4).fill(undefined));
  });

  it('reads at which minute of each day a schedule comes, and no other such expression', () => {
    expect(['cron(0 19 * * ? *)', 'cron(30 0 * * ? *)', 'cron(59 23 * * ? *)'].map(dailyOf)).toEqual([
      68_400_000, 1_800_000, 86_340_000,
    ]);
    const others = [
      'cron(0 24 * * ? *)',
      'cron(60 1 * * ? *)',
      'cron(0 1 ? * MON *)',
      'cron(*/5 1 * * ? *)',
      'rate(1 day)',
    ];
    expect(others.map(dailyOf)).toEqual(Array(5).fill(undefined));
  });

  it('delivers to every target of every rule that matches', () => {
    const { bus, got, upload } = busWith();
    const more: string[] = [];
    const target = (name: string) => ({ deliver: () => more.push(name), input: undefined, inputPath: undefined });
    bus.addRule({ source: ['aws.s3'] }, [target('second'), target('third')]);
    bus.addRule({ source: ['aws.sns'] }, [target('never')]);
    upload('a');
    expect(got.map(keyOf)).toEqual(['a']);
    expect(more).toEqual(['second', 'third']);
  });

  it('sends a target’s Input in the event’s place', () => {
    const { got, upload } = busWith({}, { input: '{"fixed":true}' });
    upload('a');
    expect(got.map(({ body }) => body)).toEqual(['{"fixed":true}']);
  });

  it.each([
    ['$.detail.object', '{"key":"a"}'],
    ['$.detail.object.key', '"a"'],
    ['$.detail.nothing.here', 'null'],
  ])('sends the part of the event that InputPath %s names', (inputPath, body) => {
    const { got, upload } = busWith({}, { inputPath });
    upload('a');
    expect(got.map((delivery) => delivery.body)).toEqual([body]);
  });

  it('refuses an InputPath of another form, and a pattern that it doesn’t know, by name', () => {
    const { bus } = busWith();
    const target = { deliver: () => {}, input: undefined, inputPath: '$.detail[0]' };
    expect(() => bus.addRule(UPLOADS, [target])).toThrow('the local cloud has no InputPath like $.detail[0]');
    expect(() => bus.addRule({ source: [{ cidr: '10.0.0.0/8' }] }, [])).toThrow(UnsupportedPattern);
  });
});

describe('the event bus under a fault plan', () => {
  it('delivers the same event twice', () => {
    const { got, upload } = busWith({ deliverTwice: true });
    upload('a');
    upload('b');
    expect(got.map(keyOf)).toEqual(['a', 'a', 'b', 'b']);
    expect(got[0]?.body).toBe(got[1]?.body);
  });

  it('holds each event back for 0 to 30 seconds of the cloud’s, so that they come in another order', async () => {
    const { clock, got, upload } = busWith({ reorder: 1 });
    const keys = Array.from({ length: 40 }, (_, i) => `${i}`);
    for (const key of keys) upload(key);
    expect(got).toEqual([]);
    await clock.run();
    const came = got.map(keyOf);
    expect(came).not.toEqual(keys);
    expect([...came].sort((a, b) => Number(a) - Number(b))).toEqual(keys);
    for (const { at } of got) expect(at).toBeLessThanOrEqual(30);
    expect(Math.max(...got.map(({ at }) => at))).toBeGreaterThan(0);
  });

  it('comes in the same order for the same seed', async () => {
    const orders = await Promise.all(
      [1, 2].map(async () => {
        const { clock, got, upload } = busWith({ reorder: 1 });
        for (let i = 0; i < 20; i++) upload(`${i}`);
        await clock.run();
        return got.map(keyOf);
      }),
    );
    expect(orders[0]).toEqual(orders[1]);
  });
});
