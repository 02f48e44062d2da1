/** A year on the local cloud: who does what when, and what lies there at its end. */
import type { LocalCloud } from 'local-cloud';
import { stageFromContext } from '../../lib/config/stage.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { Desk, messageOf } from '../../simulation/desk.ts';
import { participantsOf } from '../../simulation/participants.ts';
import { Chronicle } from './chronicle.ts';
import { Deciders, PEOPLE } from './deciders.ts';
import { beginOf, drawWorld, FIRST_PERIOD, OPERATORS, PERIOD_DAYS, type Size, START } from './draw.ts';
import { usageFile } from './files.ts';
import type { Lived } from './judge.ts';
import { Life, later } from './life.ts';
import { YearOperator } from './operators.ts';

/** How the app is synthesized: with the limits that the year reckons with, and less of what recurs. */
export const CONTEXT = {
  sweepHours: '24',
  surveyHours: '24',
  people: String(PEOPLE),
  busyDay: '25',
  manyConnections: '500',
};
const USAGE_SECOND = 29;
/** How much of a bucket is read at once. */
const AT_ONCE = 8;
/** How often it is told how far it is. */
const TELL_EVERY_DAYS = 5;

/** A year, drawn, that is yet to be lived. */
export class Year {
  readonly #life: Life;
  readonly #chronicle = new Chronicle();
  readonly #operators = new Map<string, YearOperator>();
  #deciders: Deciders | undefined;
  #cloud: LocalCloud | undefined;

  constructor(size: Size) {
    this.#life = new Life(drawWorld(size));
  }

  /** What is published to any topic: the cloud that it is lived in tells of it. */
  readonly published = (message: string): void => {
    const told = { ...messageOf(message), toldAt: this.#cloud?.clock.now() ?? START };
    this.#chronicle.notices.push(told);
    const { kind, operator } = told as Record<string, unknown>;
    if (kind === 'order') this.#operators.get(String(operator))?.wake();
    this.#deciders?.hear(told);
  };

  /**
   * Lives through it.
   * @param cloud an empty one, at the year's first instant, with `published` for what watches it
   * @param tell hears how far it is
   */
  async live(cloud: LocalCloud, tell: (day: number, what: string) => void = () => {}): Promise<Lived> {
    this.#cloud = cloud;
    const { world } = this.#life;
    cloud.confirmSubscriptions();
    const config = stageFromContext({ stage: 'dev', cloud: 'local', config: 'none', ...CONTEXT });
    for (const one of participantsOf(config).operators)
      this.#operators.set(one.id, new YearOperator(new Desk(cloud, one), this.#life, this.#chronicle));
    this.#deciders = new Deciders(cloud, world, this.#chronicle);
    this.#deciders.begin();
    this.#sendUsage(cloud);
    for (let day = 0; day < world.days; day += TELL_EVERY_DAYS) {
      const { reports, orders, answers } = this.#chronicle;
      tell(day, `${reports.length} reports, ${orders.length} orders, ${answers.length} answers`);
      await cloud.run(beginOf(Math.min(world.days, day + TELL_EVERY_DAYS)));
    }
    await cloud.run();
    tell(world.days, 'looking at what came of it');
    const outbox = await read(cloud, ['batches/', 'previews/', 'receipts/', 'revocations/']);
    return { life: this.#life, chronicle: this.#chronicle, outbox, failures: cloud.failures() };
  }

  /** Each operator sends what it saw, after each period; what it saw before the year, at its beginning. */
  #sendUsage(cloud: LocalCloud): void {
    const { inbox } = bucketsOf(cloud);
    const { world } = this.#life;
    for (let period = FIRST_PERIOD; (period + 1) * PERIOD_DAYS < world.days; period++) {
      const n = period - FIRST_PERIOD;
      const at = later(beginOf(Math.max(0, (period + 1) * PERIOD_DAYS)), period < 0 ? 1 + 0.1 * n : 3, USAGE_SECOND);
      cloud.outside(at, async () => {
        const sightings = this.#life.sightingsOf(period);
        for (const operator of OPERATORS) {
          const own = sightings.filter((one) => one.operator === operator);
          this.#chronicle.usage.push({ operator, at, sightings: own });
          await cloud.put(inbox, `usage/${operator}/period ${n}.csv`, usageFile(world.seed, own));
        }
      });
    }
  }
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
