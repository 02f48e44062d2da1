import { Line } from './scope.ts';

/**
 * Runs `run` for 0 … count − 1, at most `limit` at once, each on a line of its own, and gives the results in order. The first failure ends
 * the others (their scope is cancelled).
 * @throws the first failure, once all have unwound
 */
export async function together<T>(
  line: Line,
  count: number,
  limit: number,
  run: (index: number, inner: Line) => Promise<T>,
): Promise<T[]> {
  const { scope, close } = line.scope.inner();
  const results = new Array<T>(count);
  try {
    await line.wait<void>((done, fail) => {
      let next = 0;
      let running = 0;
      let failure: { error: unknown } | null = null;
      const step = (): void => {
        while (failure === null && running < limit && next < count) begin(next++);
        if (running > 0) return;
        if (failure === null) done();
        else fail(failure.error);
      };
      const begin = (index: number): void => {
        running++;
        const inner = new Line(line.clock, scope, 'a branch');
        run(index, inner)
          .then(
            (value) => {
              results[index] = value;
            },
            (error: unknown) => {
              if (failure !== null) return;
              failure = { error };
              scope.cancel();
            },
          )
          .then(() => {
            running--;
            step();
            inner.sleep();
          });
      };
      step();
      return () => {};
    });
  } finally {
    close();
  }
  return results;
}
