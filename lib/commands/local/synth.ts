import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keptAssembly, runApp } from 'local-cloud';
import { PACKAGES, stageFromContext } from '../../config/context.ts';

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
  /**
   * Whether functions find their packages beside them, and not in their bundles: the local cloud, where functions share threads, then
   * starts and runs them in two thirds of the time. By default they are bundled as they deploy.
   */
  bare?: boolean;
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
  const context = {
    ...general,
    cloud: 'local',
    ...(settings.own ? {} : { config: 'none' }),
    ...(settings.bare ? { [PACKAGES]: 'beside' } : {}),
    ...settings.context,
  };
  const [sources, depends] =
    settings.app === undefined
      ? [SOURCES, { ...stageFromContext(context), isBare: settings.bare ?? false }]
      : [[...SOURCES, dirname(app)], { app, ...context }];
  return await keptAssembly(
    join(PROJECT, 'cdk.out', 'local'),
    { project: PROJECT, sources, context: depends },
    async (output) => {
      if (settings.app !== undefined) await runOwn(app, output, context);
      else if (settings.here) await runHere(output, { ...context, ...BUNDLES_STAY });
      else await runOwn(app, output, { ...context, ...BUNDLES_STAY });
    },
  );
}

/** Does what `bin/app.ts` does; faults are told as `runApp` tells them. */
async function runHere(output: string, context: Record<string, unknown>): Promise<void> {
  const [{ App }, { addStage }] = await Promise.all([import('aws-cdk-lib'), import('../../stacks/stage.ts')]);
  const app = new App({ outdir: output, context, builtinCloudFormationValidation: false, treeMetadata: false });
  addStage(app, stageFromContext(context));
  app.synth();
}

function runOwn(app: string, output: string, context: Record<string, unknown>): Promise<void> {
  const env = {
    // The CDK is most of what a synthesis reads.
    NODE_COMPILE_CACHE: join(PROJECT, 'cdk.out', '.compile-cache'),
    // The loader judges what will run here; `cdk synth` and `cdk deploy` let the CDK's own rules judge, which takes a second.
    CDK_VALIDATION: 'false',
  };
  return runApp(join(PROJECT, app), { output, project: PROJECT, context, env });
}
