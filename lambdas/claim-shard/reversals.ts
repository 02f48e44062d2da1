import { type Day, dayOf, type Instant } from '../domain/days.ts';
import { type Exemption, isLifted } from '../domain/exemptions.ts';
import type { Imei, Msisdn } from '../domain/identifiers.ts';
import { type DirectionKind, rulesOf } from '../domain/kinds.ts';
import type { Claim } from '../stores/cases/claims.ts';
import type { EarlierDirections } from '../stores/earlier-directions.ts';
import { newestSighting } from '../stores/links.ts';

interface Environment {
  readonly LINKS: string;
  readonly APPROVERS: readonly string[];
}

/** What reversals took back of a shard's numbers or handsets, and whether that still stands. */
export class Reversals {
  readonly #env: Environment;
  readonly #claims: ReadonlyMap<string, Claim>;
  readonly #earlier: EarlierDirections;
  readonly #wordsOf: (subject: Msisdn | Imei) => Exemption;

  constructor(
    env: Environment,
    claims: ReadonlyMap<string, Claim>,
    earlier: EarlierDirections,
    wordsOf: (subject: Msisdn | Imei) => Exemption,
  ) {
    this.#env = env;
    this.#claims = claims;
    this.#earlier = earlier;
    this.#wordsOf = wordsOf;
  }

  /** The day on which something was taken back last, unless approvers have lifted that since; null if it wasn't. */
  async of(identifier: Msisdn | Imei): Promise<Day | null> {
    const at = await this.#takenBackAt(identifier);
    return at === undefined || this.isLiftedSince(identifier, at) ? null : dayOf(at);
  }

  async #takenBackAt(identifier: Msisdn | Imei): Promise<Instant | undefined> {
    const marks = this.#claims.get(identifier)?.reversals ?? [];
    return marks.length === 0 ? undefined : await this.#earlier.reversedAt(marks);
  }

  /** Whether approvers have lifted, since this instant, what had been taken back. */
  isLiftedSince(identifier: Msisdn | Imei, at: Instant): boolean {
    return isLifted(this.#wordsOf(identifier), at, this.#env.APPROVERS);
  }

  /**
   * The day by which something that was taken back may have been seen again: for a number its newest sighting as it was gathered, for a
   * handset its newest sighting on file, whoever used it.
   */
  async seenOn(kind: DirectionKind, identifier: Msisdn | Imei, gathered: Day | null): Promise<Day | null> {
    if (rulesOf(kind).subject === 'number') return gathered;
    return (await newestSighting(this.#env.LINKS, identifier as Imei)) ?? null;
  }
}
