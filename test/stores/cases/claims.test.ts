import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Instant } from '../../../lambdas/domain/days.ts';
import type { Imei, Msisdn } from '../../../lambdas/domain/identifiers.ts';
import { CASES } from '../lab.ts';
import { cases, close, dynamo, open } from './lab.ts';

beforeAll(open);
afterAll(close);

describe('claims', () => {
  const number = (n: number) => `+919${String(n).padStart(9, '0')}` as Msisdn;
  const NOW = '2026-06-01T00:00:00Z' as Instant;
  const UNTIL = '2029-06-17T00:00:00Z' as Instant;
  const claim = (
    kind: 'reverify' | 'block',
    one: string,
    pointers: Record<string, string[]>,
    seen: number,
    keptUntil = UNTIL,
  ) => cases.putClaim(CASES, kind, one, { pointers, reversals: [], keptUntil }, seen);

  it('are read by hundreds, and what has none is not there', async () => {
    const numbers = Array.from({ length: 230 }, (_, i) => number(i));
    // Every third of them has a claim.
    const claimed = numbers.filter((_, i) => i % 3 === 0);
    for (const one of claimed) await claim('reverify', one, { number: [`${one}:0`] }, 0);
    const claims = await cases.readClaims(CASES, 'reverify', numbers, NOW);
    expect([...claims.keys()].sort()).toEqual([...claimed].sort());
    for (const one of claimed)
      expect(claims.get(one)).toEqual({
        pointers: { number: [`${one}:0`] },
        reversals: [],
        version: 1,
        keptUntil: UNTIL,
      });
  });

  it('of no numbers are none, without a call', async () => {
    expect(await cases.readClaims(CASES, 'reverify', [], NOW)).toEqual(new Map());
  });

  it('read again the keys that the table left unprocessed', async () => {
    const numbers = [number(1000), number(1001), number(1002)];
    for (const one of numbers) await claim('reverify', one, { number: ['x:0'] }, 0);
    let calls = 0;
    // The real table is asked for the first of the keys only, as one that is throttled would answer.
    dynamo.middlewareStack.add(
      (following, context) => async (args) => {
        if (context.commandName !== 'BatchGetItemCommand' && context.commandName !== 'BatchGetCommand')
          return following(args);
        calls++;
        const input = args.input as unknown as { RequestItems: Record<string, { Keys: unknown[] }> };
        const asked = input.RequestItems[CASES] as { Keys: unknown[] };
        const [first, ...rest] = asked.Keys;
        const answer = await following({
          ...args,
          input: { ...input, RequestItems: { [CASES]: { ...asked, Keys: [first] } } } as never,
        });
        (answer.output as unknown as { UnprocessedKeys: unknown }).UnprocessedKeys =
          rest.length === 0 ? {} : { [CASES]: { ...asked, Keys: rest } };
        return answer;
      },
      { step: 'initialize', name: 'throttled', priority: 'low' },
    );
    try {
      expect([...(await cases.readClaims(CASES, 'reverify', numbers, NOW)).keys()].sort()).toEqual(numbers);
    } finally {
      dynamo.middlewareStack.remove('throttled');
    }
    expect(calls).toBe(3);
  });

  it('are made on none, or on the version that was read; any other is a Conflict', async () => {
    const one = number(2000);
    await claim('reverify', one, { number: ['a:0'] }, 0);
    await expect(claim('reverify', one, { number: ['b:0'] }, 0)).rejects.toThrow(cases.Conflict);
    await claim('reverify', one, { number: ['c:0', 'a:0'] }, 1);
    await expect(claim('reverify', one, { number: ['d:0'] }, 1)).rejects.toThrow(cases.Conflict);
    const claims = await cases.readClaims(CASES, 'reverify', [one], NOW);
    expect(claims.get(one)).toEqual({
      pointers: { number: ['c:0', 'a:0'] },
      reversals: [],
      version: 2,
      keptUntil: UNTIL,
    });
  });

  it('point nowhere from their time on, whether or not the table has let them go, and are claimed on their version', async () => {
    const one = number(3000);
    await claim('reverify', one, { number: ['a:0'] }, 0, '2026-06-01T00:00:01Z' as Instant);
    const at = async (now: string) => (await cases.readClaims(CASES, 'reverify', [one], now as Instant)).get(one);
    expect((await at('2026-06-01T00:00:00Z'))?.pointers).toEqual({ number: ['a:0'] });
    expect(await at('2026-06-01T00:00:01Z')).toMatchObject({ pointers: {}, reversals: [], version: 1 });
    await expect(claim('reverify', one, { number: ['b:0'] }, 0)).rejects.toThrow(cases.Conflict);
    await claim('reverify', one, { number: ['b:0'] }, 1);
    expect(await at('2026-06-01T00:00:01Z')).toMatchObject({
      pointers: { number: ['b:0'] },
      reversals: [],
      version: 2,
    });
  });

  it('that were written before claims had a time count, until they are claimed anew', async () => {
    const one = number(3500);
    const item = { pk: `CONN#${one}`, pointers: { number: ['a:0'] }, reversals: [], version: 4 };
    await dynamo.send(new PutCommand({ TableName: CASES, Item: item }));
    const read = async () => (await cases.readClaims(CASES, 'reverify', [one], NOW)).get(one);
    expect(await read()).toEqual({ pointers: { number: ['a:0'] }, reversals: [], version: 4 });
    await claim('reverify', one, { number: ['b:0', 'a:0'] }, 4);
    expect((await read())?.keptUntil).toBe(UNTIL);
  });

  it('are kept longer after a later word, and never shorter; none comes that is not there, and none comes back', async () => {
    const [one, none] = [number(4000), number(4001)];
    await claim('reverify', one, { number: ['a:0'] }, 0);
    const keep = (who: Msisdn, until: string, now: Instant) =>
      cases.keepClaim(CASES, 'reverify', who, until as Instant, now);
    const kept = async () => (await cases.readClaims(CASES, 'reverify', [one, none], NOW)).get(one);
    await keep(one, '2029-06-16T00:00:00Z', NOW);
    expect(await kept()).toEqual({ pointers: { number: ['a:0'] }, reversals: [], version: 1, keptUntil: UNTIL });
    await keep(one, '2030-01-01T00:00:00Z', NOW);
    expect(await kept()).toEqual({
      pointers: { number: ['a:0'] },
      reversals: [],
      version: 1,
      keptUntil: '2030-01-01T00:00:00Z',
    });
    await keep(one, '2031-01-01T00:00:00Z', '2030-01-01T00:00:00Z' as Instant);
    expect((await kept())?.keptUntil).toBe('2030-01-01T00:00:00Z');
    await keep(none, '2030-01-01T00:00:00Z', NOW);
    expect((await cases.readClaims(CASES, 'reverify', [none], NOW)).size).toBe(0);
  });

  it('are deleted as they were read: not where they were claimed, or kept longer, since', async () => {
    const [one, old] = [number(5000), number(5001)];
    const read = async (who: Msisdn) => (await cases.readClaims(CASES, 'reverify', [who], NOW)).get(who);
    const seen = async (who: Msisdn) => (await read(who)) ?? { version: 0 };
    await claim('reverify', one, { number: ['a:0'] }, 0);
    const first = await seen(one);
    await cases.keepClaim(CASES, 'reverify', one, '2030-01-01T00:00:00Z' as Instant, NOW);
    await expect(cases.deleteClaim(CASES, 'reverify', one, first)).rejects.toThrow(cases.Conflict);
    const second = await seen(one);
    await claim('reverify', one, { number: ['b:0', 'a:0'] }, 1, '2030-01-01T00:00:00Z' as Instant);
    await expect(cases.deleteClaim(CASES, 'reverify', one, second)).rejects.toThrow(cases.Conflict);
    const third = await seen(one);
    for (const _ of ['once', 'again']) await cases.deleteClaim(CASES, 'reverify', one, third);
    expect(await read(one)).toBeUndefined();

    await dynamo.send(
      new PutCommand({
        TableName: CASES,
        Item: { pk: `CONN#${old}`, pointers: { number: ['a:0'] }, reversals: [], version: 4 },
      }),
    );
    const untimed = await seen(old);
    expect(untimed).toEqual({ pointers: { number: ['a:0'] }, reversals: [], version: 4 });
    await cases.deleteClaim(CASES, 'reverify', old, untimed);
    expect(await read(old)).toBeUndefined();
  });

  it('of numbers and of handsets are kept apart, whatever the digits', async () => {
    const handset = '35693803564380' as Imei;
    await claim('block', handset, { airtel: ['a:1'], jio: ['b:1'] }, 0);
    expect(await cases.readClaims(CASES, 'reverify', [handset], NOW)).toEqual(new Map());
    const claims = await cases.readClaims(CASES, 'block', [handset], NOW);
    expect(claims.get(handset)?.pointers).toEqual({ airtel: ['a:1'], jio: ['b:1'] });
  });
});
