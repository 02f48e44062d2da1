import { describe, expect, test } from 'vitest';
import { applyResponse } from '../../lambdas/domain/applying-responses.ts';
import { directionRowLine } from '../../lambdas/domain/directions.ts';
import {
  decidedBy,
  directionsWithin,
  extendedRungs,
  followedBy,
  followUpOf,
  followUpsOf,
  foundForm,
  linkedBy,
  listedFrom,
  listedOf,
  listedOverdue,
  listedTexts,
  mergeListed,
  movedHeader,
  movedLines,
  parseMovedLine,
  waitingIn,
  withoutFollowUps,
} from '../../lambdas/domain/follow-ups.ts';
import { type BatchId, isFollowUp, type OperatorId } from '../../lambdas/domain/identifiers.ts';
import { type Ledger, withdrawRows } from '../../lambdas/domain/ledger.ts';
import { answered, at, closed, day, directionId, fresh, imei, jio, msisdn, rungs, thrown } from './example.ts';

const NIGHT = 'followup-202606060000' as BatchId;
const lineOf = (n: number) =>
  directionRowLine('reverify', {
    msisdn: msisdn(`981000000${n}`),
    imei: imei('35100000000001'),
    lastSeen: day('2026-05-20'),
    lsa: 'Delhi',
  });
const lines = [0, 1, 2, 3].map(lineOf);

test('the batch of a night is named by its day in Asia/Kolkata, where half past midnight is 19:00 in UTC', () => {
  expect(followUpOf(at('2026-06-05T19:00:00Z'))).toBe(NIGHT);
  expect(followUpOf(at('2026-06-05T18:29:59Z'))).toBe('followup-202606050000');
  expect([isFollowUp(NIGHT), isFollowUp('mha-0123456789ab' as BatchId)]).toEqual([true, false]);
});

describe('the ladder of who has more time', () => {
  const ladder = { rungs: rungs.reverify };
  test.each([
    ['2026-06-05T23:59:59Z', ['reverify', 'bar_outgoing', 'bar_incoming', 'disconnect'], '2026-07-06T00:00:00Z'],
    // At a deadline the next rung has begun.
    ['2026-06-06T00:00:00Z', ['reverify', 'bar_incoming', 'disconnect'], '2026-07-11T00:00:00Z'],
    ['2026-06-12T10:00:00Z', ['reverify', 'disconnect'], '2026-07-16T00:00:00Z'],
    ['2026-06-16T10:00:00Z', ['reverify'], '2026-07-17T00:00:00Z'],
    ['2026-06-30T10:00:00Z', ['reverify'], '2026-07-17T00:00:00Z'],
  ])(
    'begins with a re-verification, until 30 days after the rung of %s, and goes on as much later',
    (when, orders, first) => {
      const extended = extendedRungs(ladder, at(when), 30);
      expect(extended.map(({ order }) => order)).toEqual(orders);
      expect(extended[0]?.deadline).toBe(first);
      expect(extended.at(-1)?.deadline).toBe('2026-07-17T00:00:00Z');
    },
  );
});

describe('what a night lists of a direction', () => {
  const moved = answered(fresh(4), [
    [0, 'ported'],
    [1, 'extended'],
    [2, 'verified'],
    [2, 'disconnected'],
  ]);
  const [file] = moved.ledger.files;
  if (file === undefined) throw new Error('no file');

  test("are the files that moved something, until they are marked as a night's", () => {
    expect(waitingIn(moved.ledger)).toEqual({ files: [file], overdue: false });
    const taken = { directionId: directionId(), files: [file.sha256], overdue: false };
    const marked = followedBy(moved.ledger, taken, NIGHT);
    expect(marked?.files).toEqual([{ ...file, followUp: NIGHT }]);
    expect(marked?.version).toBe(moved.ledger.version + 1);
    if (marked === undefined) throw new Error('not marked');
    expect(waitingIn(marked)).toEqual({ files: [], overdue: false });
    expect(followedBy(marked, taken, NIGHT)).toBeUndefined();
    // A file that came since is the next night's.
    const since = answered(marked, [[3, 'ported']]).ledger;
    expect(waitingIn(since).files).toEqual([since.files[1]]);
    expect(followedBy(since, taken, NIGHT)).toBeUndefined();
    // What was overdue has no part in it.
    expect(marked).not.toHaveProperty('followUp');
    const both = answered(moved.ledger, [[3, 'ported']]).ledger;
    expect(followedBy(both, taken, NIGHT)?.files).toEqual([{ ...file, followUp: NIGHT }, both.files[1]]);
  });

  test('are noted as undecided where somebody was given more time, until their follow-up decides, whichever is first', () => {
    const extended = answered(fresh(4), [[0, 'extended']]);
    const take = (ledger: Ledger, night: BatchId) => {
      const { files } = waitingIn(ledger);
      const taken = { directionId: directionId(), files: files.map(({ sha256 }) => sha256), overdue: false };
      const marked = followedBy(ledger, taken, night);
      if (marked === undefined) throw new Error('not marked');
      return marked;
    };
    const next = 'followup-202606070000' as BatchId;
    const first = take(extended.ledger, NIGHT);
    expect(first.undecided).toEqual([NIGHT]);
    const both = take(answered(first, [[1, 'extended']]).ledger, next);
    expect(both.undecided).toEqual([NIGHT, next]);
    // The earlier night died, and the later one comes first.
    const later = decidedBy(both, next);
    expect(later).toEqual({ ...both, undecided: [NIGHT], version: both.version + 1 });
    if (later === undefined) throw new Error('not decided');
    expect(decidedBy(later, next)).toBeUndefined();
    expect(decidedBy(later, NIGHT)).not.toHaveProperty('undecided');
    // Nobody who was ported proves themselves here.
    expect(take(answered(fresh(4), [[3, 'ported']]).ledger, NIGHT)).not.toHaveProperty('undecided');
    expect(take(answered(both, [[3, 'ported']]).ledger, 'followup-202606080000' as BatchId).undecided).toHaveLength(2);
  });

  test('wait still in the eyes of whoever is told of a follow-up once it is directed', () => {
    const marked = followedBy(
      moved.ledger,
      { directionId: directionId(), files: [file.sha256], overdue: false },
      NIGHT,
    );
    if (marked === undefined) throw new Error('not marked');
    const other = 'followup-202606070000' as BatchId;
    const both = { ...marked, followUp: other };
    expect(followUpsOf(moved.ledger)).toEqual([]);
    expect(followUpsOf(both)).toEqual([NIGHT, other]);
    expect(withoutFollowUps(both, new Set([NIGHT]))).toEqual({ ...both, files: [file] });
    expect(withoutFollowUps(both, new Set([other]))).toEqual(marked);
    expect(withoutFollowUps(marked, new Set([other]))).toEqual(marked);
  });

  test('are listed where the file says it by which they stand so, and where no other does', () => {
    const since = answered(moved.ledger, [[3, 'ported']]);
    const [, other] = since.ledger.files;
    if (other === undefined) throw new Error('no file');
    // The rows of the first are not the second one's.
    expect(listedOf(since.ledger, other, moved.moved.slice(0, 2), lines, 30)).toEqual({ reverify: [], restore: [] });
    expect(linkedBy(since.ledger, other, moved.moved.slice(0, 2))).toEqual({});
    expect(linkedBy(since.ledger, other, since.moved)).toEqual({ jio: 1 });
  });

  test('are its rows, each with whereto, why and from where', () => {
    const listed = listedOf(moved.ledger, file, moved.moved, lines, 30);
    const from = (row: number) => ({ directionId: directionId(), row });
    expect(listed.reverify).toEqual([
      { operator: 'jio', why: 'ported', from: from(0), line: lines[0], rungs: null },
      {
        operator: 'airtel',
        why: 'extended',
        from: from(1),
        line: lines[1],
        rungs: extendedRungs({ rungs: rungs.reverify }, file.at, 30),
      },
    ]);
    expect(listed.restore).toEqual([
      { operator: 'airtel', why: 'disconnected_after_verified', from: from(2), line: lines[2], rungs: null },
    ]);
    expect(linkedBy(moved.ledger, file, moved.moved)).toEqual({ jio: 1, airtel: 1 });
    const found = { taken: [], listed: listedTexts(listed), linked: {} };
    const read = foundForm.parse(JSON.stringify(foundForm.write(found)));
    expect(listedFrom(read.listed)).toMatchObject(listed);
  });

  test('are listed once where two files of a night say the same', () => {
    const twice = answered(moved.ledger, [[2, 'disconnected']]);
    const [first, second] = twice.ledger.files;
    if (first === undefined || second === undefined) throw new Error('no two files');
    expect([first.toRestore, second.toRestore]).toEqual([1, 1]);
    const listed = [moved.moved, twice.moved].map((rows, n) =>
      listedOf(twice.ledger, n === 0 ? first : second, rows, lines, 30),
    );
    const texts = listedTexts(mergeListed(listed));
    expect(texts.restore).toHaveLength(1);
    expect(listedFrom(texts).restore?.map(({ why, from }) => [why, from?.row])).toEqual([
      ['disconnected_after_verified', 2],
    ]);
    expect(texts.reverify).toHaveLength(2);
  });

  test('are those that were taken back and are said to be cut off after that', () => {
    const reversal = 'caseworker-1-0123456789ab' as BatchId;
    const ahead = answered(fresh(3), [[1, 'extended']]).ledger;
    const goneOn = followedBy(
      ahead,
      { directionId: directionId(), files: ahead.files.map(({ sha256 }) => sha256), overdue: false },
      NIGHT,
    );
    const taken = withdrawRows(goneOn ?? ahead, [0, 1], {
      reversal,
      on: day('2026-06-06'),
      at: at('2026-06-06T00:00:00Z'),
    });
    const cut = answered(taken ?? ahead, [
      [0, 'disconnected'],
      [1, 'disconnected'],
    ]);
    const said = cut.ledger.files.at(-1);
    expect([cut.recorded, cut.conflicts, said?.toRestore]).toEqual([0, 2, 2]);
    const listed = listedOf(cut.ledger, said ?? file, cut.moved, lines, 30);
    expect(listed.restore?.map(({ why, from }) => [why, from?.row])).toEqual([
      ['disconnected_after_verified', 0],
      ['disconnected_after_verified', 1],
    ]);
    expect(linkedBy(cut.ledger, said ?? file, cut.moved)).toEqual({});
  });

  test('are those whose holder is to have service by another row there, as long as no more is said of theirs', () => {
    const keptSince = new Map([0, 1, 2].map((row) => [row, day('2026-06-02')]));
    const before = closed(
      answered(fresh(3), [
        [0, 'extended'],
        [2, 'not_found'],
      ]).ledger,
    );
    const cut = answered(
      before,
      [
        [0, 'disconnected'],
        [1, 'disconnected'],
        [2, 'disconnected'],
      ],
      { keptSince },
    );
    const said = cut.ledger.files.at(-1) ?? file;
    const rows = (ledger: Ledger) =>
      listedOf(ledger, said, cut.moved, lines, 30).restore?.map(({ why, from }) => [why, from?.row]);
    const each = (...of: number[]) => of.map((row) => ['disconnected_after_verified', row]);
    expect(rows(cut.ledger)).toEqual(each(0, 1, 2));
    // Overdue it stays, though it is said to have failed; a disconnection that stands is no word on a proof.
    expect(rows(answered(cut.ledger, [[1, 'failed']]).ledger)).toEqual(each(0, 1, 2));
    expect(rows(answered(cut.ledger, [[1, 'disconnected']]).ledger)).toEqual(each(0, 2));
    expect(rows(answered(cut.ledger, [[2, 'reissued']], { on: '2026-06-04' }).ledger)).toEqual(each(0, 1));
    expect(linkedBy(cut.ledger, said, cut.moved)).toEqual({});
  });

  test("are those that turn out to be somebody else's who had the number by then: they are cut off", () => {
    for (const on of ['2026-06-02', '2026-06-03']) {
      const since = answered(moved.ledger, [[2, 'reissued']], { on }).ledger;
      expect(listedOf(since, file, moved.moved, lines, 30).restore?.map(({ from }) => from?.row)).toEqual([2]);
    }
    // Since when they have it may be said anew, or by the file itself.
    const corrected = answered(answered(fresh(1), [[0, 'reissued']], { on: '2026-06-01' }).ledger, [
      [0, 'disconnected'],
    ]);
    const told = corrected.ledger.files.at(-1) ?? file;
    const anew = answered(corrected.ledger, [[0, 'reissued']], { on: '2026-06-03' }).ledger;
    expect(listedOf(anew, told, corrected.moved, lines, 30).restore).toHaveLength(1);
    const both = answered(answered(fresh(1), [[0, 'verified']]).ledger, [
      [0, 'disconnected'],
      [0, 'reissued'],
    ]);
    expect(listedOf(both.ledger, both.ledger.files.at(-1) ?? file, both.moved, lines, 30).restore).toHaveLength(1);
  });

  test("are not those that turned out to be somebody else's since, which have ended", () => {
    const since = answered(
      moved.ledger,
      [
        [0, 'reissued'],
        [2, 'reissued'],
      ],
      { on: '2026-06-04' },
    ).ledger;
    const listed = listedOf(since, file, moved.moved, lines, 30);
    expect(listed.reverify?.map(({ why }) => why)).toEqual(['extended']);
    expect(listed.restore).toEqual([]);
    expect(linkedBy(since, file, moved.moved)).toEqual({ airtel: 1 });
    const all = answered(since, [[1, 'reissued']]).ledger;
    expect(listedOf(all, file, moved.moved, lines, 30)).toEqual({ reverify: [], restore: [] });
    expect(linkedBy(all, file, moved.moved)).toEqual({});
  });

  test('are not ports of what was overdue, which are recorded and not moved', () => {
    const late = answered(closed(fresh(1)), [[0, 'ported']]);
    expect(waitingIn(late.ledger)).toEqual({ files: [], overdue: false });
    const [only] = late.ledger.files;
    if (only === undefined) throw new Error('no file');
    expect(listedOf(late.ledger, only, late.moved, lines, 30)).toEqual({ reverify: [], restore: [] });
    expect(linkedBy(late.ledger, only, late.moved)).toEqual({});
  });

  test('is what was ported to an operator that has no such connection, back to the one that said so', () => {
    const denied = applyResponse(
      fresh(2),
      [{ line: 2, row: 1, outcome: 'not_found', day: day('2026-06-03'), returnsTo: jio }],
      { sha256: 'a', attempt: 'a', at: at('2026-06-03T10:00:00Z'), committedAt: at('2026-06-03T10:00:00Z') },
    );
    if (denied.kind !== 'applied') throw new Error('not applied');
    expect(denied.ledger.files[0]).toMatchObject({ toReturn: 1 });
    expect(denied.ledger.files[0]).not.toHaveProperty('moved');
    const [only] = denied.ledger.files;
    if (only === undefined) throw new Error('no file');
    expect(listedOf(denied.ledger, only, denied.moved, lines, 30).reverify).toMatchObject([
      { operator: 'jio', why: 'porting_disputed', rungs: null },
    ]);
    expect(linkedBy(denied.ledger, only, denied.moved)).toEqual({ jio: 1 });
    // By the file that says so, and as long as nobody says that somebody else has it.
    const since = answered(denied.ledger, [
      [0, 'ported'],
      [1, 'reissued'],
    ]).ledger;
    expect(listedOf(since, only, denied.moved, lines, 30).reverify).toEqual([]);
    expect(linkedBy(since, only, denied.moved)).toEqual({});
    const beside = answered(denied.ledger, [[0, 'ported']]).ledger;
    const [, other] = beside.files;
    if (other === undefined) throw new Error('no file');
    expect(listedOf(beside, other, denied.moved, lines, 30).reverify).toEqual([]);
    expect(linkedBy(beside, other, denied.moved)).toEqual({});
    expect(listedOf(beside, only, denied.moved, lines, 30).reverify).toHaveLength(1);
  });
});

describe('what was not given back', () => {
  const over = closed(answered(fresh(3, 'restore'), [[1, 'restored']]).ledger);

  test('is asked for again in the night after its end, and once', () => {
    expect(waitingIn(fresh(3, 'restore')).overdue).toBe(false);
    expect(waitingIn(over).overdue).toBe(true);
    expect(listedOverdue(over, lines).restore).toMatchObject([
      { operator: 'airtel', why: 'overdue', from: { row: 0 }, line: lines[0], rungs: null },
      { operator: 'airtel', why: 'overdue', from: { row: 2 }, line: lines[2], rungs: null },
    ]);
    const marked = followedBy(over, { directionId: over.directionId, files: [], overdue: true }, NIGHT);
    expect(marked?.followUp).toBe(NIGHT);
    expect(marked && waitingIn(marked).overdue).toBe(false);
    const next = 'followup-202606070000' as BatchId;
    const again = { directionId: over.directionId, files: [], overdue: true };
    expect(followedBy(marked ?? over, again, next)).toBeUndefined();
  });

  test('is nothing where all was', () => {
    const done = closed(answered(fresh(1, 'restore'), [[0, 'restored']]).ledger);
    expect(waitingIn(done)).toEqual({ files: [], overdue: false });
  });

  test('is nothing of a re-verification: who is overdue there is in the books', () => {
    expect(waitingIn(closed(fresh(2))).overdue).toBe(false);
  });
});

test('all lists of a night are one', () => {
  const over = listedOverdue(closed(fresh(1, 'restore')), lines);
  const merged = mergeListed([over, {}, over]);
  expect(merged.restore).toHaveLength(2);
  expect(merged.reverify).toEqual([]);
});

test('what became of moved rows is listed by number, and of a handset that is unblocked as a whole without one', () => {
  const from = directionId();
  const unblock = (number: string | null) =>
    directionRowLine('unblock', { imei: imei('35100000000001'), msisdn: number === null ? null : msisdn(number) });
  expect(movedHeader).toBe('msisdn,from,why,to,state\n');
  expect(
    movedLines([
      { line: lineOf(1), kind: 'reverify', from, why: 'ported', to: 'jio' as OperatorId, state: 'directed' },
      { line: unblock(null), kind: 'unblock', from, why: 'overdue', to: 'airtel', state: 'alreadyOpen' },
      { line: unblock('9810000000'), kind: 'unblock', from, why: 'overdue', to: 'airtel', state: 'directed' },
    ]),
  ).toEqual([
    `+919810000000,${from},overdue,airtel,directed`,
    `+919810000001,${from},ported,jio,directed`,
    `,${from},overdue,airtel,alreadyOpen`,
  ]);
});

test('a line of `moved.csv` says which number went on, and from where; a handset that is unblocked as a whole has none', () => {
  const from = directionId('reverify', '1-0-0');
  const rest = 'ported,jio,directed';
  expect(parseMovedLine(`+919810000001,${from},${rest}`)).toEqual({
    ...{ msisdn: '+919810000001', from, toGiveBack: false },
  });
  const restore = directionId('restore', '1-0-0');
  expect(parseMovedLine(`,${restore},overdue,airtel,alreadyOpen`)).toEqual({
    msisdn: null,
    from: restore,
    toGiveBack: true,
  });
  expect(parseMovedLine(`+919810000001,${from},disconnected_after_verified,airtel,directed`).toGiveBack).toBe(true);
  for (const line of ['', `9810000001,${from},${rest}`, `+919810000001,airtel,${rest}`, `+919810000001,${from},ported`])
    expect(thrown(() => parseMovedLine(line))).toBe('BadWorkLine: what goes on is a number, or none, of a direction');
});

describe('a night that has no room for all', () => {
  test('takes directions in their order as far as they fit, and one at least', () => {
    expect(directionsWithin([3, 4, 5], 12, true)).toBe(3);
    expect(directionsWithin([3, 4, 5], 11, true)).toBe(2);
    // A small one behind does not overtake.
    expect(directionsWithin([3, 9, 1], 11, false)).toBe(1);
    expect(directionsWithin([13, 1], 11, true)).toBe(1);
    expect(directionsWithin([13, 1], 11, false)).toBe(0);
    expect(directionsWithin([], 11, true)).toBe(0);
  });
});
