/**
 * An operator's or an agency's own form of files, if it differs from the agreed one: its own names of columns, and one other form of dates.
 */
import * as z from 'zod';
import type { Columns } from './csv-header.ts';
import { DATE_FORMS, dayIn, parseDayAs } from './days.ts';
import { columnNamed } from './headers.ts';
import { DIRECTION_KIND_NAMES } from './kinds.ts';
import { responseColumns } from './responses.ts';
import { REPORT_COLUMNS } from './screening.ts';
import { USAGE_COLUMNS } from './sightings.ts';

/** The columns that may have a name of a participant's own, by the kind of file: all columns of such files. */
export const NAMED_COLUMNS = {
  report: [...REPORT_COLUMNS.required, ...REPORT_COLUMNS.optional],
  usage: [...USAGE_COLUMNS.required, ...USAGE_COLUMNS.optional],
  response: [
    ...new Set(
      DIRECTION_KIND_NAMES.flatMap((kind) => {
        const { required, optional } = responseColumns(kind);
        return [...required, ...optional];
      }),
    ),
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;
/** A kind of file whose columns a participant may name. */
export type FormedKind = keyof typeof NAMED_COLUMNS;

/** The columns that hold a day. */
const DAYS: ReadonlySet<string> = new Set(['last_seen', 'occurred_on', 'activated_on', 'reported_on']);

const names = z.record(z.string(), z.string()).optional();

/**
 * A participant's form: its own names for the columns of each kind of file, beside which the agreed names stay valid, and its form of
 * dates.
 */
const fileForm = z.object({
  columns: z.object({ report: names, usage: names, response: names }).optional(),
  dates: z.enum(DATE_FORMS).optional(),
});
/** A participant's own form of files. */
export type FileForm = z.output<typeof fileForm>;

/** The forms of participants that have one, by their ids. */
export const fileForms = z.record(z.string(), fileForm);
/** The participants' own forms, by id. */
export type FileForms = z.output<typeof fileForms>;

/** The columns of a kind of file as its participant writes them, for the CSV reader. */
export function columnsAs<Required extends string, Optional extends string>(
  columns: Columns<Required, Optional>,
  kind: FormedKind,
  form: FileForm | undefined,
): Columns<Required, Optional> {
  if (form === undefined) return columns;
  const { dates } = form;
  const own = Object.entries(form.columns?.[kind] ?? {});
  return {
    ...columns,
    ownNames: new Map(own.map(([column, name]) => [columnNamed(name), column])),
    ...(dates === undefined
      ? {}
      : {
          rewrite: (column: string, cell: string) =>
            DAYS.has(column) ? (parseDayAs(dates, dayIn(cell)) ?? cell) : cell,
        }),
  };
}

/**
 * The faults in the names that a participant gives to the columns of a kind of file, each with its column. Two columns of one name could
 * not be told apart in a header.
 */
export function wrongNames(kind: FormedKind, own: Readonly<Record<string, string>>): { column: string; why: string }[] {
  const columns: readonly string[] = NAMED_COLUMNS[kind];
  return Object.entries(own).flatMap(([column, name]) => {
    if (!columns.includes(column))
      return [{ column, why: `is no column of such files; there are ${columns.join(', ')}` }];
    const named = columnNamed(name);
    if (named === '' || name.length > LONGEST_NAME || /\p{Cc}/u.test(name))
      return [{ column, why: `must be a name of 1 to ${LONGEST_NAME} characters, as the header has it` }];
    if (named !== column && columns.includes(named)) return [{ column, why: `is the name of ${named} already` }];
    const other = Object.keys(own).find((one) => one !== column && columnNamed(own[one] ?? '') === named);
    return other === undefined ? [] : [{ column, why: `is said of ${other}, too` }];
  });
}

const LONGEST_NAME = 60;
