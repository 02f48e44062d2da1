/** The local cloud's interpreter: transitions compared with the bare evaluation of their expressions, and the cost of a Map's child. */
import jsonata from 'jsonata';
import { chain, Lab } from '../../packages/local-cloud/test/states/lab.ts';
import { compare, type Results, spreadOf } from './measure.ts';

/** Far enough from the 25,000 events at which an execution's history ends. */
const ROUNDS = 2_000;
const CHILDREN = 1_000;
const NEXT = "$merge([$states.input, { 'n': $states.input.n + 1 }])";
const GO_ON = `$states.input.n < ${ROUNDS}`;
const RESULTS = { Bucket: 'work', Prefix: 'results' };

export async function measureInterpreting(runs: number): Promise<Results> {
  const loop = {
    StartAt: 'Count',
    States: {
      Count: { Type: 'Pass', Output: `{% ${NEXT} %}`, Next: 'Go on?' },
      'Go on?': { Type: 'Choice', Choices: [{ Condition: `{% ${GO_ON} %}`, Next: 'Count' }], Default: 'Done' },
      Done: { Type: 'Succeed' },
    },
  };
  const next = jsonata(NEXT);
  const goOn = jsonata(GO_ON);
  const transitions = await compare(
    {
      name: 'interpreter',
      unit: 'transitions/s',
      floor: 'bare jsonata of the same expressions',
      ours: async () => {
        const lab = new Lab();
        const { status } = await lab.run(loop, { n: 0 });
        if (status !== 'SUCCEEDED') throw new Error(`the loop ended as ${status}`);
        return lab.counts.transition;
      },
      bare: async () => {
        let input: unknown = { n: 0 };
        for (let round = 0; round < ROUNDS; round++) {
          input = await next.evaluate(undefined, { states: { input } });
          await goOn.evaluate(undefined, { states: { input } });
        }
        return 2 * ROUNDS;
      },
    },
    runs,
  );

  const child = chain({ Only: { Type: 'Pass' } });
  const perChild = await (async () => {
    const microseconds: number[] = [];
    for (let run = 0; run <= runs; run++) {
      const lab = new Lab();
      lab.objects.set('work/items.jsonl', Array.from({ length: CHILDREN }, (_, n) => `{"n":${n}}\n`).join(''));
      const began = performance.now();
      const { status } = await lab.run(
        chain({
          Each: {
            Type: 'Map',
            MaxConcurrency: 40,
            ItemReader: {
              Resource: 'arn:aws:states:::s3:getObject',
              ReaderConfig: { InputType: 'JSONL' },
              Arguments: { Bucket: 'work', Key: 'items.jsonl' },
            },
            ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...child },
            ResultWriter: {
              Resource: 'arn:aws:states:::s3:putObject',
              Arguments: RESULTS,
              WriterConfig: { OutputType: 'JSONL', Transformation: 'FLATTEN' },
            },
          },
        }),
      );
      if (status !== 'SUCCEEDED') throw new Error(`the Map ended as ${status}`);
      // The first run warms up.
      if (run > 0) microseconds.push(((performance.now() - began) * 1000) / CHILDREN);
    }
    return spreadOf(microseconds);
  })();
  return {
    measured: [transitions],
    told: [
      {
        name: 'Map Run',
        figures: {
          'µs per child': Math.round(perChild.median),
          min: Math.round(perChild.min),
          max: Math.round(perChild.max),
        },
      },
    ],
  };
}
