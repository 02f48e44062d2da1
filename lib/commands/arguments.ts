import { parseArgs } from 'node:util';

/** The command line can't be carried out; the message names the option. */
export class WrongCommand extends Error {
  override name = 'WrongCommand';
}

/**
 * The values of a command's options, each of which takes one, by name.
 * @returns undefined where help is asked for
 * @throws WrongCommand for an option that isn't known, and for one without its value
 */
export function readOptions<Option extends string>(
  args: readonly string[],
  options: readonly Option[],
): Partial<Record<Option, string>> | undefined {
  try {
    const known = Object.fromEntries(options.map((option) => [option, { type: 'string' as const }]));
    const { values } = parseArgs({ args: [...args], options: { ...known, help: { type: 'boolean', short: 'h' } } });
    return values.help ? undefined : (values as Partial<Record<Option, string>>);
  } catch (error) {
    throw new WrongCommand(`${error instanceof Error ? error.message : error}; see --help`);
  }
}
