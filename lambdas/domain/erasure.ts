/** Erasure: when what is known of a number may be taken out of the tables, and what the audit is told of it. */
import type { AuditNote } from './audit.ts';
import { countPointer } from './counted-pointers.ts';
import { addDays, addSeconds, DAY_SECONDS, type Day, dayOf, endOf, type Instant, laterOf } from './days.ts';
import { waitingIn } from './follow-ups.ts';
import { type BatchId, type DirectionId, ERASURES, parseDirectionId } from './identifiers.ts';
import type { Ledger } from './ledger.ts';
import { CONTESTED_DAYS } from './limits.ts';
import { endsConnection } from './outcome-rules.ts';
import type { Pointer } from './pointers.ts';
import type { ReversalMark } from './reversal-marks.ts';
import { ladderEnd } from './whereabouts.ts';

/** The number of parts in which the links are looked through, each within one invocation: a table of 100 GB in parts of 1.6. */
export const LINK_PARTS = 64;

/**
 * Why what is known of a number may not be erased yet. `planning`: a batch decides about it; `open`: it is to be answered; `not_settled`:
 * its batch's books are to be made; `disconnected`: it was lately; `cut_off`: an order had it barred or disconnected, and nothing that was said
 * since had it given back, so that an appeal must find it; `reversed`: what was done to it was taken back, and sightings from
 * before would direct it again; `reissued`: it is somebody else's since, whom sightings from before would direct; `verified`: it was, and
 * sightings from before would direct it again; `turn`: a batch, of whatever numbers, is not directed yet, or is to be begun again.
 */
export const HINDRANCES = [
  'planning',
  'open',
  'not_settled',
  'disconnected',
  'cut_off',
  'reversed',
  'reissued',
  'verified',
  'turn',
] as const;

/** The reason why what is known of a number may not be erased yet, and the earliest instant when it may, if that can be said. */
export interface Hindrance {
  /** What stands against it: a direction of the number's, or a batch that may yet direct it. */
  readonly where: DirectionId | BatchId;
  readonly why: (typeof HINDRANCES)[number];
  readonly until: Instant | null;
}

/**
 * What keeps the number of a claim's pointer from being erased at `now`. Nothing does if its plan failed, since that points to no row. Nor
 * does anything if its batch's books are made, nobody may contest what became of it any more, and no batch would look back at sightings
 * from before its disconnection: such a batch would direct a number again of which nothing is known.
 * @param batch as it stands; undefined if there is none
 * @param ledger of the direction
 */
export function hindranceOf(
  { directionId, row }: Pointer,
  batch: { readonly plan: number; readonly state: string } | undefined,
  ledger: Ledger | undefined,
  now: Instant,
  lookBackDays: number,
): Hindrance | undefined {
  if (batch === undefined || parseDirectionId(directionId)?.plan !== batch.plan || batch.state === 'failed')
    return undefined;
  if (batch.state === 'planning') return { where: directionId, why: 'planning', until: null };
  if (ledger === undefined || row >= ledger.rows) return undefined;
  const { open, outcome, occurredOn, recordedAt, cut, reversed } = countPointer({ directionId, row }, ledger);
  if (open) return { where: directionId, why: 'open', until: ladderEnd(ledger, now) };
  // The next night goes on with the direction, or may: only lists of files say which of its rows do.
  const waiting = waitingIn(ledger);
  if (waiting.overdue || waiting.files.length > 0) return { where: directionId, why: 'open', until: null };
  if (ledger.sealedAt === null) return { where: directionId, why: 'not_settled', until: null };
  const isSaid = recordedAt !== null && occurredOn !== null;
  if (isSaid && (outcome === 'reissued' || outcome === 'verified')) {
    const until = lookedBackAt(occurredOn, lookBackDays);
    return until > now ? { where: directionId, why: outcome, until } : undefined;
  }
  if (isSaid && endsConnection(outcome)) {
    const until = laterOf(contestedUntil(recordedAt), lookedBackAt(occurredOn, lookBackDays));
    return until > now ? { where: directionId, why: 'disconnected', until } : undefined;
  }
  // Nobody said that it was done, but it was ordered. Of what a reversal took back the claim's mark tells.
  if (!cut || reversed) return undefined;
  const { sealedAt } = ledger;
  const until = laterOf(contestedUntil(sealedAt), lookedBackAt(dayOf(sealedAt), lookBackDays));
  return until > now ? { where: directionId, why: 'cut_off', until } : undefined;
}

/** The first instant at which no report looks back at the day any more: its window has both ends in it. */
function lookedBackAt(day: Day, lookBackDays: number): Instant {
  return endOf(addDays(day, lookBackDays));
}

/** The instant until which what was recorded then may be contested. */
function contestedUntil(recordedAt: Instant): Instant {
  return addSeconds(recordedAt, CONTESTED_DAYS * DAY_SECONDS);
}

/**
 * What keeps a number that a reversal took back from being erased at `now`: its claim is all that says so, and a report that looks back at
 * sightings from before the day of the reversal would direct it again. Nothing does if the reversal's plan failed.
 * @param batch the reversal, as it stands; undefined if there is none
 */
export function hindranceOfMark(
  { batchId, plan }: ReversalMark,
  batch: { readonly plan: number; readonly state: string; readonly directedAt?: Instant } | undefined,
  now: Instant,
  lookBackDays: number,
): Hindrance | undefined {
  if (batch === undefined || batch.plan !== plan || batch.state === 'failed') return undefined;
  if (batch.directedAt === undefined) return { where: batchId, why: 'planning', until: null };
  const until = lookedBackAt(dayOf(batch.directedAt), lookBackDays);
  return until > now ? { where: batchId, why: 'reversed', until } : undefined;
}

/** The numbers of files that name the rows of directions; a row stands in some of them. */
export interface NamingFiles {
  /** Directions: each has a file of its rows. */
  readonly directions: number;
  readonly orders: number;
  readonly responses: number;
  /** Lists of withdrawals and of late revocations that a response caused. */
  readonly lists: number;
  /** Reversals: each has the list of what it was asked, that of what became of it, and a list of who was withdrawn. */
  readonly reversals: number;
}

/** No file of any sort: where the sum begins. */
export const NO_FILES: NamingFiles = { directions: 0, orders: 0, responses: 0, lists: 0, reversals: 0 };

/** `files` with those of one direction more: what its ladder ordered, its responses, and what these caused. */
export function addFiles(files: NamingFiles, ledger: Pick<Ledger, 'orders' | 'files'>): NamingFiles {
  const { directions, orders, responses, lists, reversals } = files;
  const caused = ledger.files.flatMap(({ failedOrder, backDue }) => [failedOrder, backDue]);
  const listed = ledger.files.flatMap(({ withdrawnOn, lateOn }) => [withdrawnOn, lateOn]);
  return {
    directions: directions + 1,
    orders: orders + ledger.orders.length + caused.filter(isThere).length,
    // What a reversal took back is none, nor what restores who was found after a response.
    responses:
      responses + ledger.files.filter(({ reversal, after }) => reversal === undefined && after === undefined).length,
    lists: lists + listed.filter(isThere).length,
    reversals,
  };
}

function isThere(what: unknown): boolean {
  return what !== undefined;
}

/**
 * The note to the audit before anything is deleted: that a number, told by its keyed hash, has its claim erased, or how many of its links.
 * Each deletion has an entry of its own, whatever came before it; told again it is the same one.
 * @param attempt the invocation that deletes them: its caller can't choose it
 */
export function erasedNote(
  keyedHash: string,
  { what, items }: { readonly what: 'claim' | 'links'; readonly items: number },
  attempt: string,
  at: Instant,
): AuditNote {
  return {
    batchId: ERASURES,
    id: `erased/${keyedHash}/${attempt}`,
    kind: 'erased',
    at,
    facts: { number: keyedHash, what, items },
  };
}
