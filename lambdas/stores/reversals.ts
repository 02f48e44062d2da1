import type { Uploaded } from '../domain/deliveries.ts';
import { batchlessExecution, uploadExecution } from '../domain/execution-names.ts';
import type { AgencyId, BatchId, CaseworkerId } from '../domain/identifiers.ts';
import { ASKED } from '../domain/work.ts';
import { type RecordedAppeal, readAppeal } from './cases/appeals.ts';
import { readTextIfThere } from './objects.ts';
import { startOnceUnless } from './state-machines.ts';
import type { Done } from './upload-marks.ts';

/**
 * The record of the same bytes from before: one that counts, or one that is `gone`, since retention has taken the receipt and with it what
 * the file asked for. Then it is asked for anew.
 */
export async function recordedBefore(
  env: { readonly WORK: string; readonly CASES: string },
  uploader: CaseworkerId | AgencyId,
  sha256: string,
): Promise<{ readonly known?: RecordedAppeal; readonly gone?: RecordedAppeal }> {
  const known = await readAppeal(env.CASES, uploader, sha256);
  if (known === undefined) return {};
  const receipt = { bucket: env.WORK, key: ASKED.receipt(known.batchId, known.attempt) };
  return (await readTextIfThere(receipt)) === undefined ? { gone: known } : { known };
}

/**
 * Starts the Batch execution of an upload that asks for a reversal, once by its name. An upload of bytes that asked before has an execution
 * of its own: it finds the batch there, and begins it anew if that had failed.
 * @returns how the upload is marked: the execution notes that it was worked on
 */
export async function startReversal(
  machine: string,
  uploader: AgencyId | CaseworkerId,
  { batchId, askedKey }: { readonly batchId: BatchId; readonly askedKey: string },
  { bucket, key, versionId, upload }: Pick<Uploaded, 'bucket' | 'key' | 'versionId' | 'upload'>,
): Promise<Done> {
  const [name, earlier] = [uploadExecution(batchId, { key, upload }), batchlessExecution(uploader, { key, upload })];
  const collect = { kind: 'reversal', batchId, askedKey, upload: { bucket, key, versionId } };
  return { handedTo: await startOnceUnless(machine, name, earlier, { collect }) };
}
