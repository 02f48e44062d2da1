/**
 * Decisions: what approvers say of a batch's preview, counted. A batch's decision is one record with one version: a file of an approver, a
 * reminder and the end of the time are each one write of it, and the others see what was committed first. Nobody who decides alone can have
 * anybody cut off, and the silence of all lets the batch lapse.
 */
import { isDeepStrictEqual } from 'node:util';
import { isShaTaken, MOST_FILES } from './applying-responses.ts';
import { type RecordedByApprover, sameAsBefore, uploadedAnew } from './approver-files.ts';
import { addSeconds, DAY_SECONDS, HOUR_SECONDS, type Instant, millisOf } from './days.ts';
import type { DecisionRow, Ground } from './decision-rows.ts';
import type { ApproverId, BatchId, Imei, Msisdn } from './identifiers.ts';
import type { RejectedRow } from './reasons.ts';
import type { OverLimit } from './report-limits.ts';
import { ACTS, type Act, type Decided } from './subjects.ts';

/** A word, and the instant at which the file in which it stands was uploaded. */
type Spoken<Word> = Word & { readonly at: Instant };

/** What one approver said last: of the batch, and of each subject by its 14 digits or its number. */
export interface Vote {
  readonly batch: Spoken<
    | { readonly decision: 'approve'; readonly ground: Ground }
    | { readonly decision: 'refuse'; readonly remarks?: string }
    /**
     * No word any more: a file with a rejected row, or one that was refused whole, took an approval back. Of an instant before the wait
     * began: an attempt before was approved, and this one wasn't.
     */
    | { readonly decision: 'none' }
  > | null;
  readonly subjects: Readonly<Record<string, Spoken<{ readonly says: Act | 'strike' }>>>;
}

/**
 * How the wait for a decision ended: the batch goes on, was refused by a person, lapsed in silence, was too large for anybody to approve,
 * or was withdrawn by its agency.
 */
export const ENDINGS = ['approved', 'refused', 'lapsed', 'over_limit', 'withdrawn'] as const;
/** How a decision ended, when, and by whose words. */
export interface Ending {
  readonly state: (typeof ENDINGS)[number];
  readonly at: Instant;
  /**
   * The approvers whose words made it, sorted: all who approve, or who refused; nobody if no people were needed, nor for the other endings.
   */
  readonly by: readonly ApproverId[];
  /** The limit that was passed, if one was. */
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
  /** The number of different approvers who must approve, and must have spoken of a held handset; once it has ended, the number that had to. */
  readonly people: number;
  readonly openedAt: Instant;
  /** The last instant at which a file counts; null for a decision that never lapses. */
  readonly decideBy: Instant | null;
  /** The instant of the next reminder to the approvers; null if there is none. */
  readonly remindAt: Instant | null;
  readonly votes: Readonly<Record<ApproverId, Vote>>;
  readonly files: readonly DecisionFile[];
  readonly ending: Ending | null;
  readonly version: number;
}

/** The instant until which a batch that began to wait at `openedAt` is decided upon. */
export function decideByOf(openedAt: Instant, decideWithinHours: number): Instant {
  return addSeconds(openedAt, decideWithinHours * HOUR_SECONDS);
}

/**
 * The record as the wait begins. If no people are needed it has ended, approved by nobody, and every held handset is spared; if it is over
 * a limit it has ended, whatever people would say. Reminders come at half of the time, or daily if it never lapses.
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
  const wait = decideBy === null ? DAY_SECONDS : Math.floor((millisOf(decideBy) - millisOf(openedAt)) / 2000);
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

/** The effect of a file, before it is committed. */
export interface DecisionApplied {
  readonly kind: 'applied';
  /** The next record. It holds the file, so commit it on the version that was read, even if no row was recorded. */
  readonly decision: Decision;
  readonly rows: number;
  /** Rows that said something new of their subject. */
  readonly recorded: number;
  /** Rows that said of their subject what this approver had said last. */
  readonly alreadyRecorded: number;
  readonly rejects: readonly RejectedRow[];
}

/**
 * Applies a file of an approver's to the record. All of its rows apply, in file order, before people are counted. An approver's last word
 * on each subject, and on the batch, counts, in the order of the uploads; one approver counts once. A file that is worked on late says
 * nothing of what its approver spoke of in a later one (`superseded`), nor does it approve a batch that was begun again since its upload,
 * however often its event comes. Then a batch is refused if one refuses, and approved if as many approve as the record says. Nobody
 * approves with a file of which a row was rejected, and whoever sends one approves no more: somebody whom a slip kept from being left out
 * would be cut off for good. The same upload changes nothing; the words of an approver's newest file count from when its bytes are
 * uploaded again, and nothing new is published. A file that is committed after the ending, or after the time, doesn't count; one that is
 * committed in the last second does if nothing ended before.
 * @returns the next record; `known` with what was prepared for these bytes, and the next record if they are said anew; or why the file is
 * refused whole
 */
export function applyDecision(
  decision: Decision,
  rows: Iterable<DecisionRow | RejectedRow>,
  file: {
    readonly approver: ApproverId;
    readonly sha256: string;
    /** The upload's own version, and its instant, by which an approver's own files are ordered. */
    readonly upload: string;
    readonly uploadedAt: Instant;
    readonly attempt: string;
    /** The instant of the commit: this, and not that of the upload, must be in time. */
    readonly committedAt: Instant;
    /** The approvers of now. Only what others struck counts on. */
    readonly approvers: readonly string[];
  },
):
  | DecisionApplied
  | { readonly kind: 'known'; readonly file: DecisionFile; readonly decision?: Decision }
  | { readonly kind: 'not_waiting' | 'sha_taken' | 'too_many_files' } {
  const { approver, sha256, upload, uploadedAt, attempt, committedAt, approvers } = file;
  const own = decision.files.filter((known) => known.approver === approver);
  // What an approver said of an attempt before is said anew by the same bytes: the earlier file approves nothing since then.
  const ofThis = own.filter((one) => one.upload === upload || (one.uploadedAt ?? one.at) >= decision.openedAt);
  const known = sameAsBefore(ofThis, file);
  const waits = isOpen(decision, committedAt);
  if (known !== undefined && !(known.isAnew && waits)) return { kind: 'known', file: known.file };
  if (!waits) return { kind: 'not_waiting' };
  if (known === undefined) {
    if (isShaTaken({ files: own }, sha256)) return { kind: 'sha_taken' };
    // Each approver has a limit of their own, so that nobody can fill the record up before others have spoken.
    if (own.length >= MOST_FILES) return { kind: 'too_many_files' };
  }

  const voter = new Voter(decision.votes[approver] ?? { batch: null, subjects: {} }, uploadedAt, decision.openedAt);
  const rejects: RejectedRow[] = [];
  let recorded = 0;
  let alreadyRecorded = 0;
  const all = [...rows];
  const hasRejects = all.some((row) => 'reason' in row);
  for (const row of all) {
    if ('reason' in row) rejects.push(row);
    else if (hasRejects && row.decision === 'approve') {
      voter.refusesNoMore();
      rejects.push({ line: row.line, reason: 'beside_rejects' });
    } else {
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
 * The votes of these approvers, and what others struck: somebody who is no approver any more can't have anybody cut off, and nobody is cut
 * off because they left.
 */
function ofThese(approvers: readonly string[], votes: Decision['votes']): Decision['votes'] {
  return Object.fromEntries(
    voters(votes).map(([approver, vote]) => [approver, approvers.includes(approver) ? vote : strikes(vote)]),
  );
}

/** The words of an approver by which something is left out. */
function strikes({ subjects }: Vote): Vote {
  return {
    batch: null,
    subjects: Object.fromEntries(Object.entries(subjects).filter(([, { says }]) => says === 'strike')),
  };
}

/**
 * The record of a batch that is begun again without anybody's doing, as it opens. What approvers struck from it stays struck: they said so
 * once, and nobody has said that it counts no more. Approvals are to be given anew.
 * @param before the record of the attempt that failed
 */
export function withStrikesOf(opened: Decision, before: Pick<Decision, 'votes'>): Decision {
  const struck = voters(before.votes)
    .map(([approver, vote]) => [approver, strikes(vote)] as const)
    .filter(([, { subjects }]) => Object.keys(subjects).length > 0);
  return { ...opened, votes: Object.fromEntries(struck) };
}

/** One approver's words, as the rows of a file that was uploaded at `at` change them. */
class Voter {
  #batch: Vote['batch'];
  /** The word on the batch before the file. */
  readonly #stood: Vote['batch'];
  readonly #subjects: Map<string, Vote['subjects'][string]>;
  readonly #at: Instant;
  readonly #openedAt: Instant;

  constructor(vote: Vote, at: Instant, openedAt: Instant) {
    this.#batch = vote.batch;
    this.#stood = vote.batch;
    this.#subjects = new Map(Object.entries(vote.subjects));
    this.#at = at;
    this.#openedAt = openedAt;
  }

  /**
   * Takes a row's word: `new` if it differs from this approver's last, `known` if it is the same, `superseded` if a later upload stands
   * against it.
   */
  says(row: DecisionRow): 'new' | 'known' | 'superseded' {
    const at = this.#at;
    if (row.decision === 'approve' || row.decision === 'refuse') {
      const { decision } = row;
      const [before, stood] = [this.#batch, this.#stood];
      // A later file that took an approval back says nothing against a refusal, but all against an approval, whatever this file refused
      // before: that refusal isn't its last word any more. One that approved an attempt before says all against both.
      const isTakenBack = stood?.decision === 'none' && stood.at >= this.#openedAt;
      if (stood !== null && stood.at > at && !(isTakenBack && decision === 'refuse')) {
        this.refusesNoMore();
        return 'superseded';
      }
      // It was said of an attempt that failed, whose preview has the same bytes: nobody has said so of this one. Nor is a refusal before it,
      // here or in a file that was uploaded before and comes late, this approver's last word any more.
      if (decision === 'approve' && at < this.#openedAt) {
        this.#batch = { decision: 'none', at };
        return 'superseded';
      }
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

  /** Forgets what the file refused: an approval that doesn't count follows, and the refusal isn't its last word any more. */
  refusesNoMore(): void {
    this.#batch = this.#stood;
  }

  /**
   * Takes back an approval, and any that comes late, unless a later upload gave it. Of an attempt before nothing is left to be taken back,
   * and what comes late approves nothing.
   */
  approvesNoMore(): void {
    if (this.#at < this.#openedAt) return;
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
type WhatNow =
  /** Nothing waits any more. */
  | { readonly kind: 'ended'; readonly ending: Ending }
  /** The time is over: commit the record on the version that was read. */
  | { readonly kind: 'lapse'; readonly decision: Decision }
  /** A reminder is due: commit the record, then remind. */
  | { readonly kind: 'remind'; readonly decision: Decision }
  | { readonly kind: 'wait'; readonly until: Instant | null };

/**
 * Decides what is due after a wake or a time-out. If a file and the end of the time fall into one second, the one that commits first
 * counts.
 */
export function whatNow(decision: Decision, now: Instant): WhatNow {
  const { ending, decideBy, remindAt } = decision;
  if (ending !== null) return { kind: 'ended', ending };
  const next = { ...decision, version: decision.version + 1 };
  if (decideBy !== null && now >= decideBy)
    return { kind: 'lapse', decision: { ...next, remindAt: null, ending: { state: 'lapsed', at: now, by: [] } } };
  if (remindAt !== null && now >= remindAt)
    return { kind: 'remind', decision: { ...next, remindAt: decideBy === null ? addSeconds(now, DAY_SECONDS) : null } };
  return { kind: 'wait', until: remindAt ?? decideBy };
}

/** The record of a report that its agency withdraws while it waits: nothing that anybody said of it counts any more. */
export function withdrawDecision(decision: Decision, at: Instant): Decision {
  return { ...decision, ending: { state: 'withdrawn', at, by: [] }, remindAt: null, version: decision.version + 1 };
}

/**
 * The act on a held handset: the mildest of all that were given, if as many different approvers as the batch needs have given one;
 * otherwise it is spared, as it is if no people were needed.
 */
export function actOf({ votes, people }: Pick<Decision, 'votes' | 'people'>, imei: Imei): Act {
  const given = Object.values<Vote>(votes).flatMap(({ subjects }) => {
    const said = Object.hasOwn(subjects, imei) ? subjects[imei]?.says : undefined;
    return said === undefined || said === 'strike' ? [] : [said];
  });
  if (people === 0 || given.length < people) return 'spare';
  return ACTS.find((act) => given.includes(act)) ?? 'spare';
}

/**
 * What the record says of the batch's subjects. A strike of any one approver is enough.
 * @param held the batch's held handsets
 */
export function decidedBy(decision: Decision, held: Iterable<Imei>): Decided {
  const struck = new Set<Imei | Msisdn>();
  for (const { subjects } of Object.values<Vote>(decision.votes))
    for (const [subject, { says }] of Object.entries(subjects))
      if (says === 'strike') struck.add(subject as Imei | Msisdn);
  const acts = new Map<Imei, Act>();
  for (const imei of held) acts.set(imei, actOf(decision, imei));
  return { held: acts, struck };
}

/** The remarks of those who refuse, by approver. */
export function refusals({ votes }: Pick<Decision, 'votes'>): string[] {
  return voters(votes).flatMap(([, { batch }]) =>
    batch?.decision === 'refuse' && batch.remarks ? [batch.remarks] : [],
  );
}

/** The number of these approvers whose last word on the batch is that they approve. */
export function approvals({ votes }: Pick<Decision, 'votes'>, approvers: readonly string[]): number {
  const counting = Object.values<Vote>(ofThese(approvers, votes));
  return counting.filter(({ batch }) => batch?.decision === 'approve').length;
}
