import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AuditEntry,
  type AuditNote,
  auditKey,
  auditText,
  CHAINS,
  chainKeyMessage,
  closedNote,
  continueChain,
  directedNote,
  keyedHash,
  NO_ENTRY,
  parseAudit,
  verifyChain,
} from '../../lambdas/domain/audit.ts';
import type { Instant } from '../../lambdas/domain/days.ts';
import type { BatchId } from '../../lambdas/domain/identifiers.ts';
import { planForm } from '../../lambdas/domain/plans.ts';
import { airtel, closed, fresh, jio, thrown } from './example.ts';

const BATCH = 'mha-0123456789ab' as BatchId;
const KEY = { secret: Buffer.from('secret'), madeBy: 'arn:aws:kms:ap-south-1:000000000000:key/k' };
const at = (hour: number) => `2026-06-01T${String(hour).padStart(2, '0')}:00:00Z` as Instant;
const note = (id: string, hour: number, more: Partial<AuditNote> = {}): AuditNote => ({
  batchId: BATCH,
  id,
  kind: 'order_issued',
  at: at(hour),
  facts: { rows: 2 },
  ...more,
});
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (text: string) => createHmac('sha256', 'secret').update(text).digest('hex');

/** Chains of so many entries to an object, as the bucket has them. */
function objectsOf(...counts: number[]) {
  const objects: { key: string; text: string }[] = [];
  let head = NO_ENTRY;
  let id = 0;
  for (const count of counts) {
    const entries = continueChain(
      head,
      Array.from({ length: count }, () => note(`fact-${++id}`, 1)),
      KEY,
    );
    objects.push({ key: auditKey(BATCH, head.n + 1), text: auditText(entries) });
    head = entries.at(-1) as AuditEntry;
  }
  return objects;
}
const faultsOf = (objects: { key: string; text: string }[]) =>
  verifyChain(BATCH, objects).faults.map(({ kind, key, line }) => [kind, Number(key.slice(-14, -6)), line]);

describe('a chain', () => {
  it('numbers its entries in the order of their instants, then as they came, each with the hash of the one before', () => {
    const [first, second, third] = continueChain(NO_ENTRY, [note('b', 2), note('c', 1), note('a', 2)], KEY);
    expect([first, second, third].map((entry) => [entry?.n, entry?.id])).toEqual([
      [1, 'c'],
      [2, 'b'],
      [3, 'a'],
    ]);
    expect(first?.previous).toBe('0'.repeat(64));
    const text =
      `{"batchId":"mha-0123456789ab","n":1,"id":"c","kind":"order_issued","at":"2026-06-01T01:00:00Z","facts":{"rows":2},` +
      `"files":{},"hashedBy":"arn:aws:kms:ap-south-1:000000000000:key/k","previous":"${'0'.repeat(64)}"}`;
    expect(first?.hash).toBe(sha256(text));
    expect(second?.previous).toBe(first?.hash);
    expect(third?.previous).toBe(second?.hash);
  });

  it('takes a fact that was told twice as one entry', () => {
    expect(continueChain(NO_ENTRY, [note('a', 1), note('a', 1)], KEY)).toHaveLength(1);
  });

  it('names files by keyed hashes of their keys and SHA-256s only', () => {
    const files = {
      response: { key: 'responses/jio/d/9876543210.csv', sha256: 'abc' },
      receipt: { key: 'r', sha256: null },
    };
    const [entry] = continueChain(NO_ENTRY, [note('a', 1, { files })], KEY);
    expect(entry?.files).toEqual({
      response: { key: hmac('responses/jio/d/9876543210.csv'), sha256: hmac('abc') },
      receipt: { key: hmac('r'), sha256: null },
    });
    expect(JSON.stringify(entry)).not.toContain('9876543210');
  });

  it('tells of a direction that was closed, and when', () => {
    const { directionId, batchId } = fresh(3);
    expect(closedNote(closed(fresh(3)))).toEqual({
      batchId,
      id: `closed/${directionId}`,
      kind: 'direction_closed',
      at: closed(fresh(3)).closedAt,
      facts: { direction: directionId, rows: 3 },
    });
    expect(thrown(() => closedNote(fresh(3)))).toBe(`Error: direction ${directionId} is not closed`);
  });

  it('tells of a plan that counts how much it directs, and binds it by the bytes that lie there', () => {
    const plan = {
      operators: [airtel, jio],
      linked: { airtel: 6, jio: 3 },
      decisions: {},
      ported: {},
      directions: [{ directionId: fresh(3).directionId, operator: airtel, rows: 3, rowsKey: 'plans/7/rows' }],
      elsewhere: [],
      moved: [],
      reversal: null,
      manifestKey: 'plans/7/manifest',
    };
    // Whoever has the file has just its bytes, in whatever form it was written.
    const text = JSON.stringify(planForm.write(plan), null, 1);
    expect(directedNote({ batchId: BATCH, plan: 7 }, { key: 'plans/7/plan.json', text }, at(4))).toEqual({
      batchId: BATCH,
      id: 'directed/7',
      kind: 'plan_directed',
      at: '2026-06-01T04:00:00Z',
      facts: { plan: 7, linked: 9, directions: 1 },
      files: { plan: { key: 'plans/7/plan.json', sha256: sha256(text) } },
    });
  });

  it('lies in a folder of its batch, in objects that sort by their first entries', () => {
    expect(CHAINS.prefix).toBe('batches/');
    expect([auditKey(BATCH, 1), auditKey(BATCH, 12_345_678)]).toEqual([
      'batches/mha-0123456789ab/00000001.jsonl',
      'batches/mha-0123456789ab/12345678.jsonl',
    ]);
  });

  it('has a key of its own, made of its name', () => {
    expect(chainKeyMessage(BATCH)).toBe('the audit of mha-0123456789ab');
    expect(keyedHash(KEY, 'abc')).toBe(hmac('abc'));
  });

  it('is read as it was written, entry by entry', () => {
    const entries = continueChain(NO_ENTRY, [note('a', 1), note('b', 2)], KEY);
    expect(auditText(entries).split('\n')).toHaveLength(3);
    expect(parseAudit(auditText(entries))).toEqual(entries);
    expect([auditText([]), parseAudit('')]).toEqual(['', []]);
  });
});

describe('following a chain', () => {
  it('finds one that is intact so, in objects of one entry or many, listed in any order', () => {
    for (const objects of [objectsOf(1), objectsOf(1, 1, 1), objectsOf(3, 1, 12), objectsOf(2, 2).reverse()]) {
      const { entries, faults } = verifyChain(BATCH, objects);
      expect(faults).toEqual([]);
      expect(entries.map(({ n }) => n)).toEqual(entries.map((_, index) => index + 1));
    }
    expect(verifyChain(BATCH, objectsOf(3, 1, 12)).entries).toHaveLength(16);
  });

  it('finds any character that was changed', () => {
    const objects = objectsOf(2, 1);
    const places = objects.flatMap(({ text }, object) => [...text].map((_, index) => ({ object, index })));
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.string({ minLength: 1, maxLength: 1 }), ({ object, index }, other) => {
        const changed = objects.map(({ key, text }, n) => ({
          key,
          text: n === object ? text.slice(0, index) + other + text.slice(index + 1) : text,
        }));
        fc.pre(changed[object]?.text !== objects[object]?.text);
        expect(faultsOf(changed)).not.toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('finds an entry that was changed and given a new hash, at the next one', () => {
    const objects = objectsOf(1, 1, 1);
    const [second] = continueChain(
      verifyChain(BATCH, objects.slice(0, 1)).entries[0] as AuditEntry,
      [note('fact-2', 1, { facts: { rows: 3 } })],
      KEY,
    );
    const forged = [objects[0], { key: auditKey(BATCH, 2), text: auditText([second as AuditEntry]) }, objects[2]];
    expect(faultsOf(forged as typeof objects)).toEqual([['changed', 3, 1]]);
  });

  it('finds an entry that was removed, with its object or out of it', () => {
    const [first, second, third] = objectsOf(1, 3, 1) as [Stored, Stored, Stored];
    expect(faultsOf([first, third])).toEqual([['removed', 5, 1]]);
    expect(faultsOf([second, third])).toEqual([['removed', 2, 1]]);
    const lines = second.text.split('\n');
    expect(faultsOf([first, { ...second, text: [lines[0], lines[2], ''].join('\n') }, third])).toEqual([
      ['removed', 2, 2],
    ]);
  });

  it('finds entries that changed places, in an object or between two', () => {
    const [first, second] = objectsOf(1, 3) as [Stored, Stored];
    const [one, two, three] = second.text.split('\n');
    expect(faultsOf([first, { ...second, text: [one, three, two, ''].join('\n') }])).toEqual([
      ['removed', 2, 2],
      ['reordered', 2, 3],
    ]);
    const [a, b] = objectsOf(1, 1) as [Stored, Stored];
    expect(
      faultsOf([
        { key: a.key, text: b.text },
        { key: b.key, text: a.text },
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['reordered', 1, 1],
        ['reordered', 2, 1],
      ]),
    );
  });

  it('finds an entry that stands twice, one of another chain, and what is none', () => {
    const [first, second] = objectsOf(1, 1) as [Stored, Stored];
    expect(faultsOf([first, second, { key: auditKey(BATCH, 3), text: second.text }])).toEqual(
      expect.arrayContaining([['doubled', 3, 1]]),
    );
    expect(verifyChain('up-police-0123456789ab' as BatchId, [first]).faults.map(({ kind }) => kind)).toContain(
      'foreign',
    );
    expect(faultsOf([first, { key: auditKey(BATCH, 2), text: '{"n":"2"}\n' }])).toEqual([['unreadable', 2, 1]]);
    expect(faultsOf([first, { key: auditKey(BATCH, 2), text: second.text.trimEnd() }])).toEqual([['changed', 2, 1]]);
  });
});

it('tells in plain words what happened to which entry', () => {
  const saysOf = (objects: Stored[]) => verifyChain(BATCH, objects).faults.map(({ says }) => says);
  const [first, second, third, fourth] = objectsOf(1, 1, 1, 1) as [Stored, Stored, Stored, Stored];
  const rows = ({ key, text }: Stored) => ({ key, text: text.replace('"rows":2', '"rows":3') });
  expect(saysOf([rows(first), second])).toEqual(['entry 1 was changed']);
  expect(saysOf([second])).toEqual(['entry 1 was removed']);
  expect(saysOf([first, fourth])).toEqual(['entries 2 to 3 were removed']);
  const [another] = continueChain(NO_ENTRY, [note('fact-1', 2)], KEY) as [AuditEntry];
  expect(saysOf([{ ...first, text: auditText([another]) }, second])).toEqual([
    'entry 1 was replaced after entry 2 was written',
  ]);
  expect(saysOf([first, { ...second, text: third.text }, { ...third, text: second.text }])).toEqual(
    expect.arrayContaining(['entry 3 was moved here from another object', 'entry 2 was moved behind entry 3']),
  );
  expect(saysOf([{ ...first, text: first.text.trimEnd() }])).toEqual(['its last line was cut']);
  expect(saysOf([{ ...first, text: 'none\n' }])).toEqual(['this is no entry']);
  expect(saysOf([first, second, { ...third, text: second.text }])).toEqual([
    'entry 2 was moved here from another object',
    'entry 2 was moved behind entry 2',
    'entry 2 tells again what an earlier entry told',
  ]);
  expect(verifyChain('up-police-0123456789ab' as BatchId, [first]).faults.map(({ says }) => says)).toEqual([
    'entry 1 belongs to the chain of mha-0123456789ab',
    'entry 1 was moved here from another object',
  ]);
  // The same content, so that its hash fits, but not the same bytes.
  expect(saysOf([{ ...first, text: first.text.replace('{', '{ ') }])).toEqual(['entry 1 was changed']);
  const [after] = continueChain({ n: 0, hash: '1'.repeat(64) }, [note('fact-1', 1)], KEY) as [AuditEntry];
  expect(saysOf([{ ...first, text: auditText([after]) }])).toEqual(['entry 1 was changed']);
});

type Stored = { key: string; text: string };
