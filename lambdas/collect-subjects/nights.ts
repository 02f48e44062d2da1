import { planCounts } from '../domain/batches.ts';
import { parseElsewhereLine } from '../domain/elsewhere.ts';
import { parseMovedLine } from '../domain/follow-ups.ts';
import { type BatchId, type DirectionId, type Imei, type Msisdn, parseDirectionId } from '../domain/identifiers.ts';
import { LEDGERS_AT_ONCE } from '../domain/limits.ts';
import type { Plan } from '../domain/plans.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { readLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readPlan } from '../stores/plans.ts';
import { type Places, readLists } from './rows.ts';
import { addFound, type FoundElsewhere } from './rows-elsewhere.ts';

/** Numbers that are a report's, to be looked up among identifiers of both kinds. */
type Numbers = ReadonlySet<Imei | Msisdn>;

/**
 * Adds the rows in which nights that went on with the report's numbers found these without directing them: they went on on its account.
 * Each night is followed to the next, as long as any goes on.
 * @param plan the report's
 * @param named the subjects of the withdrawal; null for the whole report
 */
export async function addFoundByNights(
  env: Places,
  plan: Plan,
  named: ReadonlyMap<Imei | Msisdn, unknown> | null,
  found: FoundElsewhere,
): Promise<void> {
  const nights = new Nights(env, named);
  await nights.follow(plan, 'all');
  for (let night = nights.next(); night !== undefined; night = nights.next()) {
    const batch = await readBatch(env.CASES, night);
    if (batch?.planKey === undefined || !planCounts(batch.state)) continue;
    const planOfNight = await readPlan(env.WORK, batch.planKey);
    const numbers = await nights.numbersIn(planOfNight);
    if (numbers.size === 0) continue;
    for await (const lines of readLists(env, planOfNight.elsewhere, parseElsewhereLine))
      for (const { directionId, identifier, kind, state } of lines) {
        if (directionId === null || kind !== 'reverify' || state === 'reissuedBefore') continue;
        if (numbers.has(identifier)) addFound(found, directionId, identifier);
      }
    await nights.follow(planOfNight, numbers);
  }
}

/** The nights that go on with a report's numbers, and the directions that have these: the report's, and those of the nights. */
class Nights {
  readonly #env: Places;
  readonly #named: ReadonlyMap<Imei | Msisdn, unknown> | null;
  /** The numbers of each direction that are the report's. */
  readonly #ours = new Map<DirectionId, Numbers | 'all'>();
  readonly #nights = new Set<BatchId>();
  readonly #taken = new Set<BatchId>();

  constructor(env: Places, named: ReadonlyMap<Imei | Msisdn, unknown> | null) {
    this.#env = env;
    this.#named = named;
  }

  /** Follows a plan's numbers: notes which nights go on with what was answered of them. `numbers`: those that are the report's. */
  async follow({ directions }: Plan, numbers: Numbers | 'all'): Promise<void> {
    const unread = directions.flatMap(({ directionId }) =>
      parseDirectionId(directionId)?.kind === 'reverify' && !this.#ours.has(directionId) ? directionId : [],
    );
    for (const directionId of unread) this.#ours.set(directionId, numbers);
    await concurrently(unread, LEDGERS_AT_ONCE, async (directionId) => {
      const ledger = await readLedger(this.#env.CASES, directionId);
      for (const { followUp } of ledger?.files ?? []) if (followUp !== undefined) this.#nights.add(followUp);
    });
  }

  /**
   * Takes the first night that was not taken yet; undefined if all were. One is taken after the other, in their order: a later one may go
   * on with what an earlier one directed.
   */
  next(): BatchId | undefined {
    const [night] = [...this.#nights].filter((one) => !this.#taken.has(one)).sort();
    if (night !== undefined) this.#taken.add(night);
    return night;
  }

  /** The report's numbers with which a night went on. */
  async numbersIn({ moved }: Plan): Promise<Numbers> {
    const numbers = new Set<Imei | Msisdn>();
    for await (const lines of readLists(this.#env, moved, parseMovedLine))
      for (const { msisdn, from } of lines) if (msisdn !== null && this.#isOurs(msisdn, from)) numbers.add(msisdn);
    return numbers;
  }

  #isOurs(msisdn: Msisdn, from: DirectionId): boolean {
    const ours = this.#ours.get(from);
    return ours !== undefined && (ours === 'all' || ours.has(msisdn)) && (this.#named?.has(msisdn) ?? true);
  }
}
