import { afterAll, expect, it } from 'vitest';
import { measureClaiming } from './claiming.ts';
import { stopEmbedded } from './embedded.ts';
import { measureMemory } from './memory.ts';

afterAll(stopEmbedded);

// The two run one after the other in the same tables, since `npm run bench` has them so: what one leaves there the other may trip over.
it('the benchmark of claiming runs the functions as their templates set them up', async () => {
  const { measured } = await measureClaiming(1, { claims: 20, handsets: 3 });
  expect(measured.map(({ name, runs }) => ({ name, runs }))).toEqual([
    { name: 'claim', runs: 1 },
    { name: 'expand', runs: 1 },
  ]);
  for (const { ours } of measured) expect(ours.median).toBeGreaterThan(0);
});

it('each function whose memory is measured does the work that it is measured by, of a little and of more', async () => {
  const { told } = await measureMemory(0.001, 2);
  const names = ['Screen', 'Cut', 'ImportPiece', 'Record', 'Expand', 'Gather', 'Claim', 'Settle'];
  expect(told.map(({ name }) => name.split(' ')[0])).toEqual(names.flatMap((name) => [name, name]));
  for (const { figures } of told) expect(figures['peak MB']).toBeGreaterThan(0);
});
