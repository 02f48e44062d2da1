import { accessSync, constants, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { CommandError, choice, instant, readOptions, scaleOf, wholeNumber } from '../lib/commands/command-line.ts';
import { APPROVALS } from '../lib/commands/local/serve-arguments.ts';
import { LADDER_NAMES, type LadderName } from '../lib/config/policy.ts';

/** A file that somebody uploads `age` milliseconds after the start. */
export interface Upload {
  /** Absolute path of the file on this machine. */
  path: string;
  /** The file's base name, under which it is uploaded. */
  name: string;
  /** Milliseconds after the start. */
  age: number;
}

export type OwnReport = Upload & { kind: 'report'; agency: string };
export type OwnResponse = Upload & { kind: 'response'; operator: string; argument: string };
/** A file of any participant, under its whole key in the inbox. */
export type OwnUpload = Upload & { kind: 'upload'; key: string };
export interface OwnUsage {
  operator: string;
  path: string;
  name: string;
}

const OPERATOR_MANNERS = ['mixed', 'prompt', 'silent'] as const;
export type OperatorManner = (typeof OPERATOR_MANNERS)[number];

/** The material that a run works on: the generated sample at a scale, or the user's own files. */
export type Material =
  | {
      kind: 'sample';
      scale: number;
      /** The number of its reports that are uploaded, from the first on; default all. */
      reports?: number;
      /** Further uploads, in the order given. */
      uploads?: OwnUpload[];
    }
  | {
      kind: 'files';
      usage: OwnUsage[];
      /** Reports, responses and all other files in the order given, which decides between uploads at the same age. */
      uploads: (OwnReport | OwnResponse | OwnUpload)[];
    };

export interface RunSettings {
  material: Material;
  operators: OperatorManner;
  /**
   * False for mixed operators that move nothing and say of no row that it is somebody else's or given up: the event's own batch is counted
   * so. A number makes such answers that many times as frequent.
   */
  moves?: boolean | number;
  ladder: LadderName;
  /** Whether approvers are simulated, or only uploaded files decide. */
  approvals: (typeof APPROVALS)[number];
  /** The instant at which the virtual clock begins, in epoch milliseconds, a whole second. */
  start: number;
  seed: number;
  /** Whether the app's own rights are in force, for its functions and for those who upload and read. */
  enforce?: boolean;
  /** Absolute path of the folder for inbox, outbox and run.json. */
  out: string;
}

/** The data that the parser needs of the world. */
export interface Surroundings {
  /** The folder that relative paths start from. */
  folder: string;
  /** Epoch milliseconds: the start, if none is given. */
  now: number;
  agencies: readonly string[];
  operators: readonly string[];
}

const DEFAULT_SCALE = 0.01;
const DEFAULT_SEED = 1;
const EARLIEST_START = Date.UTC(2001, 0, 1);
const LATEST_START = Date.UTC(2101, 0, 1);
const LONGEST_AGE_DAYS = 3650;

export const HELP = `npm start: runs batches from the uploaded report to balanced books, on this machine, in virtual time.

  npm start                                       a generated sample at 1 % of the event's size
  npm start -- --scale 0.1                        another size (1 = 28,200 handsets, 2,000,000 connections)
  npm start -- --report r.csv --agency mha --usage airtel=a.csv --usage jio=j.csv

Options
  --scale N                  size of the generated sample (default ${DEFAULT_SCALE})
  --report PATH[@AGE]        a report of your own; repeat it for more, each with its --agency
  --agency ID                the agency that uploads the report at the same place in the order
  --usage OPERATOR=PATH      an operator's usage file, imported before the first report; repeatable
  --respond OPERATOR=PATH[@AGE]
                             an operator's answers (msisdn or imei, outcome), uploaded at that age; repeatable.
                             Each row goes to the operator's direction where its row is open or failed, else to
                             the newest one that carries it
  --upload KEY=PATH[@AGE]    any other file, under its key in the inbox, uploaded at that age; repeatable, also beside
                             the sample; a report among them counts as one of --report.
                             An exemption takes two approvers, and binds batches that take their turn
                             after it, of the sample's the second, which comes after 36 hours:
                             --upload exemptions/approver-1/june.csv=exempt.csv@1d
                             --upload exemptions/approver-2/june.csv=exempt.csv@1d
                             In KEY and in the file {batch:N} and {preview:N} stand for the Nth batch that was
                             registered and its preview's SHA-256, {direction:MSISDN} and {reference:MSISDN} for a
                             number's newest row of re-verification, {version:KEY} for the newest version of what
                             was uploaded under KEY, as they are at that instant:
                             --upload decisions/approver-1/{batch:1}/x.csv=decision.csv@1h
  --operators mixed|prompt|silent
                             simulated operators for those without --respond
                             (default: mixed for the sample, silent for your own files)
  --approvals auto|none      simulated approvers, who approve each batch at once and say nothing of held handsets, but in
                             the sample, where the numbers of the most used one are re-verified (default), or none:
                             what is uploaded decides; a report upon which nobody decides lapses, and a reversal waits
                             and ends the run as failed, so that the sample has none
  --ladder flagged|normal    the clock of re-verification: 16 or 61 days (default flagged)
  --start INSTANT            where the virtual clock begins, such as 2026-06-01T00:00:00Z (default: now)
  --seed N                   for the sample and the simulated operators (default ${DEFAULT_SEED})
  --enforce                  the synthesized policies are in force: functions, state machines and participants
                             may do what they allow, and nothing else
  --out DIR                  gets inbox/, outbox/ and run.json (default out)
  --help                     this text

AGE is a number and s, m, h or d, after the start: second.csv@3d (default @0s). Uploads at the same age happen in the
order given. Any other @ or = belongs to the path.

Exit code: 0 when every batch ended, however it did, and every row is accounted for, 1 when not, 2 when the command line is wrong.
`;

const ONE = { type: 'string' } as const;
const SEVERAL = { type: 'string', multiple: true } as const;
const OPTIONS = {
  scale: ONE,
  report: SEVERAL,
  agency: SEVERAL,
  usage: SEVERAL,
  respond: SEVERAL,
  upload: SEVERAL,
  operators: ONE,
  approvals: ONE,
  ladder: ONE,
  start: ONE,
  seed: ONE,
  enforce: { type: 'boolean' },
  out: ONE,
} as const;

/**
 * Reads the command line of `npm start`.
 * @param argv the arguments after the script's name
 * @returns the settings, or 'help'
 * @throws CommandError for each unknown, incomplete or contradictory option; the message names it
 */
export function parseArguments(argv: readonly string[], world: Surroundings): RunSettings | 'help' {
  const options = readOptions(argv, OPTIONS);
  if (options === 'help') return 'help';
  const {
    scale,
    report = [],
    agency = [],
    operators,
    approvals,
    ladder,
    start,
    seed,
    enforce,
    out = 'out',
    order,
  } = options;
  const material = report.length === 0 ? sample(options, world) : ownFiles({ report, agency, scale, order }, world);
  return {
    material,
    operators: choice('operators', operators, OPERATOR_MANNERS, material.kind === 'sample' ? 'mixed' : 'silent'),
    approvals: choice('approvals', approvals, APPROVALS, 'auto'),
    ladder: choice('ladder', ladder, LADDER_NAMES, 'flagged'),
    start: readStart(start, world.now),
    seed: wholeNumber('seed', seed, DEFAULT_SEED, 0),
    ...(enforce ? { enforce } : {}),
    out: resolve(world.folder, notEmpty('out', out)),
  };
}

/** @throws CommandError for an option that belongs to the user's own files */
function sample(
  given: {
    scale?: string;
    agency?: string[];
    usage?: string[];
    respond?: string[];
    upload?: string[];
  },
  world: Surroundings,
): Material {
  for (const option of ['agency', 'usage', 'respond'] as const)
    if (given[option] !== undefined) throw new CommandError(`--${option} needs a --report`);
  const uploads = given.upload?.map((value) => ownUpload(value, world));
  return { kind: 'sample', scale: scaleOf('scale', given.scale) ?? DEFAULT_SCALE, ...(uploads && { uploads }) };
}

function ownFiles(
  given: {
    report: string[];
    agency: string[];
    scale: string | undefined;
    order: readonly { option: string; value: string | undefined }[];
  },
  world: Surroundings,
): Material {
  const { report: reports, agency: agencies, scale, order } = given;
  if (scale !== undefined) throw new CommandError('--scale is for the generated sample and contradicts --report');
  if (reports.length !== agencies.length)
    throw new CommandError(
      `each --report needs its own --agency: ${reports.length} --report and ${agencies.length} --agency were given`,
    );
  for (const agency of agencies)
    if (!world.agencies.includes(agency))
      throw new CommandError(`--agency ${agency}: not configured; there are ${world.agencies.join(', ')}`);

  const usage: OwnUsage[] = [];
  const uploads: (OwnReport | OwnResponse | OwnUpload)[] = [];
  for (const { option, value = '' } of order) {
    if (option === 'report') {
      const agency = agencies[uploads.filter(({ kind }) => kind === 'report').length] as string;
      uploads.push({ kind: 'report', agency, ...aged('report', value, value, world) });
    } else if (option === 'usage') {
      const { operator, rest } = ofOperator('usage', value, world);
      usage.push({ operator, ...file('usage', value, rest, world) });
    } else if (option === 'respond') {
      const { operator, rest } = ofOperator('respond', value, world);
      uploads.push({ kind: 'response', operator, argument: value, ...aged('respond', value, rest, world) });
    } else if (option === 'upload') uploads.push(ownUpload(value, world));
  }
  return { kind: 'files', usage, uploads };
}

/** Splits at the first `=`: the operator's id stands before it, and any further `=` belongs to the path. */
function ofOperator(option: string, value: string, world: Surroundings): { operator: string; rest: string } {
  const equals = value.indexOf('=');
  if (equals <= 0) throw new CommandError(`--${option} ${value}: must be OPERATOR=PATH`);
  const operator = value.slice(0, equals);
  if (!world.operators.includes(operator))
    throw new CommandError(
      `--${option} ${value}: there is no operator '${operator}'; there are ${world.operators.join(', ')}`,
    );
  return { operator, rest: value.slice(equals + 1) };
}

/** S3 takes no longer keys, in bytes. */
const LONGEST_KEY = 1024;

/** Splits at the first `=`: the key stands before it, and any further `=` belongs to the path. */
function ownUpload(value: string, world: Surroundings): OwnUpload {
  const equals = value.indexOf('=');
  if (equals <= 0) throw new CommandError(`--upload ${value}: must be KEY=PATH`);
  const key = value.slice(0, equals);
  if (Buffer.byteLength(key) > LONGEST_KEY)
    throw new CommandError(`--upload ${value}: a key has at most ${LONGEST_KEY} bytes`);
  return { kind: 'upload', key, ...aged('upload', value, value.slice(equals + 1), world) };
}

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Takes the age off an argument: `@`, digits and a unit at its end; any other `@` belongs to the path. */
function aged(option: string, argument: string, text: string, world: Surroundings): Upload {
  const match = /@(\d+)([smhd])$/.exec(text);
  if (match === null) return { ...file(option, argument, text, world), age: 0 };
  const seconds = Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS];
  if (seconds > LONGEST_AGE_DAYS * SECONDS.d)
    throw new CommandError(`--${option} ${argument}: an age is at most ${LONGEST_AGE_DAYS}d`);
  return { ...file(option, argument, text.slice(0, match.index), world), age: seconds * 1000 };
}

function file(option: string, argument: string, path: string, world: Surroundings): { path: string; name: string } {
  if (path === '') throw new CommandError(`--${option} ${argument}: the path is missing`);
  const absolute = resolve(world.folder, path);
  try {
    if (statSync(absolute).isDirectory()) throw new CommandError(`--${option} ${argument}: ${path} is a folder`);
    accessSync(absolute, constants.R_OK);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    throw new CommandError(`--${option} ${argument}: ${path} ${missing ? "doesn't exist" : "can't be read"}`);
  }
  return { path: absolute, name: basename(absolute) };
}

function readStart(text: string | undefined, now: number): number {
  if (text === undefined) return Math.floor(now / 1000) * 1000;
  const at = instant('start', text);
  if (at < EARLIEST_START || at >= LATEST_START)
    throw new CommandError(`--start ${text}: must lie in the years 2001 to 2100`);
  return at;
}

function notEmpty(option: string, text: string): string {
  if (text === '') throw new CommandError(`--${option} needs a value`);
  return text;
}
