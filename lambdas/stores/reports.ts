/** An agency's report, as it was uploaded. */
import { createHash } from 'node:crypto';
import { FileFault, readCsv } from '../domain/csv.ts';
import type { ReportRow } from '../domain/facts.ts';
import { columnsAs, type FileForms } from '../domain/file-forms.ts';
import { LARGEST_REPORT } from '../domain/limits.ts';
import { REPORT_COLUMNS } from '../domain/screening.ts';
import { identifiersOf } from '../domain/self-check.ts';
import type { Batch } from './cases/batches.ts';
import { listVersions } from './listings.ts';
import { readChunks } from './objects.ts';

/** The most versions of a report's key that are read: an agency may upload any number under one name, each of which takes a while. */
const MOST_VERSIONS = 5;

/**
 * The result of taking the rows of a batch's report that name handsets; undefined if no version of the file has its bytes any more. A
 * version has to be read to know whether it is the batch's: the one that was uploaded when the batch's was comes first.
 * @param forms the agencies' forms of reports, by their ids
 * @param begin begins anew for each version: `take` takes its rows, and `taken` is what is returned
 * @param versions the most that are read
 * @param bytes the size of the largest that is read; no larger report was ever taken
 */
export async function readReport<T>(
  { inbox, forms }: { readonly inbox: string; readonly forms: FileForms },
  { agency, file, sha256, uploadedAt }: Pick<Batch, 'agency' | 'file' | 'sha256' | 'uploadedAt'>,
  begin: () => { readonly take: (row: ReportRow) => void; readonly taken: T },
  { versions = MOST_VERSIONS, bytes = LARGEST_REPORT } = {},
): Promise<T | undefined> {
  const columns = columnsAs(REPORT_COLUMNS, 'report', forms[agency]);
  const found = [];
  for await (const version of listVersions({ bucket: inbox, key: file })) {
    // All keys that begin with this one come after it.
    if (version.key !== file) break;
    if (version.size <= bytes) found.push(version);
  }
  const away = ({ at }: { readonly at: string }) => Math.abs(Date.parse(at) - Date.parse(uploadedAt));
  found.sort((a, b) => away(a) - away(b));
  for (const { key, versionId } of found.slice(0, versions)) {
    const hash = createHash('sha256');
    const { take, taken } = begin();
    try {
      for await (const some of readCsv(hashed(readChunks({ bucket: inbox, key, versionId }), hash), columns))
        for (const row of some) {
          if ('reason' in row) continue;
          const { imei: cell, case_ref: caseRef, reported_on: reportedOn, category } = row.cells;
          const imei = identifiersOf(agency).imei(cell);
          if ('value' in imei) take({ imei: imei.value, line: row.line, caseRef, reportedOn, category });
        }
    } catch (error) {
      // It is another file under its name.
      if (!(error instanceof FileFault)) throw error;
      continue;
    }
    if (hash.digest('hex') === sha256) return taken;
  }
  return undefined;
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
