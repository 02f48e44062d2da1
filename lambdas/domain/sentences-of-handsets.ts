/** The sentences that say where a handset stands. */
import type { Instant } from './days.ts';
import { actOf } from './decisions.ts';
import { type AsideFacts, type Facts, rowOf, turnOf } from './facts.ts';
import type { BatchId, OperatorId } from './identifiers.ts';
import { givesBack } from './kinds.ts';
import { type Ledger, outcomeOf } from './ledger.ts';
import { reversalSentence, standingReversal } from './sentences-of-reversals.ts';
import { lastDeadline } from './whereabouts.ts';
import { dayText, instantText, listText } from './wording.ts';

/** Where a handset stands at each operator. */
export function handsetSentences(facts: Facts, { now }: { readonly now: Instant }): string[] {
  const at = new Map<OperatorId, { turn: string; state: string }>();
  const note = (operator: OperatorId, turn: string, state: string) => {
    const known = at.get(operator);
    if (known === undefined || known.turn <= turn) at.set(operator, { turn, state });
  };
  const rows = [...facts.rows].sort((a, b) => a.ledger.plan - b.ledger.plan);
  // A row that excepts one number from the block leaves the handset as it is.
  for (const { ledger, row, batchId, subject } of rows)
    if (!('msisdn' in subject) || subject.msisdn === null)
      note(ledger.operator, turnOf(facts, batchId), blockState(ledger, row, now));
  for (const { batchId, operator, state, directionId } of facts.aside) {
    const row = directionId === null ? undefined : rowOf(facts.rows, directionId);
    note(
      operator,
      turnOf(facts, batchId),
      row === undefined ? asideState(facts, batchId, state) : blockState(row.ledger, row.row, now),
    );
  }
  const states = Map.groupBy(
    [...at].sort(([a], [b]) => (a < b ? -1 : 1)),
    ([, { state }]) => state,
  );
  const said = [...states].map(([state, operators]) => `${state} ${listText(operators.map(([operator]) => operator))}`);
  const blocked = [...states.keys()].some((state) => state.startsWith('blocked') || state.startsWith('to be blocked'));
  const reversal = standingReversal(facts);
  const excepted = facts.rows.some(({ subject }) => 'msisdn' in subject && subject.msisdn !== null);
  return [
    ...(reversal === undefined ? [] : [reversalSentence(reversal)]),
    ...(said.length === 0 ? [] : [`This handset is ${said.join('; ')}.`]),
    ...(excepted ? ['There is somebody for whose number it was to be excepted from the block.'] : []),
    ...(blocked ? ['Who holds that it is not the handset that was reported can ask for an appeal.'] : []),
  ];
}

function blockState(ledger: Ledger, row: number, now: Instant): string {
  const { outcome, occurredOn } = outcomeOf(ledger, row);
  const since = occurredOn === null ? '' : ` since ${dayText(occurredOn)}`;
  if (outcome === 'blocked' || outcome === 'unblocked') return `${outcome}${since} at`;
  if (outcome === 'not_found') return 'not known at';
  if (outcome === 'withdrawn') return 'not to be blocked any more at';
  const asked = givesBack(ledger.kind) ? 'unblocked' : 'blocked';
  const end = lastDeadline(ledger);
  return outcome === 'overdue' || end <= now
    ? `to be ${asked}, without an answer, at`
    : `to be ${asked} by ${instantText(end)} at`;
}

/** What it means for a handset that a batch met it and did not direct it; for a held one by what approvers had done. */
function asideState({ subject, batches }: Facts, id: BatchId, state: AsideFacts['state']): string {
  const decision = batches.find(({ batchId }) => batchId === id)?.decision ?? null;
  const numbersOnly =
    state === 'held' && subject.kind === 'handset' && decision !== null && actOf(decision, subject.imei) === 'reverify';
  return numbersOnly
    ? `${NOT_BLOCKED} it looks cloned and approvers had only its numbers re-verified, at`
    : BLOCK_ASIDE[state];
}

const NOT_BLOCKED = 'not blocked, since';
const BLOCK_ASIDE: Readonly<Record<AsideFacts['state'], string>> = {
  struck: `${NOT_BLOCKED} an approver left it out, at`,
  held: `${NOT_BLOCKED} it looks cloned and approvers had it left alone, at`,
  exempt: `${NOT_BLOCKED} it was exempt, at`,
  alreadyOpen: 'to be blocked by an earlier batch at',
  alreadyBlocked: 'blocked by an earlier batch at',
  reversed: `${NOT_BLOCKED} its block had been taken back and it had not been seen since, at`,
  reissuedBefore: 'left alone at',
  alreadyDisconnected: 'left alone at',
  alreadyVerified: 'left alone at',
};
