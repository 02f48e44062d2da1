import { expect, test } from 'vitest';
import { jsonText } from '../../lambdas/domain/json.ts';

test('a JSON file has two spaces, the keys in their own order and a final newline', () => {
  expect(jsonText({ b: 1, a: [true, null] })).toBe('{\n  "b": 1,\n  "a": [\n    true,\n    null\n  ]\n}\n');
});
