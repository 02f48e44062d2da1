/**
 * What a reversal is asked to take back, as a list in the work bucket of which Claim's children take lines; and what they say became of
 * each subject: by that it is taken back, told and counted once the plan is directed.
 */
import * as z from 'zod';
import type { Appeal } from './appeals.ts';
import { csvLine } from './csv-line.ts';
import type { BatchId, DirectionId, Imei, Msisdn, OperatorId } from './identifiers.ts';
import { imeiOut } from './imeis.ts';
import type { DirectionKind } from './kinds.ts';
import { type Pointer, pointerField, writePointer } from './pointers.ts';
import { WITHDRAWAL_GROUNDS, type WithdrawalGround } from './revocations.ts';
import type { Scope } from './scopes.ts';
import { fields } from './stored.ts';
import { SUBJECT_STATES, type SubjectState } from './subject-states.ts';
import { BadWorkLine } from './tabbed.ts';

/** The subject of a reversal: a number, a handset, or a handset as far as one number uses it. */
export interface AskedSubject {
  readonly imei: Imei | null;
  readonly msisdn: Msisdn | null;
  readonly scope: Scope;
  /** Why: the appeal's ground, or `withdrawal`. */
  readonly ground: WithdrawalGround;
  /** The lines of the file that ask for it; none for a withdrawal. */
  readonly lines: readonly number[];
  /**
   * The other handsets of a withdrawn report that link a number, too, and that stood when it was listed. The number is asked for only if
   * none of them stands any more when the reversal is planned.
   */
  readonly unless?: readonly Imei[] | undefined;
}

/** Whether a subject is asked for only if some handsets of its report don't stand any more. */
export function isConditional({ unless = [] }: Pick<AskedSubject, 'unless'>): boolean {
  return unless.length > 0;
}

/** The direction that gives back to a subject. */
export function kindOf({ imei }: Pick<AskedSubject, 'imei'>): 'restore' | 'unblock' {
  return imei === null ? 'restore' : 'unblock';
}

/** The identifier under which a subject is claimed: a pair's is its handset. */
export function claimedAs({ imei, msisdn }: Pick<AskedSubject, 'imei' | 'msisdn'>): Imei | Msisdn {
  const identifier = imei ?? msisdn;
  if (identifier === null) throw new BadWorkLine('a subject is a number or a handset');
  return identifier;
}

/** Whether a subject is taken back itself. A pair isn't: only the use of the one number is excepted. */
export function isWhole({ imei, msisdn }: Pick<AskedSubject, 'imei' | 'msisdn'>): boolean {
  return imei === null || msisdn === null;
}

const scope = z.union([
  z.literal('current'),
  z.strictObject({ ofHolderIn: pointerField }),
  z.strictObject({ rows: z.array(pointerField) }),
]);
const subject = {
  imei: fields.imei.nullable(),
  msisdn: fields.msisdn.nullable(),
  ground: z.enum(WITHDRAWAL_GROUNDS),
  lines: z.array(fields.count),
};
// Lists that were written before anything was conditional lack the last field.
const askedSubject = z.strictObject({ ...subject, scope, unless: z.array(fields.imei).optional() });

function scopeText(of: Scope) {
  if (of === 'current') return of;
  return 'rows' in of ? { rows: of.rows.map(writePointer) } : { ofHolderIn: writePointer(of.ofHolderIn) };
}

function read<T>(schema: z.ZodType<T>, line: string, what: string): T {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw new BadWorkLine(`${what} is JSON`);
  }
  const { data, error } = schema.safeParse(parsed);
  if (error) throw new BadWorkLine(`${what} is not what it should be`);
  return data;
}

/** A subject as one line of its list, without its LF. */
export function askedLine(asked: AskedSubject): string {
  return JSON.stringify({ ...asked, scope: scopeText(asked.scope) });
}

/** Reads a line that `askedLine` made. @throws BadWorkLine */
export function parseAskedLine(line: string): AskedSubject {
  return read(askedSubject, line, 'a subject of a reversal');
}

/** The part of the list that a child of Claim takes: `bytes` bytes of its lines, from `start` on, all of one kind of direction. */
interface AskedRun {
  readonly kind: DirectionKind;
  readonly shard: number;
  readonly start: number;
  readonly bytes: number;
  readonly subjects: number;
}

/**
 * The runs into which a reversal's list is cut, as its lines are made. Subjects come in the order in which they are given, numbers first,
 * so that the rows of one direction stay together. All that is asked of one number or handset comes one after the other, and is in one run.
 */
export class AskedRuns {
  readonly #most: number;
  readonly #runs: { -readonly [Field in keyof AskedRun]: AskedRun[Field] }[] = [];
  #start = 0;
  #last: string | undefined;

  /** @param most the most subjects of a run; a run has more only if one number or handset is asked for more often */
  constructor(most: number) {
    this.#most = most;
  }

  /** The line of the next subject, with its LF. */
  add(asked: AskedSubject): string {
    const kind = kindOf(asked);
    const identifier = claimedAs(asked);
    const text = `${askedLine(asked)}\n`;
    const last = this.#runs.at(-1);
    const isFull = last === undefined || (last.subjects >= this.#most && this.#last !== identifier);
    const run =
      !isFull && last.kind === kind
        ? last
        : { kind, shard: last?.kind === kind ? last.shard + 1 : 0, start: this.#start, bytes: 0, subjects: 0 };
    if (run !== last) this.#runs.push(run);
    const bytes = Buffer.byteLength(text);
    run.bytes += bytes;
    run.subjects += 1;
    this.#start += bytes;
    this.#last = identifier;
    return text;
  }

  get runs(): readonly AskedRun[] {
    return this.#runs;
  }
}

/**
 * The subjects of an appeal: what its rows ask for, each once, those of one number or handset together, numbers first.
 * @throws BadWorkLine for a row that names nobody
 */
export function subjectsOfAppeals(appeals: readonly Appeal[]): AskedSubject[] {
  const subjects = new Map<string, AskedSubject>();
  for (const { line, msisdn, imei, row, ground } of appeals) {
    const scope: Scope = row === null ? 'current' : { ofHolderIn: row };
    const name = `${msisdn} ${imei} ${row && writePointer(row)}`;
    const known = subjects.get(name);
    subjects.set(
      name,
      known ? { ...known, lines: [...known.lines, line] } : { imei, msisdn, scope, ground, lines: [line] },
    );
  }
  const place = (one: AskedSubject) => `${kindOf(one)} ${claimedAs(one)} ${one.lines[0]?.toString().padStart(9, '0')}`;
  return [...subjects.values()].sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

/**
 * A later batch on whose account a row is not taken back: it found the subject there and did not direct it, or it has directed the
 * subject itself since.
 */
export interface Reliance {
  readonly operator: OperatorId;
  readonly batchId: BatchId;
  /** Why: the state that it counted, or `directed`. */
  readonly state: string;
  /** True if the number stands in no revocation list by the batch's row: so it leaves all of them, though it stays directed there. */
  readonly unlisted?: true;
}

/** What became of a subject. */
export interface ReversedSubject extends Omit<AskedSubject, 'scope' | 'unless'> {
  readonly state: SubjectState;
  /** The rows from which it is taken back. */
  readonly rows: readonly Pointer[];
  /** The directions that give back to it, or in which it is open already. */
  readonly directionIds: readonly DirectionId[];
  /**
   * The batches on whose account it stays; if it is not `kept`, those that still direct it elsewhere, or that directed it when it was
   * somebody else's.
   */
  readonly kept: readonly Reliance[];
}

const reversedSubject = z.strictObject({
  ...subject,
  state: z.enum(SUBJECT_STATES),
  rows: z.array(pointerField),
  directionIds: z.array(fields.direction),
  kept: z.array(
    z.strictObject({
      operator: fields.operator,
      batchId: fields.batch,
      state: z.string(),
      unlisted: z.literal(true).optional(),
    }),
  ),
});

/** What became of a subject, as one line of the list of its shard, without its LF. */
export function reversedLine({ imei, msisdn, rows, ...more }: ReversedSubject): string {
  return JSON.stringify({ imei, msisdn, ...more, rows: rows.map(writePointer) });
}

/** Reads a line that `reversedLine` made. @throws BadWorkLine */
export function parseReversedLine(line: string): ReversedSubject {
  return read(reversedSubject, line, 'what became of a subject');
}

const NAMED = /^\{"imei":(?:null|"(\d{14})"),"msisdn":(?:null|"(\+91\d{10})"),/;

/**
 * The subjects that a line made by `reversedLine` names. It doesn't read the whole line: withdrawn reports have hundreds of thousands of
 * lines.
 * @throws BadWorkLine
 */
export function namedInReversedLine(line: string): (Imei | Msisdn)[] {
  const named = NAMED.exec(line);
  if (named === null) throw new BadWorkLine('what became of a subject begins with whom it is about');
  return named.slice(1).filter((one): one is Imei | Msisdn => one !== undefined);
}

type Became = Pick<ReversedSubject, 'state' | 'imei' | 'msisdn' | 'kept'>;

/**
 * Whether a subject is reversed for later batches. It is, whatever became of it, unless it stays as it is, stays directed by others than the
 * report that is withdrawn, or was directed when it belonged to a later holder than the one who asks.
 */
export function isTakenBackBy(subject: Became): boolean {
  return leavesLists(subject) && subject.kept.length === 0;
}

/**
 * Whether a subject is withdrawn from every list. That it stays directed by others hinders this only if it was disconnected or surrendered
 * there, or if it belongs to a later holder.
 */
export function leavesLists({ state, imei, msisdn, kept }: Became): boolean {
  const isListed = kept.some(({ unlisted }) => unlisted !== true);
  return state !== 'kept' && state !== 'struck' && !isListed && isWhole({ imei, msisdn });
}

/**
 * Whether an appeal was about somebody who had a number before another holder was directed in it: nobody else's account hinders an appeal.
 */
export function isOfFormerHolder({ ground, kept }: Pick<ReversedSubject, 'ground' | 'kept'>): boolean {
  return ground !== 'withdrawal' && kept.length > 0;
}

/** The answers to caseworkers on each line of their appeal: `batches/<batch>/appeals.csv`. */
export function appealsCsv(subjects: Iterable<ReversedSubject>): string {
  const answers = [...subjects].flatMap(({ lines, state, directionIds }) =>
    lines.map((line) => ({ line, state, directionIds })),
  );
  answers.sort((a, b) => a.line - b.line);
  const header = csvLine(['line', 'state', 'directionIds']);
  return (
    header +
    answers.map(({ line, state, directionIds }) => csvLine([String(line), state, directionIds.join(' ')])).join('')
  );
}

/** What of a withdrawn report stays because a later batch relies on it: `batches/<batch>/kept.csv`. */
export function keptCsv(lines: readonly string[]): string {
  return csvLine(['kind', 'identifier', 'operator', 'batchId', 'state']) + [...lines].sort().join('');
}

/** The lines of `kept.csv` that tell of a subject. */
export function keptLines({ imei, msisdn, kept, state: became }: ReversedSubject): string[] {
  return (became === 'kept' ? kept : []).map(({ operator, batchId, state }) =>
    imei === null
      ? csvLine(['reverify', msisdn ?? '', operator, batchId, state])
      : csvLine(['block', imeiOut(imei), operator, batchId, state]),
  );
}
