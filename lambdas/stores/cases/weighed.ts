import * as z from 'zod';
import type { AgencyId } from '../../domain/identifiers.ts';
import { type NotedReport, noteReport, type WeighedReport } from '../../domain/report-limits.ts';
import { fields, formOf } from '../../domain/stored.ts';
import { readBatch } from './batches.ts';
import { Conflict, key, put, read } from './table.ts';

/** What an agency's reports of a day would reach, as it lies in the table. */
export const weighedForm = formOf(
  "record of an agency's reports",
  1,
  z.strictObject({
    reports: z.array(
      z.strictObject({
        batch: z.strictObject({ batchId: fields.batch, execution: z.string() }).nullable(),
        weighedAt: fields.instant,
        numbers: fields.count,
        handsets: fields.count,
      }),
    ),
    version: fields.count,
  }),
);

/**
 * Notes a report that was weighed, once for each execution of its batch.
 * @returns the agency's reports that were noted before it, as their batches stand now
 */
export async function noteWeighed(
  table: string,
  agency: AgencyId,
  report: NotedReport & { readonly batch: object },
): Promise<WeighedReport[]> {
  for (;;) {
    const { reports, version } = (await read(table, key.weighed(agency), weighedForm)) ?? { reports: [], version: 0 };
    const at = reports.findIndex(
      ({ batch }) => batch?.batchId === report.batch.batchId && batch.execution === report.batch.execution,
    );
    if (at >= 0) return await endings(table, reports.slice(0, at));
    const item = {
      pk: key.weighed(agency),
      ...weighedForm.write({ reports: noteReport(reports, report), version: version + 1 }),
    };
    try {
      if (version === 0) await put(table, item, 'attribute_not_exists(pk)');
      else await put(table, item, 'version = :seen', { ':seen': version });
      return await endings(table, reports);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
}

/** A report that was begun anew counts by its newest note alone. */
async function endings(table: string, reports: readonly NotedReport[]): Promise<WeighedReport[]> {
  const ended: WeighedReport[] = [];
  for (const [place, { batch: noted, ...report }] of reports.entries()) {
    const batch = noted === null ? undefined : await readBatch(table, noted.batchId);
    const isNotedAnew = reports
      .slice(place + 1)
      .some((later) => noted !== null && later.batch?.batchId === noted.batchId);
    const isOthers = batch !== undefined && batch.execution !== noted?.execution && batch.resumed === undefined;
    const isAnew = isNotedAnew || isOthers;
    ended.push({ ...report, ending: noted === null ? null : isAnew ? 'failed' : (batch?.state ?? null) });
  }
  return ended;
}
