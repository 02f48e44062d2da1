/** `npm run dashboards`: draws both dashboards from their definitions and what a sample's run published. See `--help`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ACCOUNT, type LocalCloud, loadAssembly, REGION, startCloud } from 'local-cloud';
import { command, say } from '../../lib/commands/command.ts';
import { readOptions } from '../../lib/commands/command-line.ts';
import { synthesize } from '../../lib/commands/local/synth.ts';
import { stageFromContext } from '../../lib/config/context.ts';
import { conduct } from '../../simulation/conduct.ts';
import { participantsOf } from '../../simulation/participants.ts';
import { showProgress } from '../../simulation/progress.ts';
import { publishConsumption } from './consumption.ts';
import { drawDashboard } from './draw.ts';
import { graphsOf } from './graphs.ts';
import { MetricStore } from './metrics.ts';

const HELP = `npm run dashboards

Draws both dashboards into docs/dashboards, from their definitions and what a small sample's run published.

  --help    this text

Exit code 0: drawn; 1: not, with the reason; 2: the command line is wrong.
`;

const FOLDER = fileURLToPath(new URL('../../docs/dashboards', import.meta.url));
const START = Date.parse('2026-06-01T00:00:00Z');
const SCALE = 0.004;
const HOUR = 3_600_000;
const DAYS = 19;
/**
 * The clock begins this long before the reports, and the sweeps with it. A sweep at the very instant of a deadline would find a direction
 * open or not by chance, and the same run is to give the same pictures.
 */
const BEFORE = 1.5 * HOUR;

const progress = showProgress(process.stdout);
let cloud: LocalCloud | undefined;

async function sample(assembly: string, store: MetricStore): Promise<void> {
  const log = (_: string, line: string) => store.addLine(line, cloud?.clock.now() ?? START);
  cloud = await startCloud({ assembly, start: START - BEFORE, log });
  const { clock, names } = cloud;
  let before = cloud.consumption();
  /** Drives the cloud, and publishes the metrics that AWS would have published of that time. */
  const counted = async (drive: Promise<void>) => {
    await drive;
    const after = (cloud as LocalCloud).consumption();
    publishConsumption(store, names, before, after, clock.now());
    before = after;
  };
  const watched = {
    ...cloud,
    rest: () => counted((cloud as LocalCloud).rest()),
    run: async () => {
      while (clock.now() < START + DAYS * 24 * HOUR) await counted((cloud as LocalCloud).run(clock.now() + HOUR));
    },
  };
  const settings = {
    material: { kind: 'sample', scale: SCALE },
    operators: 'mixed',
    ladder: 'flagged',
    approvals: 'none',
    start: START,
    seed: 1,
    out: FOLDER,
  } as const;
  const participants = participantsOf(stageFromContext({ cloud: 'local', config: 'none' }));
  await conduct(settings, watched, participants, progress);
  progress.end();
}

async function run(): Promise<boolean> {
  // Nobody decides and nobody admits a file: the pictures show the work itself.
  const assembly = await synthesize({ context: { people: '0', gateRows: '1000000000' } });
  const store = new MetricStore();
  await sample(assembly, store);
  await mkdir(FOLDER, { recursive: true });
  const { resources } = loadAssembly(assembly, { region: REGION, account: ACCOUNT, endpoint: 'https://sqs' });
  for (const { name, properties } of resources.filter(({ type }) => type === 'AWS::CloudWatch::Dashboard')) {
    const graphs = graphsOf(String(properties.DashboardBody), store);
    const frame = {
      heading: `${name}, a sample of ${SCALE * 100} % of the event`,
      from: START,
      to: START + DAYS * 24 * HOUR,
    };
    const path = join(FOLDER, `${name.replace(/^.*-/, '')}.svg`);
    await writeFile(path, drawDashboard(graphs, frame));
    say(path);
  }
  return true;
}

await command({
  help: HELP,
  settings: (args) => readOptions(args, {}),
  run,
  progress: () => progress,
  end: async () => cloud?.stop(),
});
