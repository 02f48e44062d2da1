import { expect, it } from 'vitest';
import { synthesize } from '../../../lib/commands/local/synth.ts';
import { ConfigError } from '../../../lib/config/stage.ts';

it('has one folder for each configuration, however the context names it', async () => {
  const folder = await synthesize();
  expect(await synthesize({ context: { stage: 'dev', ladder: 'flagged', rowsPerDirection: '2000' } })).toBe(folder);
  expect(await synthesize({ context: { sweepHours: '24' } })).not.toBe(folder);
});

it('refuses a configuration that is wrong, and names the field', async () => {
  const synthesizing = synthesize({ context: { rowsPerDirection: 'many' } });
  await expect(synthesizing).rejects.toThrow(ConfigError);
  await expect(synthesizing).rejects.toThrow(/policy\.rowsPerDirection: /);
});
