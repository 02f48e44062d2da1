import { sha256Of } from '../domain/hashes.ts';
import type { BatchId } from '../domain/identifiers.ts';
import type { Uploaded } from '../runtime/uploads.ts';
import type { Done } from './uploads.ts';
import { executionArn, startOnce } from './workflows.ts';

/**
 * Starts the Batch execution of an upload that asks for a reversal, once by its name. An upload of bytes that asked before has one of its
 * own: it finds the batch there, and begins it anew where that had failed.
 * @returns how the upload is marked: the execution notes that it was worked on
 */
export async function startReversal(
  machine: string,
  uploader: string,
  { batchId, askedKey }: { readonly batchId: BatchId; readonly askedKey: string },
  { bucket, key, versionId, upload }: Pick<Uploaded, 'bucket' | 'key' | 'versionId' | 'upload'>,
): Promise<Done> {
  const name = `${uploader}-${sha256Of(`${key}\n${upload}`).slice(0, 32)}`;
  await startOnce(machine, name, {
    collect: { kind: 'reversal', batchId, askedKey, upload: { bucket, key, versionId } },
  });
  return { handedTo: executionArn(machine, name) };
}
