/**
 * Decisions: what approvers say of a batch's preview, counted. A batch's decision is one record with one version: a file of an
 * approver, a reminder or the end of the time is one write of it, and whoever commits first, the others see. Nobody who decides
 * alone can have anybody cut off, and the silence of all lets the batch lapse.
 */
import { isDeepStrictEqual } from 'node:util';
import { type RecordedByApprover, sameAsBefore, uploadedAnew } from './approver-files.ts';
import { addSeconds, type Instant, millisOf } from './days.ts';
import type { DecisionRow, Ground } from './decision-rows.ts';
import type { ApproverId, BatchId, Imei, Msisdn } from './identifiers.ts';
import type { RejectedRow } from './reasons.ts';
import type { OverLimit } from './report-limits.ts';
import { isShaTaken, maxFiles } from './responses.ts';
import { ACTS, type Act, type Decided } from './subjects.ts';

/** A word, and when the file in which it stands was uploaded. */
type Spoken<Word> = Word & { readonly at: Instant };

/** What one approver said last: of the batch, and of each subject by its 14 digits or its number. */
export interface Vote {
  readonly batch: Spoken<
    | { readonly decision: 'approve'; readonly ground: Ground }
    | { readonly decision: 'refuse'; readonly remarks?: string }
    /** Nothing any more: a file with a rejected row, or one that was refused whole, took an approval back. */
    | { readonly decision: 'none' }
  > | null;
  readonly subjects: Readonly<Record<string, Spoken<{ readonly says: Act | 'strike' }>>>;
}

/**
 * How the wait for a decision ended: it goes on, was refused by a person, lapsed in silence, was too large for anybody to approve, or
 * was withdrawn by its agency.
 */
export const ENDINGS = ['approved', 'refused', 'lapsed', 'over_limit', 'withdrawn'] as const;
export interface Ending {
  readonly state: (typeof ENDINGS)[number];
  readonly at: Instant;
  /** Whose words made it, sorted: all who approve, or who refused; nobody where no people were needed, and of the others. */
  readonly by: readonly ApproverId[];
  /** Which limit was passed, where one was. */
  readonly over?: OverLimit;
}

/** An approver's file that was counted. */
export interface DecisionFile extends RecordedByApprover {
  /** The record's version from which on it counts. */
  readonly version: number;
}

/** The record of a batch's decision. */
export interface Decision {
  readonly batchId: BatchId;
  /** The SHA-256 of the preview that it is bound to. */
  readonly preview: string;
  /** How many different approvers must approve, and must have spoken of a held handset; of what has ended, had to. */
  readonly people: number;
  readonly openedAt: Instant;
  /** The last instant at which a file counts; null for what never lapses. */
  readonly decideBy: Instant | null;
  /** When the approvers are reminded next; null where they won't be. */
  readonly remindAt: Instant | null;
  readonly votes: Readonly<Record<ApproverId, Vote>>;
  readonly files: readonly DecisionFile[];
  readonly ending: Ending | null;
  readonly version: number;
}

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Until when a batch that began to wait at `openedAt` is decided upon. */
export function decideByOf(openedAt: Instant, decideWithinHours: number): Instant {
  return addSeconds(openedAt, decideWithinHours * HOUR);
}

/**
 * The record as the wait begins. Where no people are needed it has ended, approved by nobody, and every held handset is spared;
 * what is over a limit has ended, whatever people would say. Reminders come at half of the time; daily of what never lapses.
 */
export function openDecision(opening: {
  readonly batchId: BatchId;
  readonly preview: string;
  readonly people: number;
  readonly openedAt: Instant;
  readonly decideBy: Instant | null;
  readonly overLimit: OverLimit | null;
}): Decision {
  const { batchId, preview, people, openedAt, decideBy, overLimit } = opening;
  const ended = { at: openedAt, by: [] };
  const ending: Ending | null =
    overLimit !== null
      ? { ...ended, state: 'over_limit', over: overLimit }
      : people === 0
        ? { ...ended, state: 'approved' }
        : null;
  const wait = decideBy === null ? DAY : Math.floor((millisOf(decideBy) - millisOf(openedAt)) / 2000);
  return {
    batchId,
    preview,
    people,
    openedAt,
    decideBy,
    remindAt: ending === null ? addSeconds(openedAt, wait) : null,
    votes: {},
    files: [],
    ending,
    version: 1,
  };
}

/** What a file did, before it is committed. */
export interface DecisionApplied {
  readonly kind: 'applied';
  /** The next record; it holds the file, so commit it, on the version that was read, even where no row was recorded. */
  readonly decision: Decision;
  readonly rows: number;
  /** Rows that said something new of their subject. */
  readonly recorded: number;
  /** Rows that said of their subject what this approver had said last. */
  readonly alreadyRecorded: number;
  readonly rejects: readonly RejectedRow[];
}

/**
 * Applies a file of an approver's to the record. All of its rows apply, in file order, before people are counted: of each
 * subject, and of the batch, an approver's last word counts, in the order of the uploads, and one approver counts once. A file
 * that is worked on late says nothing of what its approver spoke of in a later one (`superseded`), nor does it approve a batch that
 * was begun again since its upload, however often its event comes. Then one who refuses is enough
 * for refused, and it takes as many who approve as the record says for approved. Nobody approves with a file of which a row was
 * rejected, nor any more who sends one: whoever couldn't be left out for a slip would be cut off for good. The same upload changes
 * nothing; the bytes of an approver's newest file again have its words count from then on, and publish nothing new. What is committed
 * after the ending, or after the time, doesn't count; a file that is committed in the last second does where nothing ended before.
 * @returns the next record; `known` with what was prepared for these bytes, and the next record where they are said anew; or why the
 *   file is refused whole
 */
export function applyDecision(
  decision: Decision,
  rows: Iterable<DecisionRow | RejectedRow>,
  file: {
    readonly approver: ApproverId;
    readonly sha256: string;
    /** The upload's own version, and when it was, which is how an approver's own files are ordered. */
    readonly upload: string;
    readonly uploadedAt: Instant;
    readonly attempt: string;
    /** The instant of the commit, which is what must be in time, and not that of the upload. */
    readonly committedAt: Instant;
    /** Who is an approver now. Of others only what they struck counts on. */
    readonly approvers: readonly string[];
  },
):
  | DecisionApplied
  | { readonly kind: 'known'; readonly file: DecisionFile; readonly decision?: Decision }
  | { readonly kind: 'not_waiting' | 'sha_taken' | 'too_many_files' } {
  const { approver, sha256, upload, uploadedAt, attempt, committedAt, approvers } = file;
  const own = decision.files.filter((known) => known.approver === approver);
  // What was said of an attempt before is said anew by its bytes: it approves nothing since.
  const ofThis = own.filter((one) => one.upload === upload || (one.uploadedAt ?? one.at) >= decision.openedAt);
  const known = sameAsBefore(ofThis, file);
  const waits = isOpen(decision, committedAt);
  if (known !== undefined && !(known.isAnew && waits)) return { kind: 'known', file: known.file };
  if (!waits) return { kind: 'not_waiting' };
  if (known === undefined) {
    if (isShaTaken({ files: own }, sha256)) return { kind: 'sha_taken' };
    // Each approver has their own, so that nobody can fill the record up before others have spoken.
    if (own.length >= maxFiles) return { kind: 'too_many_files' };
  }

  const voter = new Voter(decision.votes[approver] ?? { batch: null, subjects: {} }, uploadedAt, decision.openedAt);
  const rejects: RejectedRow[] = [];
  let recorded = 0;
  let alreadyRecorded = 0;
  const all = [...rows];
  const hasRejects = all.some((row) => 'reason' in row);
  for (const row of all) {
    if ('reason' in row) rejects.push(row);
    else if (hasRejects && row.decision === 'approve') rejects.push({ line: row.line, reason: 'beside_rejects' });
    else {
      const said = voter.says(row);
      if (said === 'superseded') rejects.push({ line: row.line, reason: said });
      else if (said === 'new') recorded += 1;
      else alreadyRecorded += 1;
    }
  }
  if (hasRejects) voter.approvesNoMore();
  const votes = { ...ofThese(approvers, decision.votes), [approver]: voter.vote() };
  const version = decision.version + 1;
  const people = neededOf(decision, approvers);
  const ending = endingOf(votes, people, committedAt);
  const next = {
    ...decision,
    // How many it took, once it has ended.
    people: ending === null ? decision.people : people,
    votes,
    ending,
    remindAt: ending === null ? decision.remindAt : null,
    version,
  };
  if (known !== undefined)
    return {
      kind: 'known',
      file: known.file,
      decision: { ...next, files: uploadedAnew(decision.files, known.file, { upload, uploadedAt }) },
    };
  return {
    kind: 'applied',
    decision: {
      ...next,
      files: [...decision.files, { approver, sha256, upload, uploadedAt, attempt, at: committedAt, version }],
    },
    rows: recorded + alreadyRecorded + rejects.length,
    recorded,
    alreadyRecorded,
    rejects,
  };
}

/**
 * Whether a file about a batch that is refused whole, for this reason, takes its approver's earlier approval back: nobody knows whom it was
 * to leave out. What was sent about no batch, or about one that waits for nobody, does not.
 */
export function takesBack(refused: string): boolean {
  return refused !== 'unknown_batch' && refused !== 'not_waiting';
}

/**
 * The record once a file of an approver's about its batch was refused whole: as with one of which a row was rejected, they approve no more
 * until they say so again. What they say in a file that was uploaded later stands, and what they approved in one that comes late doesn't.
 * @returns null where it stays as it is: another attempt has committed it, or nothing waits any more
 */
export function withRefused(
  decision: Decision,
  { approver, uploadedAt, now }: { readonly approver: ApproverId; readonly uploadedAt: Instant; readonly now: Instant },
): Decision | null {
  if (!isOpen(decision, now)) return null;
  const before = decision.votes[approver] ?? { batch: null, subjects: {} };
  const voter = new Voter(before, uploadedAt, decision.openedAt);
  voter.approvesNoMore();
  const vote = voter.vote();
  if (isDeepStrictEqual(vote, before)) return null;
  return { ...decision, votes: { ...decision.votes, [approver]: vote }, version: decision.version + 1 };
}

/** Whether what is committed at an instant counts: nothing has ended, and the time isn't over. */
function isOpen({ ending, decideBy }: Decision, at: Instant): boolean {
  return ending === null && (decideBy === null || at <= decideBy);
}

/**
 * The votes of these approvers, and what others struck: whoever lost that office can't have anybody cut off, and nobody is cut off
 * for it.
 */
function ofThese(approvers: readonly string[], votes: Decision['votes']): Decision['votes'] {
  return Object.fromEntries(
    voters(votes).map(([approver, vote]) => [approver, approvers.includes(approver) ? vote : strikes(vote)]),
  );
}

/** Of an approver's words those by which something is left out. */
function strikes({ subjects }: Vote): Vote {
  return {
    batch: null,
    subjects: Object.fromEntries(Object.entries(subjects).filter(([, { says }]) => says === 'strike')),
  };
}

/**
 * The record of a batch that is begun again without anybody's doing, as it opens: what approvers struck from it stays struck. They
 * said so once, and nobody says that it counts no more; whoever approves is to say so anew.
 * @param before the record of the attempt that failed
 */
export function withStrikesOf(opened: Decision, before: Pick<Decision, 'votes'>): Decision {
  const struck = voters(before.votes)
    .map(([approver, vote]) => [approver, strikes(vote)] as const)
    .filter(([, { subjects }]) => Object.keys(subjects).length > 0);
  return { ...opened, votes: Object.fromEntries(struck) };
}

/** One approver's words, as the rows of a file change them that was uploaded at `at`. */
class Voter {
  #batch: Vote['batch'];
  readonly #subjects: Map<string, Vote['subjects'][string]>;
  readonly #at: Instant;
  readonly #openedAt: Instant;

  constructor(vote: Vote, at: Instant, openedAt: Instant) {
    this.#batch = vote.batch;
    this.#subjects = new Map(Object.entries(vote.subjects));
    this.#at = at;
    this.#openedAt = openedAt;
  }

  /** Takes a row's word: another one than this approver's last, the same, or one that a later upload stands against. */
  says(row: DecisionRow): 'new' | 'known' | 'superseded' {
    const at = this.#at;
    if (row.decision === 'approve' || row.decision === 'refuse') {
      const before = this.#batch;
      if (before !== null && before.at > at) return 'superseded';
      const { decision } = row;
      // It was said of an attempt that failed, whose preview has the same bytes: of this one nobody has said so.
      if (decision === 'approve' && at < this.#openedAt) return 'superseded';
      this.#batch =
        decision === 'approve' ? { decision, ground: row.ground, at } : { decision, remarks: row.remarks, at };
      return isDeepStrictEqual({ ...before, at }, this.#batch) ? 'known' : 'new';
    }
    const named = row.decision === 'strike' ? [row.imei, row.msisdn] : [row.imei];
    const said = named.filter((subject) => subject !== null).map((subject) => this.#saysOf(subject, row.decision));
    return said.includes('new') ? 'new' : said.includes('superseded') ? 'superseded' : 'known';
  }

  #saysOf(subject: string, says: Act | 'strike'): 'new' | 'known' | 'superseded' {
    const before = this.#subjects.get(subject);
    if (before !== undefined && before.at > this.#at) return before.says === says ? 'known' : 'superseded';
    this.#subjects.set(subject, { says, at: this.#at });
    return before?.says === says ? 'known' : 'new';
  }

  /** Takes back an approval, and any that comes late, but for one of a later upload. */
  approvesNoMore(): void {
    if (this.#batch?.decision === 'refuse' || (this.#batch !== null && this.#batch.at > this.#at)) return;
    this.#batch = { decision: 'none', at: this.#at };
  }

  vote(): Vote {
    return { batch: this.#batch, subjects: Object.fromEntries(this.#subjects) };
  }
}

/**
 * How many must approve now. What never lapses waits for no more than there are: nobody could give anybody their service back, once
 * somebody has left whose place nobody takes. A report lapses then, which cuts nobody off.
 */
function neededOf({ people, decideBy }: Decision, approvers: readonly string[]): number {
  return decideBy === null ? Math.max(1, Math.min(people, approvers.length)) : people;
}

function endingOf(votes: Decision['votes'], people: number, at: Instant): Ending | null {
  const who = (decision: 'approve' | 'refuse') =>
    voters(votes).flatMap(([approver, { batch }]) => (batch?.decision === decision ? [approver] : []));
  const refuse = who('refuse');
  if (refuse.length > 0) return { state: 'refused', at, by: refuse };
  const approve = who('approve');
  return approve.length >= people ? { state: 'approved', at, by: approve } : null;
}

/** The approvers who spoke, by id, with what they said last. */
function voters(votes: Decision['votes']): [ApproverId, Vote][] {
  return Object.entries(votes).sort(([a], [b]) => (a < b ? -1 : 1)) as [ApproverId, Vote][];
}

/** What is to be done at an instant about a batch that waits for a decision. */
export type WhatNow =
  /** Nothing waits any more. */
  | { readonly kind: 'ended'; readonly ending: Ending }
  /** Commit the record on the version that was read: the time is over. */
  | { readonly kind: 'lapse'; readonly decision: Decision }
  /** Commit it, then remind. */
  | { readonly kind: 'remind'; readonly decision: Decision }
  | { readonly kind: 'wait'; readonly until: Instant | null };

/** Decides what is due after a wake or a time-out. Of a file and the end of the time in one second, the one that commits first counts. */
export function whatNow(decision: Decision, now: Instant): WhatNow {
  const { ending, decideBy, remindAt } = decision;
  if (ending !== null) return { kind: 'ended', ending };
  const next = { ...decision, version: decision.version + 1 };
  if (decideBy !== null && now >= decideBy)
    return { kind: 'lapse', decision: { ...next, remindAt: null, ending: { state: 'lapsed', at: now, by: [] } } };
  if (remindAt !== null && now >= remindAt)
    return { kind: 'remind', decision: { ...next, remindAt: decideBy === null ? addSeconds(now, DAY) : null } };
  return { kind: 'wait', until: remindAt ?? decideBy };
}

/** The record of a report that its agency withdraws while it waits: nothing that anybody said of it counts any more. */
export function withdrawDecision(decision: Decision, at: Instant): Decision {
  return { ...decision, ending: { state: 'withdrawn', at, by: [] }, remindAt: null, version: decision.version + 1 };
}

/**
 * What is done about a held handset: where as many different approvers as the batch needs have given an act, the mildest of all
 * theirs; otherwise it is spared, as where no people were needed.
 */
export function actOf({ votes, people }: Pick<Decision, 'votes' | 'people'>, imei: Imei): Act {
  const given = Object.values<Vote>(votes).flatMap(({ subjects }) => {
    const said = Object.hasOwn(subjects, imei) ? subjects[imei]?.says : undefined;
    return said === undefined || said === 'strike' ? [] : [said];
  });
  if (people === 0 || given.length < people) return 'spare';
  return ACTS.find((act) => given.includes(act)) ?? 'spare';
}

/** What the record says of the batch's subjects. A strike of any one approver is enough. @param held the batch's held handsets */
export function decidedBy(decision: Decision, held: Iterable<Imei>): Decided {
  const struck = new Set<Imei | Msisdn>();
  for (const { subjects } of Object.values<Vote>(decision.votes))
    for (const [subject, { says }] of Object.entries(subjects))
      if (says === 'strike') struck.add(subject as Imei | Msisdn);
  const acts = new Map<Imei, Act>();
  for (const imei of held) acts.set(imei, actOf(decision, imei));
  return { held: acts, struck };
}

/** Why those who refuse do, by approver. */
export function refusals({ votes }: Pick<Decision, 'votes'>): string[] {
  return voters(votes).flatMap(([, { batch }]) =>
    batch?.decision === 'refuse' && batch.remarks ? [batch.remarks] : [],
  );
}

/** How many approvers' last word on the batch is that they approve. */
export function approvals({ votes }: Pick<Decision, 'votes'>): number {
  return Object.values<Vote>(votes).filter(({ batch }) => batch?.decision === 'approve').length;
}
