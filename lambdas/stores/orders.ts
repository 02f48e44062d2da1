import type { AuditNote } from '../domain/audit.ts';
import { audit } from './audit.ts';
import { copyObject, listObjects, type Place } from './objects.ts';

/** An order that takes service from those whom it names, as it was committed. */
interface Committed {
  rows: number;
  prepared: Place;
  published: Place;
  note: AuditNote;
}

/**
 * Puts an order into the outbox, and tells the audit. Where one was issued anew for nobody, it takes the place of an earlier one
 * that lies there, so that nobody reads that any more.
 * @returns whether its operator is to be told of it: not where it is for nobody
 */
export async function putOrder(
  env: { WORK: string; AUDIT_QUEUE: string },
  { rows, prepared, published, note }: Committed,
): Promise<boolean> {
  if (rows === 0 && !(await isThere(published))) return false;
  await copyObject(prepared, published);
  await audit(env, note);
  return rows > 0;
}

async function isThere(place: Place): Promise<boolean> {
  for await (const { key } of listObjects(place)) if (key === place.key) return true;
  return false;
}
