/** Exemptions: numbers and handsets that no report and no follow-up may direct until a day, where two approvers say so. */
import { z } from 'zod';
import type { CsvRow } from './csv.ts';
import { addDays, addSeconds, type Day, dayOf, type Instant, parseDay } from './days.ts';
import { type ApproverId, type Imei, type Msisdn, parseImei, parseMsisdn } from './identifiers.ts';
import type { RejectedRow } from './responses.ts';
import { fields, formOf } from './stored.ts';

/** The columns of a file of exemptions. */
export const exemptionColumns = { required: ['until', 'reason'], optional: ['msisdn', 'imei'] } as const;
export type ExemptionColumn = (typeof exemptionColumns)['required' | 'optional'][number];

/** How many approvers an exemption needs, as the contract has it. */
export const EXEMPTION_PEOPLE = 2;

/** A row of exemptions, read: whom it is about, and until which day, that day included. One that names both is about both. */
export interface ExemptionRow {
  readonly line: number;
  readonly subjects: readonly (Msisdn | Imei)[];
  readonly until: Day;
}

/**
 * Reads one row. Reasons, the first that applies: wrong_cell_count; the identifier's own (missing_msisdn where it names nobody);
 * bad_until (no day); until_too_far (more than `mostDays` after `uploadDay`, the Asia/Kolkata day of the upload); missing_reason.
 * A day that is past is taken: it ends what this approver said before. What is reserved for the self-check can't be named.
 */
export function parseExemptionRow(
  row: CsvRow<ExemptionColumn>,
  { uploadDay, mostDays }: { readonly uploadDay: Day; readonly mostDays: number },
): ExemptionRow | RejectedRow {
  const { line } = row;
  if ('wrongCellCount' in row) return { line, reason: 'wrong_cell_count' };
  const { cells } = row;
  const subjects: (Msisdn | Imei)[] = [];
  if (cells.msisdn !== '' || cells.imei === '') {
    const msisdn = parseMsisdn(cells.msisdn);
    if ('reason' in msisdn) return { line, reason: msisdn.reason };
    subjects.push(msisdn.value);
  }
  if (cells.imei !== '') {
    const imei = parseImei(cells.imei);
    if ('reason' in imei) return { line, reason: imei.reason };
    subjects.push(imei.value);
  }
  const until = parseDay(cells.until);
  if (until === null) return { line, reason: 'bad_until' };
  if (until > addDays(uploadDay, mostDays)) return { line, reason: 'until_too_far' };
  return cells.reason === '' ? { line, reason: 'missing_reason' } : { line, subjects, until };
}

/** What an approver said of a number or a handset, and where: files count in the order of their commits, rows in that of their lines. */
export interface ExemptionWord {
  readonly until: Day;
  /** When the file was committed. */
  readonly at: Instant;
  readonly sha256: string;
  readonly line: number;
}

/** What each approver said last of one number or handset, kept in its record. */
export type Exemption = Readonly<Record<ApproverId, ExemptionWord>>;

/**
 * The exemption with this word in it, where it is its approver's latest; otherwise as it was. Words may come in any order, and
 * more than once.
 */
export function withWord(exemption: Exemption, approver: ApproverId, word: ExemptionWord): Exemption {
  const known = Object.hasOwn(exemption, approver) ? exemption[approver] : undefined;
  return known !== undefined && !isLater(word, known) ? exemption : { ...exemption, [approver]: word };
}

/** Two files of one approver in one second have no order of their own; that of their SHA-256s is as good, and always the same. */
function isLater(a: ExemptionWord, b: ExemptionWord): boolean {
  if (a.at !== b.at) return a.at > b.at;
  if (a.sha256 !== b.sha256) return a.sha256 > b.sha256;
  return a.line > b.line;
}

/** What a file of exemptions says, before it is committed. */
export interface ExemptionsApplied {
  /** What is recorded after it of each number or handset of which its word is the latest. */
  readonly changed: ReadonlyMap<Msisdn | Imei, Exemption>;
  readonly rows: number;
  /** Rows that said something new of whom they name. */
  readonly recorded: number;
  /** Rows that said what their approver had said last. */
  readonly alreadyRecorded: number;
  readonly rejects: readonly RejectedRow[];
}

/**
 * Applies a file's rows, in its order, to what is recorded of those whom they name. The words count as they are whatever is
 * written in the meantime, so that `withWord` is how each is written into its record.
 * @param file whose it is, and when it was committed
 */
export function applyExemptions(
  rows: Iterable<ExemptionRow | RejectedRow>,
  file: { readonly approver: ApproverId; readonly sha256: string; readonly committedAt: Instant },
  exemptionOf: (subject: Msisdn | Imei) => Exemption,
): ExemptionsApplied {
  const { approver, sha256, committedAt: at } = file;
  const changed = new Map<Msisdn | Imei, Exemption>();
  const rejects: RejectedRow[] = [];
  let recorded = 0;
  let alreadyRecorded = 0;
  for (const row of rows) {
    if ('reason' in row) {
      rejects.push(row);
      continue;
    }
    let isNew = false;
    for (const subject of row.subjects) {
      const before = changed.get(subject) ?? exemptionOf(subject);
      const after = withWord(before, approver, { until: row.until, at, sha256, line: row.line });
      if (after === before) continue;
      // The same day said again is written, too: it stands against what an earlier file may write later.
      changed.set(subject, after);
      isNew ||= after[approver]?.until !== before[approver]?.until;
    }
    if (isNew) recorded += 1;
    else alreadyRecorded += 1;
  }
  return { changed, rows: recorded + alreadyRecorded + rejects.length, recorded, alreadyRecorded, rejects };
}

/** Whether an exemption is in force on a day: as many approvers' latest rows as it needs reach it, that day included. */
export function isInForce(exemption: Exemption, day: Day, people = EXEMPTION_PEOPLE): boolean {
  return Object.values<ExemptionWord>(exemption).filter(({ until }) => until >= day).length >= people;
}

/** An approver's file of exemptions that was recorded. */
export interface ExemptionFile {
  readonly approver: ApproverId;
  readonly sha256: string;
  /** The attempt whose prepared receipt counts. */
  readonly attempt: string;
  readonly at: Instant;
}

/** All that approvers said of numbers and handsets, and in which files, as far as it may still count. */
export interface Exemptions {
  readonly words: Readonly<Record<Msisdn | Imei, Exemption>>;
  readonly files: readonly ExemptionFile[];
}

/** Before anybody said anything. */
export const NO_EXEMPTIONS: Exemptions = { words: {}, files: [] };

/** What is recorded of one number or handset. */
export function exemptionOf({ words }: Exemptions, subject: Msisdn | Imei): Exemption {
  return (Object.hasOwn(words, subject) ? words[subject] : undefined) ?? {};
}

const SECONDS_PER_DAY = 86_400;
/** An upload's event may come for two weeks, and an earlier word that comes late must find the one that stands against it. */
const LATE_DAYS = 30;

/**
 * The exemptions with a file that was applied. What was said so long ago that it reaches no day any more, `mostDays` and a month,
 * falls away, and so do the files: with them whoever sends the same bytes again says them anew.
 */
export function withFile(
  exemptions: Exemptions,
  { changed }: Pick<ExemptionsApplied, 'changed'>,
  file: ExemptionFile,
  mostDays: number,
): Exemptions {
  const since = addSeconds(file.at, -(mostDays + LATE_DAYS) * SECONDS_PER_DAY);
  const words: Record<string, Exemption> = {};
  for (const [subject, exemption] of [...Object.entries<Exemption>(exemptions.words), ...changed]) {
    const kept = Object.entries<ExemptionWord>(exemption).filter(([, { at }]) => at > since);
    if (kept.length > 0) words[subject] = Object.fromEntries(kept);
    else delete words[subject];
  }
  return { words, files: [...exemptions.files.filter(({ at }) => at > since), file] };
}

/** The last day on which anything counts of what was recorded by then: later it is as if nobody had said anything. */
export function countsUntil(at: Instant, mostDays: number): Day {
  return addDays(dayOf(at), mostDays + LATE_DAYS);
}

const approver = z.string().regex(/^[a-z0-9-]{1,16}$/);
const word = z.strictObject({
  until: fields.day,
  at: fields.instant,
  sha256: fields.sha256,
  line: fields.count,
});
const exemptions = z.strictObject({
  words: z.record(z.string().regex(/^(?:[0-9]{14}|\+91[0-9]{10})$/), z.record(approver, word)),
  files: z.array(z.strictObject({ approver, sha256: fields.sha256, attempt: z.string(), at: fields.instant })),
});

/** `Exemptions`, as they lie in the work bucket. */
export const exemptionsForm = formOf<Exemptions>(
  'record of exemptions',
  1,
  exemptions as unknown as z.ZodType<Exemptions>,
);
