import { expect, it } from 'vitest';
import { outputIn } from '../../lib/commands/outputs.ts';

it('an output that a stack of another version does not have is asked for by its name', () => {
  const outputs = new Map([['InboxBucketName', 'prod-data-inbox']]);
  expect(outputIn(outputs, 'InboxBucketName')).toBe('prod-data-inbox');
  expect(() => outputIn(outputs, 'OutboxBucketName')).toThrow(
    'there is no output OutboxBucketName: deploy this version to the stage',
  );
});
