/** The cost of a batch in three designs, side by side: as figures, and as a page for a person to read. */

import { atReference, REFERENCE } from '../bench/reference.ts';
import { addedBy, type Billed, bill, totalOf } from './bill.ts';
import type { PerConnectionCount } from './count-per-connection.ts';
import type { BatchCount } from './counts.ts';
import { expectedSize, scaled } from './growth.ts';
import type { Price, PriceName } from './prices.ts';
import {
  floorOf,
  LINE_NAMES,
  LINES,
  type Line,
  type LineKind,
  ofBatch,
  ofImports,
  ofPerConnection,
  type Quantities,
} from './quantities.ts';

/** The most that the event's batch may cost, in dollars, in this region: without moved rows, and with this share of them. */
const GOAL = { usd: 2.6, moved: { usd: 2.75, share: 0.03 }, scale: 1, region: 'ap-south-1' } as const;

export interface CostLine {
  line: Line;
  service: string;
  what: string;
  mark: 'at most' | 'about' | null;
  price: Price;
  ours: Billed;
  floor: Billed;
  perConnection: Billed;
}

export interface Cost {
  region: string;
  scale: number;
  handsets: number;
  connections: number;
  /** The scale at which a batch was run and counted. */
  countedAt: number;
  /** The number of connections with which the design of one execution per connection was run. */
  perConnectionRun: number;
  lines: CostLine[];
  totals: { ours: number; floor: number; perConnection: number };
  /** The share of the connections that were moved, and the nights' batches that went on with them, as counted; null where none were. */
  moved: { share: number; nights: number; directions: number } | null;
  goal: { usd: number; met: boolean } | null;
  /** The functions' time on the machine that counted, and the time of a round of the reference work there, if it is known. */
  measured: Billed & { round: number | null };
  /** The cost of imports for each million sightings. */
  imports: { lines: { line: Line; count: number; usd: number }[]; usd: number };
  /** The cost of encryption and the audit, which is included in the lines. */
  added: Record<'encryption' | 'audit', { lines: { line: Line; count: number; usd: number }[]; usd: number }>;
  /** The deviation of counts scaled up from a smaller run from those of the run at this scale, in percent of the latter. */
  scaling: {
    from: number;
    lines: { line: Line; scaled: Billed; percent: number | null }[];
    usd: number;
    percent: number;
  } | null;
}

/**
 * The cost of a batch. The functions' time is billed as at the reference machine's speed, so that a goal that is met here is met on a
 * slower machine, too.
 * @param counts smallest scale first; none is above `scale`
 */
export function costOf({
  region,
  prices,
  scale,
  counts: asCounted,
  perConnection,
}: {
  region: string;
  prices: Record<PriceName, Price>;
  scale: number;
  counts: readonly [BatchCount, ...BatchCount[]];
  perConnection: PerConnectionCount;
}): Cost {
  const [smallest, ...larger] = asCounted;
  const counts = [atReference(smallest), ...larger.map(atReference)] as const;
  const counted = counts.at(-1) ?? counts[0];
  const here = asCounted.at(-1) ?? smallest;
  const atScale = counted.scale === scale;
  const { handsets, connections } = atScale ? counted.drivers : expectedSize(counted, scale);
  const ours = bill(scaled(counted, scale), prices);
  const floor = bill(floorOf(connections), prices);
  const other = bill(ofPerConnection(perConnection, connections), prices);
  const imports = bill(ofImports(counted), prices);
  const { encryption, audit } = addedBy(counted, scale);
  const part = (quantities: Quantities) => {
    const billed = bill(quantities, prices);
    return { lines: LINE_NAMES.map((line) => ({ line, ...billed[line] })), usd: totalOf(billed) };
  };
  const { followUps } = counted.drivers;
  const moved = followUps && {
    share: followUps.moved / counted.drivers.connections,
    nights: followUps.nights.length,
    directions: atScale ? followUps.directions : expectedSize(counted, scale).followUps.directions,
  };
  const goal = moved ? GOAL.moved.usd : GOAL.usd;
  const isJudged =
    scale === GOAL.scale && region === GOAL.region && (moved === undefined || moved.share >= GOAL.moved.share);
  const totals = { ours: totalOf(ours), floor: totalOf(floor), perConnection: totalOf(other) };
  const smaller = counts.length > 1 ? counts[0] : undefined;
  return {
    region,
    scale,
    handsets,
    connections,
    countedAt: counted.scale,
    perConnectionRun: perConnection.connections,
    lines: LINE_NAMES.map((line) => {
      const { service, what, price, mark }: LineKind = LINES[line];
      return {
        line,
        service,
        what,
        mark: mark ?? null,
        price: prices[price],
        ours: ours[line],
        floor: floor[line],
        perConnection: other[line],
      };
    }),
    totals,
    moved: moved ?? null,
    goal: isJudged ? { usd: goal, met: totals.ours <= goal } : null,
    measured: { ...bill(scaled(here, scale), prices).gbSeconds, round: here.round ?? null },
    imports: { lines: LINE_NAMES.map((line) => ({ line, ...imports[line] })), usd: totalOf(imports) },
    added: { encryption: part(encryption), audit: part(audit) },
    scaling: smaller === undefined || !atScale ? null : scalingOf(smaller, counted, prices),
  };
}

function scalingOf(smaller: BatchCount, counted: BatchCount, prices: Record<PriceName, Price>): Cost['scaling'] {
  const real = bill(ofBatch(counted), prices);
  const guess = bill(scaled(smaller, counted.scale), prices);
  const off = (a: number, b: number) => (b === 0 ? null : (a / b - 1) * 100);
  return {
    from: smaller.scale,
    lines: LINE_NAMES.map((line) => ({
      line,
      scaled: guess[line],
      percent: off(guess[line].count, real[line].count),
    })),
    usd: totalOf(guess),
    percent: off(totalOf(guess), totalOf(real)) ?? 0,
  };
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const dollars = (value: number): string => value.toFixed(value < 10 ? 4 : 2).replace(/^-(?=[0.]+$)/, '');
const amount = (value: number): string =>
  value === 0 ? '' : value < 100 && !Number.isInteger(value) ? value.toPrecision(3) : whole(value);
const percent = (value: number | null): string =>
  value === null ? '' : `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(1)} %`;

/** A price in words; a small one for a million units. */
function priceText({ usd, from }: Price): string {
  const text = usd < 0.001 ? `${Number((usd * 1e6).toPrecision(6))}/M` : `${usd}`;
  return `${text}${from === undefined ? ' ' : '*'}`;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, n) => Math.max(...rows.map((row) => (row[n] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, n) => (n < 1 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

const MARKS = { 'at most': '≤ ', about: '~ ' } as const;

/** The page that `npm run cost` prints. */
export function costText(cost: Cost): string {
  const { lines, totals, scaling, goal, region, scale, countedAt, moved } = cost;
  const least = `${GOAL.moved.share * 100} %`;
  const used = lines.filter(({ ours, perConnection }) => ours.count > 0 || perConnection.count > 0);
  const name = ({ service, what }: Pick<CostLine, 'service' | 'what'>) => `${service}: ${what}`;
  const cells = ({ count, usd }: Billed) => (count === 0 ? ['', ''] : [amount(count), dollars(usd)]);
  const head = ['', 'USD each', 'this system', 'USD', 'the floor', 'USD', 'one execution each', 'USD'];
  const body = used.map((line) => [
    name(line),
    priceText(line.price),
    line.ours.count === 0 ? '' : `${line.mark === null ? '' : MARKS[line.mark]}${amount(line.ours.count)}`,
    line.ours.count === 0 ? '' : dollars(line.ours.usd),
    ...cells(line.floor),
    ...cells(line.perConnection),
  ]);
  const sums = ['Together', '', '', dollars(totals.ours), '', dollars(totals.floor), '', dollars(totals.perConnection)];
  const ratio = (value: number) => `${(value / totals.floor).toFixed(value / totals.floor < 10 ? 2 : 0)} ×`;
  const ratios = ['to the floor', '', '', ratio(totals.ours), '', '1', '', ratio(totals.perConnection)];
  const time = lines.find(({ line }) => line === 'gbSeconds')?.ours ?? { count: 0, usd: 0 };
  const prices = new Set(lines.filter(({ price }) => price.from !== undefined).map(({ price }) => price.from));
  const imported = cost.imports.lines.filter(({ usd }) => usd > 0).sort((a, b) => b.usd - a.usd);
  const goalText =
    goal === null
      ? `Goal: none for this one (${GOAL.usd.toFixed(2)} USD for scale ${GOAL.scale} in ${GOAL.region}, ${GOAL.moved.usd.toFixed(2)} with ${least} moved)`
      : `Goal: at most ${goal.usd.toFixed(2)} USD: ${totals.ours.toFixed(2)}  ${goal.met ? 'PASS' : 'FAIL'}`;
  return [
    '',
    `One batch of ${whole(cost.handsets)} handsets and ${whole(cost.connections)} connections (scale ${scale}), ${region}, list prices in USD`,
    countedAt === scale
      ? 'Counted in a run of this very size on the local cloud.'
      : `Counted in a run at scale ${countedAt} on the local cloud, each count scaled by what drives it.`,
    ...(moved === null
      ? []
      : [
          `Of its connections ${(moved.share * 100).toFixed(2)} % were moved, and went on in ${moved.nights} nights' batches of ${whole(moved.directions)} directions, which are part of it.`,
        ]),
    '',
    ...table([head, ...body, sums, ratios]),
    '',
    goalText,
    '',
    `The functions' time: ${amount(cost.measured.count)} GB-seconds as measured on this machine, ${dollars(cost.measured.usd)} USD; reckoned above at the speed of`,
    `the reference machine (${REFERENCE.machine}): ${amount(time.count)} GB-seconds, ${dollars(time.usd)} USD`,
    cost.measured.round === null
      ? 'These counts were saved without the time of the reference work, so the time is taken as it was measured.'
      : `A round of the reference work took ${cost.measured.round.toFixed(1)} ms here, beside the batch, and ${REFERENCE.milliseconds} ms there`,
    '',
    `Of this, encryption adds ${dollars(cost.added.encryption.usd)} USD at most (and its keys 1 USD each a month), the audit ${dollars(cost.added.audit.usd)} USD`,
    ...table(
      cost.added.audit.lines
        .filter(({ count }) => count > 0)
        .map(({ line, count, usd }) => [`  ${name(LINES[line])}`, amount(count), dollars(usd)]),
    ),
    '',
    `Importing usage, for each million sightings: ${dollars(cost.imports.usd)} USD`,
    ...table(imported.map(({ line, count, usd }) => [`  ${name(LINES[line])}`, amount(count), dollars(usd)])),
    '',
    ...(scaling === null ? [] : [...scalingText(cost, scaling), '']),
    'How to read it',
    '  ≤  At most. KMS: every function that worked in some five minutes asked for each key that it may use: of a table, of',
    '     buckets and a topic; queues have theirs for half a day. X-Ray: all executions are sampled.',
    '  ~  About. Lambda: the milliseconds of the functions at the speed of the reference machine, times their memory. They shared',
    '     cores with the local cloud and waited for it; on AWS they have 0.3 to 1 core each and answers in milliseconds.',
    '     KMS for state machines: a data key, and one to read, for each machine in each quarter of an hour in which it worked, as its',
    '     template says; were there one for each execution in the place of each machine, it would be some 0.02 USD more.',
    `     Twice the time would be ${dollars(time.usd)} USD more. Logs of machines: reckoned from the transitions.`,
    ...(prices.size === 0
      ? []
      : [`  *  No price of this region was found: that of ${[...prices].join(', ')} stands in.`]),
    `  One execution each: ${cost.perConnectionRun} connections were run through tools/cost/per-connection, answered as in the batch, and multiplied. Only`,
    '  its ladders are counted: no planning, blocks, answers in files, notices or logs, which it needs as well.',
    "  Left out: free tiers, storage, data transfer, the participants' own queues, and what costs without any batch (keys by the month, queues being polled).",
    '',
  ].join('\n');
}

function scalingText({ lines }: Cost, scaling: NonNullable<Cost['scaling']>): string[] {
  const rows = scaling.lines
    .map(({ line, scaled, percent: off }) => {
      const counted = lines.find((one) => one.line === line);
      return { line, scaled, off, ours: counted?.ours ?? { count: 0, usd: 0 } };
    })
    .filter(({ ours, scaled }) => ours.count > 0 || scaled.count > 0)
    .map(({ line, scaled, off, ours }) => [
      `  ${LINES[line].service}: ${LINES[line].what}`,
      amount(ours.count),
      amount(scaled.count),
      percent(off),
      dollars(scaled.usd - ours.usd),
    ]);
  const real = lines.reduce((sum, { ours }) => sum + ours.usd, 0);
  return [
    `Had it been scaled up from the run at ${scaling.from}: ${dollars(scaling.usd)} USD, off by ${percent(scaling.percent)}`,
    ...table([
      ['', 'counted', 'scaled up', 'off by', 'USD'],
      ...rows,
      ['  Together', '', '', percent(scaling.percent), dollars(scaling.usd - real)],
    ]),
  ];
}
