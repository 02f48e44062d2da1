import { CommandError, choice, instant, readOptions, wholeNumber } from '../command-line.ts';

/** The command line of `npm run local`. */
export interface ServeSettings {
  speed: number;
  /** Epoch milliseconds. */
  start: number;
  stage: string;
  port: number;
  ladder: string;
  /** The app's own rights are in force. */
  enforce?: boolean;
}

export const SERVE_HELP = `npm run local -- [options]

Runs the app on a local cloud and keeps it up, until Ctrl-C. Its endpoint serves S3, DynamoDB,
SNS, SQS, Step Functions and Lambda to the AWS CLI and every SDK. Nothing is kept afterwards.

  --speed N       the cloud's clock runs N times faster than real time (default 1; 86400: a day a second)
  --start TIME    where its clock begins, such as 2026-06-01T00:00:00Z (default: now)
  --stage NAME    the stage that is synthesized (default dev)
  --ladder NAME   flagged or normal: the ladder of re-verification (default flagged)
  --port N        the endpoint's port (default: any free one)
  --enforce       the synthesized policies are in force: functions, state machines, and whoever signs with
                  the name of a participant's role as its access key id (dev-operator-jio), may do what they
                  allow, and nothing else; a key that begins like one and is none (dev-agency-mah) is refused
  --help          this text

Examples
  npm run local -- --speed 86400
  npm run local -- --speed 3600 --start 2026-06-01T00:00:00Z --port 4510
`;

const LADDERS = ['flagged', 'normal'] as const;
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
    port: string,
    enforce: { type: 'boolean' },
  });
  if (options === 'help') return 'help';
  const { speed = '1', start, stage = 'dev', ladder, port, enforce } = options;
  return {
    speed: speedOf(speed),
    start: start === undefined ? Math.floor(now / 1000) * 1000 : instant('start', start),
    stage,
    port: wholeNumber('port', port, 0, 0, 65_535),
    ladder: choice('ladder', ladder, LADDERS, 'flagged'),
    ...(enforce ? { enforce } : {}),
  };
}

function speedOf(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value >= SLOWEST && value <= FASTEST) return value;
  throw new CommandError(`--speed ${text}: must be a number from ${SLOWEST} to ${FASTEST}`);
}
