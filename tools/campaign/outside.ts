/** The view of a cloud from outside while a story is told: its buckets and tables, and its running executions. */
import { authorization, type LocalCloud } from 'local-cloud';
import { bucketsOf } from '../../simulation/buckets.ts';
import type { Item, Seen } from './invariants.ts';

/** Sends an outsider's request to a service that speaks JSON. */
export async function ask(
  cloud: LocalCloud,
  service: string,
  target: string,
  body: object,
): Promise<Record<string, unknown>> {
  const headers = {
    authorization: authorization('outsider', service, cloud.region),
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': target,
  };
  const response = await fetch(cloud.endpoint, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${target} answered ${response.status}: ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}

export async function objects(cloud: LocalCloud): Promise<Record<string, string>> {
  const { outbox } = bucketsOf(cloud);
  const all: Record<string, string> = {};
  for (const key of await cloud.list(outbox)) all[key] = Buffer.from(await cloud.get(outbox, key)).toString('utf8');
  return all;
}

/** The files that each batch's decision counted, in that order, from the record that its item names. */
export async function countedFiles(cloud: LocalCloud, cases: Record<string, Item>): Promise<Seen['counted']> {
  const counted: Seen['counted'] = {};
  for (const { batchId, decision } of Object.values(cases)) {
    const { recordKey } = (decision ?? {}) as { recordKey?: string };
    if (recordKey === undefined) continue;
    const text = Buffer.from(await cloud.get(bucketsOf(cloud).work, recordKey)).toString('utf8');
    counted[String(batchId)] = (JSON.parse(text) as { files: Seen['counted'][string] }).files;
  }
  return counted;
}

/** The items of table Cases, by partition key. */
export async function items(cloud: LocalCloud): Promise<Record<string, Item>> {
  const all: Record<string, Item> = {};
  let ExclusiveStartKey: unknown;
  do {
    const page = await ask(cloud, 'dynamodb', 'DynamoDB_20120810.Scan', {
      TableName: cloud.names.tables.Cases,
      ExclusiveStartKey,
    });
    for (const one of page.Items as object[]) {
      const { pk, ...item } = plain({ M: one }) as Item;
      all[String(pk)] = item;
    }
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return all;
}

/** The executions that still run: `machine name`. */
export async function running(cloud: LocalCloud): Promise<string[]> {
  const all: string[] = [];
  for (const machine of Object.keys(cloud.names.machines))
    for (const name of await executions(cloud, machine, 'RUNNING')) all.push(`${machine} ${name}`);
  return all;
}

/** The names of a machine's executions with this status. */
export async function executions(cloud: LocalCloud, machine: string, statusFilter: string): Promise<string[]> {
  const body = { stateMachineArn: cloud.names.machines[machine], statusFilter };
  const answer = await ask(cloud, 'states', 'AWSStepFunctions.ListExecutions', body);
  return (answer.executions as { name: string }[]).map(({ name }) => name);
}

/** An attribute value of DynamoDB as a plain one. */
export function plain(value: unknown): unknown {
  const [[type = '', of] = []] = Object.entries(value as object);
  if (type === 'N') return Number(of);
  if (type === 'NULL') return null;
  if (type === 'B') return Buffer.from(String(of), 'base64');
  if (type === 'L') return (of as unknown[]).map(plain);
  if (type === 'M')
    return Object.fromEntries(Object.entries(of as object).map(([name, inner]) => [name, plain(inner)]));
  return of;
}
