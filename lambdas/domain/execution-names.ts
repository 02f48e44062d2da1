/**
 * Names of the Batch executions that uploads start. They are derived, so that the same upload starts one execution. Step Functions takes 80
 * characters, of which a batch's id has 29 at most.
 */
import { sha256Of } from './hashes.ts';
import type { AgencyId, BatchId, CaseworkerId } from './identifiers.ts';

/** An upload by its key, and by what tells it from others of the key. */
interface Upload {
  readonly key: string;
  readonly upload: string;
}

const ofUpload = ({ key, upload }: Upload) => sha256Of(`${key}\n${upload}`).slice(0, 32);

/** The name of the execution that an upload of a batch starts. Another upload of the same batch has another name. */
export function uploadExecution(batchId: BatchId, upload: Upload): string {
  return `${batchId}-${ofUpload(upload)}`;
}

/**
 * The name of the execution of an upload that is no batch's, since its bytes are too many to be read. Until December 2026 all executions
 * had such names: the event of an upload from before may come again.
 */
export function batchlessExecution(uploader: AgencyId | CaseworkerId, upload: Upload): string {
  return `${uploader}-${ofUpload(upload)}`;
}
