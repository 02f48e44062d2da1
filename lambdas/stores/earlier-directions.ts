import { type CountedPointer, countPointer, readPointer } from '../domain/claims.ts';
import { type BatchId, type DirectionId, parseDirectionId } from '../domain/identifiers.ts';
import type { Ledger } from '../domain/ledger.ts';
import { type Batch, readBatch, readLedger } from './cases.ts';

/** A later plan claimed already: this attempt belongs to a plan that was given up, and nothing it writes would count. */
export class PlanIsVoid extends Error {
  override name = 'PlanIsVoid';
}

/**
 * The directions that earlier claims point to, read once each for one invocation. A pointer counts when its plan was
 * directed and its direction's ledger holds the row; else it is void.
 */
export class EarlierDirections {
  readonly #table: string;
  readonly #plan: number;
  readonly #batches = new Map<BatchId, Promise<Batch | undefined>>();
  readonly #ledgers = new Map<DirectionId, Promise<Ledger | undefined>>();

  /** @param plan the plan that asks; only this one plans now, so a lower plan is directed or void for ever */
  constructor(table: string, plan: number) {
    this.#table = table;
    this.#plan = plan;
  }

  /**
   * Those of the stored pointers that count, newest first, with what their ledgers say. This plan's own are left out.
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
    const directed = batch?.plan === direction.plan && (batch.state === 'directed' || batch.state === 'settled');
    if (!directed) return undefined;
    const ledger = await this.#ledger(direction.id);
    return ledger && pointer.row < ledger.rows ? countPointer(pointer, ledger) : undefined;
  }

  #batch(id: BatchId): Promise<Batch | undefined> {
    const read = this.#batches.get(id) ?? readBatch(this.#table, id);
    this.#batches.set(id, read);
    return read;
  }

  #ledger(id: DirectionId): Promise<Ledger | undefined> {
    const read = this.#ledgers.get(id) ?? readLedger(this.#table, id);
    this.#ledgers.set(id, read);
    return read;
  }
}
