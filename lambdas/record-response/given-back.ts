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

/** An order to give back: when it was issued, and its text; none once that is gone, which is of long ago. */
interface Back {
  readonly at: Instant;
  readonly text: string | undefined;
}

/** To whom files of a direction have given service back, and of whom they have the night ask for it. */
export class GivenBack {
  readonly #numberOf: (row: number) => Msisdn;
  readonly #backs: readonly Back[];
  readonly #isAskedFor: (row: number) => boolean;

  private constructor(numberOf: (row: number) => Msisdn, backs: readonly Back[], isAskedFor: (row: number) => boolean) {
    this.#numberOf = numberOf;
    this.#backs = backs;
    this.#isAskedFor = isAskedFor;
  }

  /**
   * Reads what files have given back.
   * @param files a file, and what was found after its commit
   * @param lines the direction's rows
   */
  static async read(ledger: Ledger, files: readonly RecordedFile[], lines: readonly string[]): Promise<GivenBack> {
    const backs = await Promise.all(
      files.map(async (file): Promise<Back[]> => {
        const at = orderedBackAt(file);
        if (at === undefined) return [];
        const text = await readTextIfThere({ bucket: env.WORK, key: preparedKey(ledger, file, 'restore.csv') });
        return [{ at, text }];
      }),
    );
    const asking = files.filter(({ toRestore }) => toRestore !== undefined);
    const lists = await Promise.all(asking.map((file) => readMovedIfThere(env.WORK, ledger, file)));
    const isAskedFor = (row: number) => lists.some((list) => asksToRestore(list, row));
    const numberOf = (row: number) => parseDirectionRowLine('reverify', lines[row] ?? '').msisdn;
    return new GivenBack(numberOf, backs.flat(), isAskedFor);
  }

  /** Whether the night is asked to restore a row. */
  isAskedFor(row: number): boolean {
    return this.#isAskedFor(row);
  }

  /**
   * Whether service was taken from a row in other directions since it was given back, if it was. A row there that is marked only now was in no
   * look before. Of one that was marked before a ledger tells too much: that orders went out, which may have left it out.
   * @param isAnew whether only those that are marked now count
   */
  async isCutSince(row: number, taken: readonly Taken[], isAnew: boolean): Promise<boolean> {
    if (taken.some(({ wasMarked }) => !wasMarked)) return true;
    const number = this.#numberOf(row);
    const mine = this.#backs.filter(({ text }) => text === undefined || text.includes(number));
    if (isAnew || mine.some(({ text }) => text === undefined)) return false;
    for (const { ledger } of taken)
      for (const order of takingOrders(ledger))
        if (mine.every(({ at }) => at < order.at) && (await carried(ledger, order, number))) return true;
    return false;
  }
}

/** Whether an order named a number; not once its text is gone. */
async function carried(ledger: Ledger, { order, file }: TakingOrder, number: Msisdn): Promise<boolean> {
  const key =
    order === undefined
      ? preparedKey(ledger, { ...file, attempt: file.failedOrder?.anew?.attempt ?? file.attempt }, 'disconnect.csv')
      : PREPARED.order(ledger.directionId, order.rung, order.attempt);
  return (await readTextIfThere({ bucket: env.WORK, key }))?.includes(number) === true;
}
