import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { day } from '../../domain/example.ts';
import { CASES } from '../lab.ts';
import { batchOf, bumped, cases, close, ledgerOf, open } from './lab.ts';

beforeAll(open);
afterAll(close);

/** The pauses that were made, in milliseconds; nobody waits for them here. */
const pauses: number[] = [];
vi.mock('node:timers/promises', () => ({ setTimeout: async (milliseconds: number) => void pauses.push(milliseconds) }));

describe('ledgers', () => {
  it('come back as they were written, with their packed outcomes', async () => {
    const ledger = { ...ledgerOf(), outcomes: Uint8Array.from({ length: 15 }, (_, i) => i * 17) };
    await cases.createLedger(CASES, ledger);
    const read = await cases.readLedger(CASES, ledger.directionId);
    expect({ ...read, outcomes: [...(read?.outcomes ?? [])] }).toEqual({ ...ledger, outcomes: [...ledger.outcomes] });
    const laterEnds = Uint8Array.from({ length: 9 }, (_, i) => i * 19);
    const takenBackBy = Uint8Array.from({ length: 6 }, (_, i) => i * 23);
    await cases.commitLedger(CASES, bumped(ledger, { laterEnds, takenBackBy }));
    const { laterEnds: ends = [], takenBackBy: by = [] } = (await cases.readLedger(CASES, ledger.directionId)) ?? {};
    expect([[...ends], [...by]]).toEqual([[...laterEnds], [...takenBackBy]]);
  });

  it('take a few hundred bytes for 2,000 rows that two files answered, and not five a row', async () => {
    const outcomes = Uint8Array.from(
      { length: 10_000 },
      (_, i) => [(i / 5) % 3 === 0 ? 0x21 : 0x42, 0, 0x3f, 0x4b, 0x0b][i % 5] ?? 0,
    );
    const item = cases.ledgerForm.write({ ...ledgerOf(), rows: 2000, outcomes });
    expect(item.outcomes.length).toBeLessThan(1000);
    expect(cases.ledgerForm.read(item).outcomes).toEqual(outcomes);
  });

  it('are refused where their outcomes are damaged, or swell beyond what any direction has', () => {
    const item = cases.ledgerForm.write(ledgerOf());
    const refused = 'a ledger has not what its form says: outcomes custom';
    for (const outcomes of [Uint8Array.of(0xff, 1, 2), deflateRawSync(new Uint8Array(2 ** 20 + 1))])
      expect(() => cases.ledgerForm.read({ ...item, outcomes })).toThrow(refused);
  });

  it('are nothing where there is none', async () => {
    expect(await cases.readLedger(CASES, ledgerOf().directionId)).toBeUndefined();
  });

  it('are created once: a second creation leaves what stands', async () => {
    const ledger = ledgerOf();
    await cases.createLedger(CASES, ledger);
    await cases.commitLedger(CASES, bumped(ledger, { rung: 2 }));
    await cases.createLedger(CASES, ledger);
    expect((await cases.readLedger(CASES, ledger.directionId))?.rung).toBe(2);
  });

  it('are committed on the version that was read: of two from the same reading, the second is a Conflict', async () => {
    const ledger = ledgerOf();
    await cases.createLedger(CASES, ledger);
    await cases.commitLedger(CASES, bumped(ledger, { rung: 1 }));
    await expect(cases.commitLedger(CASES, bumped(ledger, { rung: 3 }))).rejects.toThrow(cases.Conflict);
    expect(await cases.readLedger(CASES, ledger.directionId)).toMatchObject({ rung: 1, version: ledger.version + 1 });
  });

  it('are not committed where there is none', async () => {
    await expect(cases.commitLedger(CASES, bumped(ledgerOf()))).rejects.toThrow(cases.Conflict);
  });

  it('lose no change of many at once: each reads again what it lost against', async () => {
    const ledger = ledgerOf();
    await cases.createLedger(CASES, ledger);
    const tokens = Array.from({ length: 12 }, (_, i) => `token-${i}`);
    await Promise.all(
      tokens.map((token) =>
        cases.changeLedger(CASES, ledger.directionId, async (read) => ({
          ledger: bumped(read, { tokens: [...read.tokens, token] }),
          result: undefined,
        })),
      ),
    );
    const read = await cases.readLedger(CASES, ledger.directionId);
    expect([...(read?.tokens ?? [])].sort()).toEqual([...tokens].sort());
    expect(read?.version).toBe(ledger.version + 12);
  });

  it('are changed by a decision that is made anew on what was read, and gives its result', async () => {
    const ledger = ledgerOf();
    await cases.createLedger(CASES, ledger);
    const seen: [rung: number, attempt: number][] = [];
    const result = await cases.changeLedger(CASES, ledger.directionId, async (read, attempt) => {
      seen.push([read.rung, attempt]);
      // Somebody else commits between the first reading and its write.
      if (attempt === 0) await cases.commitLedger(CASES, bumped(read, { rung: 7 }));
      return { ledger: bumped(read, { rung: read.rung + 1 }), result: `after ${read.rung}` };
    });
    expect(seen).toEqual([
      [0, 0],
      [7, 1],
    ]);
    expect(result).toBe('after 7');
    expect((await cases.readLedger(CASES, ledger.directionId))?.rung).toBe(8);
  });

  it('stay unwritten where the decision makes none', async () => {
    const ledger = ledgerOf();
    await cases.createLedger(CASES, ledger);
    expect(await cases.changeLedger(CASES, ledger.directionId, async () => ({ result: 'nothing' }))).toBe('nothing');
    expect((await cases.readLedger(CASES, ledger.directionId))?.version).toBe(ledger.version);
  });

  it('can’t be changed where there is none, and an error of the decision’s goes through', async () => {
    const ledger = ledgerOf();
    const decide = async () => ({ result: 0 });
    await expect(cases.changeLedger(CASES, ledger.directionId, decide)).rejects.toThrow(
      'there is no ledger of direction',
    );
    await cases.createLedger(CASES, ledger);
    const failing = cases.changeLedger(CASES, ledger.directionId, () => Promise.reject(new RangeError('as it is')));
    await expect(failing).rejects.toThrow(RangeError);
  });

  it('are tried again after a pause, drawn from twice as much time after each lost try, up to half a second', async () => {
    const ledger = ledgerOf();
    await cases.createLedger(CASES, ledger);
    pauses.length = 0;
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
    await cases.changeLedger(CASES, ledger.directionId, async (read, attempt) => {
      if (attempt < 7) await cases.commitLedger(CASES, bumped(read));
      return { ledger: bumped(read), result: 0 };
    });
    random.mockRestore();
    expect(pauses).toEqual([10, 20, 40, 80, 160, 250, 250]);
  });

  it('give up after a hundred lost tries, as a Conflict', async () => {
    const ledger = ledgerOf();
    await cases.createLedger(CASES, ledger);
    let tries = 0;
    const losing = cases.changeLedger(CASES, ledger.directionId, async (read) => {
      tries++;
      await cases.commitLedger(CASES, bumped(read));
      return { ledger: bumped(read), result: 0 };
    });
    await expect(losing).rejects.toThrow(cases.Conflict);
    expect(tries).toBe(100);
  });
});

describe('late revocations', () => {
  it('under one key are all that were prepared for it, each once, sorted', async () => {
    const one = batchOf();
    const add = (key: string, sha8 = 'aabbccdd') =>
      cases.addToList(CASES, { kind: 'late', day: day('2026-06-20'), batchId: one, sha8 }, key);
    expect(await add('b')).toEqual(['b']);
    expect(await add('a')).toEqual(['a', 'b']);
    expect(await add('b')).toEqual(['a', 'b']);
    expect(await add('c', '00112233')).toEqual(['c']);
  });
});
