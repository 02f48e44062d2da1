import type { AnsweredRow } from '../domain/answers.ts';
import { type Applied, applyResponse, withFailedOrder } from '../domain/applying-responses.ts';
import { keptUntil, lateAnswersUntil } from '../domain/claims.ts';
import { FileFault } from '../domain/csv.ts';
import type { Instant } from '../domain/days.ts';
import { orderedRows, parseDirectionRowLine, restoreCsv, subjectOfLine } from '../domain/directions.ts';
import { failedOrderDeadline } from '../domain/failed-orders.ts';
import { type DirectionId, SELF_CHECK } from '../domain/identifiers.ts';
import { RESTORE, revokedFor } from '../domain/kinds.ts';
import { type Ledger, outcomeOf, type RecordedFile } from '../domain/ledger.ts';
import { CLAIMS_AT_ONCE } from '../domain/limits.ts';
import type { FileReason, RejectedRow } from '../domain/reasons.ts';
import { type Receipt, receiptText, responseReceipt } from '../domain/receipts.ts';
import { replacedForm } from '../domain/replaced.ts';
import { lateListForm, type Revocation, type Withdrawal, withdrawnListForm } from '../domain/revocations.ts';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { keepClaim } from '../stores/cases/claims.ts';
import { changeLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readSha256, writeObject } from '../stores/objects.ts';
import { readRowLines } from '../stores/plans.ts';

import { env } from './environment.ts';
import { failedAnew, prepareFailedOrder } from './failed-order.ts';
import { judgeMoves, prepareMoved } from './moves.ts';
import { publish } from './publish.ts';
import { preparedKey, recordedFileOf } from './recorded.ts';
import { refuse } from './refuse.ts';
import { type Response, type ResponseSubject, readRows } from './response.ts';
import { type CutElsewhere, takeBackElsewhere, takeBackPlanned } from './take-back.ts';

function measureResponse(
  { operator }: Pick<Response, 'operator'>,
  { ledger, rows, rejects, recordedAs, conflicts }: Applied,
): void {
  if (operator === SELF_CHECK) return;
  measure('ResponsesRecorded', { operator });
  measure('RowsRead', { file: 'response' }, rows);
  measure('RowsRejected', { file: 'response' }, rejects.length);
  for (const [outcome, count] of Object.entries(recordedAs)) measure('RowsRecorded', { outcome }, count);
  if (conflicts > 0) measure('Conflicts', { operator }, conflicts);
  const { failedOrder, backDue } = ledger.files.at(-1) ?? {};
  if (failedOrder) measure('OrdersIssued', { operator, order: 'disconnect' });
  if (backDue) measure('OrdersIssued', { operator, order: RESTORE.order });
}

/**
 * Keeps the claims of rows whose word comes later after the ladder's end than their claims count on. It comes before the commit, since
 * afterwards nothing would make up for it; an answer that is then not taken keeps them a little longer.
 */
async function keepClaims(
  { kind }: Ledger,
  rows: readonly (AnsweredRow | RejectedRow)[],
  lines: string[],
  now: Instant,
) {
  const answered = new Set(rows.flatMap((row) => ('reason' in row ? [] : [row.row])));
  const until = keptUntil(now, env.CASE_DAYS);
  await concurrently(answered, CLAIMS_AT_ONCE, async (row) => {
    const { identifier } = subjectOfLine(kind, lines[row] ?? '');
    await keepClaim(env.CASES, kind, identifier, until, now);
  });
}

/** The reason why a file is refused by the ledger as it was read last. */
export interface Refused {
  ledger: Ledger;
  refused: FileReason;
}

export interface Committed {
  ledger: Ledger;
  recorded: RecordedFile;
  /** The applied file, if this attempt committed it. */
  applied?: Applied;
}

/** What is recorded of a file in one direction. */
interface Recording {
  /** The ledger that it answers, as it was read, and the instant when that direction was to end as it was planned. */
  answered: Ledger;
  end: Instant | undefined;
  /** The direction's rows. */
  lines: string[];
  /** The file's rows, as they are read against those. */
  said: readonly (AnsweredRow | RejectedRow)[];
  sha256: string;
  /** Returns what is prepared as its receipt. */
  receiptOf: (applied: Applied) => Receipt;
}

/**
 * A response's rows are all held at once, with its receipt, which may be 40 times as long. A direction's rows take far fewer bytes than
 * these, and may be answered by many files.
 */
const LARGEST_RESPONSE = 4 * 1024 * 1024;

/** Records a response in its direction's ledger, once, and publishes what was committed with it. */
export async function record(response: Response, subject: ResponseSubject, invocation: string): Promise<void> {
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
  await publish(response, { ledger, recorded, lines, attempt: invocation });
  await takeBackPlanned(ledger, recorded, lines);
}

/** Commits what a file says of a direction's rows to its ledger, once. */
export async function commit(
  response: Pick<Response, 'operator' | 'now'> & { file: Pick<Response['file'], 'at'> },
  { answered, end, lines, said, sha256, receiptOf }: Recording,
  invocation: string,
): Promise<Committed | Refused> {
  const { now } = response;
  let judged = { ...(await judgeMoves(answered, said, lines)), version: answered.version };
  const asItStands = applyResponse(answered, judged.rows, {
    sha256,
    attempt: invocation,
    at: response.file.at,
    committedAt: now,
    portedTo: judged.portedTo,
  });
  // A file that is known, or refused, is no later word.
  if (asItStands.kind === 'applied' && end !== undefined && now > lateAnswersUntil(end))
    await keepClaims(answered, judged.rows, lines, now);
  const revocation = (ledger: Ledger, row: number): Revocation => {
    const { msisdn, lsa } = parseDirectionRowLine('reverify', lines[row] ?? '');
    const { occurredOn, outcome } = outcomeOf(ledger, row);
    const reason = revokedFor(outcome);
    if (occurredOn === null || reason === null) throw new Error('a connection that has ended has no day');
    return { msisdn, operator: ledger.operator, lsa, disconnectedOn: occurredOn, reason };
  };

  let cut: CutElsewhere = { before: new Set(), since: new Set() };
  if (response.operator !== SELF_CHECK && (asItStands.kind === 'applied' || asItStands.kind === 'known')) {
    const ledger = asItStands.kind === 'applied' ? asItStands.ledger : answered;
    cut = await takeBackElsewhere(ledger, recordedFileOf(ledger, sha256), lines);
  }
  const committed = await changeLedger<Committed | Refused>(
    env.CASES,
    answered.directionId as DirectionId,
    async (read, attempt) => {
      const file = { sha256, attempt: `${invocation}-${attempt}`, at: response.file.at, committedAt: now };
      // Another file may meanwhile have said another word on the same port.
      if (read.version !== judged.version) judged = { ...(await judgeMoves(read, said, lines)), version: read.version };
      const { rows, portedTo } = judged;
      const applied = applyResponse(read, rows, { ...file, cutElsewhere: cut.before, cutSince: cut.since, portedTo });
      if (applied.kind !== 'applied' && applied.kind !== 'known')
        return { result: { ledger: read, refused: applied.kind } };
      const prepare = (name: string, content: string) =>
        writeObject({ bucket: env.WORK, key: preparedKey(read, file, name) }, content);
      const source = { ledger: read, lines, attempt: file.attempt, now };
      if (applied.kind === 'known') {
        const ledger = await failedAnew(applied.file, source);
        if (!ledger) return { result: { ledger: read, recorded: applied.file } };
        return { ledger, result: { ledger, recorded: recordedFileOf(ledger, sha256) } };
      }
      await prepare('receipt.json', receiptText(receiptOf(applied)));
      if (applied.replaced.length > 0)
        await prepare('replaced.json', JSON.stringify(replacedForm.write({ rows: applied.replaced })));
      await prepareMoved(read, file, applied);
      let final = applied;
      const deadline = failedOrderDeadline(read, now);
      if (applied.madeFailed.length > 0 && deadline !== null)
        final = withFailedOrder(applied, await prepareFailedOrder(file, source, applied.madeFailed, deadline));
      const recorded = recordedFileOf(final.ledger, sha256);
      if (recorded.lateOn) {
        const revocations = applied.madeRevoked.map((row) => revocation(final.ledger, row));
        await prepare('late.json', JSON.stringify(lateListForm.write({ revocations })));
      }
      const { withdrawnOn, backDue } = recorded;
      if (backDue) {
        const head = { directionId: read.directionId, deadline: backDue };
        await prepare('restore.csv', restoreCsv(head, orderedRows('reverify', applied.givenBack, lines)));
      }
      if (withdrawnOn) {
        const withdrawals = applied.madeReissued.map((row): Withdrawal => {
          const { msisdn } = parseDirectionRowLine('reverify', lines[row] ?? '');
          return { msisdn, withdrawnOn, ground: 'reissued' };
        });
        await prepare('withdrawn.json', JSON.stringify(withdrawnListForm.write({ withdrawals })));
      }
      return { ledger: final.ledger, result: { ledger: final.ledger, recorded, applied: final } };
    },
  );
  if ('refused' in committed) return committed;
  if (committed.applied) measureResponse(response, committed.applied);
  log.info('response recorded', { directionId: answered.directionId, rows: judged.rows.length });
  return committed;
}
