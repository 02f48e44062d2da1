import {
  DescribeExecutionCommand,
  ListMapRunsCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { noOperator } from '../reckoning/tables.ts';
import { sha256 } from './bad-files.ts';
import type { Lab, Summary } from './lab.ts';

/** The books of a batch with nothing in it, or in which nobody answered what was directed. */
export const { connections: NO_CONNECTIONS, blocks: NO_BLOCKS } = noOperator();
export const allOverdue = (directed: number) => ({ ...NO_CONNECTIONS, linked: directed, directed, overdue: directed });
export const allUnblocked = (rows: number) => ({ ...NO_BLOCKS, rows, directed: rows, overdue: rows });

/** Uploads a report of these IMEIs and lets it work to rest. Returns its batch's id. */
export async function report(lab: Lab, agency: string, imeis: string[]): Promise<string> {
  const content = `imei\n${imeis.map((imei) => `${imei}\n`).join('')}`;
  await lab.upload(`reports/${agency}/handsets of ${imeis[0]}.csv`, content);
  return `${agency}-${sha256(content).slice(0, 12)}`;
}

export const summaryOf = (lab: Lab, batchId: string) => lab.json<Summary>(`batches/${batchId}/summary.json`);

/** A direction's orders by name (`1-reverify`), each with its lines as far as the deadline, the header left out. */
export async function ordersOf(lab: Lab, directionId: string): Promise<Record<string, string[]>> {
  const orders: Record<string, string[]> = {};
  for (const key of await lab.outbox(`orders/${directionId.split('.')[2]}/${directionId}/`)) {
    const name = key.split('/').at(-1)?.replace('.csv', '') ?? '';
    const lines = (await lab.read(key)).trimEnd().split('\n').slice(1);
    orders[name] = lines.map((line) => line.replace(/(,[^,]*Z),.*/, '$1'));
  }
  return orders;
}

/** The numbers of order lines, in their order. */
export const numbersIn = (lines: string[] = []) => lines.map((line) => line.split(',')[0] ?? '');

/** The cloud's executions, as the AWS SDK reads them at its endpoint. */
export class Executions {
  readonly #client: SFNClient;
  readonly #machines: Record<string, string>;

  constructor({ cloud }: Lab) {
    const credentials = { accessKeyId: 'outsider', secretAccessKey: 'none' };
    this.#client = new SFNClient({ endpoint: cloud.endpoint, region: cloud.region, credentials });
    this.#machines = cloud.names.machines;
  }

  /** The ARNs of a machine's executions whose name or input holds this text. */
  async find(machine: 'Batch' | 'Direction', text: string): Promise<string[]> {
    const [, stateMachineArn] = Object.entries(this.#machines).find(([logical]) => logical.startsWith(machine)) ?? [];
    const found: string[] = [];
    for await (const { executions = [] } of paginateListExecutions({ client: this.#client }, { stateMachineArn }))
      for (const { executionArn, name = '' } of executions) {
        const { input = '' } = await this.#client.send(new DescribeExecutionCommand({ executionArn }));
        if (executionArn && (name.includes(text) || input.includes(text))) found.push(executionArn);
      }
    return found;
  }

  /** The states that an execution entered, one for each transition. */
  async entered(executionArn: string): Promise<string[]> {
    const states: string[] = [];
    for await (const { events = [] } of paginateGetExecutionHistory({ client: this.#client }, { executionArn }))
      for (const { stateEnteredEventDetails } of events)
        if (stateEnteredEventDetails?.name) states.push(stateEnteredEventDetails.name);
    return states;
  }

  /** The number of Map Runs with this label that an execution had. */
  async mapRuns(executionArn: string, label: string): Promise<number> {
    const { mapRuns = [] } = await this.#client.send(new ListMapRunsCommand({ executionArn }));
    return mapRuns.filter(({ mapRunArn }) => mapRunArn?.includes(`/${label}:`)).length;
  }
}
