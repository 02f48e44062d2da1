import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginCloud, leaveCloud } from '../../test/scenarios/idle-cloud.ts';
import { brokenRules, type Seen } from './invariants.ts';
import { OneFault } from './one-fault.ts';
import { Stage, type Told } from './run.ts';
import { movedStory } from './small-stories.ts';
import { edit as editLines, lastRow, spoiltBy } from './spoilt.ts';

/** What breaks no rule, and what is found once something in it is wrong: a story in which a number goes on and one is taken back. */
const stage = new Stage({ begin: beginCloud, leave: leaveCloud });
afterAll(() => stage[Symbol.asyncDispose]());

/** Spoils all ledgers: of each row's last byte, which has its marks above its day, these bits alone are left. */
const keepingOfMarks = (bits: number) => (seen: Seen) => {
  for (const writes of seen.ledgers.values())
    for (const { item } of writes) {
      const bytes = inflateRawSync(item.outcomes as Uint8Array);
      for (let n = 4; n < bytes.length; n += 5) bytes[n] = (bytes[n] ?? 0) & bits;
      item.outcomes = deflateRawSync(bytes);
    }
};

describe('without faults, where numbers move and are taken back', () => {
  let told: Told;
  beforeAll(async () => {
    told = (await stage.play(movedStory(1), (now) => new OneFault(now))).told;
  }, 300_000);

  const spoilt = (spoil: (seen: Seen) => void): string[] => brokenRules(spoiltBy(told, spoil));
  const edit = (place: RegExp, change: (text: string) => string) => editLines(place, change, 0);
  const EXPLAINED = /^explanations\//;
  /** The receipts of jio, which answers all of its directions in one file. */
  const COMBINED = /^receipts\/jio\/all [^/]*\.json$/;
  const restore = (seen: Seen) => {
    const all = seen.notices['fraud-directions-jio'] ?? [];
    const told = all.find(({ kind, order }) => kind === 'order' && order === 'restore');
    if (told === undefined) throw new Error('nobody is restored');
    return { all, told };
  };

  it('keeps every rule: one row goes on, and one is taken back, and again where it is cut off later', () => {
    expect(told.broken).toEqual([]);
    const outbox = told.seen?.outbox ?? {};
    const rowsIn = (place: RegExp) =>
      Object.entries(outbox).flatMap(([key, text]) => (place.test(key) ? text.trimEnd().split('\n').slice(1) : []));
    // And who is said to be disconnected after that is restored once more, in the night.
    expect(
      rowsIn(/moved\.csv$/).sort((x, y) => (x.includes(',ported,') ? -1 : y.includes(',ported,') ? 1 : 0)),
    ).toEqual([
      expect.stringMatching(/,ported,jio,directed$/),
      expect.stringMatching(/,disconnected_after_verified,jio,directed$/),
    ]);
    expect(rowsIn(/appeals\.csv$/)).toEqual([expect.stringMatching(/^2,directed,caseworker-1-/)]);
    expect(rowsIn(/\.withdrawn\.csv$/)).toHaveLength(1);
  });

  it.each<[string, (seen: Seen) => void, RegExp]>([
    ['a moved row that nothing goes on with', edit(/moved\.csv$/, lastRow), /a row that is ported goes on once/],
    [
      'a moved row with two continuations',
      edit(/moved\.csv$/, (text) => `${text}${text.split('\n')[1]}\n`),
      /a row that is ported goes on once/,
    ],
    [
      'a lookup without its explanation',
      (seen) => {
        for (const key of Object.keys(seen.outbox)) if (key.startsWith('explanations/')) delete seen.outbox[key];
      },
      /missing explanations\//,
    ],
    [
      'a row that was asked about and is answered twice',
      edit(EXPLAINED, (text) => {
        const { lookups } = JSON.parse(text);
        return JSON.stringify({ lookups: [...lookups, lookups[0]] });
      }),
      /each row that was asked about is answered once/,
    ],
    [
      'a story without one of its directions',
      edit(EXPLAINED, (text) => text.replaceAll('.block.jio.', '.block.airtel.')),
      /a story names every direction in which its subject stands/,
    ],
    [
      'a combined receipt that counts a row twice',
      edit(COMBINED, (text) => text.replace(/"recorded": ?(\d+)/, (_, n) => `"recorded": ${Number(n) + 1}`)),
      /a combined receipt has each of its rows once/,
    ],
    [
      'a combined receipt that leaves out a direction',
      edit(COMBINED, (text) => JSON.stringify({ ...JSON.parse(text), directions: [] })),
      /a combined receipt names each direction once/,
    ],
    [
      'a direction whose rows are another number in a combined receipt',
      edit(COMBINED, (text) => {
        const { directions, ...whole } = JSON.parse(text) as { directions: { rows: number }[] };
        return JSON.stringify({ ...whole, directions: directions.map((one) => ({ ...one, rows: one.rows + 1 })) });
      }),
      /a combined receipt says of each direction what was recorded in it/,
    ],
    [
      'a combined receipt that nobody gets',
      (seen) => delete seen.outbox[Object.keys(seen.outbox).find((key) => COMBINED.test(key)) ?? ''],
      /missing receipts\/jio\/all 1\.csv/,
    ],
    [
      'a continuation of what nobody moved',
      edit(/moved\.csv$/, (text) => text.replace(',ported,', ',extended,')),
      /nothing goes on of which nobody said so/,
    ],
    [
      'a night that comes weeks late',
      (seen) => {
        const night = Object.keys(seen.cases).find((pk) => pk.startsWith('BATCH#followup-')) ?? '';
        (seen.cases[night] ?? {}).uploadedAt = '2026-09-01T00:00:00Z';
      },
      /goes on in the next night/,
    ],
    [
      'a follow-up whose books leave a row out',
      edit(/batches\/followup-.*summary\.json$/, (text) => text.replace(/"linked": 1/g, '"linked": 0')),
      /the books say/,
    ],
    ['a line of an appeal without an answer', edit(/appeals\.csv$/, lastRow), /each line is answered once/],
    [
      'an answer that says less than was done',
      edit(/appeals\.csv$/, (text) => text.replace(',directed,', ',nothingToRestore,')),
      /each line is answered once/,
    ],
    ['a number that is taken back and not withdrawn', edit(/\.withdrawn\.csv$/, lastRow), /every number is withdrawn/],
    [
      'a reversal whose books do not add up',
      edit(/batches\/caseworker-1-.*summary\.json$/, (text) => text.replace(/"asked": 1/, '"asked": 2')),
      /the books say/,
    ],
    [
      'a bar that is told of after the restore',
      (seen) => {
        const { all, told } = restore(seen);
        const number = seen.outbox[String(told.key)]?.split('\n')[1]?.split(',')[0] ?? '';
        const bar = all.find(
          ({ order, key }) => order === 'bar_outgoing' && seen.outbox[String(key)]?.includes(number),
        );
        if (bar === undefined) throw new Error('who is restored was never barred');
        all.push({ ...bar });
      },
      /the last order told of what is given back takes nothing/,
    ],
    [
      'a list that names who was taken back',
      (seen) => {
        const { told } = restore(seen);
        const number = seen.outbox[String(told.key)]?.split('\n')[1]?.split(',')[0] ?? '';
        edit(/^revocations\/[^/]*\/mha-[0-9a-f]*\.csv$/, (text) => `${text}${number},jio,,2026-06-20,x\n`)(seen);
      },
      /every disconnected number is revoked once/,
    ],
    ['a row that is taken back and not marked', keepingOfMarks(0b111111), /what it takes back is marked in its ledger/],
    [
      'a row that failed and is not marked as disconnected for that',
      keepingOfMarks(0b1111111),
      /it knows which rows a disconnect order of failed ones carried/,
    ],
  ])('%s is found', (_, spoil, rule) => {
    expect(spoilt(spoil)).toContainEqual(expect.stringMatching(rule));
  });
});

describe('without faults, where an operator never says that it gave anything back', () => {
  it('is asked again night after night, and a night that forgets one is found', async () => {
    const story = movedStory(1);
    const silent = { 'caseworker-1 restore jio': 'never', 'followup restore jio': 'never' } as const;
    const { told } = await stage.play({ ...story, habits: { ...story.habits, ...silent } }, (now) => new OneFault(now));
    expect(told.broken).toEqual([]);
    const nights = Object.values(told.seen?.outbox ?? {}).filter((text) => text.includes(',overdue,'));
    expect(nights.length).toBeGreaterThan(1);
    const forgets = spoiltBy(told, (seen) => {
      const [key = '', text = ''] = Object.entries(seen.outbox).find(([, one]) => one.includes(',overdue,')) ?? [];
      seen.outbox[key] = text.replace(/^.*,overdue,.*\n/m, '');
    });
    expect(brokenRules(forgets)).toContainEqual(expect.stringMatching(/what is overdue is asked for again once/));
  }, 300_000);
});
