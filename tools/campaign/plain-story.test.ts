import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginCloud, leaveCloud } from '../../test/scenarios/idle-cloud.ts';
import { storyOf } from './drawn-story.ts';
import { differences } from './ideal.ts';
import { brokenRules, type Seen } from './invariants.ts';
import { Stage, seedOf, type Told } from './run.ts';
import { batchIn, edit, first, isApproval, keyOf, lastRow, lastWrite, orders, sayMore, spoiltBy } from './spoilt.ts';

/** What breaks no rule, and what is found once something in it is wrong: a story in which nothing moves and nothing is taken back. */
const stage = new Stage({ begin: beginCloud, leave: leaveCloud });
afterAll(() => stage[Symbol.asyncDispose]());

describe('without faults', () => {
  /** A story with two reports, in which nothing moves and nothing is taken back: what it comes to is worked out from it alone. */
  const isPlain = ({ reports, moves, reversals }: ReturnType<typeof storyOf>) =>
    reports.length === 2 && moves !== true && reversals === undefined;
  const seed = [...Array(40).keys()].map((n) => seedOf(1, n)).find((one) => isPlain(storyOf(one))) ?? 0;
  let told: Told;
  beforeAll(async () => {
    told = await stage.tell(seed, false);
  }, 300_000);

  it('a story keeps every rule, and comes to what is worked out from it alone', () => {
    expect(told.broken).toEqual([]);
    expect(told.faults).toEqual({});
    expect(told.logs.length).toBeGreaterThan(50);
  });

  /** What is found where something is wrong in what was seen. */
  const spoilt = (spoil: (seen: Seen) => void): string[] => {
    const seen = spoiltBy(told, spoil);
    return [...brokenRules(seen), ...differences(told.story, seen)];
  };

  const importOf = (digit: string) => `airtel-${digit.repeat(32)}`;
  const failedImport = (digit: string) =>
    `an execution of ImportByPieces ended as FAILED: Lambda.ServiceException (${importOf(digit)}-admitted)`;

  const failedBatch = (name: string) => `an execution of Batch ended as FAILED: Lambda.ServiceException (${name})`;

  it('is seen as broken when it is not spoilt at all: by nothing', () => {
    expect(spoilt(() => {})).toEqual([]);
  });

  it.each<[string, (seen: Seen) => void, RegExp]>([
    ['a row missing in an order', edit(/^orders\/.*\/1-reverify/, lastRow), /an order is published as committed/],
    [
      'an order that nobody committed',
      (seen) => {
        seen.outbox['orders/jio/x/1-block.csv'] = 'imei\n';
      },
      /nobody asked for orders/,
    ],
    [
      'a missing receipt',
      (seen) => {
        delete seen.outbox[keyOf(seen, /^receipts\//)];
      },
      /missing receipts/,
    ],
    [
      'another count in a receipt',
      edit(/^receipts\//, (text) => text.replace(/"recorded": \d+/, '"recorded": 99')),
      /a receipt says what was recorded/,
    ],
    [
      'a reject without its reason',
      edit(/^rejects\//, (text) => text.replace(/,[a-z_]+,("[^"\n]*"|[^",\n]*)\n$/, ',other,$1\n')),
      /every reject has its line and reason/,
    ],
    ['a row missing elsewhere', edit(/elsewhere\.csv/, lastRow), /what stands elsewhere/],
    [
      'books that do not balance',
      edit(/summary\.json/, (text) => text.replace('"unexplained": 0', '"unexplained": 1')),
      /the books say/,
    ],
    [
      'a connection that is counted twice',
      edit(/summary\.json/, (text) => text.replace(/"linked": (\d+)/g, '"linked": 99')),
      /differ from those without faults/,
    ],
    [
      'a number revoked that nobody disconnected',
      edit(/^revocations\/.*\.csv/, (text) => `${text}+919999999999,jio,,2026-06-03,x\n`),
      /every disconnected number is revoked once/,
    ],
    [
      'a deadline that is none of its ladder',
      (seen) => {
        lastWrite(seen).rungs = [{ order: 'block', deadline: '2026-06-01T00:00:00Z' }];
      },
      /all from one beginning/,
    ],
    [
      'a deadline that moves after it was told',
      (seen) => {
        lastWrite(seen).startedAt = '2026-06-30T00:00:00Z';
      },
      /no deadline that was told ever moves/,
    ],
    [
      'an outcome that no file says',
      (seen) => {
        const item = lastWrite(seen);
        const now = item.late === null ? 'outcomes' : 'late';
        const bytes = inflateRawSync(item[now] as Uint8Array);
        // Withdrawn, where nothing is taken back.
        bytes[0] = 9;
        item[now] = deflateRawSync(bytes);
      },
      /holds what its files say/,
    ],
    [
      'a write over another one',
      (seen) => {
        [...seen.ledgers.values()][0]?.splice(1, 1);
      },
      /each write of its ledger follows/,
    ],
    [
      'an order that is taken back',
      (seen) => {
        lastWrite(seen).orders = [];
      },
      /no order is taken back/,
    ],
    [
      'a bar that is issued anew for as many',
      (seen) => {
        for (const writes of seen.ledgers.values())
          for (const order of (writes.at(-1)?.item.orders ?? []) as Record<string, unknown>[])
            if (order.order === 'bar_outgoing')
              Object.assign(order, { firstVersion: order.version, version: Number(order.version) + 1 });
      },
      /no order is taken back/,
    ],
    [
      'a ledger that is never sealed',
      (seen) => {
        lastWrite(seen).sealedAt = null;
      },
      /it ends, and is sealed/,
    ],
    [
      'a batch that does not settle',
      (seen) => {
        batchIn(seen).state = 'directed';
      },
      /every batch settles/,
    ],
    [
      'a batch that settles days late',
      (seen) => {
        batchIn(seen).settledAt = '2026-12-01T00:00:00Z';
      },
      /hours after it/,
    ],
    [
      'a batch without its report',
      (seen) => {
        seen.uploads.splice(
          seen.uploads.findIndex(({ key }) => key.startsWith('reports/')),
          1,
        );
      },
      /it is that of a report/,
    ],
    [
      'a notice with another deadline',
      (seen) => {
        first(seen).deadline = '2026-06-01T00:00:00Z';
      },
      /a deadline that is told/,
    ],
    [
      'a notice of other bytes',
      (seen) => {
        first(seen).sha256 = '';
      },
      /what is told of is there/,
    ],
    [
      'a notice to another operator',
      (seen) => {
        first(seen).operator = 'vi';
      },
      /hear only of their own/,
    ],
    [
      'an order that nobody is told of',
      (seen) => {
        for (const all of Object.values(seen.notices)) all.splice(0);
      },
      /it is told to whom it concerns/,
    ],
    [
      'a batch that settles without its summary',
      (seen) => {
        delete seen.outbox[keyOf(seen, /summary\.json$/)];
      },
      /missing batches\/.*summary/,
    ],
    [
      'a batch that settles without its revocation list',
      (seen) => {
        delete seen.outbox[keyOf(seen, /^revocations\/[^.]*\.csv$/, 0)];
      },
      /missing revocations/,
    ],
    [
      'a revocation list without the form that banks read',
      (seen) => {
        delete seen.outbox[keyOf(seen, /^revocations\/[^.]*\.json$/, 0)];
      },
      /both forms of a list are there/,
    ],
    [
      'a batch that waits for days while nobody plans',
      (seen) => {
        batchIn(seen).startedAt = '2026-11-01T00:00:00Z';
      },
      /its turn to plan comes, hours after/,
    ],
    // Its books balance all the same: whoever lost it counted it nowhere.
    [
      'a connection that is lost everywhere',
      edit(/summary\.json/, (text) =>
        text.replace(/"(linked|directed|overdue)": ([1-9]\d*)/g, (_, word, n) => `"${word}": ${n - 1}`),
      ),
      /linked is the number of connections in the usage files/,
    ],
    [
      'a number that is barred before it was asked to be re-verified',
      (seen) => {
        const bar = orders(seen).find(({ order }) => order === 'bar_outgoing') ?? {};
        const asking =
          orders(seen).find(({ order, directionId }) => order === 'reverify' && directionId === bar.directionId) ?? {};
        [asking.key, bar.key, asking.order, bar.order] = [bar.key, asking.key, bar.order, asking.order];
      },
      /the first order of a row asks to re-verify it, and is no bar_outgoing/,
    ],
    [
      'a disconnection that is told last of who is verified',
      (seen) => {
        for (const all of Object.values(seen.notices))
          for (const notice of all.filter(({ order }) => order === 'reverify'))
            all.push({ ...notice, order: 'disconnect' });
      },
      /the last order told of who is verified is no disconnect/,
    ],
    [
      'an order that is told of days after its deadline',
      (seen) => {
        first(seen).heardAt = '2026-12-01T00:00:00.000Z';
      },
      /no order is told of when its deadline has passed/,
    ],
    [
      'an order that is committed after its deadline',
      (seen) => {
        for (const writes of seen.ledgers.values())
          for (const { item } of writes)
            for (const order of item.orders as Record<string, unknown>[]) order.at = order.deadline;
      },
      /no order is committed when its deadline has passed/,
    ],
    [
      'a batch that one person approved',
      (seen) => {
        const one = seen.uploads.find(isApproval)?.key.split('/')[1];
        seen.uploads = seen.uploads.filter((upload) => !isApproval(upload) || upload.key.split('/')[1] === one);
      },
      /two approvers have approved its preview before it is planned/,
    ],
    [
      'a batch of which another preview was approved',
      edit(/preview\.json$/, (text) => `${text} `),
      /two approvers have approved its preview before it is planned/,
    ],
    [
      'a batch that is planned before the second person approves it',
      (seen) => {
        for (const upload of seen.uploads) if (isApproval(upload)) upload.at += 30 * 86_400_000;
      },
      /two approvers have approved its preview before it is planned/,
    ],
    [
      'a number that is directed though one person left it out',
      (seen) => {
        const order = seen.outbox[keyOf(seen, /^orders\/.*\/1-reverify/)] ?? '';
        sayMore(seen, `strike,,${order.split('\n')[1]?.split(',')[0]},,a hospital's`);
      },
      /every row is directed once, or stands elsewhere/,
    ],
    [
      'a handset that is blocked though one person left it out',
      (seen) => {
        const order = seen.outbox[keyOf(seen, /^orders\/.*\/1-block/)] ?? '';
        sayMore(seen, `strike,${order.split('\n')[1]?.split(',')[0]},,,a hospital's`);
      },
      /every row is directed once, or stands elsewhere/,
    ],
    [
      'a batch that directs though one person refused it',
      (seen) => {
        batchIn(seen).state = 'refused';
      },
      /who is refused directs nobody/,
    ],
    [
      'a batch that lapses before its time is over',
      (seen) => {
        const { batchId } = batchIn(seen);
        seen.notices['fraud-batches-mha']?.push({ kind: 'batch_lapsed', batchId, endedAt: '2026-06-01T00:00:00Z' });
      },
      /no batch lapses before its time to decide is over/,
    ],
    [
      'a batch that lapses though two approve it',
      (seen) => {
        const { batchId } = batchIn(seen);
        seen.notices['fraud-batches-mha']?.push({ kind: 'batch_lapsed', batchId, endedAt: '2026-12-01T00:00:00Z' });
      },
      /no batch lapses that as many approve as must/,
    ],
    [
      'a lapsed batch whose summary counts somebody',
      (seen) => {
        seen.lapsed.x = ['{"status":"lapsed","connections":{"linked":1},"blocks":{"rows":0}}'];
      },
      /a lapsed batch directs nobody/,
    ],
    [
      'a receipt of an approver that counts more than was said',
      (seen) => {
        const key = keyOf(seen, /^receipts\/approver-/);
        seen.outbox[key] = (seen.outbox[key] ?? '').replace(/"recorded": \d+/, '"recorded": 99');
      },
      /a receipt says what was recorded/,
    ],
    [
      'a turn to plan whose holder plans still',
      (seen) => {
        seen.cases.PLANNING = { holder: 'x', execution: 'e' };
        seen.cases['BATCH#x'] = { state: 'planning', execution: 'e' };
      },
      /the turn to plan is free/,
    ],
    [
      'an execution that runs on',
      (seen) => {
        seen.running.push('Direction x');
      },
      /runs for ever: Direction x/,
    ],
    [
      'a dead letter',
      (seen) => {
        seen.failures.push('dead-letter queue');
      },
      /dead-letter queue/,
    ],
    [
      'an import that failed, of which nobody was told',
      (seen) => {
        seen.excused.push(failedImport('1'));
        // Another upload, and its own weighing, after which it was gated and admitted.
        seen.importedBy.push(`${importOf('2')}-admitted`, importOf('1'));
      },
      /nobody was told that an execution of ImportByPieces ended/,
    ],
    [
      'a batch that failed, of which nobody was told',
      (seen) => {
        seen.excused.push(failedBatch('mha-0123456789ab-1'));
      },
      /nobody was told that an execution of Batch ended/,
    ],
    [
      'a receipt of another file in the place of the one that was told of',
      (seen) => {
        const told = Object.values(seen.notices)
          .flat()
          .find(({ kind, approver }) => kind === 'receipt' && approver !== undefined);
        seen.outbox[String(told?.key)] += ' ';
      },
      /what is told of is there/,
    ],
  ])('%s is found', (_, spoil, rule) => {
    expect(spoilt(spoil)).toContainEqual(expect.stringMatching(rule));
  });

  it('nobody has to be told of a night that failed before it found anything: the next one finds it', () => {
    expect(spoilt((seen) => seen.excused.push(failedBatch('followup-202606070000')))).toEqual([]);
  });

  it('nobody has to be told of an import that failed and went well at the next try', () => {
    expect(
      spoilt((seen) => {
        seen.excused.push(failedImport('1'));
        seen.importedBy.push(`${importOf('1')}-admitted-2`);
      }),
    ).toEqual([]);
  });
});
