import type { AnsweredRow } from '../domain/answers.ts';
import type { Applied } from '../domain/applying-responses.ts';
import { FileFault } from '../domain/csv.ts';
import { OBJECTS_AT_ONCE } from '../domain/limits.ts';
import type { RejectedRow } from '../domain/reasons.ts';
import { responseReceipt } from '../domain/receipts.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readSha256 } from '../stores/objects.ts';
import { readRowLines } from '../stores/plans.ts';

import { Attempts } from './attempts.ts';
import { commit } from './commit.ts';
import { markDone, type Unfinished, unfinishedBeside } from './done.ts';
import { env } from './environment.ts';
import { publishFailedOrder } from './failed-order.ts';
import { lookAgain } from './look-again.ts';
import { publish } from './publish.ts';
import { refuse } from './refuse.ts';
import { type ResponseFile, type ResponseSubject, readRows } from './response.ts';

/**
 * A response's rows are all held at once, with its receipt, which may be 40 times as long. A direction's rows take far fewer bytes than
 * these, and may be answered by many files.
 */
const LARGEST_RESPONSE = 4 * 1024 * 1024;

/**
 * Records a response in its direction's ledger, once, and publishes what was committed with it; or refuses it.
 * @param invocation the attempt's own id
 * @throws StillPlanned if a batch plans at this moment that may not know what the file says: a later delivery goes on
 */
export async function record(response: ResponseFile, subject: ResponseSubject, invocation: string): Promise<void> {
  const { now, name, file } = response;
  if (file.size > LARGEST_RESPONSE) return await refuse(response, subject, null, 'file_too_large');
  // A file that is refused is read to its end all the same, for its SHA-256.
  const sha256 = await readSha256(file);
  const answered = subject.ledger;
  if (!answered) return await refuse(response, subject, sha256, 'unknown_direction');

  const lines = await readRowLines(env.WORK, answered, now);
  if (lines === undefined) return await refuse(response, subject, sha256, 'unknown_direction');
  let said: (AnsweredRow | RejectedRow)[];
  try {
    said = await readRows(response, answered, lines);
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return await refuse(response, subject, sha256, error);
  }
  const { dates } = env.FILE_FORMS[response.operator] ?? {};
  const about = { name, uploadedAt: file.at, now, dates };
  const receiptOf = (applied: Applied) => responseReceipt(about, sha256, applied);
  const recording = { answered, end: subject.end, lines, said, sha256, receiptOf };
  const committed = await commit(response, recording, invocation);
  if ('refused' in committed)
    return await refuse(response, { ...subject, ledger: committed.ledger }, sha256, committed.refused);
  const { ledger, recorded } = committed;
  const attempts = new Attempts();
  let receiptKey: string | undefined;
  await attempts.do(async () => {
    receiptKey = await publish(response, { ledger, recorded });
  });
  let unfinished: Unfinished[] = [];
  await attempts.do(async () => {
    unfinished = await unfinishedBeside({ ledger, recorded, said, lines });
  });
  await concurrently(unfinished, OBJECTS_AT_ONCE, (one) => one.giveBack());
  await attempts.do(() => publishFailedOrder(recorded, { ledger, lines, attempt: invocation, now }));
  const restoring = { attempt: invocation, now, uploadedAt: file.at, receiptKey };
  await attempts.do(async () => {
    await lookAgain({ ledger, recorded }, lines, restoring);
    // What was found is told of with a receipt.
    if (receiptKey !== undefined) await markDone({ ledger, recorded });
  });
  await concurrently(unfinished, OBJECTS_AT_ONCE, (one) => attempts.do(() => one.finish(restoring)));
  attempts.end();
}
