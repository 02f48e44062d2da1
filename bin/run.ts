/** `npm start`: runs batches end to end on the local cloud, in virtual time. See `--help`. */
import { command } from '../lib/commands/command.ts';
import { HELP, parseArguments } from '../simulation/arguments.ts';
import { showProgress } from '../simulation/progress.ts';
import { Run, surroundingsOf } from '../simulation/run.ts';

const progress = showProgress(process.stdout);
const run = new Run(progress);

await command({
  help: HELP,
  settings: (args, where) => parseArguments(args, surroundingsOf(where, Date.now())),
  run: (settings) => run.carryOut(settings),
  progress: () => progress,
  end: (signal) => run.end(signal),
});
