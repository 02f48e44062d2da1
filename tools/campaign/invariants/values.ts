/** Helpers to compare and count values as the records have them. */

/** Epoch milliseconds in the form of the records. */
export const instant = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');

/** Whether two values have the same fields and values. */
export const same = (a: unknown, b: unknown) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

/** Adds to one of the counts. */
export const sum = (counts: Record<string, number>, word: string, by = 1) => {
  counts[word] = (counts[word] ?? 0) + by;
};

/** A value with the fields of all its objects sorted. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, sorted(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
