import { afterAll, expect, it } from 'vitest';
import { measureClaiming } from './claiming.ts';
import { stopEmbedded } from './embedded.ts';

afterAll(stopEmbedded);

it('the benchmark of claiming runs the functions as their templates set them up', async () => {
  const { measured } = await measureClaiming(1, { claims: 20, handsets: 3 });
  expect(measured.map(({ name, runs }) => ({ name, runs }))).toEqual([
    { name: 'claim', runs: 1 },
    { name: 'expand', runs: 1 },
  ]);
  for (const { ours } of measured) expect(ours.median).toBeGreaterThan(0);
});
