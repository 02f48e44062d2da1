import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { VALUES } from '../../lib/config/context.ts';

const page = readFileSync(new URL('../../docs/deploying.md', import.meta.url), 'utf8');

it('says of each value of the command line what it means, once, and of no other', () => {
  const [, table = ''] = /^## Values of the command line$.*?((?:^\|.*\n)+)/ms.exec(page) ?? [];
  const cells = [...table.matchAll(/^\| (`.*?`) \|/gm)].map(([, cell = '']) => cell);
  const names = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
  expect(names.sort()).toEqual([...VALUES].sort());
});
