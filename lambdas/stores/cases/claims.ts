import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { type Instant, instantOf, millisOf } from '../../domain/days.ts';
import type { Imei, Msisdn } from '../../domain/identifiers.ts';
import { type DirectionKind, rulesOf } from '../../domain/kinds.ts';
import { ITEMS_PER_BATCH_GET, READS_AT_ONCE } from '../../domain/limits.ts';
import { fields, formOf } from '../../domain/stored.ts';
import { dynamo } from '../clients.ts';
import { concurrently } from '../concurrently.ts';
import { Conflict, key, put, readMany, refusedByCondition } from './table.ts';

/**
 * The claim of a number, whose pointers stand under `number`, or of a handset, whose pointers stand under each
 * operator's id. Pointers are as `writePointer` writes them, newest first.
 */
export interface Claim {
  pointers: Record<string, readonly string[]>;
  /** The reversals that took it back, newest first, as `writeMark` writes them; each counts if its plan does. */
  reversals: readonly string[];
  /** The instant until which it counts; the table lets it go some days later. A claim from before claims had a time has none. */
  keptUntil?: Instant;
  version: number;
}

/** A claim as it lies in the table: `expires` in seconds since 1970. */
export const claimForm = formOf(
  'claim',
  2,
  z.strictObject({
    pointers: z.record(z.string(), z.array(z.string())),
    reversals: z.array(z.string()),
    version: fields.count,
    expires: fields.count.optional(),
  }),
  // Before the second form there were no reversals.
  { 1: (claim) => ({ ...claim, reversals: [] }) },
);

/** An instant as DynamoDB's time to live reads it: seconds since 1970. */
const expiry = (instant: Instant): number => millisOf(instant) / 1000;

const claimKey = (kind: DirectionKind, identifier: string) => key.claim(rulesOf(kind).subject, identifier);

/**
 * Reads the claims of many numbers or handsets, strongly consistent. An identifier without a claim is not in the result. A claim whose time
 * is up at `now` points nowhere, as if the table had let it go; it still has its version until that happens.
 */
export async function readClaims(
  table: string,
  kind: DirectionKind,
  identifiers: readonly (Msisdn | Imei)[],
  now: Instant,
): Promise<Map<string, Claim>> {
  const claims = await readClaimsHoweverOld(table, kind, identifiers);
  for (const claim of claims.values())
    if (claim.keptUntil !== undefined && claim.keptUntil <= now) {
      claim.pointers = {};
      claim.reversals = [];
    }
  return claims;
}

/**
 * Reads claims as `readClaims` does, with the pointers also of one whose time is up and which the table has not let go yet.
 * @param consistent strongly; else each is as it was a moment ago, at half the price
 */
export async function readClaimsHoweverOld(
  table: string,
  kind: DirectionKind,
  identifiers: readonly (Msisdn | Imei)[],
  consistent = true,
): Promise<Map<string, Claim>> {
  const claims = new Map<string, Claim>();
  const chunks = Array.from({ length: Math.ceil(identifiers.length / ITEMS_PER_BATCH_GET) }, (_, n) =>
    identifiers
      .slice(n * ITEMS_PER_BATCH_GET, (n + 1) * ITEMS_PER_BATCH_GET)
      .map((identifier) => claimKey(kind, identifier)),
  );
  await concurrently(chunks, READS_AT_ONCE, async (chunk) => {
    const items = readMany(table, chunk, claimForm, { consistent, atOnce: ITEMS_PER_BATCH_GET });
    for await (const { pk, content } of items) {
      const { pointers, reversals, version, expires } = content;
      const identifier = pk.slice(pk.indexOf('#') + 1);
      const until = expires === undefined ? {} : { keptUntil: instantOf(expires * 1000) };
      claims.set(identifier, { pointers, reversals, version, ...until });
    }
  });
  return claims;
}

/**
 * Claims a number, or a handset at its operators, with one conditional write.
 * @param seen the version that was read, 0 if there was no claim
 * @throws Conflict when somebody wrote in between
 */
export async function putClaim(
  table: string,
  kind: DirectionKind,
  identifier: string,
  { pointers, reversals, keptUntil }: Required<Omit<Claim, 'version'>>,
  seen: number,
): Promise<void> {
  const content = claimForm.write({
    pointers: Object.fromEntries(Object.entries(pointers).map(([slot, own]) => [slot, [...own]])),
    reversals: [...reversals],
    version: seen + 1,
    expires: expiry(keptUntil),
  });
  const item = { pk: claimKey(kind, identifier), ...content };
  if (seen === 0) await put(table, item, 'attribute_not_exists(pk)');
  else await put(table, item, 'version = :seen', { ':seen': seen });
}

/**
 * Lets a claim be kept until `until` at least. One that is kept longer stays so; none is made if there is none, and one whose time is up at
 * `now` doesn't come back. Its version stays: what it points to is not changed.
 */
export async function keepClaim(
  table: string,
  kind: DirectionKind,
  identifier: string,
  until: Instant,
  now: Instant,
): Promise<void> {
  try {
    await dynamo.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: claimKey(kind, identifier) },
        UpdateExpression: 'SET expires = :until',
        ConditionExpression: 'expires < :until AND expires > :now',
        ExpressionAttributeValues: { ':until': expiry(until), ':now': expiry(now) },
      }),
    );
  } catch (error) {
    if (!refusedByCondition(error)) throw error;
  }
}

/**
 * Deletes a claim as it was read.
 * @throws Conflict when somebody wrote in between, or had it kept longer: an answer came
 */
export async function deleteClaim(
  table: string,
  kind: DirectionKind,
  identifier: string,
  { version, keptUntil }: Pick<Claim, 'version' | 'keptUntil'>,
): Promise<void> {
  const kept = keptUntil === undefined ? 'attribute_not_exists(expires)' : 'expires = :kept';
  try {
    await dynamo.send(
      new DeleteCommand({
        TableName: table,
        Key: { pk: claimKey(kind, identifier) },
        ConditionExpression: `attribute_not_exists(pk) OR (version = :seen AND ${kept})`,
        ExpressionAttributeValues: { ':seen': version, ...(keptUntil !== undefined && { ':kept': expiry(keptUntil) }) },
      }),
    );
  } catch (error) {
    throw refusedByCondition(error) ? new Conflict('the claim changed') : error;
  }
}
