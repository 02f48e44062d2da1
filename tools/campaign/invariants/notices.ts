/** The notices: their audience, and their time. */
import { linesOf, sha256 } from '../../../test/reckoning/files.ts';
import { LOOKS_EVERY, type Notice } from '../people.ts';
import { APPROVERS, CONTEXT, DAY, HOUR } from '../story.ts';
import { askedBefore, publishedPreview } from './decision-files.ts';
import { givesBack } from './kinds.ts';
import type { Known } from './known.ts';
import { isFollowUp } from './moved-rows.ts';
import { takesAway, takesService } from './orders.ts';

const SWEEPS_EVERY = Number(CONTEXT.sweepHours) * HOUR;

/** Checks that everybody hears of all that is theirs, as it lies there, and of nobody else's. */
export function checkNotices(known: Known): void {
  const { outbox, notices, patience } = known.seen;
  // The publisher of an order that takes service or blocks tells of it, or nobody does once its time has passed.
  const lasts = patience > DAY;
  const told = new Set<string>();
  for (const [queue, all] of Object.entries(notices))
    for (const notice of all) {
      const { kind, key, sha256: digest, size, operator, approver, agency } = notice;
      const whose = kind === 'quarantined' ? String(key).split('/')[1] : (approver ?? operator ?? agency);
      const ofAll = approver === '*' && queue.startsWith('fraud-approvals-');
      const own = queue === 'fraud-administrators' || ofAll || queue.endsWith(`-${whose}`);
      known.must(own, `${queue}: operators, agencies and approvers hear only of their own: ${kind}`);
      if (kind !== 'order' && kind !== 'receipt') {
        told.add(`${queue} ${kind} ${notice.batchId}`);
        continue;
      }
      told.add(`${key} ${digest}`);
      const text = outbox[String(key)] ?? '';
      const deadline = linesOf(text).lines[0]?.cells?.deadline;
      // The notice of an order that was issued anew had an earlier deadline, if noting that notice was what failed.
      const older = sha256(text) !== digest && String(notice.deadline) < String(deadline);
      if (notice.order === 'reverify' && older) continue;
      // This bar, disconnection or block was told of before it was published again and issued anew.
      if (sha256(text) !== digest && known.replaced.get(String(key))?.has(digest)) continue;
      if (sha256(text) !== digest && isOfOtherAttempt(known, notice, all)) continue;
      known.must(
        sha256(text) === digest && Buffer.byteLength(text) === size,
        `${key}: what is told of is there, with those bytes`,
      );
      known.must(
        String(key).split('/')[1] === (operator ?? approver ?? agency),
        `${key}: it is told to whom it concerns`,
      );
      if (kind === 'order')
        known.must(notice.deadline === deadline, `${key}: a deadline that is told is that of the order`);
    }
  // Caseworkers have no topic, and nobody is told of the list of what is open.
  for (const key of Object.keys(outbox))
    if (
      /^(orders\/[^/]+\/(?!open\.csv$)|receipts\/(?!caseworker-))/.test(key) &&
      !known.notPublished.has(key) &&
      !(lasts && takesAway(key)) &&
      !(
        isReplacedLate(known, key) &&
        [...(known.replaced.get(key) ?? [])].some((digest) => told.has(`${key} ${digest}`))
      )
    )
      known.must(told.has(`${key} ${sha256(outbox[key] ?? '')}`), `${key}: it is told to whom it concerns`);
  for (const { batchId, agency, state, kind } of known.batches) {
    const tells = (queue: string, kind: string) =>
      known.must(told.has(`${queue} ${kind} ${batchId}`), `${batchId}: ${queue} is told: ${kind}`);
    const concerned = new Set(
      [...known.directions.values()].filter(({ batch }) => batch === batchId).map(({ operator }) => operator),
    );
    if (state === 'settled') for (const operator of concerned) tells(`fraud-directions-${operator}`, 'settled');
    if (kind === 'followup') {
      tells('fraud-administrators', 'settled');
      continue;
    }
    const decided = state === 'refused' ? 'batch_refused' : 'batch_approved';
    if (kind === 'reversal') {
      for (const approver of APPROVERS)
        for (const what of ['decision_needed', decided]) tells(`fraud-approvals-${approver}`, what);
      for (const what of state === 'settled' ? [decided, 'settled'] : [decided]) tells('fraud-administrators', what);
      continue;
    }
    tells(`fraud-batches-${agency}`, 'batch_registered');
    for (const approver of APPROVERS)
      for (const kind of ['decision_needed', decided]) tells(`fraud-approvals-${approver}`, kind);
    for (const queue of [`fraud-batches-${agency}`, 'fraud-administrators']) {
      tells(queue, decided);
      if (state === 'settled') tells(queue, 'settled');
    }
    // The same file began no other batch.
    if (state === 'refused') tells(`fraud-batches-${agency}`, 'same_report');
  }
  // Both operators hear of a number that isn't found at the one it was ported to.
  for (const { from, to } of known.moves.filter(({ why }) => why === 'porting_disputed')) {
    const { batch = '', operator = '' } = known.directions.get(from) ?? {};
    for (const queue of [`fraud-directions-${operator}`, `fraud-directions-${to}`, 'fraud-administrators'])
      known.must(told.has(`${queue} porting_disputed ${batch}`), `${batch}: ${queue} is told of a disputed port`);
  }
}

/**
 * Whether a receipt of a decision is told of that was answered anew, since its batch was begun anew. An approver who decides meanwhile is
 * refused, and the new preview counts when their file is tried again. The other way about, a file that was heard about the attempt before,
 * and whose event comes once more, finds that the batch waits for nobody.
 */
function isOfOtherAttempt(known: Known, { approver, batchId, key, refused }: Notice, all: readonly Notice[]): boolean {
  if (approver === undefined) return false;
  const batch = String(batchId);
  const text = known.seen.outbox[String(key)] ?? '';
  // A reversal that is begun anew has the preview that it had.
  const isBegunAnew =
    known.seen.cases[`BATCH#${batch}`]?.kind === 'reversal' ||
    askedBefore(known, batch, publishedPreview(known, batch)).length > 0;
  const last = all.find((one) => one.key === key && one.sha256 === sha256(text));
  return isBegunAnew && last !== undefined && [refused, last.refused].includes('not_waiting');
}

/** Whether an order is to give back service or a handset. */
const tellsOfGiving = (order: unknown) => order === 'restore' || order === 'unblock';

/**
 * Checks that nobody is barred without having been asked, and that nobody is told to act by a time that is past, in the order of the
 * notices. A notice that could not be sent in time is sent by the next sweep, and heard when its reader looks.
 */
export function checkOrdersTold(known: Known): void {
  const told = new Set<string>();
  const asked = new Set<string>();
  for (const notice of Object.values(known.seen.notices).flat()) {
    const { kind, key, directionId, directionKind, order, deadline, heardAt, sha256: digest } = notice;
    if (kind !== 'order' || told.has(String(key))) continue;
    told.add(String(key));
    const since = Date.parse(String(heardAt)) - LOOKS_EVERY - SWEEPS_EVERY;
    // Service is better given back late than never.
    const isInTime = since < Date.parse(String(deadline)) || tellsOfGiving(order);
    known.must(isInTime, `${key}: no order is told of when its deadline has passed`);
    if (directionKind !== 'reverify') continue;
    // An order that was issued anew since has fewer rows in the outbox than were told.
    const published = linesOf(known.seen.outbox[String(key)] ?? '').lines.map(({ cells }) => cells?.msisdn ?? '');
    for (const number of known.carried.get(`${key} ${digest}`) ?? published) {
      const row = `${directionId} ${number}`;
      if (order === 'reverify') asked.add(row);
      known.must(asked.has(row), `${directionId}: the first order of a row asks to re-verify it, and is no ${order}`);
    }
  }
}

/**
 * Checks invariant 11: among the orders asked for before a reversal, the last one that is told about a row that it gives back takes
 * nothing. If the reversal's own orders could not be told in time, a night's follow-up asks in their place; orders of later reports don't
 * count.
 */
export function checkLastRestored(known: Known): void {
  for (const { batchId, plan, kind } of known.batches) {
    if (kind !== 'reversal') continue;
    for (const direction of known.directions.values()) {
      if (direction.batch !== batchId || !givesBack(direction.kind)) continue;
      const last = new Map<string, unknown>();
      const told = (known.seen.notices[`fraud-directions-${direction.operator}`] ?? []).filter(
        ({ kind: what }) => what === 'order',
      );
      const isToldItself = told.some(({ directionId }) => directionId === direction.id);
      for (const { key, sha256: digest, directionId, order } of told) {
        const isBefore = Number(known.directions.get(String(directionId))?.plan) <= Number(plan);
        const isInItsPlace = !isToldItself && tellsOfGiving(order) && isFollowUp(String(directionId));
        if (isBefore || isInItsPlace)
          for (const row of known.carried.get(`${key} ${digest}`) ?? []) last.set(row, order);
      }
      for (const row of direction.rows) {
        const isTaken = takesAway(`-${last.get(row)}.csv`);
        known.must(!isTaken, `${direction.id}: the last order told of what is given back takes nothing`);
      }
    }
  }
}

/** Checks that the last order told about a verified row takes no service. */
export function checkLastTold(known: Known): void {
  const last = new Map<string, unknown>();
  for (const { kind, key, sha256: digest, directionId, order } of Object.values(known.seen.notices).flat())
    if (kind === 'order')
      for (const number of known.carried.get(`${key} ${digest}`) ?? []) last.set(`${directionId} ${number}`, order);
  for (const { id, rows, states } of known.directions.values())
    for (const [row, number] of rows.entries()) {
      const order = last.get(`${id} ${number}`);
      const isCut = takesService(`-${order}.csv`);
      const outcome = states.at(-1)?.rows[row]?.outcome ?? '';
      if (['verified', 'extended', 'reissued'].includes(outcome))
        known.must(!isCut, `${id}: the last order told of who is ${outcome} is no ${order}`);
    }
}

/** The longest that the tries to publish an order take, in milliseconds: five deliveries, half an hour apart, and their time. */
const TRIES = 3 * 3_600_000;

/**
 * Whether an order of rows that failed was issued anew so shortly before its deadline that it may have been published after it: it takes the place of
 * the one that was told of, and nobody is told again.
 */
function isReplacedLate({ seen: { cases } }: Known, key: string): boolean {
  const [, , direction = '', name = ''] = key.split('/');
  const [, sha8] = /^failed-([0-9a-f]{8})-/.exec(name) ?? [];
  const { files = [] } = (cases[`DIR#${direction}`] ?? {}) as { files?: Record<string, unknown>[] };
  const { failedOrder } =
    files.find(({ sha256: digest }) => sha8 !== undefined && String(digest).startsWith(sha8)) ?? {};
  const { anew, deadline } = (failedOrder ?? {}) as { anew?: { at: string }; deadline?: string };
  return anew !== undefined && Date.parse(String(deadline)) - Date.parse(anew.at) < TRIES;
}
