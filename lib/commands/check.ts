/** Says what would become of a file before it is uploaded: with the functions' own rules, as far as these need no more than the file. */
import { appealColumns, parseAppealRow } from '../../lambdas/domain/appeal-rows.ts';
import { type Chunks, type Columns, type CsvRow, FileFault, readCsv } from '../../lambdas/domain/csv.ts';
import type { Day } from '../../lambdas/domain/days.ts';
import { columnsAs, type FileForm } from '../../lambdas/domain/file-forms.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { DirectionKind } from '../../lambdas/domain/kinds.ts';
import { lookupColumns, parseLookupRow } from '../../lambdas/domain/lookups.ts';
import type { RowReason } from '../../lambdas/domain/reasons.ts';
import { parseResponseRow, responseColumns } from '../../lambdas/domain/responses.ts';
import { reportColumns, Screening } from '../../lambdas/domain/screening.ts';
import { parseSighting, usageColumns } from '../../lambdas/domain/sightings.ts';
import { whatToDo } from '../../lambdas/domain/what-to-do.ts';

/** What a file may be checked as. */
export const CHECKED_KINDS = ['report', 'usage', 'response', 'appeal', 'lookup'] as const;
export type CheckedKind = (typeof CHECKED_KINDS)[number];

/** What would become of a file. Of each reason the first lines are told, and how many rows there are. */
export interface Checked {
  readonly rows: number;
  readonly rejected: ReadonlyMap<RowReason, { readonly rows: number; readonly lines: readonly number[] }>;
  readonly fault: FileFault | undefined;
}

export interface CheckedAs {
  readonly kind: CheckedKind;
  /** The day of the upload. */
  readonly today: Day;
  /** Of which kind of direction a response is; where it isn't said, the header tells connections from handsets. */
  readonly direction: DirectionKind | undefined;
  /** How its operator or agency writes its files, where that is not how everybody does. */
  readonly form?: FileForm | undefined;
}

/** So many lines of a reason are told. */
const MOST_LINES = 10;

interface Rules {
  readonly columns: Columns;
  readonly judge: (row: CsvRow) => object;
}

/** Nobody's: it is said only in the inbox's key whose file it is. */
const ANY = 'any' as OperatorId;

function rulesOf({ kind, today, direction = 'reverify', form }: CheckedAs): Rules {
  switch (kind) {
    case 'report': {
      const screening = new Screening();
      const columns = columnsAs(reportColumns, 'report', form);
      return { columns, judge: (row) => screening.row(row as CsvRow<'imei'>) };
    }
    case 'usage':
      return {
        columns: columnsAs(usageColumns, 'usage', form),
        judge: (row) => parseSighting(row as Parameters<typeof parseSighting>[0], ANY, today),
      };
    case 'appeal':
      return { columns: appealColumns, judge: (row) => parseAppealRow(row as Parameters<typeof parseAppealRow>[0]) };
    case 'lookup':
      return { columns: lookupColumns, judge: (row) => parseLookupRow(row as Parameters<typeof parseLookupRow>[0]) };
    case 'response': {
      const found = { row: 0, lastSeen: null };
      return {
        columns: columnsAs(responseColumns(direction), 'response', form),
        judge: (row) => {
          // Which operators there are only the stage knows.
          const to = 'cells' in row ? [row.cells.to ?? ''] : [];
          return parseResponseRow(row, { kind: direction, operator: ANY }, today, () => found, to);
        },
      };
    }
  }
}

/**
 * Reads a file as the functions would.
 * @param open its bytes, from the first one on each time
 */
export async function checkFile(open: () => Chunks, as: CheckedAs): Promise<Checked> {
  const checked = await readAs(open(), as);
  const isOfHandsets = as.kind === 'response' && as.direction === undefined;
  if (!isOfHandsets || checked.fault?.reason !== 'missing_column:msisdn') return checked;
  const again = await readAs(open(), { ...as, direction: 'block' });
  return again.fault?.reason === 'missing_column:imei' ? checked : again;
}

async function readAs(chunks: Chunks, as: CheckedAs): Promise<Checked> {
  const { columns, judge } = rulesOf(as);
  const rejected = new Map<RowReason, { rows: number; lines: number[] }>();
  let rows = 0;
  let fault: FileFault | undefined;
  try {
    for await (const some of readCsv(chunks, columns))
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
  const said = [`${rows} rows: ${rows - bad} would be taken, ${bad} rejected`];
  for (const [reason, of] of rejected) {
    const more = of.rows > of.lines.length ? ', …' : '';
    said.push(`  ${reason}: ${of.rows} (line ${of.lines.join(', ')}${more}): ${whatToDo(reason, form?.dates)}`);
  }
  if (fault === undefined) return said;
  const header = fault.found === '' ? '' : `, the header is: ${fault.found}`;
  const someStay = kind === 'usage' && rows > 0;
  const end = someStay ? 'only the rows before that line would be taken' : 'nothing of the file would be taken';
  return [...said, `line ${fault.line}: ${fault.reason}${header}`, `  ${whatToDo(fault.reason)}; ${end}`];
}
