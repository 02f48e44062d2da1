import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { Instant } from '../../lambdas/domain/days.ts';
import { type Hindrance, linkParts } from '../../lambdas/domain/erasure.ts';
import type { Msisdn } from '../../lambdas/domain/identifiers.ts';
import type { EraseInput, Found } from '../../lambdas/erase/handler.ts';
import { concurrently } from '../../lambdas/stores/concurrently.ts';

/** What became of a number. */
export interface Erasure {
  /** Why nothing was erased, or no more. */
  readonly hindrances: readonly Hindrance[];
  /** Items that were erased, or would be. */
  readonly claims: number;
  readonly links: number;
  /** In which it stands among others. */
  readonly files: Found['files'];
}

/** Parts of the links that are looked through at once. */
const PARTS_AT_ONCE = 4;

/**
 * Has the function that alone may do so erase what is known of a number, its links first: as long as its claim is there, whoever
 * was cut short sees what is left to do. Nothing is erased of a number about which something is open.
 * @param erase whether it is erased, or only looked for
 * @throws Error where the function failed, with the name of its error
 */
export async function eraseNumber(
  lambda: LambdaClient,
  functionName: string,
  { number, now, erase }: { number: Msisdn; now: Instant; erase: boolean },
): Promise<Erasure> {
  const ask = async (of: EraseInput['of'], really: boolean): Promise<Found> => {
    const question: EraseInput = { number, now, of, erase: really };
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(question)) }),
    );
    const answer = JSON.parse(Buffer.from(Payload ?? []).toString('utf8'));
    if (FunctionError !== undefined) throw new Error(`the function failed: ${answer.errorType}`);
    return answer as Found;
  };

  const { hindrances, items: claims, files } = await ask('claim', false);
  if (hindrances.length > 0) return { hindrances, claims: 0, links: 0, files };
  let links = 0;
  const since: Hindrance[] = [];
  await concurrently(Array(linkParts).keys(), PARTS_AT_ONCE, async (part) => {
    const found = await ask(part, erase);
    since.push(...found.hindrances);
    links += found.items;
  });
  if (since.length > 0) return { hindrances: since, claims: 0, links, files };
  if (!erase) return { hindrances, claims, links, files };
  const last = await ask('claim', true);
  return { hindrances: last.hindrances, claims: last.items, links, files };
}
