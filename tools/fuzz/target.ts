/** A place where outsiders' texts come in, with the inputs for it and the rules that every one must keep. */
import fc from 'fast-check';

/** A failure: the smallest input that still breaks a rule, and its place among the inputs of its seed. */
export interface Failure {
  /** fast-check's path: the input's number, and the steps by which it was made smaller. */
  readonly path: string;
  readonly input: string;
  readonly error: string;
}

export interface Run {
  readonly seed: number;
  readonly inputs: number;
  /** Set to repeat only this input. */
  readonly path?: string;
  /** Told before each input. */
  readonly next?: () => void;
}

export interface Target {
  readonly name: string;
  readonly what: string;
  /** The number of inputs for it among a thousand. */
  readonly share: number;
  run(run: Run): Promise<Failure | undefined>;
}

/** The error for a rule that an input broke. */
export class Broken extends Error {
  override name = 'Broken';
}

export function must(holds: boolean, rule: string): asserts holds {
  if (!holds) throw new Broken(rule);
}

/** The steps that one input may take: a loop without end exceeds them, whatever the machine's speed. */
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

/** Checks that no prototype has a property more or less than at the start, and that none shows up in a loop. */
function prototypesUntouched(): void {
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

/** The place of an error that is not a broken rule. */
function framesOf(error: Error): string {
  if (error instanceof Broken) return '';
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at .*(lambdas|lib|packages|tools)\//.test(line));
  return frames
    .slice(0, 3)
    .map((frame) => `\n${frame}`)
    .join('');
}
