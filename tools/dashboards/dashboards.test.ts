import { readFileSync } from 'node:fs';
import { resolveStacks } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { synthesized } from '../../test/stacks/synthesized.ts';
import { publishConsumption } from './consumption.ts';
import { drawDashboard, niceCeiling } from './draw.ts';
import { graphsOf, UnsupportedDashboard } from './graphs.ts';
import { MetricStore } from './metrics.ts';

const HOUR = 3_600_000;
const START = Date.parse('2026-06-01T00:00:00Z');
const at = (hours: number) => START + hours * HOUR;

const line = (value: number, operator: string) =>
  JSON.stringify({
    _aws: {
      Timestamp: 1,
      CloudWatchMetrics: [
        {
          Namespace: 'Ours',
          Dimensions: [['stage'], ['stage', 'operator']],
          Metrics: [{ Name: 'Rows', Unit: 'Count' }],
        },
      ],
    },
    stage: 'dev',
    operator,
    Rows: value,
  });
const rows = (dimensions: Record<string, string>) => ({ namespace: 'Ours', name: 'Rows', dimensions });

describe('what was published', () => {
  const store = new MetricStore();
  store.addLine(line(3, 'jio'), at(0));
  store.addLine(line(5, 'airtel'), at(0.5));
  store.addLine(line(7, 'jio'), at(2.9));
  store.addLine('{"level":"INFO","Rows":9,"stage":"dev"}', at(0));
  store.addLine('not JSON at all', at(0));

  it('is kept under each set of dimensions of a line in the embedded metric format, and of no other line', () => {
    const points = (dimensions: Record<string, string>) => store.series(rows(dimensions), 'Sum', HOUR);
    expect(points({ stage: 'dev', operator: 'jio' })).toEqual([
      { at: at(0), value: 3 },
      { at: at(2), value: 7 },
    ]);
    expect(points({ operator: 'airtel', stage: 'dev' })).toEqual([{ at: at(0), value: 5 }]);
    expect(points({ operator: 'jio' })).toEqual([]);
  });

  it('is summed up over periods', () => {
    const all = rows({ stage: 'dev' });
    expect(store.series(all, 'Sum', HOUR)).toEqual([
      { at: at(0), value: 8 },
      { at: at(2), value: 7 },
    ]);
    expect(store.series(all, 'Maximum', 24 * HOUR)).toEqual([{ at: at(0), value: 7 }]);
    expect(store.series(all, 'Average', 24 * HOUR)).toEqual([{ at: at(0), value: 5 }]);
  });
});

describe('what AWS would publish of its own', () => {
  const usage = (invocations: number, milliseconds: number, units: number, starts: number) => ({
    operations: {},
    tables: { Cases: { GetItem: { calls: 1, readUnits: units, writeUnits: 0 } } },
    stepFunctions: {
      transitions: 0,
      mapChildStarts: 0,
      nestedStarts: 0,
      executionStarts: starts,
      byMachine: { Batch: { transitions: 0, mapChildStarts: 0, nestedStarts: starts, executionStarts: starts } },
    },
    lambda: {
      Order: { invocations, milliseconds, memoryMb: 512 },
      Idle: { invocations: 0, milliseconds: 0, memoryMb: 1 },
    },
    eventBridge: { events: 0 },
  });
  const names = {
    buckets: { Inbox: 'i' },
    tables: { Cases: 'dev-Cases' },
    machines: { Batch: 'arn:batch' },
    functions: { Order: 'dev-Order', Idle: 'dev-Idle' },
    topics: {},
    queues: {},
  };

  it('is what was counted since the last count, under the names that the resources have', () => {
    const store = new MetricStore();
    publishConsumption(store, names, usage(10, 1000, 50, 1), usage(14, 1200, 57, 3), at(1));
    const value = (namespace: string, name: string, dimensions: Record<string, string>) =>
      store.series({ namespace, name, dimensions }, 'Sum', HOUR).map((point) => point.value);
    expect(value('AWS/Lambda', 'Invocations', { FunctionName: 'dev-Order' })).toEqual([4]);
    // How long they took is another machine's or another day's: the same run is to have the same picture.
    expect(value('AWS/Lambda', 'Duration', { FunctionName: 'dev-Order' })).toEqual([]);
    expect(value('AWS/Lambda', 'Invocations', { FunctionName: 'dev-Idle' })).toEqual([]);
    expect(value('AWS/DynamoDB', 'ConsumedReadCapacityUnits', { TableName: 'dev-Cases' })).toEqual([7]);
    expect(value('AWS/DynamoDB', 'ConsumedWriteCapacityUnits', { TableName: 'dev-Cases' })).toEqual([]);
    // Two by the API and two by another machine.
    expect(value('AWS/States', 'ExecutionsStarted', { StateMachineArn: 'arn:batch' })).toEqual([4]);
  });
});

const widget = (metrics: unknown[][], properties: object = {}, type = 'metric') =>
  JSON.stringify({
    widgets: [
      {
        type,
        x: 0,
        y: 2,
        width: 12,
        height: 6,
        properties: { view: 'timeSeries', title: 'Rows', metrics, ...properties },
      },
    ],
  });

describe('a dashboard', () => {
  const store = new MetricStore();
  store.addLine(line(3, 'jio'), at(0));
  store.addLine(line(5, 'airtel'), at(0));
  store.addLine(line(7, 'jio'), at(1));
  const metric = (operator: string, options: object) => ['Ours', 'Rows', 'operator', operator, 'stage', 'dev', options];

  it('shows each metric by its statistic and period, under its label', () => {
    const body = widget([metric('jio', { label: 'J', period: 7200, stat: 'Maximum' })]);
    expect(graphsOf(body, store)).toEqual([
      {
        title: 'Rows',
        x: 0,
        y: 2,
        width: 12,
        height: 6,
        lines: [{ label: 'J', statistic: 'Maximum', points: [{ at: at(0), value: 7 }] }],
      },
    ]);
  });

  it('shows the sum of metrics that are not shown themselves', () => {
    const hidden = { period: 3600, stat: 'Sum', visible: false };
    const body = widget([
      [{ label: 'all', expression: 'SUM([a, b])', period: 3600 }],
      metric('jio', { ...hidden, id: 'a' }),
      metric('airtel', { ...hidden, id: 'b' }),
    ]);
    expect(graphsOf(body, store)[0]?.lines).toEqual([
      {
        label: 'all',
        statistic: 'Sum',
        points: [
          { at: at(0), value: 8 },
          { at: at(1), value: 7 },
        ],
      },
    ]);
  });

  it.each([
    ['widget log timeSeries', widget([], {}, 'log')],
    ['widget metric gauge', widget([], { view: 'gauge' })],
    ['statistic p99', widget([metric('jio', { stat: 'p99' })])],
    ['expression a / b', widget([[{ expression: 'a / b' }]])],
    ['metric a', widget([[{ expression: 'SUM([a])' }]])],
  ])('that holds a %s is an error that names it', (what, body) => {
    expect(() => graphsOf(body, store)).toThrow(new UnsupportedDashboard(what));
  });
});

describe('a picture', () => {
  const lines = [
    { label: 'jio <1>', statistic: 'Sum' as const, points: [{ at: at(12), value: 100 }] },
    {
      label: 'vi',
      statistic: 'Maximum' as const,
      points: [
        { at: at(0), value: 0 },
        { at: at(24), value: 50 },
      ],
    },
  ];
  const graph = { title: 'Rows & more', x: 0, y: 2, width: 12, height: 6, lines };
  const picture = drawDashboard([graph], { heading: 'dev', from: at(0), to: at(24) });

  it('draws sums as stems and others as a line, where their time and value are', () => {
    // The plot begins at 46 and, 12 units of 42 wide less borders, is 504 - 10 - 46 - 18 = 430 wide: noon is at 261. The first of
    // two stems stands a pixel to the left. It is 6 * 42 - 10 - 22 - 6 - 16 - 13 - 4 = 181 high from 28 on: 100 at 28, 50 at 118.5.
    expect(picture).toContain('d="M260 209V28"');
    expect(picture).toContain('d="M46 209L476 118.5"');
  });

  it('names its graphs, lines and days, with what is special in XML escaped', () => {
    for (const text of ['>dev<', '>Rows &#38; more<', '>jio &#60;1&#62;<', '>vi<', '>day 0<', '>day 1<', '>100<'])
      expect(picture).toContain(text);
  });

  it('says where a graph has nothing', () => {
    expect(drawDashboard([{ ...graph, lines: [] }], { heading: 'dev', from: at(0), to: at(24) })).toContain(
      'nothing in this run',
    );
  });

  it('ends its axis at 1, 2 or 5 times a power of ten', () => {
    expect([1, 1.1, 3, 7, 10, 450, 501].map(niceCeiling)).toEqual([1, 2, 5, 10, 10, 500, 1000]);
  });
});

describe('the pictures in docs', () => {
  const { operations, ...others } = synthesized();
  const templates = Object.entries({ ...others, operations }).map(([name, template]) => ({
    name: `dev-${name}`,
    template: template.toJSON(),
  }));
  const place = { region: 'ap-south-1', account: '111122223333', endpoint: 'https://sqs' };
  const dashboards = resolveStacks(templates, place).filter(({ type }) => type === 'AWS::CloudWatch::Dashboard');

  it.each(['work', 'machine'])('show every graph of the dashboard of the %s, by its title', (name) => {
    const picture = readFileSync(new URL(`../../docs/dashboards/${name}.svg`, import.meta.url), 'utf8');
    const dashboard = dashboards.find((one) => one.name === `dev-ap-south-1-${name}`);
    const titles = graphsOf(String(dashboard?.properties.DashboardBody), new MetricStore()).map(({ title }) => title);
    expect(titles.length).toBeGreaterThanOrEqual(12);
    for (const title of titles) expect(picture).toContain(`>${title}<`);
    expect(picture.length).toBeLessThan(60_000);
  });
});
