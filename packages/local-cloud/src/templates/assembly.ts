import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type LoadSettings, stackArn } from './identity.ts';
import { checkDeployment } from './refused.ts';
import { type RawTemplate, Resolver, type Stack } from './resolver.ts';
import { type LoadedResource, resolveStacks, UnsupportedTemplate } from './template.ts';

/** A stack and the values of its outputs, by their logical ids. */
export interface LoadedStack {
  name: string;
  arn: string;
  outputs: Readonly<Record<string, string>>;
}

/** A synthesized app: all its resources, and the places of its assets. */
export interface LoadedApp {
  resources: LoadedResource[];
  stacks: LoadedStack[];
  /** The file or folder behind an asset's object key. */
  asset(objectKey: string): string;
}

/**
 * Reads a cloud assembly (`cdk.out`) and resolves it.
 * @throws UnsupportedTemplate or RefusedTemplate, before anything was created
 */
export function loadAssembly(folder: string, settings: LoadSettings): LoadedApp {
  const manifest = readJson(join(folder, 'manifest.json')) as {
    artifacts?: Record<
      string,
      { type: string; properties?: { templateFile?: string; stackName?: string; file?: string } }
    >;
  };
  const stacks: Stack[] = [];
  const assets = new Map<string, string>();
  for (const [id, artifact] of Object.entries(manifest.artifacts ?? {})) {
    if (artifact.type === 'aws:cloudformation:stack') {
      const file = artifact.properties?.templateFile ?? `${id}.template.json`;
      stacks.push({
        name: artifact.properties?.stackName ?? id,
        template: readJson(join(folder, file)) as RawTemplate,
      });
    } else if (artifact.type === 'cdk:asset-manifest') {
      readAssets(folder, artifact.properties?.file ?? `${id}.json`, assets);
    }
  }
  const resources = resolveStacks(stacks, settings);
  checkDeployment(resources);
  return {
    resources,
    stacks: outputsOf(stacks, settings),
    asset: (objectKey) => {
      const path = assets.get(objectKey);
      if (path === undefined) throw new UnsupportedTemplate([`an asset that the assembly does not hold: ${objectKey}`]);
      return path;
    },
  };
}

function readAssets(folder: string, file: string, assets: Map<string, string>): void {
  const manifest = readJson(join(folder, file)) as {
    files?: Record<string, { source: { path?: string }; destinations: Record<string, { objectKey: string }> }>;
  };
  for (const asset of Object.values(manifest.files ?? {})) {
    if (asset.source.path === undefined) continue;
    for (const destination of Object.values(asset.destinations)) {
      assets.set(destination.objectKey, resolve(folder, asset.source.path));
    }
  }
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function outputsOf(stacks: readonly Stack[], settings: LoadSettings): LoadedStack[] {
  const resolver = new Resolver(stacks, settings);
  return stacks.map((stack) => ({
    name: stack.name,
    arn: stackArn(stack.name, settings),
    outputs: Object.fromEntries(
      Object.entries(stack.template.Outputs ?? {}).map(([id, { Value }]) => [
        id,
        String(resolver.resolve(Value, stack, `${stack.name}: Outputs`)),
      ]),
    ),
  }));
}
