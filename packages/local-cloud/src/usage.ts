import type { DynamoUsage } from './dynamodb/dynamo-host.ts';
import type { FunctionUsage } from './lambda/instance.ts';

/** The events of Step Functions that are counted for the price: see its pricing page. */
export type Counted = 'transition' | 'mapChildStart' | 'nestedStart' | 'executionStart';

/** Calls of one operation, with the capacity units that DynamoDB bills. */
export interface OperationUsage {
  calls: number;
  readUnits?: number;
  writeUnits?: number;
}

export interface MachineUsage {
  /** State transitions, without the starts of Map children. */
  transitions: number;
  mapChildStarts: number;
  nestedStarts: number;
  executionStarts: number;
}

/** The usage of the app itself (its functions and state machines), without calls of outsiders. */
export interface RunUsage {
  /** Calls by service, then by operation. */
  operations: Record<string, Record<string, OperationUsage>>;
  /** Calls of DynamoDB by table (its logical name), then by operation. */
  tables: Record<string, Record<string, Required<OperationUsage>>>;
  stepFunctions: MachineUsage & { byMachine: Record<string, MachineUsage> };
  /** Usage by function (its logical name); milliseconds are real ones. */
  lambda: Record<string, FunctionUsage>;
  /** Events that services put on the bus. */
  eventBridge: { events: number };
}

const COUNTS: Readonly<Record<Counted, keyof MachineUsage>> = {
  transition: 'transitions',
  mapChildStart: 'mapChildStarts',
  nestedStart: 'nestedStarts',
  executionStart: 'executionStarts',
};

/** Counts the app's usage. */
export class UsageCounter {
  events = 0;
  /** The DynamoDB process's own counts, as of the last time the cloud rested. */
  dynamo: DynamoUsage = {};
  readonly #operations = new Map<string, Map<string, number>>();
  readonly #machines = new Map<string, MachineUsage>();

  /** Counts a call if it is the app's; calls of others are left out. */
  called(accessKeyId: string, service: string, action: string): void {
    if (!isApp(accessKeyId)) return;
    const actions = this.#operations.get(service) ?? new Map<string, number>();
    this.#operations.set(service, actions);
    actions.set(action, (actions.get(action) ?? 0) + 1);
  }

  counted(what: Counted, machine: string): void {
    const usage = this.#machines.get(machine) ?? noMachineUsage();
    this.#machines.set(machine, usage);
    usage[COUNTS[what]]++;
  }

  /** @param nameOf turns a physical name into the logical one */
  report(lambda: Record<string, FunctionUsage>, nameOf: (physical: string) => string): RunUsage {
    const operations: RunUsage['operations'] = { dynamodb: {}, s3: {}, sns: {}, sqs: {}, states: {} };
    for (const [service, actions] of this.#operations) {
      operations[service] = Object.fromEntries([...actions].sort().map(([action, calls]) => [action, { calls }]));
    }
    const tables: RunUsage['tables'] = {};
    const dynamodb: Record<string, Required<OperationUsage>> = {};
    for (const [table, actions] of Object.entries(this.dynamo)) {
      tables[nameOf(table)] = actions;
      for (const [action, usage] of Object.entries(actions)) {
        dynamodb[action] ??= { calls: 0, readUnits: 0, writeUnits: 0 };
        dynamodb[action].calls += usage.calls;
        dynamodb[action].readUnits += usage.readUnits;
        dynamodb[action].writeUnits += usage.writeUnits;
      }
    }
    operations.dynamodb = dynamodb;
    const total = noMachineUsage();
    const byMachine: Record<string, MachineUsage> = {};
    for (const [machine, usage] of this.#machines) {
      byMachine[nameOf(machine)] = { ...usage };
      for (const key of Object.values(COUNTS)) total[key] += usage[key];
    }
    return {
      operations,
      tables,
      stepFunctions: { ...total, byMachine },
      lambda: Object.fromEntries(Object.entries(lambda).map(([name, usage]) => [nameOf(name), usage])),
      eventBridge: { events: this.events },
    };
  }
}

/** True for the access key ids of functions (`<logical id>.<instance>`) and of the state machines. */
export function isApp(accessKeyId: string): boolean {
  return accessKeyId === MACHINE || accessKeyId.includes('.');
}

/** The access key id under which state machines call. */
export const MACHINE = 'machine';

function noMachineUsage(): MachineUsage {
  return { transitions: 0, mapChildStarts: 0, nestedStarts: 0, executionStarts: 0 };
}
