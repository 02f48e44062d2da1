import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asInstant } from '../../../lambdas/domain/days.ts';
import type { AgencyId } from '../../../lambdas/domain/identifiers.ts';
import type { Batch } from '../../../lambdas/stores/cases/batches.ts';
import { CASES } from '../lab.ts';
import { batch, cases, close, open, put } from './lab.ts';

beforeAll(open);
afterAll(close);

describe("an agency's reports of a day", () => {
  const agency = 'cert-in' as AgencyId;
  const noted = ({ batchId, execution }: Batch, hour: number) => ({
    batch: { batchId, execution },
    weighedAt: asInstant(`2026-06-01T${String(hour).padStart(2, '0')}:00:00Z`),
    numbers: 10 * hour,
    handsets: hour,
  });
  const store = async (one: Batch) => {
    await put({ pk: cases.key.batch(one.batchId), ...cases.batchForm.write(one) });
    return one;
  };

  it('are noted once for each execution, and tell a later one how those before it stand', async () => {
    const [waits, refused, settled] = [
      batch({ state: 'waiting' }),
      batch({ state: 'refused' }),
      batch({ state: 'settled' }),
    ];
    expect(await cases.noteWeighed(CASES, agency, noted(await store(waits), 1))).toEqual([]);
    for (const _ of ['once', 'and its retry'])
      expect(await cases.noteWeighed(CASES, agency, noted(await store(refused), 2))).toMatchObject([
        { handsets: 1, numbers: 10, ending: 'waiting' },
      ]);
    expect(await cases.noteWeighed(CASES, agency, noted(await store(settled), 3))).toMatchObject([
      { ending: 'waiting' },
      { ending: 'refused' },
    ]);
    // Those that came after it have no part.
    expect(await cases.noteWeighed(CASES, agency, noted(waits, 1))).toEqual([]);
    expect(await cases.noteWeighed(CASES, 'i4c' as AgencyId, noted(waits, 4))).toEqual([]);
  });

  it('that were begun anew count as what they were begun anew as, and one that was resumed is the same', async () => {
    const mine = 'mha' as AgencyId;
    const lapsed = batch({ state: 'lapsed' });
    await cases.noteWeighed(CASES, mine, noted(await store(lapsed), 1));
    const anew = { ...lapsed, state: 'waiting' as const, execution: 'another' };
    await cases.noteWeighed(CASES, mine, noted(await store(anew), 2));
    const resumed = batch({ state: 'directed' });
    await cases.noteWeighed(CASES, mine, noted(resumed, 3));
    await store({ ...resumed, execution: 'the next', resumed: 1 });
    const last = await cases.noteWeighed(CASES, mine, noted(await store(batch()), 4));
    expect(last.map(({ ending }) => ending)).toEqual(['failed', 'waiting', 'directed']);
    // Also where it was resumed after that: it is one report, and no two.
    await store({ ...anew, state: 'directed', execution: 'the one after', resumed: 1 });
    const later = await cases.noteWeighed(CASES, mine, noted(await store(batch()), 5));
    expect(later.map(({ ending }) => ending).slice(0, 3)).toEqual(['failed', 'directed', 'directed']);
  });
});
