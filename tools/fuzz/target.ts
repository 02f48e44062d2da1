/** A place where outsiders' texts come in, with the inputs for it and what must hold of every one. */
import fc from 'fast-check';

/** What broke: the smallest input that still breaks it, and where it stands among the inputs of its seed. */
export interface Failure {
  /** fast-check's path: the input's number, and the steps by which it was made smaller. */
  readonly path: string;
  readonly input: string;
  readonly error: string;
}

export interface Run {
  readonly seed: number;
  readonly inputs: number;
  /** Repeats this one input and none else. */
  readonly path?: string;
  /** Told before each input. */
  readonly next?: () => void;
}

export interface Target {
  readonly name: string;
  readonly what: string;
  /** How many of a thousand inputs are for it. */
  readonly share: number;
  run(run: Run): Promise<Failure | undefined>;
}

/** A rule that every input must keep was broken. */
export class Broken extends Error {
  override name = 'Broken';
}

export function must(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new Broken(rule);
}

/** Steps that one input may take; a loop without end breaks it, whatever the machine's speed. */
export class Budget {
  readonly #of: string;
  #left: number;

  constructor(steps: number, of: string) {
    this.#left = steps;
    this.#of = of;
  }

  spend(steps = 1): void {
    this.#left -= steps;
    must(this.#left >= 0, `it takes no more ${this.#of} than allowed`);
  }
}

const GLOBALS = { Object, Array, String, Function, Number, RegExp, Map, Set, Promise, Error, Buffer };
const prototypes = Object.entries(GLOBALS).map(([name, of]) => ({
  name,
  prototype: of.prototype as object,
  keys: Reflect.ownKeys(of.prototype).length,
}));

/** No prototype has a property more or less than at the start, and none shows up in a loop. */
export function prototypesUntouched(): void {
  for (const { name, prototype, keys } of prototypes)
    must(Reflect.ownKeys(prototype).length === keys, `${name}.prototype stays as it is`);
  for (const key in {}) must(false, `Object.prototype has no ${key}`);
}

const LONGEST_SHOWN = 2000;

function shown(input: unknown): string {
  const text = fc.stringify(input).replaceAll(/Buffer\.from\(\[([\d,]*)\]\)/g, (_, bytes: string) => {
    const characters = Buffer.from(bytes === '' ? [] : bytes.split(',').map(Number));
    return `Buffer.from(${JSON.stringify(characters.toString('latin1'))}, 'latin1')`;
  });
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}… (${text.length} characters)`;
}

export function target<Input>(
  { name, what, share }: Pick<Target, 'name' | 'what' | 'share'>,
  input: fc.Arbitrary<Input>,
  check: (input: Input) => void | Promise<void>,
): Target {
  return {
    name,
    what,
    share,
    async run({ seed, inputs, path, next }) {
      const property = fc.asyncProperty(input, async (one) => {
        next?.();
        await check(one);
        prototypesUntouched();
      });
      const repeat = path === undefined ? { numRuns: inputs } : { numRuns: 1, path, endOnFailure: true };
      const details = await fc.check(property, { seed, ...repeat });
      if (!details.failed) return undefined;
      const { errorInstance: error, counterexample, counterexamplePath } = details;
      return {
        path: path ?? counterexamplePath ?? '',
        input: shown(counterexample?.[0]),
        error: error instanceof Error ? `${error.name}: ${error.message}${framesOf(error)}` : String(error),
      };
    },
  };
}

/** Where an error that is no broken rule arose. */
function framesOf(error: Error): string {
  if (error instanceof Broken) return '';
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at .*(lambdas|lib|packages|tools)\//.test(line));
  return frames
    .slice(0, 3)
    .map((frame) => `\n${frame}`)
    .join('');
}
