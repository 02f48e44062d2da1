import { sha256Of } from '../domain/hashes.ts';
import type { Form } from '../domain/stored.ts';
import { UNTOLD } from '../domain/work.ts';
import { logFailure } from '../runtime/failures.ts';
import { log } from '../runtime/log.ts';
import { listObjects } from './listings.ts';
import { readText, writeObject } from './objects.ts';

/** What can be told: notices to participants, and notes to the audit. */
type Kind = 'notices' | 'audit';

/**
 * Keeps in the work bucket what was committed and can't be told at the moment, so that the step goes on; the sweep tells it. The same thing
 * is kept once, however often it can't be told.
 * @throws `error`, by which it could not be told, if it can't be kept either
 */
export async function keepUntold(work: string, kind: Kind, what: object, error: unknown): Promise<void> {
  logFailure(error);
  const content = JSON.stringify(what);
  try {
    await writeObject({ bucket: work, key: `${UNTOLD[kind].prefix}${sha256Of(content)}.json` }, content);
  } catch (second) {
    logFailure(second);
    throw error;
  }
  log.warn('kept to be told later', { kind });
}

/** What was kept and not told since, by its kind and key. */
export async function* listUntold(work: string): AsyncGenerator<{ kind: Kind; key: string }> {
  // All kinds are in one list, which each sweep asks for.
  for await (const { key, size } of listObjects({ bucket: work, key: UNTOLD.prefix })) {
    const kind = (['notices', 'audit'] as const).find((one) => key.startsWith(UNTOLD[one].prefix));
    if (kind !== undefined && size > 0) yield { kind, key };
  }
}

/** @throws BadRecord */
export async function readUntold<T>(work: string, key: string, form: Form<T>): Promise<T> {
  return form.parse(await readText({ bucket: work, key }));
}

/** Notes that it was told: nobody deletes objects, so it is emptied. */
export async function noteTold(work: string, key: string): Promise<void> {
  await writeObject({ bucket: work, key }, '');
}
