import { planCounts } from '../domain/batches.ts';
import { type CountedPointer, countPointer } from '../domain/counted-pointers.ts';
import type { Instant } from '../domain/days.ts';
import { type BatchId, type DirectionId, parseDirectionId } from '../domain/identifiers.ts';
import type { Rung } from '../domain/ladders.ts';
import { fileSaying, type Ledger, outcomeOf, type RecordedFile } from '../domain/ledger.ts';
import type { MovedRow } from '../domain/moves.ts';
import { isMove } from '../domain/outcome-rules.ts';
import { type Pointer, readPointer } from '../domain/pointers.ts';
import { readMark } from '../domain/reversal-marks.ts';
import { type Batch, readBatch } from './cases/batches.ts';
import { readLedger } from './cases/ledgers.ts';
import { NotThere } from './errors.ts';
import { movedKey, readMovedIfThere } from './moves.ts';
import { readTextIfThere } from './objects.ts';

/** A later plan claimed already: this attempt belongs to a plan that was given up, and nothing it writes would count. */
export class PlanIsVoid extends Error {
  override name = 'PlanIsVoid';
}

/**
 * The most ledgers that are kept, and as many batches: more than the 2024 event has directions, so that a batch that meets an earlier one
 * of its size reads each once. A ledger has some 12 kB, and no item of a table more than 400.
 */
export const MOST_KEPT = 2000;

/** The most directions whose rows are kept: each has some 150 kB of them. */
const MOST_ROWS_FILES_KEPT = 100;

/**
 * The directions that earlier claims point to, kept for one invocation once they are read, until they are too many. A pointer counts when
 * its plan was directed and its direction's ledger holds the row; else it is void.
 */
export class EarlierDirections {
  readonly #env: { readonly CASES: string; readonly WORK: string };
  readonly #plan: number;
  readonly #moved = new Map<string, Promise<readonly MovedRow[]>>();
  readonly #batches = new Map<BatchId, Promise<Batch | undefined>>();
  readonly #ledgers = new Map<DirectionId, Promise<Ledger | undefined>>();
  readonly #lines = new Map<DirectionId, Promise<readonly string[] | undefined>>();

  /**
   * @param plan the plan that asks; only this one plans now, so a lower plan is directed or void for ever. Infinity if none asks: then each
   * plan that is directed by now counts
   */
  constructor(env: { readonly CASES: string; readonly WORK: string }, plan: number) {
    this.#env = env;
    this.#plan = plan;
  }

  /**
   * The stored pointers that count, newest first, with what their ledgers say. This plan's own are left out.
   * @throws PlanIsVoid when one belongs to a later plan
   */
  async counted(stored: readonly string[]): Promise<CountedPointer[]> {
    const pointers = await Promise.all(stored.map((text) => this.#count(text)));
    return pointers.filter((pointer) => pointer !== undefined);
  }

  async #count(stored: string): Promise<CountedPointer | undefined> {
    const pointer = readPointer(stored);
    const direction = parseDirectionId(pointer.directionId);
    if (!direction) return undefined;
    if (direction.plan > this.#plan) throw new PlanIsVoid(`plan ${this.#plan} was given up`);
    if (direction.plan === this.#plan) return undefined;
    const batch = await this.#batch(direction.batchId);
    const directed = batch?.plan === direction.plan && planCounts(batch.state);
    if (!directed) return undefined;
    const ledger = await this.#ledger(direction.id);
    if (ledger === undefined || pointer.row >= ledger.rows) return undefined;
    const { outcome } = outcomeOf(ledger, pointer.row);
    const said = fileSaying(ledger, pointer.row);
    const isReturn = outcome === 'not_found' && said?.toReturn !== undefined;
    const file = isMove(outcome) || isReturn ? said : undefined;
    const moved = file && (isReturn || outcome === 'ported') ? await this.#movedBy(ledger, file) : [];
    const followUp = file?.followUp && (await this.#batch(file.followUp));
    return countPointer(pointer, ledger, moved, () => followUp !== undefined && planCounts(followUp.state));
  }

  /**
   * The instant when the newest of these reversals that counts was directed; undefined if none does. This plan's own is left out.
   * @param marks as they are stored, newest first
   * @throws PlanIsVoid when one belongs to a later plan
   */
  async reversedAt(marks: readonly string[]): Promise<Instant | undefined> {
    for (const mark of marks) {
      const at = await this.#reversedBy(mark);
      if (at !== undefined) return at;
    }
    return undefined;
  }

  /**
   * The marks whose reversals count; this plan's own is left out.
   * @throws PlanIsVoid when one belongs to a later plan
   */
  async countedMarks(marks: readonly string[]): Promise<string[]> {
    const counts = await Promise.all(marks.map((mark) => this.#reversedBy(mark)));
    return marks.filter((_, n) => counts[n] !== undefined);
  }

  /** The instant when the reversal of a mark was directed; undefined if it doesn't count. */
  async #reversedBy(mark: string): Promise<Instant | undefined> {
    const { batchId, plan } = readMark(mark);
    if (plan > this.#plan) throw new PlanIsVoid(`plan ${this.#plan} was given up`);
    if (plan === this.#plan) return undefined;
    const batch = await this.#batch(batchId);
    return batch?.plan === plan && planCounts(batch.state) ? batch.directedAt : undefined;
  }

  /**
   * The line of a row that counts, as the work bucket keeps it; undefined if it is gone: a claim that is renewed and a ledger are kept for
   * longer than it.
   */
  async line({ directionId, row }: Pointer): Promise<string | undefined> {
    const lines = await kept(
      this.#lines,
      directionId,
      async () => {
        const ledger = await this.#ledger(directionId);
        if (ledger === undefined) throw new NotThere(`there is no ledger of direction ${directionId}`);
        return (await readTextIfThere({ bucket: this.#env.WORK, key: ledger.rowsKey }))?.split('\n');
      },
      MOST_ROWS_FILES_KEPT,
    );
    return lines === undefined ? undefined : (lines[row] ?? '');
  }

  /** The deadlines that a direction was told. */
  async rungs({ directionId }: Pick<Pointer, 'directionId'>): Promise<readonly Rung[]> {
    return (await this.#ledger(directionId))?.rungs ?? [];
  }

  #movedBy(ledger: Ledger, file: RecordedFile): Promise<readonly MovedRow[]> {
    return kept(this.#moved, movedKey(ledger, file), () => readMovedIfThere(this.#env.WORK, ledger, file));
  }

  #batch(id: BatchId): Promise<Batch | undefined> {
    return kept(this.#batches, id, () => readBatch(this.#env.CASES, id));
  }

  #ledger(id: DirectionId): Promise<Ledger | undefined> {
    return kept(this.#ledgers, id, () => readLedger(this.#env.CASES, id));
  }
}

function kept<Id, Kept>(
  all: Map<Id, Promise<Kept>>,
  id: Id,
  read: () => Promise<Kept>,
  most = MOST_KEPT,
): Promise<Kept> {
  const known = all.get(id);
  if (known !== undefined) return known;
  // Whoever still needs one reads it again.
  if (all.size === most) all.clear();
  const reading = read();
  all.set(id, reading);
  return reading;
}
