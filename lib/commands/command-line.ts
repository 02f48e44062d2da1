import { type ParseArgsConfig, parseArgs } from 'node:util';

/** The command line can't be carried out as it stands; the message names the option. */
export class CommandError extends Error {
  override name = 'CommandError';
}

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O }>>['values'];

/** The content of a command line. */
interface Line {
  /** The words that belong to no option. */
  positionals: string[];
  /** Each option that was given, in the order given. */
  order: { option: string; value: string | undefined }[];
}

/**
 * Reads a command line whose options may stand in any order.
 * @param args the arguments after the script's name
 * @param options those of the command, as parseArgs takes them; --help and -h are every command's
 * @param allowPositionals whether words that belong to no option may stand there
 * @returns the options' values by name, with the words and the order given; 'help' if help is asked for
 * @throws CommandError for an option that isn't known, for one without its value, for one of a single value that is given twice, and for a
 * word that has no place
 */
export function readOptions<const O extends Options>(
  args: readonly string[],
  options: O,
  allowPositionals = false,
): (Values<O> & Line) | 'help' {
  // Somebody who asks for help may not know the rest.
  const end = args.indexOf('--');
  if (args.slice(0, end < 0 ? undefined : end).some((word) => word === '--help' || word === '-h')) return 'help';
  try {
    const help = { type: 'boolean', short: 'h' } as const;
    const { values, positionals, tokens } = parseArgs({
      args: [...args],
      options: { ...options, help },
      allowPositionals,
      tokens: true,
    });
    const order: Line['order'] = [];
    for (const token of tokens) {
      if (token.kind !== 'option') continue;
      const { name: option, value } = token;
      if (!options[option]?.multiple && order.some((before) => before.option === option))
        throw new Error(`--${option} may be given only once`);
      order.push({ option, value });
    }
    return { ...(values as Values<O>), positionals, order };
  } catch (error) {
    // The parser's first line says what is wrong, the others how else to write it.
    const [first = ''] = String(error instanceof Error ? error.message : error).split('\n');
    const wrong = first.replace(
      /^Option '(-\S+).*' argument is ambiguous\.$/,
      "Option '$1' needs a value (after a = where it begins with a dash)",
    );
    throw new CommandError(`${wrong.replace(/\.$/, '')}; see --help`);
  }
}

/**
 * A whole number, in digits.
 * @param text what was given; if nothing was, the number is `otherwise`
 * @param least the smallest it may be, 0 or more
 * @param most the largest; default any that is exact
 * @throws CommandError that names the option and the bounds
 */
export function wholeNumber(
  option: string,
  text: string | undefined,
  otherwise: number,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number {
  if (text === undefined) return otherwise;
  const value = /^\d+$/.test(text) ? Number(text) : -1;
  if (value < least || value > most)
    throw new CommandError(
      `--${option} ${text}: must be a whole number from ${least} ${most < Number.MAX_SAFE_INTEGER ? `to ${most}` : 'on'}`,
    );
  return value;
}

/**
 * An instant in UTC and whole seconds.
 * @returns epoch milliseconds
 * @throws CommandError that names the option
 */
export function instant(option: string, text: string): number {
  const at = Date.parse(text);
  // The 30th of February would be one in March.
  if (!Number.isNaN(at) && `${new Date(at).toISOString().slice(0, 19)}Z` === text) return at;
  throw new CommandError(
    `--${option} ${text}: must be an instant in UTC and whole seconds, such as 2026-06-01T00:00:00Z`,
  );
}

const LARGEST_SCALE = 10;

/**
 * The size of a batch as a multiple of the event's, which is 1.
 * @returns undefined if nothing was given
 * @throws CommandError that names the option, unless it is a number above 0, at most 10
 */
export function scaleOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const scale = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : 0;
  if (!(scale > 0 && scale <= LARGEST_SCALE))
    throw new CommandError(`--${option} ${text}: must be a number above 0, at most ${LARGEST_SCALE}`);
  return scale;
}

/**
 * One of a few values.
 * @param text what was given; if nothing was, the value is `otherwise`
 * @throws CommandError that names the option and the values
 */
export function choice<T extends string>(
  option: string,
  text: string | undefined,
  values: readonly T[],
  otherwise: T,
): T {
  if (text === undefined) return otherwise;
  const value = values.find((known) => known === text);
  if (value === undefined) throw new CommandError(`--${option} ${text}: must be ${values.join(' or ')}`);
  return value;
}
