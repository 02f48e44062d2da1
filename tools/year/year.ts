/** `npm run year`: a year in the sample's world. See `--help`. */
import { command, say } from '../../lib/commands/command.ts';
import { showProgress } from '../../simulation/progress.ts';
import { dateOf, YEAR_DAYS } from './draw.ts';
import { liveThrough, type YearSettings } from './run.ts';
import { yearText } from './tell.ts';
import { help, yearSettings } from './year-arguments.ts';

const progress = showProgress(process.stderr);

async function run(settings: YearSettings): Promise<boolean> {
  const began = performance.now();
  progress.stage('The year');
  const year = await liveThrough(settings, (day, what) => {
    progress.update(`${dateOf(day)}, ${what}`);
    progress.reached(day / YEAR_DAYS);
  });
  progress.end();
  say(yearText(settings, year, (performance.now() - began) / 1000));
  return year.broken.length === 0;
}

await command({ help, settings: yearSettings, run, progress: () => progress });
