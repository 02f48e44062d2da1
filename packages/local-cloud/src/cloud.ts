/**
 * Runs a synthesized app on this machine: loads its templates, starts what they describe, and hands out what people outside the cloud have:
 * an endpoint, uploads, their queues, and time.
 */
import { Console } from './console/console.ts';
import { Dynamo } from './dynamodb/dynamo.ts';
import { Endpoint } from './endpoint/endpoint.ts';
import { ACCOUNT, type CloudSettings, type LocalCloud, REGION } from './face.ts';
import type { Functions } from './lambda/functions.ts';
import { faceOf } from './outside/face.ts';
import { OutsideS3 } from './outside/s3-client.ts';
import { Rights } from './rights/rights.ts';
import { MessageMoves } from './sqs/move-tasks.ts';
import { type LoadedApp, loadAssembly } from './templates/assembly.ts';
import { Deployment } from './templates/deployment.ts';
import { PLACE, type Stops, wireServices } from './wire.ts';

/**
 * Starts a cloud.
 * @throws UnsupportedTemplate, UnsupportedDefinition or UnsupportedPattern, before anything runs, where the app asks for what isn't
 * implemented; RefusedTemplate where AWS would not deploy it
 */
export async function startCloud(settings: CloudSettings): Promise<LocalCloud> {
  const stops: Stops = [];
  try {
    const endpoint = await Endpoint.listen(settings.port ?? 0);
    stops.push(() => endpoint.close());
    const console = settings.console === undefined ? undefined : await Console.listen(settings.console);
    if (console !== undefined) stops.push(() => console.close());
    const app = loadAssembly(settings.assembly, { ...PLACE, endpoint: endpoint.url });
    const dynamo = await Dynamo.start({ region: REGION, account: ACCOUNT });
    stops.push(() => dynamo.stop());
    return await begin(settings, { endpoint, console, app, dynamo, functions: undefined, stops });
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

async function stopAll(stops: Stops): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
}

/** The parts that are costly to start, and stay from one beginning to the next. */
interface Lasting {
  endpoint: Endpoint;
  console: Console | undefined;
  app: LoadedApp;
  dynamo: Dynamo;
  /** The functions of the beginning before this one. */
  functions: Functions | undefined;
  stops: Stops;
}

async function begin(settings: CloudSettings, lasting: Lasting): Promise<LocalCloud> {
  const { endpoint, console, dynamo } = lasting;
  const at = { endpoint: endpoint.url, ...PLACE };
  const stops: Stops = [];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= stopAll(stops).then(() => stopAll(lasting.stops));
    return stopping;
  };

  try {
    const deployment = new Deployment(lasting.app);
    const { functions } = lasting;
    const before = { endpoint: endpoint.url, dynamo, functions, isShown: console !== undefined, stops };
    const parts = await wireServices(settings, { ...before, lastingStops: lasting.stops }, deployment);
    await deployment.create(parts);

    const { clock, fauxqs, states, enforcement, recorder } = parts;
    const moves = new MessageMoves(clock, fauxqs);
    const services = { ...parts, moves, account: ACCOUNT, written: settings.written };
    const open = () => {
      const { resources, stacks } = deployment.app;
      const roles = new Set(resources.filter(({ type }) => type === 'AWS::IAM::Role').map(({ arn }) => arn));
      endpoint.open({ ...services, roles, stacks });
    };
    open();

    const outside = new OutsideS3(endpoint.url, REGION);
    stops.push(() => outside.close());
    if (recorder !== undefined) console?.open({ ...parts, recorder, placed: deployment.placed, outside, place: at });
    return {
      ...faceOf(parts, deployment, outside, console),
      deploy: async (assembly) => {
        const versionOf = (machineArn: string, name: string) => states.versionOf(machineArn, name);
        const next = loadAssembly(assembly, { ...at, versionOf });
        const rights = enforcement && new Rights(next.resources, PLACE);
        await deployment.change(next, parts);
        if (rights) enforcement.renew(rights);
        enforcement?.checkWiring(next.resources);
        open();
      },
      again: async (next) => {
        const { assembly = settings.assembly } = next;
        const isSame = assembly === settings.assembly;
        const first = isSame ? lasting.app : loadAssembly(assembly, at);
        await stopAll(stops);
        await dynamo.clear();
        return begin({ ...settings, ...next, assembly }, { ...lasting, app: first, functions: parts.functions });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
