/** What a shard's candidates have become: what is to be directed, and the lists and counts of the shard's decision. */
import { addDecision, type Decisions, type Ported } from './books.ts';
import { type Aside, type Candidate, type DecidedCandidate, listedAbout } from './candidates.ts';
import type { Elsewhere } from './elsewhere.ts';
import type { MovedTo } from './follow-ups.ts';
import type { OperatorId } from './identifiers.ts';
import type { ClaimState, DirectionKind, LeftOut } from './kinds.ts';
import type { PlannedDirection } from './plans.ts';

/** A direction that candidates were cut into. */
interface CutCandidates {
  readonly direction: Pick<PlannedDirection, 'operator' | 'directionId'>;
  readonly rows: readonly Candidate[];
}

/**
 * What a shard's candidates have become, taken one after the other. A candidate that is listed once more, as one that goes on from two rows
 * at one operator, is directed once: the first of them is, and it is open there for the other row.
 */
export class DecidedCandidates {
  readonly #kind: DirectionKind;
  readonly #directed = new Map<OperatorId, Candidate[]>();
  readonly #elsewhere: Elsewhere[] = [];
  readonly #moved: MovedTo[] = [];
  readonly #ported: Record<OperatorId, Record<OperatorId, number>> = {};
  /** Counted here, and made books of in the end: books are copied with each decision that is added. */
  readonly #counts = new Map<string, { operator: OperatorId; state: ClaimState; count: number }>();
  readonly #listedOnce = new Set<string>();
  readonly #twice: Candidate[] = [];

  constructor(kind: DirectionKind) {
    this.#kind = kind;
  }

  /** Takes a candidate that people left out. */
  leaveOut(one: Omit<Aside, 'state'>, state: LeftOut): void {
    const { identifier, operator } = one;
    this.#elsewhere.push({ kind: this.#kind, identifier, operator, state, directionId: null });
    this.#count(one, operator, state);
  }

  /** Takes a candidate that was decided upon. A number counts at the operator that it was ported to since its newest sighting. */
  add(candidate: Candidate, { operator, decision }: DecidedCandidate): void {
    const { identifier, operator: named } = candidate;
    if (operator !== named) {
      const away = this.#ported[named] ?? {};
      this.#ported[named] = { ...away, [operator]: (away[operator] ?? 0) + 1 };
    }
    if (decision.state === 'directed') {
      const about = listedAbout(candidate);
      if (about !== undefined && this.#listedOnce.has(about)) {
        this.#twice.push(candidate);
        return;
      }
      if (about !== undefined) this.#listedOnce.add(about);
      const rows = this.#directed.get(operator);
      if (rows === undefined) this.#directed.set(operator, [candidate]);
      else rows.push(candidate);
    } else this.#elsewhere.push({ kind: this.#kind, identifier, operator, ...decision });
    this.#count(candidate, operator, decision.state);
  }

  /**
   * Takes what was listed once more as open in the direction of the one that is directed.
   * @param cuts the directions into which all that is directed was cut
   */
  cutInto(cuts: readonly CutCandidates[]): void {
    for (const one of this.#twice.splice(0)) {
      const direct = cuts.find(({ rows }) => rows.some((row) => listedAbout(row) === listedAbout(one)));
      if (direct === undefined) throw new Error('what is listed twice is directed once');
      const { operator, directionId } = direct.direction;
      const { identifier } = one;
      this.#elsewhere.push({ kind: this.#kind, identifier, operator, state: 'alreadyOpen', directionId });
      this.#count(one, operator, 'alreadyOpen');
    }
  }

  /** The candidates that are to be directed, by the operator at which they are. */
  get directed(): ReadonlyMap<OperatorId, readonly Candidate[]> {
    return this.#directed;
  }

  /** What is not directed; complete once it is known into which directions the rest was cut. */
  get elsewhere(): readonly Elsewhere[] {
    return this.#elsewhere;
  }

  /** What became of each row that goes on; complete as `elsewhere` is. */
  get moved(): readonly MovedTo[] {
    return this.#moved;
  }

  get ported(): Ported {
    return this.#ported;
  }

  /** The number of candidates by what they became; complete as `elsewhere` is. */
  get decisions(): Decisions {
    return [...this.#counts.values()].reduce<Decisions>(
      (all, { operator, state, count }) => addDecision(all, this.#kind, operator, state, count),
      {},
    );
  }

  #count({ line, why, from }: Pick<Candidate, 'line' | 'why' | 'from'>, operator: OperatorId, state: ClaimState): void {
    const name = `${operator} ${state}`;
    const own = this.#counts.get(name);
    if (own === undefined) this.#counts.set(name, { operator, state, count: 1 });
    else own.count += 1;
    if (why !== undefined && from)
      this.#moved.push({ line, kind: this.#kind, from: from.directionId, why, to: operator, state });
  }
}
