/** Says what would become of a file before it is uploaded, by the functions' own rules, as far as these need no more than the file. */
import { APPEAL_COLUMNS, parseAppealRow } from '../../lambdas/domain/appeal-rows.ts';
import { type Chunks, FileFault, readCsv } from '../../lambdas/domain/csv.ts';
import type { Columns, CsvRow } from '../../lambdas/domain/csv-header.ts';
import type { Day } from '../../lambdas/domain/days.ts';
import { columnsAs, type FileForm } from '../../lambdas/domain/file-forms.ts';
import { type OperatorId, parseDirectionId } from '../../lambdas/domain/identifiers.ts';
import type { DirectionKind } from '../../lambdas/domain/kinds.ts';
import { LOOKUP_COLUMNS, parseLookupRow } from '../../lambdas/domain/lookups.ts';
import type { RowReason } from '../../lambdas/domain/reasons.ts';
import { directionText, parseResponseRow, responseColumns } from '../../lambdas/domain/responses.ts';
import { addressOf, combinedColumns, kindsAnswered } from '../../lambdas/domain/routing.ts';
import { REPORT_COLUMNS, Screening } from '../../lambdas/domain/screening.ts';
import { parseSighting, USAGE_COLUMNS } from '../../lambdas/domain/sightings.ts';
import { whatToDo } from '../../lambdas/domain/what-to-do.ts';

/** The kinds of files that may be checked. */
export const CHECKED_KINDS = ['report', 'usage', 'response', 'appeal', 'lookup'] as const;
export type CheckedKind = (typeof CHECKED_KINDS)[number];

/** What would become of a file. For each reason it has the number of rows, and the first of their lines. */
interface Checked {
  readonly rows: number;
  readonly rejected: ReadonlyMap<RowReason, { readonly rows: number; readonly lines: readonly number[] }>;
  readonly fault: FileFault | undefined;
}

export interface CheckedAs {
  readonly kind: CheckedKind;
  /** The day of the upload. */
  readonly today: Day;
  /** The kind of direction that a response is about; if it isn't given, each row says it by itself, as in a file for all directions. */
  readonly direction: DirectionKind | undefined;
  /** The form of its operator's or agency's files, if it differs from the agreed one. */
  readonly form?: FileForm | undefined;
}

/** The most lines of a reason that are told. */
const MOST_LINES = 10;

interface Rules {
  readonly columns: Columns;
  readonly judge: (row: CsvRow) => object;
}

/** An operator that nobody is: only the inbox's key says whose file it is. */
const ANY = 'any' as OperatorId;

/**
 * The kind of direction that a row of a file for any of an operator's directions answers: that of the direction which it names, else the
 * first that takes its outcome. Undefined if it names a text that is no direction. Only the stage knows whose a direction is, and what it
 * carries.
 */
function kindOf(row: CsvRow): DirectionKind | undefined {
  if (!('cells' in row)) return 'reverify';
  const named = parseDirectionId(directionText(row.cells));
  const address = addressOf(row, named?.operator ?? ANY);
  if ('direction' in address) return named?.kind;
  if ('kinds' in address) return address.kinds[0];
  return address.reason === 'unknown_direction' ? undefined : kindsAnswered(row.cells).kinds[0];
}

function rulesOf({ kind, today, direction, form }: CheckedAs): Rules {
  switch (kind) {
    case 'report': {
      const screening = new Screening();
      const columns = columnsAs(REPORT_COLUMNS, 'report', form);
      return { columns, judge: (row) => screening.row(row as CsvRow<'imei'>) };
    }
    case 'usage':
      return {
        columns: columnsAs(USAGE_COLUMNS, 'usage', form),
        judge: (row) => parseSighting(row as Parameters<typeof parseSighting>[0], ANY, today),
      };
    case 'appeal':
      return { columns: APPEAL_COLUMNS, judge: (row) => parseAppealRow(row as Parameters<typeof parseAppealRow>[0]) };
    case 'lookup':
      return { columns: LOOKUP_COLUMNS, judge: (row) => parseLookupRow(row as Parameters<typeof parseLookupRow>[0]) };
    case 'response': {
      const found = { row: 0, lastSeen: null, directedFor: null };
      const judge = (row: CsvRow, kind: DirectionKind) => {
        // Only the stage knows which operators there are.
        const to = 'cells' in row ? [row.cells.to ?? ''] : [];
        return parseResponseRow(row, { kind, operator: ANY }, today, () => found, to);
      };
      if (direction !== undefined)
        return {
          columns: columnsAs(responseColumns(direction), 'response', form),
          judge: (row) => judge(row, direction),
        };
      return {
        columns: columnsAs(combinedColumns, 'response', form),
        judge: (row) => {
          const kind = kindOf(row);
          return kind === undefined ? { reason: 'unknown_direction' } : judge(row, kind);
        },
      };
    }
  }
}

/**
 * Reads a file as the functions would.
 * @param open returns its bytes
 */
export async function checkFile(open: () => Chunks, as: CheckedAs): Promise<Checked> {
  const { columns, judge } = rulesOf(as);
  const rejected = new Map<RowReason, { rows: number; lines: number[] }>();
  let rows = 0;
  let fault: FileFault | undefined;
  try {
    for await (const some of readCsv(open(), columns))
      for (const row of some) {
        rows++;
        const judged = judge(row);
        if (!('reason' in judged)) continue;
        const of = rejected.get(judged.reason as RowReason) ?? { rows: 0, lines: [] };
        rejected.set(judged.reason as RowReason, of);
        of.rows++;
        if (of.lines.length < MOST_LINES) of.lines.push(row.line);
      }
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    fault = error;
  }
  return { rows, rejected, fault };
}

/** Whether all of a file would be taken. */
export const isTaken = ({ rejected, fault }: Checked): boolean => rejected.size === 0 && fault === undefined;

/** What would become of a file, line by line; no cell of a row is in it. */
export function checkedText(
  { rows, rejected, fault }: Checked,
  { kind, form }: Pick<CheckedAs, 'kind' | 'form'>,
): string[] {
  const bad = [...rejected.values()].reduce((sum, of) => sum + of.rows, 0);
  // The rows of a usage file before its fault stay; any other file is refused whole.
  const someStay = fault === undefined || kind === 'usage';
  const said = [`${rows} rows: ${someStay ? rows - bad : 0} would be taken, ${bad} rejected`];
  for (const [reason, of] of rejected) {
    const more = of.rows > of.lines.length ? ', …' : '';
    said.push(`  ${reason}: ${of.rows} (line ${of.lines.join(', ')}${more}): ${whatToDo(reason, form?.dates)}`);
  }
  if (fault === undefined) return said;
  const header = fault.found === '' ? '' : `, the header is: ${fault.found}`;
  const end =
    someStay && rows > 0 ? 'only the rows before that line would be taken' : 'nothing of the file would be taken';
  return [...said, `line ${fault.line}: ${fault.reason}${header}`, `  ${whatToDo(fault.reason)}; ${end}`];
}
