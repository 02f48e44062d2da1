import { closedNote } from '../domain/audit.ts';
import { addLedger, type Ledgers } from '../domain/books.ts';
import type { Instant } from '../domain/days.ts';
import { parseDirectionRowLine } from '../domain/directions.ts';
import { waitingIn } from '../domain/follow-ups.ts';
import type { HandsetRows } from '../domain/handset-rows.ts';
import { sha256Of } from '../domain/hashes.ts';
import { REPORT_DIRECTS } from '../domain/kinds.ts';
import type { Ledger } from '../domain/ledger.ts';
import { LEDGERS_AT_ONCE } from '../domain/limits.ts';
import { toAdministrators } from '../domain/notices.ts';
import type { PlannedDirection } from '../domain/plans.ts';
import { RevocationList } from '../domain/revocations.ts';
import { closeLedger, sealedRevocations, sealedRows, sealLedger, takenBackSinceSeal } from '../domain/sealing.ts';
import { SELF_CHECK } from '../domain/self-check.ts';
import { ladderEnd } from '../domain/whereabouts.ts';
import { log } from '../runtime/log.ts';
import { audit } from '../stores/audit.ts';
import { changeLedger, readLedger } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { markWaiting } from '../stores/moves.ts';
import { tell } from '../stores/notices.ts';
import { readText } from '../stores/objects.ts';
import { withdrawAgain } from '../stores/revocation-lists.ts';

import { env } from './environment.ts';

/** A direction has not ended when its batch is to be settled. */
class NotClosed extends Error {
  override readonly name = 'NotClosed';
}

/**
 * Closes directions that never closed.
 * @returns the latest deadline that lies ahead, whether or not a row is still open; undefined if there is none and all are closed. A
 * direction of the self-check's is waited for only until it is closed: nobody's answer is still to come.
 */
export async function closeAll(directions: PlannedDirection[], now: Instant): Promise<Instant | undefined> {
  let until: Instant | undefined;
  await concurrently(directions, LEDGERS_AT_ONCE, async ({ directionId }) => {
    const closed = await changeLedger<'closed' | Instant>(env.CASES, directionId, async (read) => {
      const end = ladderEnd(read, now);
      const ended = read.operator === SELF_CHECK && read.closedAt !== null;
      if (end > now && !ended) return { result: end };
      const decision = closeLedger(read, now);
      if (decision.kind !== 'closed') return { result: 'closed' };
      // The administrators are told before it is done: an attempt that finds it closed does not know by whom.
      log.warn('direction closed by its batch', { directionId });
      await tell(env, toAdministrators({ kind: 'direction_never_closed', directionId }));
      if (waitingIn(decision.ledger).overdue) await markWaiting(env.WORK, directionId);
      return { ledger: decision.ledger, result: 'closed' };
    });
    if (closed !== 'closed' && (until === undefined || closed > until)) until = closed;
  });
  return until;
}

/**
 * Seals every ledger and makes the books and the revocation list from the seals.
 * @param rows the rows of a report's handsets and numbers; null if nobody asks for them
 */
export async function sealAll(directions: PlannedDirection[], now: Instant, rows: HandsetRows | null) {
  let ledgers: Ledgers = {};
  const versions: string[] = [];
  const revocations = new RevocationList();
  await concurrently(directions, LEDGERS_AT_ONCE, async ({ directionId, rowsKey }) => {
    const sealed = await changeLedger<Ledger>(env.CASES, directionId, async (read) => {
      const decision = sealLedger(read, now);
      if (decision.kind === 'not_closed') throw new NotClosed(`direction ${directionId} is not closed`);
      if (decision.kind === 'already') return { result: read };
      return { ledger: decision.ledger, result: decision.ledger };
    });
    ledgers = addLedger(ledgers, sealed);
    versions.push(`${directionId} ${sealed.version}\n`);
    // The audit is told of those that Close closed, too: it may have died before it told the audit.
    await audit(env, closedNote(sealed));
    const revoked = sealed.operator === SELF_CHECK ? [] : sealedRevocations(sealed);
    if (revoked.length === 0 && rows === null) return;
    const lines = (await readText({ bucket: env.WORK, key: rowsKey })).split('\n');
    if (rows !== null) addRows(rows, sealed, lines);
    for (const { row, on, reason } of revoked) {
      const { msisdn, lsa } = parseDirectionRowLine('reverify', lines[row] ?? '');
      revocations.add({ msisdn, operator: sealed.operator, lsa, disconnectedOn: on, reason });
    }
  });
  return { ledgers, revocations, versions: sha256Of(versions.sort().join('')) };
}

/** Adds what became of a report's rows; it directs nothing else. */
function addRows(rows: HandsetRows, ledger: Ledger, lines: readonly string[]): void {
  for (const { row, outcome, ...how } of sealedRows(ledger)) {
    const line = lines[row] ?? '';
    if (ledger.kind === REPORT_DIRECTS.number)
      rows.connection(parseDirectionRowLine(REPORT_DIRECTS.number, line).msisdn, outcome, how);
    else if (ledger.kind === REPORT_DIRECTS.handset)
      rows.block(parseDirectionRowLine(REPORT_DIRECTS.handset, line).imei, ledger.operator, outcome, how);
  }
}

/**
 * Publishes again, now that the batch's list is published, the withdrawals of numbers that were taken back since the seal: the list may
 * name them, and was made before or after the withdrawal.
 */
export async function withdrawSince(directions: PlannedDirection[]): Promise<void> {
  await concurrently(directions, LEDGERS_AT_ONCE, async ({ directionId }) => {
    const ledger = await readLedger(env.CASES, directionId);
    const rows = ledger ? takenBackSinceSeal(ledger) : [];
    if (ledger && rows.length > 0) await withdrawAgain(env, ledger, rows, () => true);
  });
}
