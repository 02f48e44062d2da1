/**
 * The end of what a file's commit began: its orders to give back and its lists are published, and it has looked again, within its deliveries.
 * Where these fail it is in quarantine, and somebody uploads others that say the same, or something else of a row. These are a file of their
 * own, whose rows are recorded already, or ask for nothing that the first file has asked for: so they go on with that one.
 *
 * They don't with its order of who failed. That takes service, and the next delivery would no longer know that it looked for nobody who
 * proved themselves meanwhile; the ladder's own orders carry whoever failed.
 */
import type { AnsweredRow } from '../domain/answers.ts';
import { currentOutcomes, fileSaying, type Recorded, type RecordedFile } from '../domain/ledger.ts';
import { OBJECTS_AT_ONCE } from '../domain/limits.ts';
import { outcomeAt } from '../domain/outcomes.ts';
import type { RejectedRow } from '../domain/reasons.ts';
import { fileOfWord, replacedForm } from '../domain/replaced.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import { PREPARED } from '../domain/work.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readTextIfThere, writeObject } from '../stores/objects.ts';
import { publishBackOrderIfNew } from '../stores/orders.ts';

import { Attempts } from './attempts.ts';
import { env } from './environment.ts';
import { lookAgain, type Restoring } from './look-again.ts';
import { tellMoved } from './moves.ts';
import { publishLists } from './publish.ts';
import { preparedKey } from './recorded.ts';

/** What a file was found to say of a direction, once it was committed. */
export interface Said extends Recorded {
  readonly said: readonly (AnsweredRow | RejectedRow)[];
  /** The direction's rows. */
  readonly lines: readonly string[];
}

/** Whether there is more to be done of a file than its receipt tells. */
const isMoreThanTold = ({ backDue, lateOn, withdrawnOn }: RecordedFile): boolean =>
  [backDue, lateOn, withdrawnOn].some((one) => one !== undefined);

/** Marks that all is done of which a file's commit was the beginning. */
export async function markDone({ ledger, recorded }: Recorded): Promise<void> {
  if (isMoreThanTold(recorded))
    await writeObject({ bucket: env.WORK, key: PREPARED.done(ledger.directionId, recorded.sha256) }, '');
}

/** Another file of a direction, with which one goes on. No step keeps the others from being done. */
export class Unfinished {
  readonly #recorded: Recorded;
  readonly #lines: readonly string[];
  readonly #isSaidAgain: boolean;
  readonly #steps = new Attempts();

  /** @param isSaidAgain whether rows are as it says; if not, what it was to give back is all that is left of it */
  constructor(recorded: Recorded, lines: readonly string[], isSaidAgain: boolean) {
    this.#recorded = recorded;
    this.#lines = lines;
    this.#isSaidAgain = isSaidAgain;
  }

  /**
   * Gives back what it was to give back, if that wasn't published: an order that takes service may have been told of since. It comes before
   * any that a file itself has caused, since what these go by was said later.
   */
  async giveBack(): Promise<void> {
    await this.#steps.do(() => publishBackOrderIfNew(env, this.#recorded));
  }

  /** Does all else, and marks it done once it is. */
  async finish(restoring: Restoring): Promise<void> {
    if (this.#isSaidAgain) await this.#finish(restoring);
    this.#steps.end();
  }

  async #finish(restoring: Restoring): Promise<void> {
    const { ledger, recorded } = this.#recorded;
    const { receiptKey } = restoring;
    await this.#steps.do(() => publishLists([this.#recorded]));
    await this.#steps.do(() => lookAgain(this.#recorded, this.#lines, restoring));
    // What it has found is told of with a receipt.
    if (receiptKey !== undefined && ledger.operator !== SELF_CHECK)
      await this.#steps.do(async () => void (await tellMoved(ledger, recorded, receiptKey)));
    if (receiptKey !== undefined && !this.#steps.haveFailed) await this.#steps.do(() => markDone(this.#recorded));
  }
}

/**
 * The other files by which rows are as a file says again, as far as not all is done of them; and those by which they were before it said
 * something else, as far as these may not have given back.
 */
export async function unfinishedBeside({ said, lines, ...committed }: Said): Promise<Unfinished[]> {
  const { ledger, recorded } = committed;
  const repeated = new Set(repeatedIn(committed, said).filter(isMoreThanTold));
  const replaced = (await replacedBy(committed, said)).filter(({ backDue }) => backDue !== undefined);
  const others = [...new Set([...repeated, ...replaced])].filter(({ sha256 }) => sha256 !== recorded.sha256);
  const unfinished: Unfinished[] = [];
  await concurrently(others, OBJECTS_AT_ONCE, async (file) => {
    if (
      (await readTextIfThere({ bucket: env.WORK, key: PREPARED.done(ledger.directionId, file.sha256) })) !== undefined
    )
      return;
    unfinished.push(new Unfinished({ ledger, recorded: file }, lines, repeated.has(file)));
  });
  return unfinished;
}

/** The files by which rows are as a file says. */
function repeatedIn({ ledger }: Recorded, said: Said['said']): RecordedFile[] {
  const outcomes = currentOutcomes(ledger);
  return said.flatMap((row) =>
    'reason' in row || outcomeAt(outcomes, row.row) !== row.outcome ? [] : (fileSaying(ledger, row.row) ?? []),
  );
}

/** The files whose words a file has replaced. */
async function replacedBy({ ledger, recorded }: Recorded, said: Said['said']): Promise<RecordedFile[]> {
  const says = said.some((row) => !('reason' in row) && fileSaying(ledger, row.row)?.sha256 === recorded.sha256);
  const list = says
    ? await readTextIfThere({ bucket: env.WORK, key: preparedKey(ledger, recorded, 'replaced.json') })
    : undefined;
  if (list === undefined) return [];
  const files = replacedForm.parse(list).rows.flatMap((word) => fileOfWord(ledger, word) ?? []);
  return files.filter(({ reversal }) => reversal === undefined);
}
