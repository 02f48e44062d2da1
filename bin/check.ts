/** `npm run check`: says before an upload what would become of a file. See `--help`. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { dayOf, instantOf } from '../lambdas/domain/days.ts';
import type { FileForm } from '../lambdas/domain/file-forms.ts';
import { DIRECTION_KIND_NAMES, type DirectionKind } from '../lambdas/domain/kinds.ts';
import {
  CHECKED_KINDS,
  type CheckedAs,
  type CheckedKind,
  checkedText,
  checkFile,
  isTaken,
} from '../lib/commands/check.ts';
import { command, say } from '../lib/commands/command.ts';
import { CommandError, readOptions } from '../lib/commands/command-line.ts';
import { stageFromContext } from '../lib/config/context.ts';
import { fileFormsOf } from '../lib/config/file-forms.ts';
import { ConfigError, type StageConfig } from '../lib/config/stage.ts';
import { readStageFile } from '../lib/config/stage-file.ts';

const HELP = `npm run check -- FILE --as KIND [options]

Says what would become of a file if it were uploaded now: how many of its rows would be taken, and of the others each reason, with
lines and what to do. It asks nobody: what only the stage knows (its directions and references, operators' names, gates, limits of size) is
not looked at. It prints no cell of any row.

  --as KIND          ${CHECKED_KINDS.join(', ')}
  --direction KIND   of a response: ${DIRECTION_KIND_NAMES.join(', ')} (default: what each row says, as in a combined response for all of them)
  --from ID          whose report, usage or response it is: the agency's or operator's own names of columns and form of dates are taken, too
  --stage STAGE      whose configuration says them (default: dev)
  --help             this text

Exit code 0: all of it would be taken; 1: not all of it; 2: the command line is wrong.
`;

/** The stage that needs no configuration file of its own. */
const DEFAULT_STAGE = 'dev';

interface Settings extends Omit<CheckedAs, 'today'> {
  readonly file: string;
}

/**
 * The form in which an operator of a stage writes its files, or an agency its reports.
 * @throws CommandError for a stage without a file, or for somebody whom it doesn't know
 */
function formOf(kind: CheckedKind, id: string, stage: string): FileForm {
  if (stage !== DEFAULT_STAGE && readStageFile(stage, undefined) === undefined)
    throw new CommandError(`--stage: there is no config/${stage}.json`);
  const { agencies, operators } = configOf(stage);
  const [who, among] = kind === 'report' ? (['agency', agencies] as const) : (['operator', operators] as const);
  const found = among.find((one) => one.id === id);
  if (found !== undefined) return fileFormsOf([found])[id] ?? {};
  const ids = among.map((one) => one.id).join(', ');
  throw new CommandError(`--from: is no ${who} of the stage ${stage}; there are ${ids}`);
}

function configOf(stage: string): StageConfig {
  try {
    return stageFromContext({ stage, cloud: 'local' });
  } catch (error) {
    throw error instanceof ConfigError ? new CommandError(error.message) : error;
  }
}

function settingsOf(args: readonly string[], where: string): Settings | 'help' {
  const string = { type: 'string' } as const;
  const read = readOptions(args, { as: string, direction: string, from: string, stage: string }, true);
  if (read === 'help') return 'help';
  const { as, direction: named, from, stage, positionals } = read;
  const kind = CHECKED_KINDS.find((one) => one === as);
  if (kind === undefined) throw new CommandError(`--as: one of ${CHECKED_KINDS.join(', ')}`);
  const direction = DIRECTION_KIND_NAMES.find((one): one is DirectionKind => one === named);
  if (named !== undefined && (direction === undefined || kind !== 'response'))
    throw new CommandError(`--direction: of a response, one of ${DIRECTION_KIND_NAMES.join(', ')}`);
  const hasForm = kind === 'report' || kind === 'usage' || kind === 'response';
  if (from !== undefined && !hasForm) throw new CommandError('--from: of a report, a usage file or a response');
  if (stage !== undefined && from === undefined) throw new CommandError('--stage: with --from');
  const form = from === undefined ? undefined : formOf(kind, from, stage ?? DEFAULT_STAGE);
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new CommandError('name one file');
  return { kind, direction, form, file: resolve(where, file) };
}

async function run({ file, ...as }: Settings): Promise<boolean> {
  const isThere = await stat(file).then(
    (found) => !found.isDirectory(),
    () => false,
  );
  if (!isThere) throw new CommandError('there is no such file');
  const checked = await checkFile(() => createReadStream(file), { ...as, today: dayOf(instantOf(Date.now())) });
  for (const line of checkedText(checked, as)) say(line);
  return isTaken(checked);
}

await command({ help: HELP, settings: settingsOf, run });
