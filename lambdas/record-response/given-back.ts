import { orderedBackAt, type TakingOrder, takingOrders } from '../domain/back-orders.ts';
import type { Instant } from '../domain/days.ts';
import { parseDirectionRowLine } from '../domain/directions.ts';
import type { Msisdn } from '../domain/identifiers.ts';
import type { Ledger, RecordedFile } from '../domain/ledger.ts';
import { asksToRestore } from '../domain/moves.ts';
import { PREPARED } from '../domain/work.ts';
import { readMovedIfThere } from '../stores/moves.ts';
import { readTextIfThere } from '../stores/objects.ts';

import { env } from './environment.ts';
import { preparedKey } from './recorded.ts';
import type { Taken } from './take-back.ts';

/** An order to give back: when it was issued, the ledger's version by then, and its text; none once that is gone, which is of long ago. */
interface Back {
  readonly at: Instant;
  readonly version: number;
  readonly text: string | undefined;
}

/** To whom files of a direction have given service back, and of whom they have the night ask for it. */
export class GivenBack {
  readonly #numberOf: (row: number) => Msisdn;
  readonly #backs: readonly Back[];
  readonly #isAskedFor: (row: number) => boolean;
  readonly #before: number;
  /** The texts of orders that were read, by their keys. */
  readonly #texts = new Map<string, Promise<string | undefined>>();

  private constructor(
    numberOf: (row: number) => Msisdn,
    backs: readonly Back[],
    isAskedFor: (row: number) => boolean,
    before: number,
  ) {
    this.#numberOf = numberOf;
    this.#backs = backs;
    this.#isAskedFor = isAskedFor;
    this.#before = before;
  }

  /**
   * Reads what files have given back.
   * @param files a file, and what was found after its commit
   * @param lines the direction's rows
   * @param before the ledger's version from before the look by which it is asked who is cut
   */
  static async read(
    ledger: Ledger,
    files: readonly RecordedFile[],
    lines: readonly string[],
    before: number,
  ): Promise<GivenBack> {
    const backs = await Promise.all(
      files.map(async (file): Promise<Back[]> => {
        if (file.backDue === undefined) return [];
        const at = orderedBackAt(file.backDue);
        const text = await readTextIfThere({ bucket: env.WORK, key: preparedKey(ledger, file, 'restore.csv') });
        return [{ at, version: file.version, text }];
      }),
    );
    const asking = files.filter(({ toRestore }) => toRestore !== undefined);
    const lists = await Promise.all(asking.map((file) => readMovedIfThere(env.WORK, ledger, file)));
    const isAskedFor = (row: number) => lists.some((list) => asksToRestore(list, row));
    const numberOf = (row: number) => parseDirectionRowLine('reverify', lines[row] ?? '').msisdn;
    return new GivenBack(numberOf, backs.flat(), isAskedFor, before);
  }

  /** Whether the night is asked to restore a row. */
  isAskedFor(row: number): boolean {
    return this.#isAskedFor(row);
  }

  /**
   * Whether service was taken from a row in other directions since it was given back, if it was. A row there that is marked only now was in no
   * look before: unless another attempt gives back since, which may have found the mark. Of one that was marked before a ledger tells too much:
   * that orders went out, which may have left it out.
   * @param isAnew whether only those that are marked now count
   */
  async isCutSince(row: number, taken: readonly Taken[], isAnew: boolean): Promise<boolean> {
    const number = this.#numberOf(row);
    const mine = this.#backs.filter(({ text }) => text === undefined || text.includes(number));
    const isGivenMeanwhile = mine.some(({ version }) => version > this.#before);
    if (!isGivenMeanwhile && taken.some(({ wasMarked }) => !wasMarked)) return true;
    if (isAnew || mine.some(({ text }) => text === undefined)) return false;
    for (const { ledger } of taken)
      for (const order of takingOrders(ledger))
        if (mine.every(({ at }) => at < order.at) && (await this.#carried(ledger, order, number))) return true;
    return false;
  }

  /** Whether an order named a number; not once its text is gone. */
  async #carried({ directionId }: Ledger, order: TakingOrder, number: Msisdn): Promise<boolean> {
    const key =
      order.rung === undefined
        ? PREPARED.response(directionId, order.sha256, order.attempt, 'disconnect.csv')
        : PREPARED.order(directionId, order.rung, order.attempt);
    const text = this.#texts.get(key) ?? readTextIfThere({ bucket: env.WORK, key });
    this.#texts.set(key, text);
    return (await text)?.includes(number) === true;
  }
}
