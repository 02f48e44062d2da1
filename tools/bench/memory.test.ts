import { afterAll, expect, it } from 'vitest';
import { stopEmbedded } from './embedded.ts';
import { measureMemory } from './memory.ts';

afterAll(stopEmbedded);

it('each function whose memory is measured does the work that it is measured by', async () => {
  const { told } = await measureMemory(0.001, 1);
  expect(told.map(({ name }) => name.split(' ')[0])).toEqual([
    'Screen',
    'Cut',
    'ImportPiece',
    'Record',
    'Expand',
    'Gather',
    'Claim',
    'Settle',
  ]);
  for (const { figures } of told) expect(figures['peak MB']).toBeGreaterThan(0);
});
