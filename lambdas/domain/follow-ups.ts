/**
 * Follow-ups: the batch of a night, which goes on with what was moved, returns numbers that were not found where they were ported to, and
 * asks again for what was not given back.
 */
import * as z from 'zod';
import { addSeconds, DAY_SECONDS, dayOf, type Instant } from './days.ts';
import { parseDirectionRowLine } from './directions.ts';
import { type BatchId, type DirectionId, FOLLOW_UP, isMsisdn, type Msisdn, parseDirectionId } from './identifiers.ts';
import { DIRECTION_KIND_NAMES, givesBack, rulesOf } from './kinds.ts';
import type { Rung } from './ladders.ts';
import { currentOutcomes, fileSaying, type Ledger, outcomeOf, type RecordedFile } from './ledger.ts';
import { type Listed, type ListedSubject, listedLine, parseListedLine } from './listed.ts';
import { fileMoving, type MovedRow } from './moves.ts';
import { BYTES_PER_ROW, fileOf, isAnothersOn, outcomeAt, wasGivenBack, wasToKeepService } from './outcomes.ts';
import { type Covers, fields, formOf } from './stored.ts';
import { BadWorkLine } from './tabbed.ts';

/** The batch of the night in which an instant lies: `followup-<yyyymmdd>0000`, by the day in Asia/Kolkata. */
export function followUpOf(at: Instant): BatchId {
  return `${FOLLOW_UP}-${dayOf(at).replaceAll('-', '')}0000` as BatchId;
}

/**
 * The ladder of a row that was extended at an instant: its subscriber is asked again until `days` after the deadline of the rung in which
 * that was, and every later rung comes as many days later. An extension after the last deadline counts as one in the last rung.
 */
export function extendedRungs({ rungs }: Pick<Ledger, 'rungs'>, at: Instant, days: number): Rung[] {
  const within = rungs.findIndex(({ deadline }) => deadline > at);
  const [current, ...later] = rungs.slice(within < 0 ? -1 : within);
  if (current === undefined) return [];
  const extended = (deadline: Instant) => addSeconds(deadline, days * DAY_SECONDS);
  return [
    { order: 'reverify', deadline: extended(current.deadline) },
    ...later.map(({ order, deadline }) => ({ order, deadline: extended(deadline) })),
  ];
}

/**
 * What of a direction waits for a follow-up: the files whose rows go on, and whether the direction has overdue rows that were to be given
 * back.
 */
export interface Waiting {
  readonly files: readonly RecordedFile[];
  readonly overdue: boolean;
}

/** What of a ledger waits and has no follow-up yet. */
export function waitingIn(ledger: Ledger): Waiting {
  const files = ledger.files.filter(
    ({ moved, toRestore, toReturn, followUp }) =>
      followUp === undefined && [moved, toRestore, toReturn].some((count) => count !== undefined),
  );
  const isOver = givesBack(ledger.kind) && ledger.closedAt !== null && ledger.followUp === undefined;
  return { files, overdue: isOver && overdueRows(ledger).length > 0 };
}

/**
 * The number of these directions, in their order, that a night with room for `room` rows takes: always at least the first one, if
 * `isFirst`.
 */
export function directionsWithin(rows: readonly number[], room: number, isFirst: boolean): number {
  let sum = 0;
  const beyond = rows.findIndex((count, n) => {
    sum += count;
    return sum > room && !(isFirst && n === 0);
  });
  return beyond < 0 ? rows.length : beyond;
}

/** The ledger whose waiting rows are a follow-up's from now on; undefined if they are already. */
export function followedBy(ledger: Ledger, { files, overdue }: Taken, batchId: BatchId): Ledger | undefined {
  const isNew = ({ sha256, followUp }: RecordedFile) => followUp === undefined && files.includes(sha256);
  const isOverdueNew = overdue && ledger.followUp === undefined;
  if (!isOverdueNew && !ledger.files.some(isNew)) return undefined;
  return {
    ...ledger,
    files: ledger.files.map((file) => (isNew(file) ? { ...file, followUp: batchId } : file)),
    ...(hasExtended(ledger, isNew) && { undecided: [...(ledger.undecided ?? []), batchId] }),
    ...(isOverdueNew && { followUp: batchId }),
    version: ledger.version + 1,
  };
}

/** Whether a row stands extended by one of some files. */
function hasExtended(ledger: Ledger, isOne: (file: RecordedFile) => boolean): boolean {
  const bytes = currentOutcomes(ledger);
  const isExtendedBy = (file: RecordedFile | undefined) => file?.moved !== undefined && isOne(file);
  for (let row = 0; row < ledger.rows; row++)
    if (outcomeAt(bytes, row) === 'extended' && isExtendedBy(fileSaying(ledger, row))) return true;
  return false;
}

/** The ledger on whose rows a follow-up decides, by what they say from now on. Undefined if it has nothing to decide there, or did so before. */
export function decidedBy(ledger: Ledger, batchId: BatchId): Ledger | undefined {
  const { undecided = [], ...rest } = ledger;
  if (!undecided.includes(batchId)) return undefined;
  const others = undecided.filter((id) => id !== batchId);
  return { ...rest, ...(others.length > 0 && { undecided: others }), version: ledger.version + 1 };
}

/** The follow-ups that have taken something of a ledger, each once. */
export function followUpsOf({ files, followUp }: Ledger): BatchId[] {
  return [...new Set([...files.map((file) => file.followUp), followUp].filter((id) => id !== undefined))];
}

/** A ledger as somebody sees it to whom these follow-ups don't count, since they are not directed: what they have taken waits still. */
export function withoutFollowUps(ledger: Ledger, ids: ReadonlySet<BatchId>): Ledger {
  const dropped = <T extends { readonly followUp?: BatchId }>({ followUp, ...rest }: T) =>
    followUp === undefined || ids.has(followUp) ? rest : { ...rest, followUp };
  return { ...dropped(ledger), files: ledger.files.map(dropped) };
}

/** The rows (from 0, ascending) that stand overdue now. */
function overdueRows(ledger: Ledger): number[] {
  const bytes = currentOutcomes(ledger);
  return Array.from({ length: ledger.rows }, (_, row) => row).filter((row) => outcomeAt(bytes, row) === 'overdue');
}

/**
 * What a follow-up lists of a file's rows, as the ledger stands. A number that turned out to be somebody else's since is left out: its row
 * has ended.
 * @param moved what the file says of them
 * @param lines the direction's rows
 */
export function listedOf(
  ledger: Ledger,
  file: RecordedFile,
  moved: readonly MovedRow[],
  lines: readonly string[],
  extensionDays: number,
): Listed {
  const { directionId } = ledger;
  const reverify: ListedSubject[] = [];
  const restore: ListedSubject[] = [];
  for (const move of moved) {
    const { row } = move;
    const goesOn = { line: lines[row] ?? '', why: move.why, from: { directionId, row }, rungs: null };
    const isMoving = () => fileMoving(ledger, row)?.sha256 === file.sha256;
    const { outcome } = outcomeOf(ledger, row);
    if (move.why === 'disconnected_after_verified') {
      if (isStillToRestore(ledger, row, file)) restore.push({ ...goesOn, operator: ledger.operator });
    } else if (move.why === 'porting_disputed') {
      const stands = outcome === 'not_found' && fileSaying(ledger, row)?.sha256 === file.sha256;
      if (stands) reverify.push({ ...goesOn, operator: move.to });
    } else if (move.why === 'ported') {
      if (isMoving()) reverify.push({ ...goesOn, operator: move.to });
    } else if (isMoving()) {
      const rungs = extendedRungs(ledger, file.at, extensionDays);
      reverify.push({ ...goesOn, operator: ledger.operator, rungs });
    }
  }
  return { reverify, restore };
}

/**
 * Whether a row of which a file said that its holder was cut off wrongly is still to be restored. A number that is somebody else's is, if
 * they had it by then, whenever that was said. One that doesn't say itself that its holder is to have service, since another row there does,
 * is as long as nothing more is said of it: what was done in other rows since is looked at when the follow-up takes its turn.
 */
function isStillToRestore(ledger: Ledger, row: number, { sha256, at }: RecordedFile): boolean {
  const bytes = currentOutcomes(ledger);
  if (wasToKeepService(bytes, row) || wasGivenBack(bytes, row) || outcomeAt(bytes, row) === 'overdue') return true;
  if (isAnothersOn(bytes, row, dayOf(at))) return true;
  const place = ledger.files.findIndex((file) => file.sha256 === sha256);
  return fileOf(bytes, row * BYTES_PER_ROW) - 1 <= place;
}

/** The numbers of a file's rows that a follow-up is to re-verify, by operator: counted from what the file says, and not from the list. */
export function linkedBy(ledger: Ledger, file: RecordedFile, moved: readonly MovedRow[]): Record<string, number> {
  const linked: Record<string, number> = {};
  const stands = { ported: 'ported', extended: 'extended', porting_disputed: 'not_found' } as const;
  for (const move of moved) {
    if (move.why === 'disconnected_after_verified') continue;
    const isOverdue = move.why !== 'porting_disputed' && file.moved === undefined;
    const by = fileSaying(ledger, move.row);
    if (isOverdue || by !== file || outcomeOf(ledger, move.row).outcome !== stands[move.why]) continue;
    const operator = move.why === 'extended' ? ledger.operator : move.to;
    linked[operator] = (linked[operator] ?? 0) + 1;
  }
  return linked;
}

/** What a follow-up lists of a direction that was to give back and ended with overdue rows. */
export function listedOverdue(ledger: Ledger, lines: readonly string[]): Listed {
  const { directionId, operator, kind } = ledger;
  const subjects = overdueRows(ledger).map(
    (row): ListedSubject => ({
      operator,
      line: lines[row] ?? '',
      why: 'overdue',
      from: { directionId, row },
      rungs: null,
    }),
  );
  return { [kind]: subjects };
}

/** All these lists in one. */
export function mergeListed(all: Iterable<Listed>): Listed {
  const merged: Partial<Record<keyof Listed, ListedSubject[]>> = {};
  for (const listed of all)
    for (const kind of DIRECTION_KIND_NAMES) {
      const own = merged[kind] ?? [];
      merged[kind] = own;
      own.push(...(listed[kind] ?? []));
    }
  return merged;
}

/** What a follow-up took of a direction: files by their SHA-256s, and whether it took what was overdue. */
export interface Taken {
  readonly directionId: DirectionId;
  readonly files: readonly string[];
  readonly overdue: boolean;
}

/** What a night found to go on with. The record that is committed first for a night is that night's, whoever tries again. */
export interface FoundByNight {
  readonly taken: readonly Taken[];
  /** Each subject as a line of its list, by the kind of its direction. */
  readonly listed: Readonly<Record<string, readonly string[]>>;
  /** The numbers to re-verify, by operator: counted from what answers said, and not from the list. */
  readonly linked: Readonly<Record<string, number>>;
}

const found = z.strictObject({
  taken: z.array(
    z.strictObject({ directionId: fields.direction, files: z.array(fields.sha256), overdue: z.boolean() }),
  ),
  listed: z.record(z.enum(DIRECTION_KIND_NAMES), z.array(z.string())),
  linked: z.record(fields.operator, fields.count),
});
true satisfies Covers<typeof found, FoundByNight>;

/** `FoundByNight`, as it lies in the work bucket. */
export const foundForm = formOf<FoundByNight>('list of what a night goes on with', 1, found);

/** The lists of a night as they are kept. A row of which two files say the same, as of who was disconnected once verified, is listed once. */
export function listedTexts(listed: Listed): FoundByNight['listed'] {
  return Object.fromEntries(
    DIRECTION_KIND_NAMES.map((kind) => [kind, [...new Set((listed[kind] ?? []).map(listedLine))]]),
  );
}

/** The lists of a night, read back. @throws BadWorkLine */
export function listedFrom(texts: FoundByNight['listed']): Listed {
  return Object.fromEntries(DIRECTION_KIND_NAMES.map((kind) => [kind, (texts[kind] ?? []).map(parseListedLine)]));
}

/** A row of `moved.csv`: what became of a row that a follow-up was to go on with. */
export interface MovedTo {
  readonly line: string;
  readonly kind: (typeof DIRECTION_KIND_NAMES)[number];
  readonly from: DirectionId;
  readonly why: string;
  readonly to: string;
  readonly state: string;
}

/** The first line of `moved.csv`, with its end. */
export const movedHeader = 'msisdn,from,why,to,state\n';

/**
 * The number in a line that `movedLines` made, null for a handset that is unblocked as a whole; and the direction from which it goes on.
 * @throws BadWorkLine for any other line
 */
export function parseMovedLine(line: string): {
  readonly msisdn: Msisdn | null;
  readonly from: DirectionId;
  readonly toGiveBack: boolean;
} {
  const [msisdn = '', from = '', ...more] = line.split(',');
  const direction = parseDirectionId(from);
  if (!(msisdn === '' || isMsisdn(msisdn)) || direction === null || more.length !== 3)
    throw new BadWorkLine('what goes on is a number, or none, of a direction');
  const toGiveBack = givesBack(direction.kind) || more[0] === 'disconnected_after_verified';
  return { msisdn: msisdn === '' ? null : msisdn, from: direction.id, toGiveBack };
}

/** Lines of `moved.csv` without their ends, sorted. A handset that is unblocked as a whole has no number. */
export function movedLines(rows: Iterable<MovedTo>): string[] {
  const lines: string[] = [];
  for (const { line, kind, from, why, to, state } of rows) {
    const about = rulesOf(kind).subject === 'number' ? parseDirectionRowLine('reverify', line).msisdn : undefined;
    const msisdn = about ?? parseDirectionRowLine('unblock', line).msisdn ?? '';
    lines.push([msisdn, from, why, to, state].join(','));
  }
  return lines.sort();
}
