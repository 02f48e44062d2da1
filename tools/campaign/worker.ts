/** A process of the campaign: it is sent runs, one at a time, and sends back their results. */
import { numberOf, type Task } from './done.ts';
import { type Result, Stage } from './run.ts';
import { tryCase } from './systematic.ts';

const seed = Number(process.argv[2]);
await using stage = new Stage();
process.send?.('ready');
const ended = Promise.withResolvers<void>();
const work = (task: Task): Promise<Result> =>
  typeof task === 'number' ? stage.run(seed, task) : tryCase(stage, seed, task);
process.on('message', (task: Task | 'end') => {
  if (task === 'end') return ended.resolve();
  work(task).then(
    (result) => process.send?.(result),
    (error: Error) =>
      process.send?.({
        n: numberOf(task),
        broken: [`the run ended with ${error.stack}`],
        faults: {},
        milliseconds: 0,
      }),
  );
});
process.on('disconnect', () => ended.resolve());
await ended.promise;
// The campaign may have ended first, as it does when it is stopped.
if (process.connected) process.disconnect();
