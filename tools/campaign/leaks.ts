/** Looks for identifiers of persons and handsets where none may stand. */

/** The parts of logs that are as long as a number by chance: times in milliseconds, and random or hashed ids. */
const RANDOM = /"Timestamp":\d+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,}|(?<=[a-z]-)[0-9a-f]{12}\b/g;
/** The separators that people and programs write between digits. */
const BETWEEN = /(?<=\d)(?:[\s\-/.()_+,:;'"]|%20|%2[BF]|\\[nrt])+(?=\d)/gi;

/**
 * The lines with one of these identifiers, in whatever spelling: spaced, with a prefix, in quotes, in the middle of other digits.
 * @param identifiers digits: numbers without prefix (10), IMEIs without check digit (14), IMSIs (15)
 */
export function leaks(lines: Iterable<string>, identifiers: Iterable<string>): string[] {
  const byLength = new Map<number, Set<string>>();
  for (const identifier of identifiers) {
    const known = byLength.get(identifier.length) ?? new Set();
    byLength.set(identifier.length, known.add(identifier));
  }
  const found: string[] = [];
  for (const line of lines) {
    const runs =
      line
        .replace(RANDOM, ' ')
        .replace(BETWEEN, '')
        .match(/\d{10,}/g) ?? [];
    const leaking = runs.some((run) =>
      [...byLength].some(([length, known]) => {
        for (let at = 0; at + length <= run.length; at++) if (known.has(run.slice(at, at + length))) return true;
        return false;
      }),
    );
    if (leaking) found.push(line);
  }
  return found;
}
