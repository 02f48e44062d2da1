import { DAY_MS, HOUR_MS } from '../../../lambdas/domain/days.ts';
import { LADDER_NAMES } from '../../config/policy.ts';
import { CommandError, choice, instant, readOptions, wholeNumber } from '../command-line.ts';

/** The command line of `npm run local`. */
export interface ServeSettings {
  speed: number;
  /** Epoch milliseconds. */
  start: number;
  stage: string;
  port: number;
  /** The console's port. */
  consolePort: number;
  ladder: string;
  approvals: (typeof APPROVALS)[number];
  /** Whether the app's own rights are in force. */
  enforce?: boolean;
}

export const SERVE_HELP = `npm run local -- [options]

Runs the app on a local cloud and keeps it up, until Ctrl-C. Its endpoint serves S3, DynamoDB,
SNS, SQS, Step Functions and Lambda to the AWS CLI and every SDK. Nothing is kept afterwards.

  --speed N       the cloud's clock runs N times faster than real time (default 600: ten minutes a second, so that a
                  rung of five days takes twelve minutes; 86400: a day a second; 1: real time)
  --start TIME    where its clock begins, such as 2026-06-01T00:00:00Z (default: now)
  --stage NAME    the stage that is synthesized (default dev)
  --ladder NAME   flagged or normal: the ladder of re-verification (default flagged)
  --approvals X   auto: simulated approvers approve each batch at once (default); none: nobody does, and a batch waits
                  for what is uploaded under decisions/
  --port N        the endpoint's port (default: any free one)
  --console N     the port of the console, a page that shows what happens (default: any free one)
  --enforce       the synthesized policies are in force: functions, state machines, and whoever signs with the name of
                  a participant's role as its access key id (dev-ap-south-1-operator-jio), may do what they allow, and
                  nothing else; a key that begins like one and is none (dev-ap-south-1-agency-mah) is refused
  --help          this text

While it runs, a line with the cloud's time tells of each event, and these can be typed (Enter after each):
  advance 5d      five days pass at once, each thing that falls due in its turn (s, m, h or d; at most 3650d)
  pause, resume   the clock stands still, and runs again; advance works meanwhile, too
  help            this list

Examples
  npm run local
  npm run local -- --speed 86400
  npm run local -- --speed 3600 --start 2026-06-01T00:00:00Z --port 4510
`;

/** Whether approvers are simulated. */
export const APPROVALS = ['auto', 'none'] as const;
/** Ten minutes a second: a person can look at an order and answer it within its rung, and does not wait for an hour. */
const DEFAULT_SPEED = '600';
const SLOWEST = 0.001;
const FASTEST = 1_000_000;

/**
 * Reads the command line.
 * @param now epoch milliseconds
 * @throws CommandError
 */
export function parseServeArguments(args: readonly string[], now: number): ServeSettings | 'help' {
  const string = { type: 'string' } as const;
  const options = readOptions(args, {
    speed: string,
    start: string,
    stage: string,
    ladder: string,
    approvals: string,
    port: string,
    console: string,
    enforce: { type: 'boolean' },
  });
  if (options === 'help') return 'help';
  const { speed = DEFAULT_SPEED, start, stage = 'dev', ladder, approvals, port, console, enforce } = options;
  return {
    speed: speedOf(speed),
    start: start === undefined ? Math.floor(now / 1000) * 1000 : instant('start', start),
    stage,
    port: wholeNumber('port', port, 0, 0, 65_535),
    consolePort: wholeNumber('console', console, 0, 0, 65_535),
    ladder: choice('ladder', ladder, LADDER_NAMES, 'flagged'),
    approvals: choice('approvals', approvals, APPROVALS, 'auto'),
    ...(enforce ? { enforce } : {}),
  };
}

function speedOf(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value >= SLOWEST && value <= FASTEST) return value;
  throw new CommandError(`--speed ${text}: must be a number from ${SLOWEST} to ${FASTEST}`);
}

/** A line that can be typed while the server runs. */
type Typed = { kind: 'advance'; milliseconds: number } | { kind: 'pause' | 'resume' | 'help' };

export const TYPED_HELP = 'Type advance 5d (or s, m, h), pause, resume or help; Ctrl-C stops everything.';

const UNITS = { s: 1000, m: 60_000, h: HOUR_MS, d: DAY_MS } as const;
const LONGEST_ADVANCE = 3650 * UNITS.d;

/**
 * Reads a line that was typed; undefined for an empty one.
 * @throws CommandError for any other line
 */
export function parseTyped(line: string): Typed | undefined {
  const [word = '', amount, ...more] = line.trim().toLowerCase().split(/\s+/);
  if (word === '') return undefined;
  if (word === 'advance' && more.length === 0) {
    const [, count, unit] = /^(\d+)([smhd])$/.exec(amount ?? '') ?? [];
    const milliseconds = Number(count) * UNITS[unit as keyof typeof UNITS];
    if (milliseconds > 0 && milliseconds <= LONGEST_ADVANCE) return { kind: 'advance', milliseconds };
    throw new CommandError('advance needs a time such as 30m, 12h or 5d, at most 3650d');
  }
  const kind = (['pause', 'resume', 'help'] as const).find((known) => known === word);
  if (kind !== undefined && amount === undefined) return { kind };
  throw new CommandError(`there is no such command. ${TYPED_HELP}`);
}
