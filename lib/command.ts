/** Carries out a command: what every script that people start has in common. */
import { CommandError } from './command-line.ts';

const SUCCEEDED = 0;
const FAILED = 1;
const WRONG_COMMAND = 2;
/** Signals that end a command, and its exit code then. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** A line of what was asked for. */
export const say = (text: string) => process.stdout.write(`${text}\n`);
/** A line of what went wrong. */
export const complain = (text: string) => process.stderr.write(`${text}\n`);

/** An error in one line. */
export const told = (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error));

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
  /** Does it; whether it succeeded. CommandError tells of a command line that can't be carried out as it stands. */
  run(settings: Settings): Promise<boolean>;
  /**
   * Ends and removes whatever the run has under way, also where it is called twice; after the run, and at once where a signal
   * interrupts it. Without it, a signal ends the process as it stands.
   */
  end?(signal?: string): Promise<unknown>;
}

/**
 * Carries out a command, and sets the process's exit code: 0 where it succeeded, 1 where not, with the reason on standard
 * error, 2 where the command line is wrong, and 128 and the signal's number where one interrupted it. A reader who closes
 * the pipe, as `head` does once it has enough, interrupts it too.
 */
export async function command<Settings>({ help, settings, run, end }: Command<Settings>): Promise<void> {
  let interrupted = false;
  if (end !== undefined)
    for (const [signal, code] of Object.entries(SIGNALS))
      process.on(signal, () => {
        // npm sends it on to its script, which the terminal has already sent it to.
        if (interrupted) return;
        interrupted = true;
        void end(signal).finally(() => process.exit(code));
      });
  let unread = false;
  const closed = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (!unread) process.kill(process.pid, 'SIGTERM');
    unread = true;
  };
  process.stdout.on('error', closed);
  process.stderr.on('error', closed);
  try {
    // npm runs its scripts in the project's folder; paths are relative to where the user stands.
    const asked = settings(process.argv.slice(2), process.env.INIT_CWD ?? process.cwd());
    if (asked === 'help') process.stdout.write(help);
    else process.exitCode = (await run(asked)) ? SUCCEEDED : FAILED;
    await end?.();
  } catch (error) {
    // What an interrupted run fails of is its own ending.
    if (interrupted) return;
    await end?.();
    const wrong = error instanceof CommandError;
    complain(wrong ? error.message : told(error));
    process.exitCode = wrong ? WRONG_COMMAND : FAILED;
  }
}
