import { z } from 'zod';
import { DATE_FORMS } from '../../lambdas/domain/days.ts';
import { type FileForm, type FileForms, type FormedKind, wrongNames } from '../../lambdas/domain/file-forms.ts';

const names = (kind: FormedKind) =>
  z
    .record(z.string(), z.string())
    .check(({ value, issues }) => {
      for (const { column, why } of wrongNames(kind, value))
        issues.push({ code: 'custom', input: value, path: [column], message: why });
    })
    .optional();

/** An operator's own form of files: its names of columns beside the agreed ones, and its dates beside `YYYY-MM-DD`. */
export const ownFiles = {
  columns: z.strictObject({ usage: names('usage'), response: names('response') }).optional(),
  dates: z.enum(DATE_FORMS).optional(),
};

/** An agency's own form of reports: its names of columns, and its dates. */
export const ownReports = {
  columns: z.strictObject({ report: names('report') }).optional(),
  dates: z.enum(DATE_FORMS).optional(),
};

/** The forms of the operators, or agencies, that have one, as functions are told them. */
export function fileFormsOf(participants: readonly ({ readonly id: string } & FileForm)[]): FileForms {
  return Object.fromEntries(
    participants.flatMap(({ id, columns, dates }) =>
      columns === undefined && dates === undefined
        ? []
        : [[id, { ...(columns && { columns }), ...(dates && { dates }) }] as const],
    ),
  );
}

/** The most bytes of forms: a function's environment has 4 kB for all that it is told. */
export const MOST_OF_FORMS = 2000;
