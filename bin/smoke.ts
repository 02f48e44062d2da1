/** `npm run smoke`: checks a stage by sending a batch about nobody through. See `--help`. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { SFNClient } from '@aws-sdk/client-sfn';
import { STSClient } from '@aws-sdk/client-sts';
import { parseDay } from '../lambdas/domain/days.ts';
import { command, complain, say, told } from '../lib/commands/command.ts';
import { CommandError, readOptions, wholeNumber } from '../lib/commands/command-line.ts';
import { type SmokeSettings, smoke } from '../lib/commands/smoke.ts';

const HELP = `npm run smoke -- [options]

Checks a stage after its deployment, or at any time: reports a handset that is no device's, seen with two numbers
that are nobody's at the operator self-check; waits for its orders, answers them as that operator, and looks at
all that comes of it, from rejects and receipts to settled books. No other operator is directed, no revocation
list names the numbers, no metric counts them. It holds the turn to plan for some seconds. It also tells which
subscriptions to notices wait for their confirmation.

  --stage NAME      the stage (default dev)
  --wait SECONDS    how long each thing is waited for (default 300)
  --day YYYY-MM-DD  the day there, where the stage's clock is another than this machine's, as a local cloud's may be
  --help            this text

It goes by the AWS credentials and the region of its environment, those of the administrators' role, takes on
the role of the self-check, and works against the local cloud with AWS_ENDPOINT_URL. Exit code 0: each answer
is as it must be; 1: one is not, and which; 2: the command line is wrong.
`;

/** How long the command waits, in seconds: the default and the most. */
const DEFAULT_WAIT = 300;
const LONGEST_WAIT = 99_999;

/** Runs the steps, prints each with its time, and returns whether all went well. */
async function check(settings: SmokeSettings): Promise<boolean> {
  const steps = smoke(
    { cloudFormation: new CloudFormationClient(), sts: new STSClient(), sfn: new SFNClient() },
    settings,
  );
  let well = true;
  for (const { says, first, run } of steps) {
    const began = performance.now();
    const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`.padStart(8);
    try {
      await run();
      say(`OK   ${seconds()}  ${says}`);
    } catch (error) {
      well = false;
      say(`FAIL ${seconds()}  ${says}`);
      complain(`not so: ${says}: ${told(error)}`);
      if (first) break;
    }
  }
  return well;
}

function settingsOf(args: readonly string[]): SmokeSettings | 'help' {
  const options = readOptions(args, { stage: { type: 'string' }, wait: { type: 'string' }, day: { type: 'string' } });
  if (options === 'help') return 'help';
  const wait = wholeNumber('wait', options.wait, DEFAULT_WAIT, 1, LONGEST_WAIT);
  const day = options.day === undefined ? undefined : parseDay(options.day);
  if (day === null) throw new CommandError(`--day ${options.day}: must be a day, such as 2026-06-01`);
  return { stage: options.stage ?? 'dev', wait: wait * 1000, at: new Date(), day };
}

await command({ help: HELP, settings: settingsOf, run: check });
