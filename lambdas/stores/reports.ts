/** An agency's report, as it was uploaded. */
import { createHash } from 'node:crypto';
import { FileFault, readCsv } from '../domain/csv.ts';
import type { ReportRow } from '../domain/facts.ts';
import { identifiersOf } from '../domain/identifiers.ts';
import { reportColumns } from '../domain/screening.ts';
import type { Batch } from './cases/batches.ts';
import { listVersions, readChunks } from './objects.ts';

/**
 * What is taken from the rows of a batch's report that name handsets; undefined where no version of the file has its bytes any more. A
 * version has to be read to know whether it is the batch's: the one that was uploaded when the batch's was comes first.
 * @param begin begins anew for each version: what takes its rows, and what gives back what was taken
 * @param most so many versions are read: whoever may upload one may upload many under its name
 */
export async function readReport<T>(
  inbox: string,
  { agency, file, sha256, uploadedAt }: Batch,
  begin: () => { readonly take: (row: ReportRow) => void; readonly taken: T },
  most = Number.POSITIVE_INFINITY,
): Promise<T | undefined> {
  const versions = [];
  for await (const version of listVersions({ bucket: inbox, key: file }))
    if (version.key === file) versions.push(version);
  const away = ({ at }: { readonly at: string }) => Math.abs(Date.parse(at) - Date.parse(uploadedAt));
  versions.sort((a, b) => away(a) - away(b));
  for (const { key, versionId } of versions.slice(0, most)) {
    const hash = createHash('sha256');
    const { take, taken } = begin();
    try {
      for await (const some of readCsv(hashed(readChunks({ bucket: inbox, key, versionId }), hash), reportColumns))
        for (const row of some) {
          if ('wrongCellCount' in row) continue;
          const { imei: cell, case_ref: caseRef, reported_on: reportedOn, category } = row.cells;
          const imei = identifiersOf(agency).imei(cell);
          if ('value' in imei) take({ imei: imei.value, line: row.line, caseRef, reportedOn, category });
        }
    } catch (error) {
      // Another file under its name.
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
