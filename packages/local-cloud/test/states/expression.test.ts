import { describe, expect, test } from 'vitest';
import { chain, Lab } from './lab.ts';

/** The value of one expression in a Pass state that gets `input`. */
async function value(expression: string, input: unknown = {}, lab = new Lab()): Promise<unknown> {
  return lab
    .output({ Type: 'Pass', Output: { it: `{% ${expression} %}` }, End: true }, input)
    .then((output) => (output as { it: unknown }).it);
}

describe('what Step Functions adds to JSONata', () => {
  test.each([
    ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
    ['$partition([1,2], 5)', [[1, 2]]],
    ['$range(1, 9, 2)', [1, 3, 5, 7, 9]],
    ['$range(5, 1, -2)', [5, 3, 1]],
    ["$hash('abc', 'MD5')", '900150983cd24fb0d6963f7d28e17f72'],
    ["$hash('abc', 'SHA-1')", 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ["$hash('abc', 'SHA-256')", 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [`$parse('{"a":[1,{"b":null}]}')`, { a: [1, { b: null }] }],
    ['$random(7) = $random(7)', true],
    ['$random(7) = $random(8)', false],
    ['$random()', 0.5],
    ['$uuid()', '80808080-8080-4080-8080-808080808080'],
  ])('%s', async (expression, expected) => {
    expect(await value(expression)).toEqual(expected);
  });

  test('$now and $millis read the cloud’s clock', async () => {
    expect(await value('$now()')).toBe('2026-06-01T00:00:00.000Z');
    expect(await value("$now('[Y0001]-[M01]-[D01]')")).toBe('2026-06-01');
    expect(await value("$now('[H01]:[m01]', '+0530')")).toBe('05:30');
    expect(await value('$millis()')).toBe(Date.parse('2026-06-01T00:00:00Z'));
  });

  test('one expression in two clouds has the clock and the random numbers of each', async () => {
    const [early, late] = [new Lab(), new Lab()];
    await late.clock.run(Date.parse('2026-06-04T00:00:00Z'));
    late.random = 0.25;
    for (const [lab, day, random] of [
      [late, '2026-06-04', 0.25],
      [early, '2026-06-01', 0.5],
    ] as const)
      expect(await value("[$now('[Y0001]-[M01]-[D01]'), $random()]", {}, lab)).toEqual([day, random]);
  });

  test.each([
    ['$partition([1,2], 0)'],
    ["$hash('abc', 'CRC32')"],
    ["$parse('{')"],
    ['$range(1, 5000, 1)'],
    ['$nothing()'],
    ['$states.input.missing'],
    ['function($x){$x}'],
    ["$number('x')"],
  ])('%s is States.QueryEvaluationError', async (expression) => {
    await expect(value(expression)).rejects.toMatchObject({ name: 'States.QueryEvaluationError' });
  });

  test('$eval is refused when the machine is created', async () => {
    await expect(value("$eval('1')")).rejects.toThrow('state "Only": field Output/it: Step Functions has no $eval');
  });

  // "Step Functions implements JSONata based on the 2.0.6 specification"; JSONata has `??` and `?:` since 2.1.0.
  test.each(['$states.input.a ?? 1', '$states.input.a ?: 1'])(
    '%s is refused: JSONata 2.0.6 has no such operator',
    async (it) => {
      await expect(value(it)).rejects.toThrow(
        /field Output\/it: the JSONata expression does not parse: S0211: The symbol "[?:]"/,
      );
    },
  );

  test('an expression that does not parse is refused when the machine is created', async () => {
    await expect(value('1 +')).rejects.toThrow('field Output/it: the JSONata expression does not parse');
  });

  test('a delimiter with spaces outside is refused', async () => {
    const lab = new Lab();
    await expect(lab.output({ Type: 'Pass', Output: ' {% 1 %}', End: true })).rejects.toThrow('field Output');
  });
});

test('the cause of a failed expression names state, field and code and quotes no value', async () => {
  const lab = new Lab();
  const described = await lab.run(
    {
      StartAt: 'Count',
      States: { Count: { Type: 'Pass', Output: { n: '{% $number($states.input.secret) %}' }, End: true } },
    },
    { secret: 'nine-eight' },
  );
  expect(described.error).toBe('States.QueryEvaluationError');
  expect(described.cause).toContain("state 'Count' (entered at the event id #2)");
  expect(described.cause).toContain("field 'Output/n'");
  expect(described.cause).toContain('D3030');
  expect(described.cause).not.toContain('nine-eight');
});

test('strings without delimiters stay as they are, at any depth', async () => {
  const lab = new Lab();
  const output = await lab.output(
    {
      Type: 'Pass',
      Output: { a: ['$states.input', '{% $states.input.n %}'], b: { c: '{% $states.input.n + 1 %}' } },
      End: true,
    },
    { n: 4 },
  );
  expect(output).toEqual({ a: ['$states.input', 4], b: { c: 5 } });
});

test('members that are undefined inside an expression are left out, as JSON has no undefined', async () => {
  expect(await value("{'a': $states.input.none, 'b': 1}")).toEqual({ b: 1 });
});

test('a filter over one element gives no array, and [] keeps it one', async () => {
  expect(await value('$states.input.rows[n > 1].n', { rows: [{ n: 1 }, { n: 2 }] })).toBe(2);
  expect(await value('$states.input.rows[n > 1].n[]', { rows: [{ n: 1 }, { n: 2 }] })).toEqual([2]);
});

test('what an expression does to a value never reaches the value elsewhere', async () => {
  const lab = new Lab();
  const states = chain({
    Keep: { Type: 'Pass', Assign: { rows: '{% $states.input.rows %}' } },
    Change: { Type: 'Pass', Output: '{% $rows ~> |$|{"n": 9}| %}' },
    Look: { Type: 'Pass', Output: { kept: '{% $rows %}', changed: '{% $states.input %}' } },
  });
  const described = await lab.run(states, { rows: [{ n: 1 }, { n: 2 }] });
  expect(JSON.parse(described.output ?? '')).toEqual({ kept: [{ n: 1 }, { n: 2 }], changed: [{ n: 9 }, { n: 9 }] });
});
