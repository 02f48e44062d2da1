/** A year on the local cloud: who does what when, and what is found at its end. */
import { type LocalCloud, startCloud } from 'local-cloud';
import { synthesize } from '../../lib/commands/local/synth.ts';
import { stageFromContext } from '../../lib/config/stage.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { Desk, messageOf } from '../../simulation/desk.ts';
import { participantsOf } from '../../simulation/participants.ts';
import { type Instants, type Reckoning, reckon } from './books.ts';
import { Chronicle } from './chronicle.ts';
import { Deciders, fateOf, PEOPLE } from './deciders.ts';
import { beginOf, drawWorld, FIRST_PERIOD, OPERATORS, PERIOD_DAYS, START, YEAR_DAYS } from './draw.ts';
import { usageFile } from './files.ts';
import { Life, later } from './life.ts';
import { YearOperator } from './operators.ts';
import { type Guilty, guiltyOf, type Innocents, innocentsOf } from './reckoning.ts';
import { brokenRules, type Summary, summariesIn } from './rules.ts';

export interface YearSettings {
  readonly seed: number;
  readonly batches: number;
  /** In each batch's report. */
  readonly handsets: number;
}

/** What is found at the end. */
export interface Year {
  readonly innocents: Innocents;
  readonly guilty: Guilty;
  readonly summaries: readonly Summary[];
  /** What broke, one line each. */
  readonly broken: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

/** How the app is synthesized: as it stands, with less of what recurs. */
const CONTEXT = { sweepHours: '24', surveyHours: '24', people: String(PEOPLE) };
/** Enough that every function stays warm. */
const WORKERS = 40;
const USAGE_SECOND = 29;
/** How much of a bucket is read at once. */
const AT_ONCE = 8;

/** Tells a year from its beginning. @param tell hears how far it is */
export async function liveThrough(
  settings: YearSettings,
  tell: (day: number, what: string) => void = () => {},
): Promise<Year> {
  const assembly = await synthesize({ context: CONTEXT });
  const world = drawWorld(settings);
  const life = new Life(world);
  const chronicle = new Chronicle();
  const operators = new Map<string, YearOperator>();
  let deciders: Deciders | undefined;
  let started: LocalCloud | undefined;
  const published = (message: string) => {
    const now = started?.clock.now() ?? START;
    const told = { ...messageOf(message), toldAt: now };
    chronicle.notices.push(told);
    const { kind, operator } = told as Record<string, unknown>;
    if (kind === 'order') operators.get(String(operator))?.wake();
    deciders?.hear(told);
  };
  const cloud = await startCloud({
    assembly,
    start: START,
    seed: settings.seed,
    watch: { uploaded: () => {}, published },
  });
  started = cloud;
  try {
    cloud.confirmSubscriptions();
    const config = stageFromContext({ stage: 'dev', cloud: 'local', config: 'none', ...CONTEXT });
    for (const one of participantsOf(config).operators)
      operators.set(one.id, new YearOperator(new Desk(cloud, one), life, chronicle));
    deciders = new Deciders(cloud, world, chronicle);
    deciders.begin();
    sendUsage(cloud, life, chronicle);
    for (let day = 5; day <= YEAR_DAYS; day += 5) {
      await cloud.run(beginOf(day));
      tell(
        day,
        `${chronicle.reports.length} reports, ${chronicle.orders.length} orders, ${chronicle.answers.length} answers`,
      );
    }
    await cloud.run();
    tell(YEAR_DAYS, 'looking at what came of it');
    return await look(cloud, life, chronicle);
  } finally {
    await cloud.stop();
  }
}

/** Each operator sends what it saw, after each period; what it saw before the year, at its beginning. */
function sendUsage(cloud: LocalCloud, life: Life, chronicle: Chronicle): void {
  const { inbox } = bucketsOf(cloud);
  for (let period = FIRST_PERIOD; (period + 1) * PERIOD_DAYS < YEAR_DAYS; period++) {
    const at = later(
      beginOf(Math.max(0, (period + 1) * PERIOD_DAYS)),
      period < 0 ? 1 + 0.1 * (period - FIRST_PERIOD) : 3,
      USAGE_SECOND,
    );
    cloud.outside(at, async () => {
      const sightings = life.sightingsOf(period);
      for (const operator of OPERATORS) {
        const own = sightings.filter((one) => one.operator === operator);
        chronicle.usage.push({ operator, at, sightings: own });
        await cloud.put(
          inbox,
          `usage/${operator}/period ${period - FIRST_PERIOD}.csv`,
          usageFile(life.world.seed, own),
        );
      }
    });
  }
}

/** How each report must have ended. */
function endsOf(chronicle: Chronicle): Map<string, string> {
  return new Map(
    chronicle.reports.map(({ batchId, key }) => {
      const n = Number(/report (\d+)/.exec(key)?.[1]);
      return [batchId, fateOf(n) === 'refused' && !key.includes('corrected') ? 'refused' : 'settled'];
    }),
  );
}

async function look(cloud: LocalCloud, life: Life, chronicle: Chronicle): Promise<Year> {
  const outbox = await read(cloud, ['batches/', 'previews/', 'receipts/', 'revocations/']);
  const summaries = summariesIn(outbox);
  const instants = new Map<string, Instants>();
  for (const [batchId, { status, startedAt, settledAt }] of summaries)
    if (status === 'settled')
      instants.set(batchId, { startedAt: Date.parse(startedAt), settledAt: Date.parse(settledAt) });
  const reckoning = reckon(chronicle, instants, PEOPLE);
  const broken = [...brokenRules(chronicle, reckoning, outbox, endsOf(chronicle)), ...cloud.failures()];
  const publishedAt = new Map(chronicle.orders.map(({ notice, at }) => [notice.key, at]));
  const passages = (number: string) => reckoning.passages.get(number) ?? [];
  const reported = new Set(chronicle.reports.flatMap(({ handsets }) => handsets));
  const innocents = innocentsOf(life, passages, (order) => publishedAt.get(order) ?? 0);
  const guilty = guiltyOf(life, passages, reported);
  const wrongly = innocents.cutOff["by the system's fault"] + innocents.cutOff['never came'];
  if (wrongly > 0) broken.push(`${wrongly} innocents were cut off, and no appeal has given it back`);
  if (innocents.stillBarred > 0)
    broken.push(`${innocents.stillBarred} innocents have less than full service at the end`);
  return { innocents, guilty, summaries: [...summaries.values()], broken, counts: countsOf(chronicle, reckoning) };
}

function countsOf(chronicle: Chronicle, { atOnce }: Reckoning): Record<string, number> {
  const of = (order: string) => chronicle.orders.filter(({ notice }) => notice.order === order).length;
  return {
    'usage files': chronicle.usage.length,
    sightings: chronicle.usage.reduce((sum, { sightings }) => sum + sightings.length, 0),
    reports: chronicle.reports.length,
    'batches that lapsed first': chronicle.reports.filter(({ begun }) => begun.length > 1).length,
    decisions: chronicle.decisions.length,
    'rows of exemptions': chronicle.exemptions.length,
    orders: chronicle.orders.length,
    'of these to disconnect': of('disconnect'),
    'of these to restore': of('restore'),
    responses: chronicle.answers.length,
    'lists of late disconnections': atOnce.filter(({ kind }) => kind === 'late').length,
    'lists of withdrawn numbers': atOnce.filter(({ kind }) => kind === 'withdrawn').length,
  };
}

/** What lies in the outbox under some prefixes. */
async function read(cloud: LocalCloud, prefixes: readonly string[]): Promise<Map<string, string>> {
  const { outbox } = bucketsOf(cloud);
  const keys = (await Promise.all(prefixes.map((prefix) => cloud.list(outbox, prefix)))).flat();
  const texts = new Map<string, string>();
  let next = 0;
  const work = async () => {
    for (let key = keys[next++]; key !== undefined; key = keys[next++])
      texts.set(key, Buffer.from(await cloud.get(outbox, key)).toString('utf8'));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return texts;
}
