import type { LoadedApp } from './assembly.ts';
import { CREATORS, type Creation, functionSpec, machineSpec } from './creators.ts';
import { type Placed, withoutHash } from './names.ts';
import { RESOURCE_TYPES } from './resource-types.ts';
import { type LoadedResource, UnsupportedTemplate } from './template.ts';

/**
 * Creates the resources of the app, or only these.
 * @throws UnsupportedTemplate, naming the resource, where a value isn't implemented
 */
export async function createResources(
  app: LoadedApp,
  creation: Creation,
  resources: readonly LoadedResource[] = app.resources,
): Promise<Placed[]> {
  const placed: Placed[] = [];
  for (const [type, create, kind] of CREATORS) {
    for (const resource of resources.filter((r) => r.type === type)) {
      await create(resource, creation, app);
      const { logicalId, name, arn } = resource;
      if (kind !== undefined) placed.push({ kind, logical: withoutHash(logicalId), physical: name, arn });
    }
  }
  return placed;
}

const VERSION = 'AWS::StepFunctions::StateMachineVersion';

/** The types that a deployment may change: a resource that is created once more replaces the former one. */
const CHANGING: readonly string[] = [
  'AWS::Lambda::Function',
  'AWS::StepFunctions::StateMachine',
  VERSION,
  'AWS::StepFunctions::StateMachineAlias',
];

/**
 * Deploys an app over another one; resources that are alike stay. Functions run the new code from their next invocation on, state machines
 * from the next execution on. Resolves with the places of new resources.
 * @throws UnsupportedTemplate, before anything is changed, where the app has lost a resource that is more than a name, or changed it
 * otherwise
 */
export async function changeResources(before: LoadedApp, app: LoadedApp, creation: Creation): Promise<Placed[]> {
  const id = ({ stack, logicalId }: LoadedResource) => `${stack}.${logicalId}`;
  const old = new Map(before.resources.map((resource) => [id(resource), resource]));
  const kept = new Set(app.resources.map(id));
  const isMore = ({ type }: LoadedResource) => CREATORS.some(([created]) => created === type);
  const problems = [...old.values()]
    // A version that is no longer in the templates stays: its executions go on by it.
    .filter((resource) => isMore(resource) && !kept.has(id(resource)) && resource.type !== VERSION)
    .map((resource) => `${id(resource)}: a deployment that removes an ${resource.type}`);
  const changed: LoadedResource[] = [];
  for (const resource of app.resources.filter(isMore)) {
    const was = old.get(id(resource));
    const names = was === undefined ? [] : changesOf(was, resource);
    if (was?.type === resource.type && names.length === 0) continue;
    if (was === undefined || CHANGING.includes(resource.type)) changed.push(resource);
    else problems.push(`${id(resource)}: a deployment that changes ${names.join(', ')} of an ${resource.type}`);
  }
  if (problems.length > 0) throw new UnsupportedTemplate(problems);
  for (const resource of changed) {
    if (resource.type === 'AWS::Lambda::Function') functionSpec(resource, app);
    if (resource.type === 'AWS::StepFunctions::StateMachine') creation.states.load(machineSpec(resource, app));
  }
  return (await createResources(app, creation, changed)).filter(
    ({ arn }) => ![...old.values()].some((r) => r.arn === arn),
  );
}

/** The properties that have an effect here and were changed; or the type, if it was. */
function changesOf(was: LoadedResource, is: LoadedResource): string[] {
  if (was.type !== is.type) return ['the type'];
  const accepted: readonly string[] = RESOURCE_TYPES[is.type]?.accepted ?? [];
  return [...new Set([...Object.keys(was.properties), ...Object.keys(is.properties)])].filter(
    (name) => !accepted.includes(name) && JSON.stringify(was.properties[name]) !== JSON.stringify(is.properties[name]),
  );
}
