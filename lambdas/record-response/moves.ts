import type { AnsweredRow } from '../domain/answers.ts';
import type { AnsweringFile, Applied } from '../domain/applying-responses.ts';
import { activatedOn, isWithoutService, keepsServiceBy } from '../domain/claims.ts';
import type { CountedPointer } from '../domain/counted-pointers.ts';
import type { Day } from '../domain/days.ts';
import { directedFor, parseDirectionRowLine } from '../domain/directions.ts';
import { type OperatorId, parseDirectionId } from '../domain/identifiers.ts';
import { countAt, currentOutcomes, fileSaying, type Ledger, outcomeOf, type RecordedFile } from '../domain/ledger.ts';
import { CLAIMS_AT_ONCE } from '../domain/limits.ts';
import { judgeMove, movedForm, returnsTo } from '../domain/moves.ts';
import { toAdministrators, toOperator } from '../domain/notices.ts';
import { isReversed } from '../domain/outcomes.ts';
import type { RejectedRow } from '../domain/reasons.ts';
import { readBatch } from '../stores/cases/batches.ts';
import { readClaimsHoweverOld } from '../stores/cases/claims.ts';
import { readLedgers } from '../stores/cases/ledgers.ts';
import { concurrently } from '../stores/concurrently.ts';
import { EarlierDirections } from '../stores/earlier-directions.ts';
import { markWaiting, movedKey, readMoved } from '../stores/moves.ts';
import { tell } from '../stores/notices.ts';
import { writeObject } from '../stores/objects.ts';
import { readPlan } from '../stores/plans.ts';

import { env } from './environment.ts';

/** A response's rows: those that may not be moved are rejected, and each that returns has the operator to which it does. */
interface Judged extends Required<Pick<AnsweringFile, 'portedTo' | 'keptSince' | 'cutSinceBefore'>> {
  readonly rows: readonly (AnsweredRow | RejectedRow)[];
}

/**
 * Judges the moves that a response says by what is known of its numbers in other directions, of whatever operator; and the disconnections
 * in rows that don't tell by themselves whether somebody was to have service.
 * @param lines the direction's rows
 */
export async function judgeMoves(
  ledger: Ledger,
  rows: readonly (AnsweredRow | RejectedRow)[],
  lines: readonly string[],
): Promise<Judged> {
  const numberOf = (row: number) => parseDirectionRowLine('reverify', lines[row] ?? '').msisdn;
  const isAsked = (row: AnsweredRow | RejectedRow): row is AnsweredRow =>
    !('reason' in row) &&
    ledger.kind === 'reverify' &&
    (row.onward !== undefined || row.outcome === 'not_found' || isCutElsewhere(ledger, row));
  const moving = rows.filter(isAsked);
  if (moving.length === 0) return { rows, portedTo: new Map(), keptSince: new Map(), cutSinceBefore: new Set() };
  const numbers = [...new Set(moving.map(({ row }) => numberOf(row)))];
  // A slightly stale read will do: a claim is written before its direction begins, and what its rows say is read anew.
  const claims = await readClaimsHoweverOld(env.CASES, 'reverify', numbers, false);
  const earlier = new EarlierDirections(env, Number.POSITIVE_INFINITY);
  const judged = new Map<AnsweredRow, AnsweredRow | RejectedRow>();
  const stated = new StatedPorts(ledger);
  const portedTo = new Map<number, OperatorId>();
  const keptSince = new Map<number, Day>();
  const cutSinceBefore = new Set<number>();
  await concurrently(moving, CLAIMS_AT_ONCE, async (answered) => {
    const said = await earlier.counted(claims.get(numberOf(answered.row))?.pointers.number ?? []);
    if (answered.outcome === 'disconnected') {
      const there = said.filter(({ operator }) => operator === ledger.operator);
      // The rows of whoever had the number before were taken back as it was said that they have it no more.
      const isCut = there.some(isWithoutService);
      if (outcomeOf(ledger, answered.row).outcome === 'reissued') {
        if (isCut) cutSinceBefore.add(answered.row);
      } else if (isAnothersThere(answered, lines[answered.row] ?? '', there)) {
        judged.set(answered, { ...answered, newHolder: { isCutWrongly: !isCut } });
      } else {
        const since = keepsServiceBy(ledger.operator, said)?.occurredOn;
        if (since != null) keptSince.set(answered.row, since);
      }
      return;
    }
    const own = said.findIndex(({ directionId, row }) => directionId === ledger.directionId && row === answered.row);
    const to = await stated.of(answered.row);
    if (to !== undefined) portedTo.set(answered.row, to);
    if (answered.outcome === 'not_found') {
      const to = returnsTo(
        ledger.operator,
        said.filter((_, n) => n !== own),
      );
      if (to !== undefined) judged.set(answered, { ...answered, returnsTo: to });
    } else judged.set(answered, judgeMove(answered, said, own, env.PORTING_DAYS));
  });
  return {
    rows: rows.map((row) => (isAsked(row) ? (judged.get(row) ?? row) : row)),
    portedTo,
    keptSince,
    cutSinceBefore,
  };
}

/**
 * Whether a row is said to be disconnected that was done with before, or is overdue, and doesn't say itself that its holder was to have
 * service: another row may, in which they proved themselves, or somebody else has the number since, as it is marked for. The many that are
 * disconnected in time, and are said to be so once more, need no read for that.
 */
function isCutElsewhere(ledger: Ledger, { row, outcome, day }: AnsweredRow): boolean {
  if (outcome !== 'disconnected') return false;
  const { outcome: current, occurredOn } = outcomeOf(ledger, row);
  if (current === 'disconnected') return occurredOn !== null && day > occurredOn;
  if (current === 'open' || current === 'failed') return isReversed(currentOutcomes(ledger), row);
  return current !== 'verified' && current !== 'withdrawn';
}

/** Whether a number is somebody else's on the day of an answer than in the row that this answers, as one of its operator's rows says. */
function isAnothersThere({ day }: AnsweredRow, line: string, there: readonly CountedPointer[]): boolean {
  const since = activatedOn(there);
  return since !== null && day >= since && directedFor(parseDirectionRowLine('reverify', line)) <= since;
}

/** The operators to which a direction's rows are said to have been ported. */
class StatedPorts {
  readonly #ledger: Ledger;
  readonly #lists = new Map<RecordedFile, ReturnType<typeof readMoved>>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** The operator of one row; undefined if it isn't said to be ported. */
  async of(row: number): Promise<OperatorId | undefined> {
    const file = fileSaying(this.#ledger, row);
    if (file === undefined || outcomeOf(this.#ledger, row).outcome !== 'ported') return undefined;
    const list = this.#lists.get(file) ?? readMoved(env.WORK, this.#ledger, file);
    this.#lists.set(file, list);
    const move = (await list).find((one) => one.row === row);
    return move?.why === 'ported' ? move.to : undefined;
  }
}

/** Prepares the list of what a file moves; its direction is marked as one that waits before the commit. */
export async function prepareMoved(
  ledger: Ledger,
  file: Pick<RecordedFile, 'sha256' | 'attempt'>,
  { moved }: Pick<Applied, 'moved'>,
): Promise<void> {
  if (moved.length === 0) return;
  await writeObject(
    { bucket: env.WORK, key: movedKey(ledger, file) },
    JSON.stringify(movedForm.write({ rows: moved })),
  );
  await markWaiting(env.WORK, ledger.directionId);
}

/**
 * Tells everybody concerned what a recorded file moved, or has for the next follow-up.
 * @returns whether it extended rows
 */
export async function tellMoved(ledger: Ledger, recorded: RecordedFile, receiptKey: string): Promise<boolean> {
  const { directionId, batchId, operator } = ledger;
  if (!recorded.moved && !recorded.toRestore && !recorded.toReturn) return false;
  const moved = await readMoved(env.WORK, ledger, recorded);
  const cutOff = moved.filter(({ why }) => why === 'disconnected_after_verified').length;
  if (cutOff > 0) {
    const receipt = { bucket: env.OUTBOX, key: receiptKey };
    const notice = {
      kind: 'disconnected_after_verified',
      directionId,
      batchId,
      operator,
      rows: cutOff,
      receipt,
    } as const;
    await tell(env, toOperator(notice));
    await tell(env, toAdministrators(notice));
  }
  const disputed = Map.groupBy(
    moved.filter((one) => one.why === 'porting_disputed'),
    ({ to }) => to,
  );
  for (const [from, rows] of disputed) {
    const notice = { kind: 'porting_disputed', batchId, disputedBy: operator, from, rows: rows.length } as const;
    await tell(env, toOperator({ ...notice, operator }));
    await tell(env, toOperator({ ...notice, operator: from }));
    await tell(env, toAdministrators(notice));
  }
  return recorded.moved !== undefined && moved.some(({ why }) => why === 'extended');
}

/** Tells the administrators if an operator has extended more of its rows of a batch than one would expect. */
export async function tellManyExtended({ batchId, operator }: Ledger): Promise<void> {
  const { planKey } = (await readBatch(env.CASES, batchId)) ?? {};
  if (planKey === undefined) return;
  const { directions } = await readPlan(env.WORK, planKey);
  const own = directions.filter(
    (one) => one.operator === operator && parseDirectionId(one.directionId)?.kind === 'reverify',
  );
  const rows = own.reduce((sum, direction) => sum + direction.rows, 0);
  const ledgers = await readLedgers(
    env.CASES,
    own.map(({ directionId }) => directionId),
    // This file's own rows may be the ones that make it too many.
    { consistent: true },
  );
  const extended = ledgers.reduce((sum, ledger) => sum + countAt(ledger, 'extended'), 0);
  if (extended * 100 <= rows * env.MOST_EXTENDED_PERCENT) return;
  await tell(env, toAdministrators({ kind: 'many_extended', batchId, operator, extended, rows }));
}
