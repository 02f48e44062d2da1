import { describe, expect, it } from 'vitest';
import { storyOf } from './drawn-story.ts';
import { differences, outcomeOf } from './ideal.ts';

describe('what a reversal comes to', () => {
  const seen = (subjects: Record<string, number>) => ({
    uploads: [] as { key: string; at: number; text: string }[],
    outbox: {
      'batches/mha-0123456789ab/summary.json': JSON.stringify({
        ...{ agency: 'mha', kind: 'reversal', status: 'settled', operators: {}, withdrawn: 0 },
        subjects,
      }),
    },
  });
  const subjects = { asked: 5, directed: 3, nothingToRestore: 1, kept: 1, tooLate: 0 };
  const of = (is: object) => differences(storyOf(1), seen({ ...subjects, ...is }), outcomeOf(seen(subjects)));

  it('is alike where less was to be restored, which hangs on the order in which files are recorded', () => {
    expect(of({})).toEqual([]);
    expect(of({ directed: 2, nothingToRestore: 2 })).toEqual([]);
  });

  it('is alike where a number was kept that counts as cut off with another, and was answered for in the other order of files', () => {
    const [batch, direction] = ['up-police-0123456789ab', 'up-police-0123456789ab.reverify.jio.4-0-0'];
    const [failed, beside, barred] = ['+919800000001', '+919800000002', '+919800000003'];
    const order = (...numbers: string[]) => `msisdn,imei\n${numbers.map((number) => `${number},\n`).join('')}`;
    const orders = {
      [`orders/jio/${direction}/1-reverify.csv`]: order(failed, beside, barred),
      [`orders/jio/${direction}/2-bar_outgoing.csv`]: order(barred),
      [`orders/jio/${direction}/failed-0123abcd-disconnect.csv`]: order(failed),
    };
    const told = (counts: object, kept: string[], withdrawn: string[], also: object = orders) => {
      const { outbox, uploads } = seen({ ...subjects, ...counts });
      const rows = (head: string, all: string[]) => `${head}\n${all.map((row) => `${row}\n`).join('')}`;
      return {
        uploads,
        outbox: {
          ...outbox,
          ...also,
          'batches/mha-0123456789ab/kept.csv': rows('kind,identifier,operator,batchId,state', kept),
          'revocations/2026-07-17/mha-0123456789ab.withdrawn.csv': rows('msisdn,withdrawn_on,ground', withdrawn),
        },
      };
    };
    const keptFor = (number: string) => `reverify,${number},jio,${batch},directed`;
    const given = told({ directed: 4, kept: 0 }, [], [`${beside},2026-07-17,withdrawal`]);
    const differ = (one: ReturnType<typeof told>) => differences(storyOf(1), one, outcomeOf(given));
    expect(differ(told({}, [keptFor(beside)], []))).toEqual([]);
    // Not one that an order there took service from, nor one that is relied upon, nor where nobody was disconnected.
    for (const other of [
      told({}, [keptFor(barred)], []),
      told({}, [keptFor(beside), `reverify,${beside},jio,${batch},alreadyVerified`], []),
    ])
      expect(differ(other)).toEqual([expect.stringMatching(/^reversal mha: connections differ/)]);
    expect(differ(told({}, [keptFor(beside)], [], {}))).toHaveLength(1);
    // Who failed is in a list, or not, also where they were said to be disconnected before their order went out: that was for nobody then.
    const anew = { ...orders, [`orders/jio/${direction}/failed-0123abcd-disconnect.csv`]: order() };
    const uploads = [
      { key: `responses/jio/${direction}/answers.csv`, at: 0, text: `msisdn,outcome\n${failed},failed\n` },
    ];
    const listing = (also: object, ...numbers: string[]) => ({
      ...told(
        {},
        [],
        numbers.map((number) => `${number},2026-07-17,withdrawal`),
        also,
      ),
      uploads,
    });
    const against = (one: ReturnType<typeof told>) => differences(storyOf(1), one, outcomeOf(listing(orders, failed)));
    expect(against(listing(anew, failed))).toEqual([]);
    expect(against(listing(anew))).toEqual([expect.stringMatching(/^reversal mha: withdrawn differ/)]);
  });

  it('is another where more or fewer were answered for, kept or too late', () => {
    const told = [expect.stringMatching(/^reversal mha: connections differ/)];
    expect(of({ directed: 2 })).toEqual(told);
    expect(of({ directed: 2, kept: 2 })).toEqual(told);
    expect(of({ nothingToRestore: 0, tooLate: 1 })).toEqual(told);
  });
});
