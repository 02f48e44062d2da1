/** Values, compared and counted in the ways of the records. */

/** As records have it, of epoch milliseconds. */
export const instant = (at: number) => new Date(at).toISOString().replace('.000Z', 'Z');

/** Whether they have the same fields and values. */
export const same = (a: unknown, b: unknown) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

/** Adds to one of the counts. */
export const sum = (counts: Record<string, number>, word: string, by = 1) => {
  counts[word] = (counts[word] ?? 0) + by;
};

/** With the fields of all objects in one order. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, sorted(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
