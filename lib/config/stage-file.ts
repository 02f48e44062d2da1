/** A stage's own configuration: `config/<stage>.json`, over the defaults in the code for every stage. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { operations } from './operations.ts';
import { PARTICIPANTS } from './participants.ts';
import { LADDER_NAMES, type LadderName, POLICY_NUMBERS } from './policy.ts';
import { retention } from './retention.ts';
import { inPlainWords } from './words.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** A schema that only checks the names; values are checked with the rest of the configuration. */
const known = (fields: readonly string[]) =>
  z.strictObject(Object.fromEntries(fields.map((name) => [name, z.unknown().optional()])));

const stageFile = z.strictObject({
  /** A note for people who read the file. */
  about: z.string().optional(),
  ladder: z.enum(LADDER_NAMES).optional(),
  // The stage's re-verification ladder is given by its name.
  policy: known(POLICY_NUMBERS).optional(),
  retention: known(Object.keys(retention.shape)).optional(),
  operations: known(Object.keys(operations.shape)).optional(),
  deployers: z.unknown().optional(),
  protect: z.unknown().optional(),
  ...Object.fromEntries(PARTICIPANTS.map((kind) => [kind, z.unknown().optional()])),
});

/** A stage's file, read: its path, for errors, and what it says of each part, unchecked except for the names. */
export interface StageFile {
  readonly path: string;
  readonly ladder?: LadderName | undefined;
  readonly policy: Readonly<Record<string, unknown>>;
  readonly retention: Readonly<Record<string, unknown>>;
  readonly operations: Readonly<Record<string, unknown>>;
  /** The kinds of participants, `deployers` and `protect`, as far as it names them. */
  readonly others: Readonly<Record<string, unknown>>;
}

/** A stage's file can't be read, is no JSON, or has an unknown name; one line for each fault. */
export class WrongStageFile extends Error {
  override name = 'WrongStageFile';
  readonly lines: readonly string[];

  constructor(...lines: string[]) {
    super(lines.join('\n'));
    this.lines = lines;
  }
}

/**
 * Reads the configuration of a stage.
 * @param named a path from the project's folder, or `none`; else `config/<stage>.json`, if it exists
 * @throws WrongStageFile
 */
export function readStageFile(stage: string, named: string | undefined): StageFile | undefined {
  const path = named ?? join('config', `${stage}.json`);
  if (path === 'none' || (named === undefined && !existsSync(join(PROJECT, path)))) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(resolve(PROJECT, path), 'utf8'));
  } catch (error) {
    throw new WrongStageFile(`${path} can't be read (${error instanceof Error ? error.message : error})`);
  }
  const read = stageFile.safeParse(content, { error: inPlainWords });
  if (!read.success)
    throw new WrongStageFile(
      ...read.error.issues.flatMap((issue) => {
        const at = issue.path.map((part) => `${String(part)}.`).join('');
        if (issue.code === 'unrecognized_keys')
          return issue.keys.map(
            (key) => `${path}: ${at}${key}: is no field; there are ${fieldsAt(issue.path).join(', ')}`,
          );
        return [`${path}: ${at.slice(0, -1) || 'the whole'}: ${issue.message}`];
      }),
    );
  const { about: _, ladder, policy = {}, retention = {}, operations = {}, ...others } = read.data;
  return { path, ladder, policy, retention, operations, others };
}

/** The names that a part of the file may have. */
function fieldsAt(path: readonly PropertyKey[]): string[] {
  const [part] = path;
  if (part === 'policy') return POLICY_NUMBERS;
  if (part === 'retention') return Object.keys(retention.shape);
  if (part === 'operations') return Object.keys(operations.shape);
  return Object.keys(stageFile.shape);
}
