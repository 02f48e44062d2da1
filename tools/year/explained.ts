/** Lookups of caseworkers in the year's world: each story is compared with what the year's own reckoning has of the number. */
import { fraction } from '../../simulation/random.ts';
import type { LedgerRow } from './answering.ts';
import type { Reckoning } from './books.ts';
import type { Chronicle } from './chronicle.ts';
import type { World } from './draw.ts';
import type { Passage } from './reckoning.ts';

/** The most numbers that are looked up of those that an order carried, and of those that were seen in reported handsets. */
const CARRIED = 500;
const SEEN = 100;

/** A part of a story. */
interface Told {
  readonly what: string;
  readonly batchId?: string;
  readonly directionId?: string;
  readonly kind?: string;
  readonly operator?: string;
  readonly state?: string;
  readonly outcome?: string;
  readonly order?: string;
  readonly file?: string;
  readonly list?: string;
}

/** The answer to a file of lookups. */
export interface Explanations {
  readonly lookups: readonly { readonly line: number; readonly story: readonly Told[]; readonly sentence: string }[];
}

/** The numbers, in E.164, that subscribers ask about: some that orders carried, and others that were seen in reported handsets. */
export function askedAbout({ orders, reports }: Chronicle, { seed, uses }: World): string[] {
  const carried = new Set(orders.flatMap(({ notice, rows }) => (notice.kind === 'reverify' ? rows : [])));
  const reported = new Set(reports.flatMap(({ handsets }) => handsets));
  const seen = uses.flatMap(({ handset, number }) => (reported.has(handset.imei) ? [`+91${number.digits}`] : []));
  const some = (numbers: Iterable<string>, count: number) =>
    [...numbers]
      .map((number) => ({ number, dice: fraction(seed, 'asks', number) }))
      .sort((a, b) => a.dice - b.dice || (a.number < b.number ? -1 : 1))
      .slice(0, count)
      .map(({ number }) => number);
  return [...new Set([...some(carried, CARRIED), ...some(new Set(seen), SEEN)])];
}

/**
 * The rules that explanations break where they differ from what is known, without identifiers.
 * @param numbers those that were asked about, in the order of the lines
 */
export function unexplained(
  numbers: readonly string[],
  { lookups }: Explanations,
  { passages, reversals }: Pick<Reckoning, 'passages' | 'reversals'>,
  { orders }: Pick<Chronicle, 'orders'>,
): string[] {
  const broken = new Map<string, number>();
  const must = (holds: boolean, rule: string) => {
    if (!holds) broken.set(rule, (broken.get(rule) ?? 0) + 1);
  };
  /** The lists in which reversals withdrew a number. */
  const withdrawnBy = new Map<string, string[]>();
  for (const [batchId, { withdrawn }] of reversals)
    for (const line of withdrawn) {
      const number = line.split(',')[0] ?? '';
      withdrawnBy.set(number, [...(withdrawnBy.get(number) ?? []), `/${batchId}.withdrawn.`]);
    }
  const carriers = new Map<string, string[]>();
  for (const { notice, rows } of orders)
    for (const row of rows) carriers.set(row, [...(carriers.get(row) ?? []), notice.key]);
  must(lookups.length === numbers.length, 'each lookup is answered');
  for (const [n, number] of numbers.entries()) {
    const lookup = lookups[n];
    if (lookup === undefined) continue;
    const { story, sentence } = lookup;
    must(
      lookup.line === n + 2 && sentence !== '',
      'an explanation says of which line it is, and where its number stands',
    );
    const others = JSON.stringify(lookup).match(/\+91\d{10}/g) ?? [];
    must(
      others.every((one) => one === number),
      'a story names no other number',
    );
    const own = passages.get(number) ?? [];
    // A direction that gives back has a row of its own, and met no number.
    const told = story.filter(({ what, kind }) => (what === 'directed' && kind === 'reverify') || what === 'left_out');
    must(told.length === own.length, 'a story has each batch that met the number, and no other');
    for (const passage of own) checkPassage(passage, story, must);
    must(
      (withdrawnBy.get(number) ?? []).every((list) =>
        story.some((one) => one.what === 'withdrawn' && one.list?.includes(list)),
      ),
      'a story has each reversal that withdrew the number',
    );
    const ordered = new Set(story.filter(({ what }) => what === 'ordered').map(({ file }) => file));
    must(
      (carriers.get(number) ?? []).every((key) => ordered.has(key)),
      'a story has each order that carried the number',
    );
  }
  return [...broken].map(([rule, times]) => `${rule} (${times} numbers)`);
}

function checkPassage(
  { batchId, decided, row }: Passage,
  story: readonly Told[],
  must: (holds: boolean, rule: string) => void,
): void {
  // A night may both direct a number and leave it out, if two rows of it come to one operator.
  const met = story.filter((one) => one.batchId === batchId && (one.what === 'directed' || one.what === 'left_out'));
  must(met.length > 0, 'a story has each batch that met the number');
  if (row === undefined) {
    must(
      met.some(({ what, state }) => what === 'left_out' && state === decided.state),
      `a story says of a batch that left a number out that it was ${decided.state}`,
    );
    return;
  }
  must(
    met.some(
      ({ what, directionId, operator }) =>
        what === 'directed' && directionId === row.direction && operator === decided.operator,
    ),
    'a story has the direction of which the number is a row',
  );
  const of = (what: string) => story.filter((one) => one.what === what && one.directionId === row.direction);
  const answered = of('answered').at(-1)?.outcome;
  must(answered === row.said, `a story has the last answer: ${row.said ?? 'none'}`);
  must(isOverdue(row) === of('overdue').length > 0, 'a story says whose ladder ended without a final answer');
}

const isOverdue = ({ endedAt, ends }: LedgerRow): boolean => endedAt === undefined || endedAt > ends;
