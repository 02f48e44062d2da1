import { expect } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import type { Lab } from './lab.ts';

/** The subjects of the reversals: two handsets, and numbers of airtel that were seen in them. `theirs` is a report of the second alone. */
export const HANDSET = '35100000000001';
export const SECOND = '35100000000002';
export const [O, V, D, P] = [1, 2, 3, 4].map((n) => `+91981000000${n}`) as [string, string, string, string];
export const theirs = `up-police-${sha256Of(`imei\n${SECOND}\n`).slice(0, 12)}`;

interface Books {
  status: string;
  connections: Record<string, number>;
  blocks: Record<string, number>;
  subjects: Record<string, number>;
  outcomes: Record<string, number>;
  withdrawn: number;
  operators: Record<
    string,
    { outcomes: Record<string, number>; withdrawn: number; connections: Record<string, number> }
  >;
  unexplained: number;
}

export const books = (lab: Lab, id: string) => lab.json<Books>(`batches/${id}/summary.json`);
export const directions = async (lab: Lab, id: string, kind: string) =>
  (await lab.directions()).filter((one) => one.startsWith(`${id}.${kind}.`));
export const only = async (lab: Lab, id: string, kind: string, operator = 'airtel') => {
  const found = (await directions(lab, id, kind)).filter((one) => one.split('.')[2] === operator);
  expect(found).toHaveLength(1);
  return found[0] ?? '';
};

/** The audit's entries about a batch, in their order. */
export async function chainOf(
  { cloud }: Lab,
  id: string,
): Promise<{ kind: string; facts: Record<string, unknown>; files: object }[]> {
  const { audit } = bucketsOf(cloud);
  const keys = await cloud.list(audit, `batches/${id}/`);
  const texts = await Promise.all(keys.map(async (key) => Buffer.from(await cloud.get(audit, key)).toString()));
  return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line));
}
