/** A year on the local cloud: people's acts and their times, and the outbox at the end. */
import type { LocalCloud } from 'local-cloud';
import { stageFromContext } from '../../lib/config/context.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { Desk, messageOf } from '../../simulation/desk.ts';
import { participantsOf } from '../../simulation/participants.ts';
import { hash } from '../../simulation/random.ts';
import { Caseworkers } from './caseworkers.ts';
import { Chronicle, type SentUsage, type Told } from './chronicle.ts';
import { APPROVERS, Deciders, PEOPLE } from './deciders.ts';
import { beginOf, DAY, drawWorld, FIRST_PERIOD, HOUR, OPERATORS, PERIOD_DAYS, type Size, START } from './draw.ts';
import { askedAbout } from './explained.ts';
import { csv, type Export, usageFile } from './files.ts';
import type { Lived } from './judge.ts';
import { Life, later, type Sighting } from './life.ts';
import { YearOperator } from './operators.ts';

/** The context with which the app is synthesized: with the limits that the year reckons with, and less that recurs. */
export const CONTEXT = {
  sweepHours: '24',
  surveyHours: '24',
  people: String(PEOPLE),
  busyDay: '25',
  manyConnections: '500',
  gateRows: '100',
};
const USAGE_SECOND = 29;
const ADMITS_SECOND = 37;
/** The number of objects that are read at once. */
const AT_ONCE = 8;
/** The days between two reports of progress. */
const TELL_EVERY_DAYS = 5;

/** A year, drawn, that is yet to be lived. */
export class Year {
  readonly #life: Life;
  readonly #chronicle = new Chronicle();
  readonly #operators = new Map<string, YearOperator>();
  /** The reactions to files that are wrong, if they are held up, by key. */
  readonly #ifGated = new Map<string, () => void>();
  #asked: readonly string[] = [];
  #deciders: Deciders | undefined;
  #caseworkers: Caseworkers | undefined;
  #cloud: LocalCloud | undefined;

  constructor(size: Size) {
    this.#life = new Life(drawWorld(size));
  }

  /** Takes everything that is published to any topic; the year's cloud tells of it. */
  readonly published = (message: string): void => {
    const told: Told = { ...messageOf(message), toldAt: this.#cloud?.clock.now() ?? START };
    this.#chronicle.notices.push(told);
    const { kind, operator, approver } = told as Record<string, unknown>;
    if (kind === 'usage_gated' && approver !== undefined && this.#cloud !== undefined)
      this.#hearOfGated(this.#cloud, told);
    if (kind === 'order') this.#operators.get(String(operator))?.wake();
    this.#deciders?.hear(told);
    this.#caseworkers?.hear(told);
  };

  /**
   * Lives through the year.
   * @param cloud an empty one, at the year's first instant, whose `watch` calls `published`
   * @param tell hears of the progress
   */
  async live(cloud: LocalCloud, tell: (day: number, what: string) => void = () => {}): Promise<Lived> {
    this.#cloud = cloud;
    const { world } = this.#life;
    cloud.confirmSubscriptions();
    const config = stageFromContext({ stage: 'dev', cloud: 'local', config: 'none', ...CONTEXT });
    const caseworkers = new Caseworkers(cloud, this.#life, this.#chronicle, APPROVERS);
    this.#caseworkers = caseworkers;
    for (const one of participantsOf(config).operators)
      this.#operators.set(one.id, new YearOperator(new Desk(cloud, one), this.#life, this.#chronicle, caseworkers));
    this.#deciders = new Deciders(cloud, world, this.#chronicle);
    this.#deciders.begin();
    this.#sendUsage(cloud);
    cloud.outside(beginOf(world.days) - HOUR, () => this.#lookUp(cloud));
    for (let day = 0; day < world.days; day += TELL_EVERY_DAYS) {
      const { reports, orders, answers } = this.#chronicle;
      tell(day, `${reports.length} reports, ${orders.length} orders, ${answers.length} answers`);
      await cloud.run(beginOf(Math.min(world.days, day + TELL_EVERY_DAYS)));
    }
    await cloud.run();
    tell(world.days, 'looking at what came of it');
    const outbox = await read(cloud, ['batches/', 'previews/', 'receipts/', 'revocations/', 'explanations/']);
    const asked = this.#asked;
    return { life: this.#life, chronicle: this.#chronicle, outbox, asked, failures: cloud.failures() };
  }

  /** Plans the operators' files: each sends its sightings after each period, and those from before the year at its beginning. */
  #sendUsage(cloud: LocalCloud): void {
    const { world } = this.#life;
    for (let period = FIRST_PERIOD; (period + 1) * PERIOD_DAYS < world.days; period++) {
      const n = period - FIRST_PERIOD;
      const at = later(beginOf(Math.max(0, (period + 1) * PERIOD_DAYS)), period < 0 ? 1 + 0.1 * n : 3, USAGE_SECOND);
      cloud.outside(at, async () => {
        const sightings = this.#life.sightingsOf(period);
        for (const operator of OPERATORS) {
          const own = sightings.filter((one) => one.operator === operator);
          await this.#send(cloud, operator, `period ${n}`, own, exportOf(operator, n));
        }
      });
    }
  }

  /** Has a caseworker look numbers up, at the end of the year. */
  async #lookUp(cloud: LocalCloud): Promise<void> {
    this.#asked = askedAbout(this.#chronicle, this.#life.world);
    await cloud.put(bucketsOf(cloud).inbox, 'lookups/caseworker-1/year.csv', csv(['msisdn', ...this.#asked]));
  }

  async #send(cloud: LocalCloud, operator: string, name: string, own: readonly Sighting[], how: Export): Promise<void> {
    const at = cloud.clock.now();
    const key = `usage/${operator}/${name}.csv`;
    const { text, rows, good: sightings } = usageFile(this.#life.world.seed, own, how);
    const sent: SentUsage = { operator, key, at, rows, sightings, countsFrom: at, isGated: false };
    this.#chronicle.usage.push(sent);
    if (how === 'days lost')
      this.#ifGated.set(key, () =>
        cloud.outside(at + DAY, () => this.#send(cloud, operator, `${name} corrected`, own, 'as ever')),
      );
    await cloud.put(bucketsOf(cloud).inbox, key, text);
  }

  /** Reacts to a usage file that is held up: its operator sends another one if it was wrong; otherwise an approver admits it. */
  #hearOfGated(cloud: LocalCloud, { key, versionId }: Told): void {
    const sent = this.#chronicle.usage.find((one) => one.key === key);
    if (sent === undefined || sent.isGated) return;
    sent.isGated = true;
    sent.countsFrom = undefined;
    const mend = this.#ifGated.get(sent.key);
    if (mend !== undefined) {
      mend();
      return;
    }
    const at = later(cloud.clock.now(), 7, ADMITS_SECOND);
    cloud.outside(at, async () => {
      sent.countsFrom = at;
      const name = hash(sent.key);
      await cloud.put(
        bucketsOf(cloud).inbox,
        `admissions/approver-3/${name}.csv`,
        csv(['key,version', `${key},${versionId}`]),
      );
    });
  }
}

/**
 * The way in which an operator's file comes about: one operator's program once loses days, and another's once sends everybody several
 * times.
 */
function exportOf(operator: string, n: number): Export {
  if (operator === 'airtel' && n === 6) return 'days lost';
  return operator === 'jio' && n === 8 ? 'several times' : 'as ever';
}

/** The texts in the outbox under some prefixes. */
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
