/** Files of approvers, of decisions and of exemptions alike, as they are recorded; and which recorded file an upload repeats. */
import * as z from 'zod';
import type { Instant } from './days.ts';
import type { ApproverId } from './identifiers.ts';
import { fields } from './stored.ts';

/** A file of an approver's that was recorded. */
export interface RecordedByApprover {
  readonly approver: ApproverId;
  readonly sha256: string;
  /** The upload's own version, and the instant of the upload; a file that was recorded without them is known by its bytes. */
  readonly upload?: string;
  readonly uploadedAt?: Instant;
  /** The attempt whose prepared receipt counts. */
  readonly attempt: string;
  /** When it was committed. */
  readonly at: Instant;
}

/** An approver's id, as records have it. */
export const approver = z.string().regex(/^[a-z0-9-]{1,16}$/);

/** The fields of `RecordedByApprover`, as records have them. */
export const recordedByApprover = {
  approver,
  sha256: fields.sha256,
  upload: z.string().optional(),
  uploadedAt: fields.instant.optional(),
  attempt: z.string(),
  at: fields.instant,
};

/** A file that an upload is, and whether the upload says it once more, later than anything else of its approver's. */
export interface KnownFile<File extends RecordedByApprover> {
  readonly file: File;
  /** Its words count from this upload on then, so that none that comes late and was uploaded in between stands against them. */
  readonly isAnew: boolean;
}

/**
 * The file of one approver's, in the order in which they were committed, that an upload repeats, so that nothing more is published. It is the
 * same upload, told of again, or an earlier one of the same bytes, or has the same bytes as the file that was uploaded last. If the bytes
 * of an earlier file are uploaded again, what it says is said anew, since everybody's last word counts.
 */
export function sameAsBefore<File extends RecordedByApprover>(
  own: readonly File[],
  { sha256, upload, uploadedAt }: { readonly sha256: string; readonly upload: string; readonly uploadedAt: Instant },
): KnownFile<File> | undefined {
  const uploaded = (file: File) => file.uploadedAt ?? file.at;
  const last = own.reduce<File | undefined>(
    (newest, file) => (newest === undefined || uploaded(file) >= uploaded(newest) ? file : newest),
    undefined,
  );
  if (last?.sha256 === sha256) return { file: last, isAnew: last.upload !== upload && uploadedAt > uploaded(last) };
  const file = own.find(
    (one) => one.sha256 === sha256 && (one.upload === undefined || one.upload === upload || uploadedAt < uploaded(one)),
  );
  return file && { file, isAnew: false };
}

/** The files with this one as it was uploaded once more: it stays one file, and keeps its receipt. */
export function uploadedAnew<File extends RecordedByApprover>(
  files: readonly File[],
  file: File,
  { upload, uploadedAt }: { readonly upload: string; readonly uploadedAt: Instant },
): File[] {
  return files.map((one) => (one === file ? { ...one, upload, uploadedAt } : one));
}
