import { setTimeout } from 'node:timers/promises';

/** The waits double from the shortest to the longest. Half of each is left to chance, so that the lanes don't come at once. */
const SHORTEST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 5000;

/**
 * Waits before the rest of a batch that a table left undone is asked for again: not before the first try (0), longer before each later one.
 */
export async function waitForTable(tries: number): Promise<void> {
  if (tries === 0) return;
  const wait = Math.min(SHORTEST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS);
  await setTimeout(wait * (0.5 + Math.random() / 2));
}
