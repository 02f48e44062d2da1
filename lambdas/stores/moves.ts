import { type DirectionId, parseDirectionId } from '../domain/identifiers.ts';
import type { Ledger, RecordedFile } from '../domain/ledger.ts';
import { type MovedRow, movedForm } from '../domain/moves.ts';
import { PREPARED, WAITING } from '../domain/work.ts';
import { hasObjects, listObjects } from './listings.ts';
import { readText, readTextIfThere, writeObject } from './objects.ts';

/** The key under which an attempt prepares the list of what its file moves. */
export function movedKey({ directionId }: Pick<Ledger, 'directionId'>, file: Pick<RecordedFile, 'sha256' | 'attempt'>) {
  return PREPARED.response(directionId, file.sha256, file.attempt, 'moved.json');
}

/**
 * The rows that go on elsewhere or are to be restored, as a recorded file says, ascending by row. Only for a file that says so: it moved
 * rows, has some restored, or recorded a port.
 * @throws BadRecord
 */
export async function readMoved(work: string, ledger: Ledger, file: RecordedFile): Promise<readonly MovedRow[]> {
  return movedForm.parse(await readText({ bucket: work, key: movedKey(ledger, file) })).rows;
}

/** The rows of `readMoved` for a file that was recorded long ago; none if the list is gone. The reader may list what was prepared. */
export async function readMovedIfThere(work: string, ledger: Ledger, file: RecordedFile): Promise<readonly MovedRow[]> {
  const text = await readTextIfThere({ bucket: work, key: movedKey(ledger, file) });
  return text === undefined ? [] : movedForm.parse(text).rows;
}

/** The directions that may have rows which wait, or had some: those that are marked. */
export async function directionsThatWait(work: string): Promise<DirectionId[]> {
  const directions: DirectionId[] = [];
  for await (const { key } of listObjects({ bucket: work, key: WAITING.prefix })) {
    const direction = parseDirectionId(key.slice(WAITING.prefix.length));
    if (direction) directions.push(direction.id);
  }
  return directions;
}

/** Whether there is any of these. */
export async function mayAnyWait(work: string): Promise<boolean> {
  return await hasObjects({ bucket: work, key: WAITING.prefix });
}

/** Marks a direction as one that may have rows which wait for a follow-up. */
export async function markWaiting(work: string, directionId: DirectionId): Promise<void> {
  await writeObject({ bucket: work, key: WAITING.prefix + directionId }, '');
}
