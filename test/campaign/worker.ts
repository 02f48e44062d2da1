/** A process of the campaign: it is sent the numbers of runs, one at a time, and sends back what each came to. */
import { Stage } from './run.ts';

const seed = Number(process.argv[2]);
await using stage = new Stage();
process.send?.('ready');
const ended = Promise.withResolvers<void>();
process.on('message', (n: number | 'end') => {
  if (n === 'end') return ended.resolve();
  stage.run(seed, n).then(
    (result) => process.send?.(result),
    (error: Error) => process.send?.({ n, broken: [`the run ended with ${error.stack}`], faults: {}, milliseconds: 0 }),
  );
});
process.on('disconnect', () => ended.resolve());
await ended.promise;
process.disconnect?.();
