/** `npm run year`: a year in the sample's world. See `--help`. */
import { startCloud } from 'local-cloud';
import { command, say } from '../../lib/commands/command.ts';
import { synthesize } from '../../lib/commands/local/synth.ts';
import { showProgress } from '../../simulation/progress.ts';
import { dateOf, type Size, START } from './draw.ts';
import { judge } from './judge.ts';
import { CONTEXT, Year } from './run.ts';
import { yearText } from './tell.ts';
import { help, yearSettings } from './year-arguments.ts';

const progress = showProgress(process.stderr);

async function run(size: Size): Promise<boolean> {
  const began = performance.now();
  progress.stage('Synthesizing the app');
  const assembly = await synthesize({ bare: true, context: CONTEXT });
  progress.stage('The year');
  const year = new Year(size);
  const watch = { uploaded: () => {}, published: year.published };
  const cloud = await startCloud({ assembly, start: START, seed: size.seed, watch });
  try {
    const lived = await year.live(cloud, (day, what) => {
      progress.update(`${dateOf(day)}, ${what}`);
      progress.reached(day / size.days);
    });
    const verdict = judge(lived);
    progress.end();
    say(yearText(size, verdict, (performance.now() - began) / 1000));
    return verdict.broken.length === 0;
  } finally {
    await cloud.stop();
  }
}

await command({ help, settings: yearSettings, run, progress: () => progress });
