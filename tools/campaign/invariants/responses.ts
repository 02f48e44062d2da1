/** A response that a ledger has recorded: what each of its rows comes to, and its receipt, disconnect order and late list. */
import { ANSWERS, dayAt, imeiIn, isDay, linesOf, msisdnIn, sha256 } from '../../../test/scenarios/sample-reckoning.ts';
import { DAY } from '../story.ts';
import type { Direction, Known, Row } from './known.ts';
import { backKeyOf, expectOrder, failedKeyOf, lastDeadlineTold, wasCut } from './orders.ts';
import type { Item } from './seen.ts';
import { instant, sum } from './values.ts';

/** From a response's upload to its commit: what goes wrong with it, a lost event and a lost sweep among that. */
const TAKEN_WITHIN = 2 * DAY;

/** How a direction stands before a file: its ladder's end and the batch's seal, its last deadline, and what it has committed. */
interface Standing {
  closed: boolean;
  sealedAt: string | null;
  end: string;
  /** Its first order has not been published: its deadlines may move. */
  mayMove: boolean;
  orders: Item[];
  files: Item[];
}

/** A file that a ledger recorded, with how its rows stood before it (`states`), which it moves on. */
export function checkResponse(
  known: Known,
  direction: Direction,
  file: Item,
  states: Row[],
  { closed, sealedAt, end, mayMove, orders, files }: Standing,
): void {
  const { id, kind, operator, batch } = direction;
  const must = (holds: boolean, rule: string) => known.must(holds, `${id}: ${rule}`);
  const digest = String(file.sha256);
  const sources = known.seen.uploads.filter(
    ({ key, text }) => key.startsWith(`responses/${operator}/${id}/`) && sha256(text) === digest,
  );
  const source = sources.find(({ at }) => instant(at) === file.at);
  must(source !== undefined, 'a recorded file was uploaded to it, at the instant of its record');
  must(!direction.recorded.has(digest), 'the same file is recorded once');
  if (source === undefined) return;
  const { lines } = linesOf(source.text);
  const rejects: { line: number; reason: string }[] = [];
  const failed = new Set<string>();
  const disconnected: string[] = [];
  const givenBack: string[] = [];
  let recorded = 0;
  let alreadyRecorded = 0;
  for (const { line, cells } of lines) {
    const reject = (reason: string) => rejects.push({ line, reason });
    const parsed = kind === 'block' ? imeiIn(cells?.imei) : msisdnIn(cells?.msisdn);
    const identifier = 'reason' in parsed ? '' : (Object.values(parsed)[0] ?? '');
    const row = states[direction.rows.indexOf(identifier)];
    const outcome = cells?.outcome ?? '';
    const on = cells?.occurred_on || dayAt(source.at);
    if (!cells) reject('wrong_cell_count');
    else if ('reason' in parsed) reject(parsed.reason);
    else if (row === undefined) reject('not_in_direction');
    else if (!ANSWERS[kind].includes(outcome)) reject('unknown_outcome');
    else if (!isDay(on) || on > dayAt(source.at)) reject('bad_date');
    else if (outcome === 'disconnected' && on < (direction.lastSeen.get(identifier) ?? '')) reject('before_sighting');
    else if (row.outcome === 'open' || (row.outcome === 'failed' && (closed || outcome !== 'failed'))) {
      if (outcome === 'verified' && wasCut(row, orders, files)) givenBack.push(identifier);
      Object.assign(row, { outcome, on, at: source.at, file: digest });
      recorded++;
      failed.delete(identifier);
      if (outcome === 'failed') failed.add(identifier);
      if (outcome === 'disconnected') disconnected.push(identifier);
    } else if (row.outcome === outcome || (row.outcome === 'disconnected' && outcome === 'failed')) alreadyRecorded++;
    else reject('conflicts_with_recorded');
  }
  const rejected: Record<string, number> = {};
  for (const { reason } of rejects) sum(rejected, reason);
  direction.recorded.set(digest, {
    sha256: digest,
    rows: lines.length,
    recorded,
    alreadyRecorded,
    rejected: Object.fromEntries(Object.entries(rejected).sort()),
    rejects,
    refused: null,
  });
  const { failedOrder, lateOn, backDue } = file as { failedOrder?: Item; lateOn?: string; backDue?: string };
  must((backDue !== undefined) === givenBack.length > 0, 'who proves themselves after a bar has service again at once');
  if (backDue !== undefined) {
    const inADay = backDue >= instant(source.at + DAY) && backDue <= instant(source.at + TAKEN_WITHIN + DAY);
    must(inADay, 'service is given back within a day');
    const key = backKeyOf(direction, file);
    known.carried.set(`${key} ${sha256(known.seen.outbox[key] ?? '')}`, givenBack);
    known.expected[key] = givenBack.map((number) => `${number},,${backDue}`).sort();
  }
  must(failedOrder === undefined || (failed.size > 0 && !closed), 'none but rows that fail are disconnected at once');
  if (failed.size > 0 && !closed && instant(source.at + TAKEN_WITHIN) < end)
    must(failedOrder !== undefined, 'rows that fail are ordered to be disconnected at once');
  if (failedOrder !== undefined) {
    const deadline = String(failedOrder.deadline);
    const inADay = deadline >= instant(source.at + DAY) && deadline <= instant(source.at + TAKEN_WITHIN + DAY);
    must(deadline <= end && (inADay || deadline === end), 'their disconnection is due a day after its commit');
    const key = failedKeyOf(direction, file);
    known.carried.set(`${key} ${failedOrder.sha256}`, [...failed]);
    expectOrder(known, key, direction, [...failed], deadline, lastDeadlineTold(known, key, end, mayMove));
  }
  const late = sealedAt !== null && disconnected.length > 0;
  must((lateOn !== undefined) === late, 'who is disconnected late is in a list of its own');
  if (lateOn !== undefined)
    must(
      lateOn >= dayAt(source.at) && lateOn <= dayAt(source.at + TAKEN_WITHIN),
      'a late list is of the day of its commit',
    );
  if (late)
    for (const number of disconnected)
      direction.late.push([
        `revocations/${lateOn}/${batch}.late-${digest.slice(0, 8)}`,
        `${number},${operator},${states[direction.rows.indexOf(number)]?.on}`,
      ]);
}
