import type { DynamoConsumption } from './dynamodb/dynamo-host.ts';
import type { FunctionConsumption } from './lambda/instance.ts';

/** The events of Step Functions that are counted for the price: see its pricing page. */
export type Counted = 'transition' | 'mapChildStart' | 'nestedStart' | 'executionStart';

/** Calls of one operation, with the capacity units that DynamoDB bills. */
export interface OperationConsumption {
  calls: number;
  readUnits?: number;
  writeUnits?: number;
}

export interface MachineConsumption {
  /** State transitions, without the starts of Map children. */
  transitions: number;
  mapChildStarts: number;
  nestedStarts: number;
  executionStarts: number;
}

/** The consumption of the app itself (its functions and state machines), without calls of outsiders. */
export interface RunConsumption {
  /** Calls by service, then by operation. */
  operations: Record<string, Record<string, OperationConsumption>>;
  /** Calls of DynamoDB by table (its logical name), then by operation. */
  tables: Record<string, Record<string, Required<OperationConsumption>>>;
  stepFunctions: MachineConsumption & { byMachine: Record<string, MachineConsumption> };
  /** Consumption by function (its logical name); milliseconds are real ones. */
  lambda: Record<string, FunctionConsumption>;
  /** Events that services put on the bus. */
  eventBridge: { events: number };
}

const COUNTS: Readonly<Record<Counted, keyof MachineConsumption>> = {
  transition: 'transitions',
  mapChildStart: 'mapChildStarts',
  nestedStart: 'nestedStarts',
  executionStart: 'executionStarts',
};

/** Counts the app's consumption. */
export class ConsumptionCounter {
  events = 0;
  /** The DynamoDB process's own counts, as of the last time the cloud rested. */
  dynamo: DynamoConsumption = {};
  readonly #operations = new Map<string, Map<string, number>>();
  readonly #machines = new Map<string, MachineConsumption>();

  /** Counts a call if it is the app's; calls of others are left out. */
  called(accessKeyId: string, service: string, action: string): void {
    if (!isApp(accessKeyId)) return;
    const actions = this.#operations.get(service) ?? new Map<string, number>();
    this.#operations.set(service, actions);
    actions.set(action, (actions.get(action) ?? 0) + 1);
  }

  counted(what: Counted, machine: string): void {
    const consumption = this.#machines.get(machine) ?? noMachineConsumption();
    this.#machines.set(machine, consumption);
    consumption[COUNTS[what]]++;
  }

  /** @param nameOf turns a physical name into the logical one */
  report(lambda: Record<string, FunctionConsumption>, nameOf: (physical: string) => string): RunConsumption {
    const operations: RunConsumption['operations'] = { dynamodb: {}, s3: {}, sns: {}, sqs: {}, states: {} };
    for (const [service, actions] of this.#operations) {
      operations[service] = Object.fromEntries([...actions].sort().map(([action, calls]) => [action, { calls }]));
    }
    const tables: RunConsumption['tables'] = {};
    const dynamodb: Record<string, Required<OperationConsumption>> = {};
    for (const [table, actions] of Object.entries(this.dynamo)) {
      tables[nameOf(table)] = actions;
      for (const [action, consumption] of Object.entries(actions)) {
        dynamodb[action] ??= { calls: 0, readUnits: 0, writeUnits: 0 };
        dynamodb[action].calls += consumption.calls;
        dynamodb[action].readUnits += consumption.readUnits;
        dynamodb[action].writeUnits += consumption.writeUnits;
      }
    }
    operations.dynamodb = dynamodb;
    const total = noMachineConsumption();
    const byMachine: Record<string, MachineConsumption> = {};
    for (const [machine, consumption] of this.#machines) {
      byMachine[nameOf(machine)] = { ...consumption };
      for (const key of Object.values(COUNTS)) total[key] += consumption[key];
    }
    return {
      operations,
      tables,
      stepFunctions: { ...total, byMachine },
      lambda: Object.fromEntries(Object.entries(lambda).map(([name, consumption]) => [nameOf(name), consumption])),
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

function noMachineConsumption(): MachineConsumption {
  return { transitions: 0, mapChildStarts: 0, nestedStarts: 0, executionStarts: 0 };
}
