import type { LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { HINDRANCES, type Hindrance, LINK_PARTS } from '../../lambdas/domain/erasure.ts';
import type { Msisdn } from '../../lambdas/domain/identifiers.ts';
import { fields } from '../../lambdas/domain/stored.ts';
import { countedPlainly } from '../../lambdas/domain/wording.ts';
import type { EraseInput, FoundOfNumber } from '../../lambdas/erase-number/handler.ts';
import { concurrently } from '../../lambdas/stores/concurrently.ts';
import type { CommandLines } from './command.ts';
import { invoke } from './invoke.ts';

/** What became of a number. */
export interface Erasure {
  /** The reasons why nothing was erased, or no more. */
  readonly hindrances: readonly Hindrance[];
  /** Items that were erased, or would be. */
  readonly claims: number;
  readonly links: number;
  /** The files in which it stands among others, as its claim says. */
  readonly files: FoundOfNumber['files'];
}

const REASONS: Record<Hindrance['why'], string> = {
  planning: 'a batch is deciding about it',
  open: 'its row is open',
  not_settled: "its batch's books are not made",
  reissued: "it is somebody else's since, whom sightings from before would direct",
  disconnected: 'it was disconnected, which may be contested, and sightings from before would direct it again',
  cut_off: 'an order barred it or had it disconnected, which may be contested',
  reversed: 'what was done to it was taken back, and sightings from before would direct it again',
  verified: 'it was verified, and sightings from before would direct it again',
  turn: 'a batch is not directed yet, and may be about to read its links or its claim',
};

/** An erasure in words, without the number. */
export function inWords({ hindrances, claims, links, files }: Erasure, dryRun: boolean): CommandLines {
  const said: string[] = [];
  const items = `${countedPlainly(claims, 'claim')} and ${countedPlainly(links, 'link')}`;
  if (hindrances.length === 0 || links > 0) said.push(dryRun ? `would erase ${items}` : `erased ${items}`);
  const complained = [...new Map(hindrances.map((one) => [one.where, one])).values()].map(
    ({ why, where, until }) =>
      `not erased: ${REASONS[why]} (${where}${until === null ? '' : `, until ${until} at least`})`,
  );
  // No claim says which of these name it. Exemptions, and what a batch left out for them, are about numbers without a claim, too.
  const always =
    'whatever names it of uploads, exemptions, what was prepared, explanations, elsewhere.csv and kept.csv';
  const claimed = [
    `the rows of ${countedPlainly(files.directions, 'direction')}`,
    `up to ${countedPlainly(files.orders, 'order')}`,
    countedPlainly(files.responses, 'response'),
    `${countedPlainly(files.lists, 'list')} of withdrawals or late revocations`,
    "their reports' lists",
  ];
  const reversed = `what was asked of ${countedPlainly(files.reversals, 'reversal')}, and what ${files.reversals === 1 ? 'it' : 'they'} published`;
  const all = [...(files.directions > 0 ? claimed : []), ...(files.reversals > 0 ? [reversed] : []), always];
  said.push(`it stays in files that name others too, until their retention ends: ${all.join(', ')}`);
  return { said, complained };
}

/** What the function answers. */
const found: z.ZodType<FoundOfNumber> = z.object({
  hindrances: z.array(
    z.object({
      where: z.union([fields.direction, fields.batch]),
      why: z.enum(HINDRANCES),
      until: fields.instant.nullable(),
    }),
  ),
  items: fields.count,
  files: z.object({
    directions: fields.count,
    orders: fields.count,
    responses: fields.count,
    lists: fields.count,
    reversals: fields.count,
  }),
});

/** Parts of the links that are looked through at once. */
const PARTS_AT_ONCE = 4;

/**
 * Calls the only function that may erase what is known of a number. Its links go first: as long as its claim is there, somebody who was cut
 * short sees what is left to do. Nothing is erased of a number about which something is open.
 * @param erase whether it is erased, or only looked for
 * @throws Error if the function failed, with the name of its error
 */
export async function eraseNumber(
  lambda: LambdaClient,
  functionName: string,
  { number, erase }: { number: Msisdn; erase: boolean },
): Promise<Erasure> {
  const ask = async (of: EraseInput['of'], really: boolean): Promise<FoundOfNumber> => {
    const question: EraseInput = { number, of, erase: really };
    return await invoke(lambda, functionName, question, found);
  };

  const { hindrances, items: claims, files } = await ask('claim', false);
  if (hindrances.length > 0) return { hindrances, claims: 0, links: 0, files };
  let links = 0;
  const since: Hindrance[] = [];
  await concurrently(Array(LINK_PARTS).keys(), PARTS_AT_ONCE, async (part) => {
    const { hindrances, items } = await ask(part, erase);
    since.push(...hindrances);
    links += items;
  });
  if (since.length > 0) return { hindrances: since, claims: 0, links, files };
  if (!erase) return { hindrances, claims, links, files };
  const last = await ask('claim', true);
  return { hindrances: last.hindrances, claims: last.items, links, files };
}
