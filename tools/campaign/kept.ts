/** What is kept of a run that broke a rule: its faults fall at other calls when it is played again, and it may keep every rule then. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Told } from './run.ts';

/** Where it is kept. */
export const KEPT = join('out', 'campaign');

/**
 * Writes `<name>.json`, the broken rules and all that was seen, and `<name>.log`, the lines that functions and workflows logged.
 * @returns the path of the first
 */
export function keepRun(folder: string, name: string, told: Pick<Told, 'broken' | 'faults' | 'seen' | 'logs'>): string {
  mkdirSync(folder, { recursive: true });
  const { broken, faults, seen } = told;
  const plain = (_: string, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value);
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ broken, faults, seen }, plain, 1));
  writeFileSync(join(folder, `${name}.log`), told.logs.map((line) => `${line}\n`).join(''));
  return path;
}
