/**
 * Works through `items` with at most `width` at a time. The first failure is thrown once all that were under way have ended,
 * so that no write goes on after its caller has given up.
 */
export async function concurrently<T>(
  items: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  let failed: { error: unknown } | undefined;
  const lane = async () => {
    while (!failed) {
      try {
        const next = await source.next();
        if (next.done) return;
        await work(next.value);
      } catch (error) {
        failed ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  if (failed) throw failed.error;
}

/**
 * A door through which one caller goes at a time, in the order of asking. A caller that is let in gets a function that lets the next one
 * in, and must call it, whatever happens.
 */
export function door(): () => Promise<() => void> {
  let last: Promise<void> = Promise.resolve();
  return () => {
    const before = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    return before.then(() => resolve);
  };
}
