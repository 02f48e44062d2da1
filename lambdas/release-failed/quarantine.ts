import * as z from 'zod';
import { log } from '../runtime/log.ts';
import { measure } from '../runtime/metrics.ts';
import { tellQuarantined } from '../stores/notices.ts';
import { dataOf } from '../stores/state-machines.ts';
import { mark } from '../stores/upload-marks.ts';
import { env } from './environment.ts';

const file = z.object({
  bucket: z.string(),
  key: z.string(),
  versionId: z.string().optional(),
});
const input = z.union([
  z.object({ report: file }).transform(({ report }) => report),
  z.object({ file }).transform((it) => it.file),
  z.object({ collect: z.object({ upload: file }) }).transform(({ collect }) => collect.upload),
]);

/** The form of the names that functions, services and Step Functions give to errors. */
const A_NAME = /^[A-Za-z][\w.]{0,99}$/;

/**
 * Puts the file that an execution was started for into quarantine, of which nothing was registered.
 * @param status how the execution ended
 * @returns false if it was started for no file
 */
export async function quarantined(executionArn: string, status: string): Promise<boolean> {
  // The event of an execution that is encrypted under a key holds neither.
  const { input: started, error } = await dataOf(executionArn);
  const uploaded = started === undefined ? undefined : input.safeParse(JSON.parse(started)).data;
  if (uploaded === undefined) return false;
  // Whoever stops an execution may write anything for its error, which people are told in the regulator's name.
  const why = error !== undefined && A_NAME.test(error) ? error : status;
  await tellQuarantined(env, uploaded, why, executionArn);
  await mark(env.WORK, 'quarantined', uploaded);
  measure('Quarantined', {});
  log.warn('upload quarantined', { status, why });
  return true;
}
