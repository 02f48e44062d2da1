/** Carries out a command: what all scripts that people start have in common. */

import { ConfigError } from '../config/stage.ts';
import { CommandError } from './command-line.ts';

const SUCCEEDED = 0;
const FAILED = 1;
const WRONG_COMMAND = 2;
/** Signals that end a command, and its exit code then. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
/**
 * Milliseconds within which a signal is the same one: npm sends it on to its script, which the terminal has already sent it to; a later one
 * is a person's.
 */
const SAME_SIGNAL_MS = 1000;

/** Prints a line of what was asked for. */
export const say = (text: string) => process.stdout.write(`${text}\n`);
/** Prints a line of what went wrong. */
export const complain = (text: string) => process.stderr.write(`${text}\n`);

/** An error's name and message; with its place, if only a mistake in the program makes such an error. */
export function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError)
    return error.stack ?? error.message;
  // The error of a connection to several addresses has no message of its own.
  const several = error instanceof AggregateError ? error.errors.map(String).join('; ') : '';
  return `${error.name}: ${error.message || several}`;
}

/** What a command says of its work, and what it complains of, line by line. */
export interface CommandLines {
  readonly said: readonly string[];
  readonly complained: readonly string[];
}

export interface Command<Settings> {
  /** What `--help` prints. */
  help: string;
  /**
   * Reads the command line.
   * @param args the arguments after the script's name
   * @param where the folder that relative paths start in
   * @throws CommandError
   */
  settings(args: readonly string[], where: string): Settings | 'help';
  /**
   * Carries the command out, and returns whether it succeeded.
   * @throws CommandError or ConfigError for a command line that can't be carried out as it stands
   */
  run(settings: Settings): Promise<boolean>;
  /** The display of its progress; it is ended before anything is complained of. */
  progress?(): { end(): void };
  /**
   * Ends and removes whatever the run has under way: after the run, and at once if a signal interrupts it. Called once. Without it, a
   * signal ends the process as it stands.
   */
  end?(signal?: string): Promise<unknown>;
  /** The command goes on until a signal ends it, which is its success. */
  endless?: true;
}

/**
 * Carries out a command, and sets the process's exit code: 0 if it succeeded; 1 if not, with the reason on standard error; 2 if the command
 * line is wrong; and 128 and the signal's number if a signal interrupted it. A reader who closes the pipe, as `head` does once it has
 * enough, interrupts it too.
 */
export async function command<Settings>(what: Command<Settings>): Promise<void> {
  let interrupted: number | undefined;
  let failed = false;
  let ending: Promise<unknown> | undefined;
  const endOnce = (signal?: string): Promise<unknown> => {
    what.progress?.().end();
    ending ??= Promise.resolve(what.end?.(signal)).catch((error) => complain(`while it ended: ${told(error)}`));
    return ending;
  };
  const interrupt = (signal: string, code: number) => {
    const exit = () => process.exit(failed ? undefined : code);
    if (interrupted === undefined) {
      interrupted = performance.now();
      if (!failed) process.exitCode = code;
      void endOnce(signal).finally(exit);
    } else if (performance.now() - interrupted > SAME_SIGNAL_MS) exit();
  };
  if (what.end !== undefined)
    for (const [signal, code] of Object.entries(SIGNALS))
      process.on(signal, () => interrupt(signal, what.endless ? SUCCEEDED : code));
  let unread = false;
  const closed = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (!unread) process.kill(process.pid, 'SIGTERM');
    unread = true;
  };
  process.stdout.on('error', closed);
  process.stderr.on('error', closed);
  try {
    // The AWS CLI reads this one, the SDK only the other.
    const { AWS_DEFAULT_REGION } = process.env;
    if (AWS_DEFAULT_REGION !== undefined) process.env.AWS_REGION ??= AWS_DEFAULT_REGION;
    // npm runs its scripts in the project's folder; paths are relative to where the user stands.
    const asked = what.settings(process.argv.slice(2), process.env.INIT_CWD ?? process.cwd());
    if (asked === 'help') process.stdout.write(what.help);
    else {
      const well = await what.run(asked);
      if (interrupted === undefined) process.exitCode = well ? SUCCEEDED : FAILED;
    }
  } catch (error) {
    // An interrupted run fails because of its own ending.
    if (interrupted === undefined) {
      const wrong = error instanceof CommandError || error instanceof ConfigError;
      failed = true;
      process.exitCode = wrong ? WRONG_COMMAND : FAILED;
      what.progress?.().end();
      complain(wrong ? error.message : told(error));
    }
  }
  await endOnce();
}
