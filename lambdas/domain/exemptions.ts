/** Exemptions: numbers and handsets that no report and no follow-up may direct until a day, if two approvers say so. */
import * as z from 'zod';
import { approver, type RecordedByApprover, recordedByApprover, uploadedAnew } from './approver-files.ts';
import { addDays, addSeconds, DAY_SECONDS, type Day, dayOf, type Instant, laterOf } from './days.ts';
import type { ExemptionRow } from './exemption-rows.ts';
import type { ApproverId, Imei, Msisdn } from './identifiers.ts';
import type { RejectedRow } from './reasons.ts';
import { fields, formOf, unchanged } from './stored.ts';

/** The number of approvers that an exemption needs, as the contract has it. */
export const EXEMPTION_PEOPLE = 2;

/** The most rows of a file; a file with more is refused as `too_many_rows`. */
export const MOST_ROWS = 10_000;
/** The most numbers and handsets for which an approver's words are kept, since each child of Claim reads them all. */
export const MOST_WORDS = 20_000;

/**
 * An approver's word on a number or a handset, and where it stands: files count in the order of their uploads, rows in that of their lines.
 */
export interface ExemptionWord {
  readonly until: Day;
  /** The instant of the file's upload: a file that is worked on late is no later word. */
  readonly at: Instant;
  readonly sha256: string;
  readonly line: number;
}

/** What each approver said last of one number or handset, kept in its record. */
export type Exemption = Readonly<Record<ApproverId, ExemptionWord>>;

/**
 * The exemption with this word in it, if it is its approver's latest; otherwise unchanged. Files may be worked on in any order. S3 doesn't
 * tell the order of two files that were uploaded in one second: the one that is worked on later counts. Of two words with one day, of which
 * the later was past when it was said, the earlier counts: a sheet has it still, and whether it exempted somebody or ended that, it says
 * nothing of what came to pass meanwhile.
 */
export function withWord(exemption: Exemption, approver: ApproverId, word: ExemptionWord): Exemption {
  const known = Object.hasOwn(exemption, approver) ? exemption[approver] : undefined;
  return known !== undefined && !isInstead(word, known) ? exemption : { ...exemption, [approver]: word };
}

/** Whether a word that comes now counts in the place of one that is known. */
function isInstead(now: ExemptionWord, known: ExemptionWord): boolean {
  if (now.until === known.until && (isEnd(now) || isEnd(known))) return isEnd(known) && now.at < known.at;
  if (now.at !== known.at) return now.at > known.at;
  return now.sha256 !== known.sha256 || now.line > known.line;
}

/** The effect of a file of exemptions, before it is committed. */
interface ExemptionsApplied {
  /** The record, after the file, of each number or handset on which its word is the latest. */
  readonly changed: ReadonlyMap<Msisdn | Imei, Exemption>;
  readonly rows: number;
  /** Rows that said something new of their subjects. */
  readonly recorded: number;
  /**
   * The rows among `recorded` whose day was past at the upload, and that no later row undoes: they end what their approver had said, and
   * exempt nobody.
   */
  readonly past: number;
  /** Rows that said what their approver had said last. */
  readonly alreadyRecorded: number;
  /**
   * Rows that were not taken; a row is `superseded` if a later upload of its approver says another day, or an end that stands below it, and that
   * its approver has said before.
   */
  readonly rejects: readonly RejectedRow[];
}

/**
 * Applies a file's rows to what is recorded of the subjects that they name: of several rows of a subject the last counts, but for those that
 * are old.
 * @param file its approver, the instant of its upload, and that of an earlier one of the same bytes
 */
export function applyExemptions(
  rows: Iterable<ExemptionRow | RejectedRow>,
  file: {
    readonly approver: ApproverId;
    readonly sha256: string;
    readonly uploadedAt: Instant;
    readonly before?: Instant | undefined;
  },
  exemptionOf: (subject: Msisdn | Imei) => Exemption,
): ExemptionsApplied {
  const { approver, sha256, uploadedAt: at } = file;
  const all = [...rows];
  const changed = new Map<Msisdn | Imei, Exemption>();
  const [news, ends, superseded] = [new Set<ExemptionRow>(), new Set<ExemptionRow>(), new Set<ExemptionRow>()];
  for (const [subject, said] of bySubject(all)) {
    const known = exemptionOf(subject);
    const last = known[approver];
    const telling = withoutOld(said, last, file);
    // A row above an end that its approver has said before exempts nobody, whatever they mean by it.
    const isExempting = ({ until }: ExemptionRow) => until >= dayOf(at) && until !== last?.until;
    if (file.before === undefined && !telling.some(isExempting))
      for (const one of said.filter(isExempting)) superseded.add(one);
    const row = telling.at(-1);
    if (row === undefined) continue;
    const after = withWord(known, approver, { until: row.until, at, sha256, line: row.line });
    if (after === known) {
      for (const one of telling) if (one.until !== last?.until) superseded.add(one);
      continue;
    }
    // The same day said again is written, too: it stands against an earlier file that may come later.
    changed.set(subject, after);
    const saying = telling.filter(({ until }, n) => until !== (telling[n - 1] ?? last)?.until);
    for (const one of saying) news.add(one);
    const newest = saying.at(-1);
    if (newest !== undefined && newest.until < dayOf(at)) ends.add(newest);
  }

  const rejects = all.flatMap((row): RejectedRow[] => {
    if ('reason' in row) return [row];
    return superseded.has(row) && !news.has(row) ? [{ line: row.line, reason: 'superseded' }] : [];
  });
  const alreadyRecorded = all.length - news.size - rejects.length;
  return { changed, rows: all.length, recorded: news.size, past: ends.size, alreadyRecorded, rejects };
}

/** The rows that were read, by the number or the handset that they name. */
function bySubject(rows: readonly (ExemptionRow | RejectedRow)[]): Map<Msisdn | Imei, ExemptionRow[]> {
  const found = new Map<Msisdn | Imei, ExemptionRow[]>();
  for (const row of rows) {
    if ('reason' in row) continue;
    for (const subject of row.subjects) {
      const said = found.get(subject);
      if (said === undefined) found.set(subject, [row]);
      else said.push(row);
    }
  }
  return found;
}

/**
 * A file's rows of a subject without those whose day is past, and that a sheet has still: a day that was to come when the same bytes were
 * uploaded before exempted somebody, and can't mean the opposite; nor does the day that the file's approver said last before, which exempted
 * somebody or ended that, say anything of what was directed since; what stands before that row is as old. Where that day ended what stands
 * before it, that exempts nobody again.
 */
function withoutOld(
  said: readonly ExemptionRow[],
  last: ExemptionWord | undefined,
  { uploadedAt, before }: { readonly uploadedAt: Instant; readonly before?: Instant | undefined },
): ExemptionRow[] {
  const today = dayOf(uploadedAt);
  const isSaidBefore = last !== undefined && (last.at <= uploadedAt || !isEnd(last));
  const known = isSaidBefore ? said.findLastIndex(({ until }) => until === last.until) : -1;
  const hasEnded = last !== undefined && isEnd(last);
  return said.filter(({ until }, n) => {
    const isBefore = n <= known;
    if (until >= today) return !(isBefore && hasEnded);
    return !isBefore && (before === undefined || until < dayOf(before));
  });
}

/**
 * Whether an exemption is in force on a day: the latest rows of as many approvers as it needs reach it, that day included.
 * @param approvers the approvers of now: words of others count no more
 */
export function isExemptionInForce(exemption: Exemption, day: Day, approvers: readonly string[]): boolean {
  const words = Object.entries<ExemptionWord>(exemption).filter(([approver]) => approvers.includes(approver));
  return words.filter(([, { until }]) => until >= day).length >= EXEMPTION_PEOPLE;
}

/**
 * Whether approvers have lifted a reversal: as many as an exemption needs said, after it was directed, a day that was past then.
 * @param directedAt the instant when the reversal was directed
 */
export function isLifted(exemption: Exemption, directedAt: Instant, approvers: readonly string[]): boolean {
  const words = Object.entries<ExemptionWord>(exemption).filter(([approver]) => approvers.includes(approver));
  return words.filter(([, word]) => word.at > directedAt && isEnd(word)).length >= EXEMPTION_PEOPLE;
}

/** Whether a word said a day that was past then: it ends an exemption, and with another one's lifts a reversal. */
const isEnd = ({ until, at }: ExemptionWord): boolean => until < dayOf(at);

/** All that approvers said of numbers and handsets, and in which files, as far as it may still count. */
export interface Exemptions {
  readonly words: Readonly<Record<Msisdn | Imei, Exemption>>;
  readonly files: readonly RecordedByApprover[];
}

/** The record before anybody said anything. */
export const NO_EXEMPTIONS: Exemptions = { words: {}, files: [] };

/** What is recorded of one number or handset. */
export function exemptionOf({ words }: Exemptions, subject: Msisdn | Imei): Exemption {
  return (Object.hasOwn(words, subject) ? words[subject] : undefined) ?? {};
}

/**
 * The days for which an earlier word that comes late must find the later one that stands against it: an upload's event may come for two
 * weeks.
 */
const LATE_DAYS = 30;

/** The days for which exemptions are kept. */
export interface ExemptionDays {
  /** The most days that one may reach ahead. */
  readonly mostDays: number;
  /**
   * The days for which a word counts after it was said: as many as the mark of a reversal may be there, which it lifts, or which a sheet that
   * has it still must not lift.
   */
  readonly endDays: number;
}

/** The last day on which a word exempts, or stands against an earlier one that comes late. */
const wordStandsUntil = (word: ExemptionWord): Day => addDays(isEnd(word) ? dayOf(word.at) : word.until, LATE_DAYS);

/**
 * The last day on which a word counts for anything. It is reckoned from when it was said, since the record that has it is kept for as many
 * days from then.
 */
function wordCountsUntil(word: ExemptionWord, { endDays }: ExemptionDays): Day {
  return laterOf(wordStandsUntil(word), addDays(dayOf(word.at), endDays));
}

/**
 * The exemptions with a file that was applied. A word falls away `endDays` after it was said, and no sooner than a month after the last day that
 * it reaches, whatever the policy has become meanwhile. A file falls away `mostDays` and a month after it was recorded:
 * whoever sends the same bytes after that says them anew.
 */
export function withFile(
  exemptions: Exemptions,
  { changed }: Pick<ExemptionsApplied, 'changed'>,
  file: RecordedByApprover,
  days: ExemptionDays,
): Exemptions {
  const today = dayOf(file.at);
  const since = addSeconds(file.at, -(days.mostDays + LATE_DAYS) * DAY_SECONDS);
  const words: Record<string, Exemption> = {};
  for (const [subject, exemption] of [...Object.entries<Exemption>(exemptions.words), ...changed])
    words[subject] = keeping(exemption, (word) => wordCountsUntil(word, days) >= today);
  for (const subject of overMost(words, file.approver, today))
    words[subject] = keeping(words[subject] ?? {}, (_, by) => by !== file.approver);
  const kept = Object.entries(words).filter(([, exemption]) => Object.keys(exemption).length > 0);
  return { words: Object.fromEntries(kept), files: [...exemptions.files.filter(({ at }) => at > since), file] };
}

function keeping(exemption: Exemption, keeps: (word: ExemptionWord, by: string) => boolean): Exemption {
  return Object.fromEntries(Object.entries<ExemptionWord>(exemption).filter(([by, word]) => keeps(word, by)));
}

/**
 * The subjects of whom an approver's words fall away if there are more than are kept, so that they can exempt others: those whose exemption is
 * over, then those that ended one, or lifted a reversal, each said first; and none that exempts, or against which an earlier word may still
 * come. What they lifted is left alone again then.
 */
function overMost(words: Readonly<Record<string, Exemption>>, approver: ApproverId, today: Day): string[] {
  const own = Object.entries(words).flatMap(([subject, exemption]) => {
    const word = Object.hasOwn(exemption, approver) ? exemption[approver] : undefined;
    return word === undefined ? [] : [{ subject, word }];
  });
  const over = own.length - MOST_WORDS;
  if (over <= 0) return [];
  return own
    .filter(({ word }) => wordStandsUntil(word) < today)
    .map(({ subject, word }) => ({ subject, place: `${isEnd(word) ? 1 : 0} ${word.at} ${subject}` }))
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .slice(0, over)
    .map(({ subject }) => subject);
}

/**
 * The exemptions once an approver has uploaded the bytes of their newest file again: what it says was said at that instant, and stands
 * against all that they uploaded before. A day that was to come when it was said first, and is past by now, ends nothing for that, also where
 * the first upload is the one that comes now.
 * @param file as it is recorded
 */
export function saidAnew(
  { words, files }: Exemptions,
  file: RecordedByApprover,
  anew: { readonly upload: string; readonly uploadedAt: Instant },
): Exemptions {
  const { approver, sha256 } = file;
  const { uploadedAt: at } = anew;
  const raised = Object.entries<Exemption>(words).map(([subject, exemption]) => {
    const word = Object.hasOwn(exemption, approver) ? exemption[approver] : undefined;
    // An end in the same bytes says nothing of a reversal that was directed meanwhile.
    const isSaidAnew = word?.sha256 === sha256 && !(isEnd(word) && at > word.at);
    return [subject, isSaidAnew ? withWord(exemption, approver, { ...word, at }) : exemption];
  });
  return { words: Object.fromEntries(raised), files: isEarlier(file, at) ? files : uploadedAnew(files, file, anew) };
}

/** Whether an upload is an earlier one than that by which a file is recorded. */
export const isEarlier = (file: RecordedByApprover, uploadedAt: Instant): boolean =>
  uploadedAt < (file.uploadedAt ?? file.at);

/** The number of numbers and handsets for which an approver's words are kept. */
export function wordsOf({ words }: Exemptions, approver: ApproverId): number {
  return Object.values<Exemption>(words).filter((exemption) => Object.hasOwn(exemption, approver)).length;
}

/** The last day on which anything of the record counts: after it the record is as if nobody had said anything. */
export function countsUntil({ words, files }: Exemptions, days: ExemptionDays): Day {
  let last = '0000-00-00' as Day;
  const reach = (day: Day) => {
    if (day > last) last = day;
  };
  for (const exemption of Object.values<Exemption>(words))
    for (const one of Object.values<ExemptionWord>(exemption)) reach(wordCountsUntil(one, days));
  for (const { at } of files) reach(addDays(dayOf(at), days.mostDays + LATE_DAYS));
  return last;
}

const word = z.strictObject({
  until: fields.day,
  at: fields.instant,
  sha256: fields.sha256,
  line: fields.count,
});
const exemptions = z.strictObject({
  words: z.record(z.string().regex(/^(?:[0-9]{14}|\+91[0-9]{10})$/), z.record(approver, word)),
  files: z.array(z.strictObject(recordedByApprover)),
});

/** `Exemptions`, as they lie in the work bucket. */
export const exemptionsForm = formOf<Exemptions>(
  'record of exemptions',
  2,
  exemptions as unknown as z.ZodType<Exemptions>,
  // The second form says which upload a file was, and when.
  { 1: unchanged },
);
