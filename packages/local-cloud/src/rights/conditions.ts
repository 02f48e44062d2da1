import { type Context, fits, fitsArn } from './patterns.ts';
import { type Statement, UnknownElement } from './statement.ts';

/** Whether one value of the request meets one value of the policy. */
type Meets = (given: string, wanted: string, context: Context | undefined) => boolean;

const equal: Meets = (given, wanted, context) => fits(given, wanted, context, false);
const like: Meets = (given, wanted, context) => fits(given, wanted, context);
const numbers =
  (meets: (given: number, wanted: number) => boolean): Meets =>
  (given, wanted) =>
    meets(Number(given), Number(wanted));

const OPERATORS: Readonly<Record<string, Meets>> = {
  StringEquals: equal,
  StringEqualsIgnoreCase: (given, wanted, context) => equal(given.toLowerCase(), wanted.toLowerCase(), context),
  StringLike: like,
  ArnEquals: fitsArn,
  ArnLike: fitsArn,
  Bool: (given, wanted) => given.toLowerCase() === wanted.toLowerCase(),
  NumericEquals: numbers((given, wanted) => given === wanted),
  NumericLessThan: numbers((given, wanted) => given < wanted),
  NumericLessThanEquals: numbers((given, wanted) => given <= wanted),
  NumericGreaterThan: numbers((given, wanted) => given > wanted),
  NumericGreaterThanEquals: numbers((given, wanted) => given >= wanted),
};

/** The negated operators, each met where none of the policy's values meets the operator beside it. */
const NEGATED: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
};

/**
 * Whether all conditions of a statement are met: all operators, all keys of each, and any of a key's values.
 * @throws UnknownElement for an operator that isn't evaluated here
 */
export function conditionsMet({ condition, variables }: Statement, context: Context): boolean {
  return Object.entries(condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) =>
      isMet(operator, context[key.toLowerCase()], wanted, variables ? context : undefined),
    ),
  );
}

function isMet(
  full: string,
  given: string | readonly string[] | undefined,
  wanted: readonly string[],
  context: Context | undefined,
): boolean {
  if (full === 'Null') return wanted.some((absent) => (absent === 'true') === (given === undefined));
  const [, set, operator = '', ifExists] = /^(ForAllValues:|ForAnyValue:)?(\w+?)(IfExists)?$/.exec(full) ?? [];
  const negated = NEGATED[operator] !== undefined;
  const meets = OPERATORS[NEGATED[operator] ?? operator];
  if (meets === undefined) throw new UnknownElement(`the condition operator ${full}`);
  const one = (value: string) => wanted.some((some) => meets(value, some, context)) !== negated;

  if (given === undefined) {
    if (set === 'ForAnyValue:') return false;
    return set === 'ForAllValues:' || ifExists !== undefined || negated;
  }
  if (set === undefined) {
    if (typeof given !== 'string')
      throw new UnknownElement(`${full} over a key of many values, without ForAnyValue or ForAllValues`);
    return one(given);
  }
  const values = [given].flat();
  return set === 'ForAnyValue:' ? values.some(one) : values.every(one);
}
