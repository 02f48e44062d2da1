import { parseDirectionRowLine } from '../domain/directions.ts';
import { type OperatorId, parseDirectionId } from '../domain/identifiers.ts';
import { countAt, type Ledger, type RecordedFile } from '../domain/ledger.ts';
import { CLAIMS_AT_ONCE } from '../domain/limits.ts';
import { judgeMove, movedForm } from '../domain/moves.ts';
import { toAdministrators, toOperator } from '../domain/notices.ts';
import type { AnsweredRow, Applied, RejectedRow } from '../domain/responses.ts';
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

/** A response's rows, without those that may not be moved. */
interface Judged {
  readonly rows: readonly (AnsweredRow | RejectedRow)[];
  /** To which operators rows of the direction stand ported, as far as the response names them. */
  readonly portedTo: ReadonlyMap<number, OperatorId>;
}

/**
 * Judges what a response says of moves by what is known of its numbers in other directions, whoever's these are.
 * @param lines the direction's rows
 */
export async function judgeMoves(
  ledger: Ledger,
  rows: readonly (AnsweredRow | RejectedRow)[],
  lines: readonly string[],
): Promise<Judged> {
  const numberOf = (row: number) => parseDirectionRowLine('reverify', lines[row] ?? '').msisdn;
  const moving = rows.filter((row): row is AnsweredRow => 'onward' in row);
  if (moving.length === 0) return { rows, portedTo: new Map() };
  const numbers = [...new Set(moving.map(({ row }) => numberOf(row)))];
  const claims = await readClaimsHoweverOld(env.CASES, 'reverify', numbers);
  const earlier = new EarlierDirections(env, Number.POSITIVE_INFINITY);
  const judged = new Map<AnsweredRow, AnsweredRow | RejectedRow>();
  const portedTo = new Map<number, OperatorId>();
  await concurrently(moving, CLAIMS_AT_ONCE, async (answered) => {
    const said = await earlier.counted(claims.get(numberOf(answered.row))?.pointers.number ?? []);
    const own = said.findIndex(({ directionId, row }) => directionId === ledger.directionId && row === answered.row);
    const stated = said[own]?.portedTo;
    if (stated) portedTo.set(answered.row, stated);
    judged.set(answered, judgeMove(answered, said, own, env.PORTING_DAYS));
  });
  return { rows: rows.map((row) => ('onward' in row ? (judged.get(row) ?? row) : row)), portedTo };
}

/** Prepares the list of what a file moves; before its commit its direction is marked as one that waits. */
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

/** Tells whom it concerns of what a recorded file moved, or would have restored. */
export async function tellMoved(ledger: Ledger, recorded: RecordedFile, receiptKey: string): Promise<void> {
  const { directionId, batchId, operator } = ledger;
  const receipt = { bucket: env.OUTBOX, key: receiptKey };
  if (recorded.toRestore) {
    const notice = { kind: 'disconnected_after_verified', directionId, batchId, operator } as const;
    const told = { ...notice, rows: recorded.toRestore, receipt };
    await tell(env, toOperator(told));
    await tell(env, toAdministrators(told));
  }
  if (!recorded.moved) return;
  const moved = await readMoved(env.WORK, ledger, recorded);
  if (moved.some(({ why }) => why === 'extended')) await tellManyExtended(ledger);
}

/** Tells the administrators where an operator has extended more of its rows of a batch than one would expect. */
async function tellManyExtended({ batchId, operator }: Ledger): Promise<void> {
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
  );
  const extended = ledgers.reduce((sum, ledger) => sum + countAt(ledger, 'extended'), 0);
  if (extended * 100 <= rows * env.MOST_EXTENDED_PERCENT) return;
  await tell(env, toAdministrators({ kind: 'many_extended', batchId, operator, extended, rows }));
}
