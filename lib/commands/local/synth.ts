import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stageFromContext } from '../../config/context.ts';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

/** All that a synthesized app depends on. */
const SOURCES = [
  'lib/config',
  'lib/stacks',
  'lib/constructs',
  'lambdas',
  'bin/app.ts',
  'package-lock.json',
  'cdk.json',
];

/**
 * Bundles are run where they lie, under cdk.out, and not copied: what Node compiled of them serves every assembly. (Assets that the CDK
 * bundles itself, as apps of tests let it, are in the assembly's folder.)
 */
const BUNDLES_STAY = { 'aws:cdk:disable-asset-staging': true };

/** The app couldn't be synthesized; the message holds all that it said. */
class SynthesisFailed extends Error {
  constructor(said: string) {
    super(said);
    this.name = 'SynthesisFailed';
  }
}

interface SynthSettings {
  /** Values on top of cdk.json's context. */
  context?: Record<string, string>;
  /** Whether the stage's own file, `config/<stage>.json`, counts if the context names none; default: it does not. */
  own?: boolean;
  /** The app's file, from the project's folder; default `bin/app.ts`. All of its folder counts as its sources. */
  app?: string;
  /**
   * Whether the project's own app is synthesized in this process, which is sooner if it has the CDK loaded, as tests have. By default it is
   * synthesized in a process of its own, whose memory is given back.
   */
  here?: boolean;
}

/**
 * Synthesizes the app as the CDK's command does, into `cdk.out/local-<hash of what it depends on>`, and returns that folder. A folder that
 * is there already is complete and is used again, even if another context says the same.
 * @throws ConfigError
 * @throws SynthesisFailed
 */
export async function synthesize(settings: SynthSettings = {}): Promise<string> {
  const app = settings.app ?? 'bin/app.ts';
  const { context: general = {} } = JSON.parse(await readFile(join(PROJECT, 'cdk.json'), 'utf8')) as {
    context?: Record<string, unknown>;
  };
  const context = { ...general, cloud: 'local', ...(settings.own ? {} : { config: 'none' }), ...settings.context };
  const hash =
    settings.app === undefined
      ? await hashOf(SOURCES, stageFromContext(context))
      : await hashOf([...SOURCES, dirname(app)], { app, ...context });
  const output = join(PROJECT, 'cdk.out', `local-${hash}`);
  if (existsSync(join(output, 'manifest.json'))) return output;
  const staging = `${output}.${process.pid}.${Math.random().toString(36).slice(2, 8)}`;
  await mkdir(staging, { recursive: true });
  try {
    if (settings.app !== undefined) await runApp(app, staging, context);
    else await (settings.here ? runHere : runOwn)(staging, { ...context, ...BUNDLES_STAY });
    await moveInto(staging, output);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return output;
}

const runOwn = (output: string, context: Record<string, unknown>) => runApp('bin/app.ts', output, context);

/** Does what `bin/app.ts` does; faults are told as `runApp` tells them. */
async function runHere(output: string, context: Record<string, unknown>): Promise<void> {
  const [{ App }, { addStage }] = await Promise.all([import('aws-cdk-lib'), import('../../stacks/stage.ts')]);
  const app = new App({ outdir: output, context, builtinCloudFormationValidation: false });
  addStage(app, stageFromContext(context));
  app.synth();
}

function runApp(app: string, output: string, context: Record<string, unknown>): Promise<void> {
  const env = {
    ...process.env,
    CDK_OUTDIR: output,
    CDK_CONTEXT_JSON: JSON.stringify(context),
    // The CDK is most of what a synthesis reads.
    NODE_COMPILE_CACHE: join(PROJECT, 'cdk.out', '.compile-cache'),
    // The loader judges what will run here; `cdk synth` and `cdk deploy` let the CDK's own rules judge, which takes a second.
    CDK_VALIDATION: 'false',
  };
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [join(PROJECT, app)],
      { cwd: PROJECT, env, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve();
        else reject(new SynthesisFailed(`${stderr}${stdout}`.trim() || error.message));
      },
    );
  });
}

/**
 * Moves the assembly into its folder. Two processes that synthesize the same at once write the same: the second one uses the first one's.
 */
async function moveInto(staging: string, output: string): Promise<void> {
  try {
    await rename(staging, output);
  } catch (error) {
    if (!existsSync(join(output, 'manifest.json'))) throw error;
  }
}

async function hashOf(sources: readonly string[], context: object): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(Object.entries(context).sort()));
  for (const source of sources) {
    for (const path of (await filesUnder(join(PROJECT, source))).sort()) {
      hash
        .update(relative(PROJECT, path))
        .update('\0')
        .update(await readFile(path))
        .update('\0');
    }
  }
  return hash.digest('hex').slice(0, 16);
}

async function filesUnder(path: string): Promise<string[]> {
  if (!existsSync(path)) return [];
  try {
    const entries = await readdir(path, { withFileTypes: true, recursive: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return [path];
    throw error;
  }
}
