import type { AnsweredRow } from '../domain/answers.ts';
import { type Applied, applyResponse } from '../domain/applying-responses.ts';
import { keptUntil, lateAnswersUntil } from '../domain/claims.ts';
import type { Instant } from '../domain/days.ts';
import { subjectOfLine } from '../domain/directions.ts';
import type { Ledger, Recorded } from '../domain/ledger.ts';
import { CLAIMS_AT_ONCE } from '../domain/limits.ts';
import type { FileReason, RejectedRow } from '../domain/reasons.ts';
import type { Receipt } from '../domain/receipts.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import { log } from '../runtime/log.ts';
import { keepClaim } from '../stores/cases/claims.ts';
import { changeLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';

import { env } from './environment.ts';
import { failedAnew } from './failed-order.ts';
import { measureResponse } from './measure.ts';
import { judgeMoves } from './moves.ts';
import { prepareAll } from './prepare.ts';
import { recordedFileOf } from './recorded.ts';
import type { ResponseFile } from './response.ts';
import { type CutElsewhere, givenBackAt, takeBackElsewhere } from './take-back.ts';

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

interface Committed extends Recorded {
  /** The applied file, if this attempt committed it. */
  applied?: Applied;
}

/** The reason why a file is refused by the ledger as it was read last. */
interface Refused {
  ledger: Ledger;
  refused: FileReason;
}

const NOTHING_CUT: CutElsewhere = { before: new Map(), byWord: new Set(), since: new Set() };

/**
 * Commits what a file says of a direction's rows to its ledger, once. The rows are judged by the ledger as the commit finds it; what of
 * other directions has to be known or done before is so by the ledger as it was read first; what is said there meanwhile is found after
 * the commit, by `lookAgain`.
 * @param invocation the attempt's own id
 */
export async function commit(
  { operator, now, file: { at } }: Pick<ResponseFile, 'operator' | 'now'> & { file: Pick<ResponseFile['file'], 'at'> },
  { answered, end, lines, said, sha256, receiptOf }: Recording,
  invocation: string,
): Promise<Committed | Refused> {
  const judged = await judgeMoves(answered, said, lines);
  const { rows: judgedRows, ...knownFirst } = judged;
  const first = { sha256, attempt: invocation, at, committedAt: now, ...knownFirst };
  const asItStands = applyResponse(answered, judgedRows, first);
  // A file that is known, or refused, is no later word.
  if (asItStands.kind === 'applied' && end !== undefined && now > lateAnswersUntil(end))
    await keepClaims(answered, judged.rows, lines, now);
  // A file that is refused takes nothing back, and for one that is known `lookAgain` does: it restores whom it finds.
  const cut =
    asItStands.kind !== 'applied' || operator === SELF_CHECK
      ? NOTHING_CUT
      : await takeBackElsewhere(asItStands.ledger, recordedFileOf(asItStands.ledger, sha256), lines);

  const committed = await changeLedger<Committed | Refused>(env.CASES, answered.directionId, async (read, attempt) => {
    // Another file may meanwhile have said another word on the same port.
    const { rows, ...known } = read.version === answered.version ? judged : await judgeMoves(read, said, lines);
    const committedAt = givenBackAt(now, cut.before);
    const cutOff = { cutElsewhere: new Set(cut.before.keys()), disconnectedElsewhere: cut.byWord, cutSince: cut.since };
    const elsewhere = { ...known, ...cutOff };
    const file = { sha256, attempt: `${invocation}-${attempt}`, at, committedAt, ...elsewhere };
    const applied = applyResponse(read, rows, file);
    if (applied.kind === 'applied') {
      const final = await prepareAll(read, file, applied, lines, receiptOf(applied));
      const { ledger } = final;
      return { ledger, result: { ledger, recorded: recordedFileOf(ledger, sha256), applied: final } };
    }
    if (applied.kind !== 'known') return { result: { ledger: read, refused: applied.kind } };
    const ledger = await failedAnew(applied.file, { ledger: read, lines, attempt: file.attempt, now });
    if (ledger === undefined) return { result: { ledger: read, recorded: applied.file } };
    return { ledger, result: { ledger, recorded: recordedFileOf(ledger, sha256) } };
  });
  if ('refused' in committed) return committed;
  if (committed.applied) measureResponse(operator, committed.applied);
  log.info('response recorded', { directionId: answered.directionId, rows: said.length });
  return committed;
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
