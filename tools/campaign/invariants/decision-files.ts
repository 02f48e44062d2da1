/** The approvers' uploads about batches, as far as they were told that these count. */
import { imeiIn, linesOf, msisdnIn, sha256 } from '../../../test/reckoning/files.ts';
import type { Upload } from '../story.ts';
import type { Known } from './known.ts';

export interface Receipt {
  sha256: string;
  rows: number;
  recorded: number;
  alreadyRecorded: number;
  rejected: Record<string, number>;
  rejects: { line: number; reason: string }[];
  refused: string | null;
  line?: number;
  header?: string;
}

/** An approver's file about a batch, and the place of its receipt. */
interface DecisionFile extends Upload {
  approver: string;
  batch: string;
  receipt: string;
}

export function decisionFiles({ seen }: Known): DecisionFile[] {
  return seen.uploads.flatMap((upload) => {
    const [place, approver = '', batch = '', name = ''] = upload.key.split('/');
    if (place !== 'decisions') return [];
    const receipt = `receipts/${approver}/${batch}/${name}.${sha256(upload.text).slice(0, 8)}.json`;
    return [{ ...upload, approver, batch, receipt }];
  });
}

export const publishedPreview = ({ seen }: Known, batch: string) =>
  sha256(seen.outbox[`previews/${batch}/preview.json`] ?? '');

/** The SHA-256s of the previews that approvers were told of before the batch was begun anew. */
export function askedBefore({ seen }: Known, batch: string, now: string): string[] {
  const asked = Object.values(seen.notices)
    .flat()
    .filter(({ kind, batchId }) => kind === 'decision_needed' && batchId === batch);
  return [...new Set(asked.map(({ sha256: digest }) => String(digest)))].filter((digest) => digest !== now);
}

/** The rows of a file that name this preview, if its approver was told that they count. */
export function recordedRows(
  { seen }: Known,
  { text, receipt }: DecisionFile,
  preview: string,
): Record<string, string>[] {
  const { refused, rejects } = JSON.parse(seen.outbox[receipt] ?? '{"refused":"","rejects":[]}') as Receipt;
  if (refused !== null) return [];
  return linesOf(text).lines.flatMap(({ line, cells }) =>
    cells?.preview === preview && !rejects.some((reject) => reject.line === line) ? [cells] : [],
  );
}

/** The handsets (14 digits) and numbers that the approvers left out of a batch, as they were told. */
export function struckIn(known: Known, batch: string): Set<string> {
  const struck = new Set<string>();
  const preview = publishedPreview(known, batch);
  for (const file of decisionFiles(known).filter((one) => one.batch === batch))
    for (const { decision, imei, msisdn } of recordedRows(known, file, preview)) {
      if (decision !== 'strike') continue;
      for (const parsed of [imeiIn(imei), msisdnIn(msisdn)])
        if (!('reason' in parsed)) struck.add(Object.values(parsed)[0] ?? '');
    }
  return struck;
}
