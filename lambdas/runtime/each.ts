/** Works on each, also after one failed; then throws the first failure. So one that can't be mended keeps nothing else from its work. */
export async function each<T>(all: Iterable<T> | AsyncIterable<T>, work: (one: T) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  for await (const one of all)
    try {
      await work(one);
    } catch (error) {
      failures.push(error);
    }
  if (failures.length > 0) throw failures[0];
}
