import { describe, expect, test } from 'vitest';
import { readCsv } from '../../lambdas/domain/csv.ts';
import type { BatchId, DirectionId, Imei, Msisdn, OperatorId } from '../../lambdas/domain/identifiers.ts';
import type { DirectionKind } from '../../lambdas/domain/kinds.ts';
import { type Ledger, withdrawRows } from '../../lambdas/domain/ledger.ts';
import type { Answer } from '../../lambdas/domain/outcome-rules.ts';
import {
  type Addressed,
  addressOf,
  type Carrier,
  carrierOf,
  combinedColumns,
  directionFor,
  type KnownDirections,
  placesIn,
  Router,
  type Routing,
  routingForm,
} from '../../lambdas/domain/routing.ts';
import { airtel, answered, at, closed, day, directionId, fresh, issued, jio, marked, sealed } from './example.ts';

const NUMBER = '+919876543210' as Msisdn;
const HANDSET = '35693803564380' as Imei;
const BEFORE = at('2026-05-01T00:00:00Z');
const address = (cells: Record<string, string>, operator: OperatorId = airtel) =>
  addressOf({ line: 7, cells }, operator);
const carrier = (
  kind: DirectionKind,
  n: number,
  stands: Carrier['stands'] = 'open',
  since: string = BEFORE,
): Carrier => ({
  directionId: directionId(kind, `${n}-0-0`),
  kind,
  stands,
  since: at(since),
  isTold: true,
  hasEnded: false,
  mayHaveTaken: false,
  isGivenBack: false,
});
const idOf = (kind: DirectionKind, n: number): DirectionId => directionId(kind, `${n}-0-0`);

describe('the columns of a combined file', () => {
  test('are those of all responses, and the last two of orders; one of those that say whom it is about is enough', () => {
    expect(combinedColumns).toEqual({
      required: ['outcome'],
      optional: expect.arrayContaining(['msisdn', 'imei', 'occurred_on', 'activated_on', 'to', 'ground', 'remarks']),
      oneOf: ['msisdn', 'imei'],
      joined: true,
      dayIn: 'occurred_on',
    });
    expect(combinedColumns.optional.slice(-2)).toEqual(['order', 'direction']);
    expect(new Set(combinedColumns.optional).size).toBe(combinedColumns.optional.length);
  });
  test('give the day under nearly its name to the direction that reads the row', async () => {
    const text =
      'msisdn,outcome,date\n9876543210,disconnected,2026-05-01\nmsisdn,outcome,occurred_on\n9876543210,failed,\n';
    const rows = (await Array.fromAsync(readCsv([Buffer.from(text)], combinedColumns))).flat();
    expect(rows[0]).toMatchObject({ line: 2, otherDays: ['2026-05-01'] });
    // Each header is that of the rows after it.
    expect(rows[1]).not.toHaveProperty('otherDays');
  });
});

describe('where a row says that it goes', () => {
  test.each<[string, Record<string, string>, object]>([
    ['a number', { msisdn: '09876543210', outcome: 'verified' }, { identifier: NUMBER, kinds: ['reverify'] }],
    ['in capitals', { msisdn: '09876543210', outcome: ' Verified'.trim() }, { kinds: ['reverify'] }],
    ['a number that was restored', { msisdn: '09876543210', outcome: 'restored' }, { kinds: ['restore'] }],
    ['a number not found', { msisdn: '09876543210', outcome: 'not_found' }, { kinds: ['reverify', 'restore'] }],
    ['a handset', { imei: '356938035643809', outcome: 'blocked' }, { identifier: HANDSET, kinds: ['block'] }],
    ['a handset unblocked', { imei: '356938035643809', outcome: 'unblocked' }, { column: 'imei', kinds: ['unblock'] }],
    ['a handset not found', { imei: '356938035643809', outcome: 'not_found' }, { kinds: ['block', 'unblock'] }],
    // What no direction takes is rejected in the one that asked.
    ['nothing that is said of it', { msisdn: '09876543210', outcome: 'ok' }, { kinds: ['reverify', 'restore'] }],
    ["a handset's word of a number", { msisdn: '09876543210', outcome: 'blocked' }, { kinds: ['reverify', 'restore'] }],
  ])('by %s', (_, cells, expected) => {
    expect(address(cells)).toMatchObject({ line: 7, ...expected });
  });

  test.each<[string, Record<string, string>, string]>([
    ['is about its number', { outcome: 'verified' }, 'msisdn'],
    ['also where none is found', { outcome: 'not_found' }, 'msisdn'],
    ["but for a handset's outcome", { outcome: 'unblocked' }, 'imei'],
    ["and for a handset's order", { outcome: 'not_found', order: 'unblock' }, 'imei'],
    ['not for an order that is none', { outcome: 'not_found', order: 'toast' }, 'msisdn'],
    ['nor for one whose kind does not take the outcome', { outcome: 'verified', order: 'block' }, 'msisdn'],
  ])('a row of a copy of an order, which has both, %s', (_, cells, column) => {
    const row = { msisdn: NUMBER, imei: '356938035643809', ...cells };
    expect(address(row)).toMatchObject({ column, identifier: column === 'msisdn' ? NUMBER : HANDSET });
  });

  test('its order tells a restore from a re-verification', () => {
    const row = { msisdn: NUMBER, outcome: 'not_found' };
    expect(address({ ...row, order: 'restore' })).toMatchObject({ kinds: ['restore'] });
    expect(address({ ...row, order: 'bar_outgoing' })).toMatchObject({ kinds: ['reverify'] });
  });

  test.each([
    ['as it is', (id: string) => id],
    ['in capitals', (id: string) => id.toUpperCase()],
    ['with what nobody sees', (id: string) => `\u200b${id}`],
  ])('by the direction that it names, %s, whatever else it says', (_, written) => {
    const id = idOf('block', 3);
    for (const cells of [
      { msisdn: NUMBER, outcome: 'verified' },
      { msisdn: 'x', outcome: '' },
    ])
      expect(address({ ...cells, direction: written(id) })).toEqual({ line: 7, direction: id });
  });

  test.each<[string, Record<string, string>, string]>([
    ['nobody', { outcome: 'verified' }, 'missing_msisdn'],
    ['a number that is none', { msisdn: '12', outcome: 'verified' }, 'bad_msisdn'],
    // Not the handset beside it: the row would end what is asked of somebody else.
    ['a number that is none beside a handset', { msisdn: '12', imei: HANDSET, outcome: 'not_found' }, 'bad_msisdn'],
    ['a mistyped handset', { imei: '356938035643808', outcome: 'blocked' }, 'check_digit_mismatch'],
    ['two in one cell', { msisdn: '9876543210;9876543211', outcome: 'verified' }, 'two_in_one_cell'],
    ['no direction', { msisdn: NUMBER, outcome: 'verified', direction: 'x' }, 'unknown_direction'],
    ['no direction, and no number either', { msisdn: 'x', outcome: 'verified', direction: 'x' }, 'bad_msisdn'],
  ])('it is rejected where it names %s', (_, cells, reason) => {
    expect(address(cells)).toEqual({ line: 7, reason });
  });

  test.each([
    ['failed', 'taken'],
    ['Disconnected', 'taken'],
    ['surrendered', 'taken'],
    ['Restored', 'givenBack'],
    ['verified', null],
    ['extended', null],
    ['not_found', null],
    ['ok', null],
  ])('says by %s whether service is taken or given back: %s', (outcome, says) => {
    expect(address({ msisdn: NUMBER, outcome })).toMatchObject({ says, isDated: false });
    expect(address({ msisdn: NUMBER, outcome, occurred_on: '2026-06-01' })).toMatchObject({ isDated: true });
  });
  test('says by unblocked that a handset is given back, and nothing of it by blocked', () => {
    const of = (outcome: string) => address({ imei: '356938035643809', outcome });
    expect([of('unblocked'), of('blocked')]).toMatchObject([{ says: 'givenBack' }, { says: null }]);
  });

  test("another operator's direction is none of its own, whoever has the number", () => {
    const direction = directionId('reverify', '1-0-0', jio);
    expect(address({ msisdn: NUMBER, outcome: 'verified', direction })).toEqual({
      line: 7,
      reason: 'unknown_direction',
    });
    expect(address({ msisdn: NUMBER, outcome: 'verified', direction }, jio)).toEqual({ line: 7, direction });
  });

  test('a row of too few cells is rejected as that', () => {
    expect(addressOf({ line: 3, reason: 'wrong_cell_count', text: 'a' }, airtel)).toEqual({
      line: 3,
      reason: 'wrong_cell_count',
    });
  });
});

describe('how a row stands in a direction', () => {
  const of = (ledger = fresh(2), row = 0) =>
    carrierOf({ directionId: ledger.directionId, row }, ledger, BEFORE)?.stands;
  test('open until it has an answer that ends it, or its ladder has ended', () => {
    expect(of()).toBe('open');
    expect(of(answered(fresh(2), [[0, 'failed']]).ledger)).toBe('open');
    expect(of(answered(fresh(2), [[0, 'verified']]).ledger)).toBe('ended');
    expect(of(answered(fresh(2), [[1, 'verified']]).ledger)).toBe('open');
    expect(of(closed(fresh(2)))).toBe('ended');
  });
  test('taken back where another direction said that it is somebody else’s', () => {
    expect(of(marked(fresh(2), [0]))).toBe('takenBack');
  });
  test('asked for since its first order, however late that went out: before that nobody can have answered it', () => {
    const since = (ledger: Ledger) => carrierOf({ directionId: ledger.directionId, row: 0 }, ledger, BEFORE)?.since;
    expect(since(fresh(2))).toBeNull();
    const asked = issued(fresh(2), 1);
    expect(since(asked)).toBe('2026-06-01T00:00:00Z');
    // Its operator may have had the form of before.
    const [order] = asked.orders;
    const anew = order && { ...order, at: at('2026-06-02T00:00:00Z'), firstVersion: 2 };
    expect(since({ ...asked, orders: anew ? [anew] : [] })).toBe(BEFORE);
    // Ended before it had to ask anybody.
    expect(since(closed(fresh(2)))).toBe(BEFORE);
  });
  test('told of once its first order was published, where it has one before all others', () => {
    const isTold = (ledger: Ledger) => carrierOf({ directionId: ledger.directionId, row: 0 }, ledger, BEFORE)?.isTold;
    const ordered = { ...issued(fresh(2), 1), begunAt: null };
    expect([isTold(fresh(2)), isTold(ordered), isTold(issued(fresh(2), 1)), isTold(closed(fresh(2)))]).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect(isTold(issued(fresh(2, 'block'), 1))).toBe(true);
  });
  test('as one whose connection has ended, by its operator’s word alone', () => {
    const hasEnded = (ledger: Ledger) =>
      carrierOf({ directionId: ledger.directionId, row: 0 }, ledger, BEFORE)?.hasEnded;
    const said = (outcome: 'disconnected' | 'surrendered' | 'failed' | 'verified') =>
      hasEnded(answered(fresh(2), [[0, outcome]]).ledger);
    expect([said('disconnected'), said('surrendered')]).toEqual([true, true]);
    expect([said('failed'), said('verified'), hasEnded(fresh(2)), hasEnded(closed(fresh(2)))]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
  test('as one of whom it may have been said that service is taken: it has ended, had failed, or is somebody else’s since', () => {
    const mayHaveTaken = (ledger: Ledger) =>
      carrierOf({ directionId: ledger.directionId, row: 0 }, ledger, BEFORE)?.mayHaveTaken;
    const said = (...outcomes: Answer[]) =>
      answered(
        fresh(2),
        outcomes.map((outcome) => [0, outcome] as const),
      ).ledger;
    for (const outcome of ['disconnected', 'surrendered', 'failed', 'reissued'] as const)
      expect(mayHaveTaken(said(outcome)), outcome).toBe(true);
    expect(mayHaveTaken(said('disconnected', 'reissued'))).toBe(true);
    // Overdue, and failed before that; and said only after the end, or after the books were closed.
    expect(mayHaveTaken(closed(said('failed')))).toBe(true);
    expect(mayHaveTaken(answered(closed(fresh(2)), [[0, 'failed']]).ledger)).toBe(true);
    const late = answered(sealed(closed(fresh(2))), [[0, 'disconnected']]).ledger;
    expect(carrierOf({ directionId: late.directionId, row: 0 }, late, BEFORE)).toMatchObject({
      hasEnded: true,
      mayHaveTaken: true,
    });
    // Taken back, which leaves nothing of what was said.
    const back = { reversal: 'i4c-0123456789ab' as BatchId, on: day('2026-06-04'), at: at('2026-06-04T00:00:00Z') };
    const withdrawn = withdrawRows(said('failed'), [0], back);
    expect(withdrawn !== undefined && mayHaveTaken(withdrawn)).toBe(true);
    for (const none of [said('verified'), said('not_found'), said('failed', 'verified'), fresh(2), closed(fresh(2))])
      expect(mayHaveTaken(none)).toBe(false);
    expect(mayHaveTaken(answered(fresh(2), [[1, 'failed']]).ledger)).toBe(false);
  });
  test('as one that was given back, by its operator’s word', () => {
    const isGivenBack = (ledger: Ledger) =>
      carrierOf({ directionId: ledger.directionId, row: 0 }, ledger, BEFORE)?.isGivenBack;
    const said = (kind: DirectionKind, outcome: Answer) => isGivenBack(answered(fresh(2, kind), [[0, outcome]]).ledger);
    expect([said('restore', 'restored'), said('unblock', 'unblocked')]).toEqual([true, true]);
    expect([said('restore', 'not_found'), said('reverify', 'verified'), said('block', 'blocked')]).toEqual([
      false,
      false,
      false,
    ]);
    expect([isGivenBack(fresh(2, 'restore')), isGivenBack(closed(fresh(2, 'restore')))]).toEqual([false, false]);
  });
  test('nowhere in a direction that is too short for it', () => {
    expect(of(fresh(2), 2)).toBe(undefined);
  });
});

describe('the direction that a row answers', () => {
  test('is the one where it is open, not the newest', () => {
    const carriers = [carrier('reverify', 3, 'ended'), carrier('reverify', 2), carrier('reverify', 1, 'ended')];
    expect(directionFor(['reverify'], carriers)).toBe(idOf('reverify', 2));
  });
  test('is the newest where it is open in none: a late answer', () => {
    const carriers = [carrier('reverify', 3, 'ended'), carrier('reverify', 2, 'ended')];
    expect(directionFor(['reverify'], carriers)).toBe(idOf('reverify', 3));
  });
  test('is the newest of those where it is open', () => {
    expect(directionFor(['reverify'], [carrier('reverify', 3), carrier('reverify', 2)])).toBe(idOf('reverify', 3));
  });
  test('is one where it was taken back only where it is open in none', () => {
    const taken = carrier('reverify', 3, 'takenBack');
    expect(directionFor(['reverify'], [taken, carrier('reverify', 2)])).toBe(idOf('reverify', 2));
    expect(directionFor(['reverify'], [carrier('reverify', 4, 'ended'), taken])).toBe(idOf('reverify', 3));
  });
  test('is one that takes its outcome, also where the other is open and newer', () => {
    const carriers = [carrier('restore', 3), carrier('reverify', 2, 'ended')];
    expect(directionFor(['reverify'], carriers)).toBe(idOf('reverify', 2));
    expect(directionFor(['restore'], carriers)).toBe(idOf('restore', 3));
  });
  test('of an outcome that none takes is the one that asks, where it is rejected', () => {
    expect(directionFor(['restore'], [carrier('reverify', 2)])).toBe(idOf('reverify', 2));
  });
  test('that gives back comes after one that takes: who is to be restored is asked about again', () => {
    const kinds = ['reverify', 'restore'] as const;
    expect(directionFor(kinds, [carrier('restore', 3), carrier('reverify', 2)])).toBe(idOf('reverify', 2));
    expect(directionFor(kinds, [carrier('restore', 3), carrier('reverify', 2, 'ended')])).toBe(idOf('restore', 3));
  });
  test('is the oldest of several that ask to restore a number: the newer one is asked about again', () => {
    expect(directionFor(['restore'], [carrier('restore', 3), carrier('restore', 2)])).toBe(idOf('restore', 2));
    expect(directionFor(['restore'], [carrier('restore', 3), carrier('restore', 2, 'ended')])).toBe(idOf('restore', 3));
    const ended = [carrier('restore', 3, 'ended'), carrier('restore', 2, 'ended')];
    expect(directionFor(['restore'], ended)).toBe(idOf('restore', 3));
  });
  test('is not guessed of several in which a handset is to be unblocked, each for another number maybe', () => {
    const [first, second] = [carrier('unblock', 2), carrier('unblock', 3)];
    expect(directionFor(['unblock'], [second, first])).toBe('several');
    expect(directionFor(['block', 'unblock'], [second, first, carrier('block', 1)])).toBe(idOf('block', 1));
    expect(directionFor(['unblock'], [carrier('unblock', 3, 'ended'), first])).toBe(idOf('unblock', 2));
    expect(directionFor(['unblock'], [carrier('unblock', 3, 'ended'), carrier('unblock', 2, 'ended')])).toBe('several');
    const router = new Router(upload.uploadedAt);
    router.route([about(2, 'a', ['unblock'])], known({ a: [second, first] }));
    expect(router.routing(upload)?.rejects).toEqual([{ line: 2, reason: 'unknown_direction' }]);
  });
  test('is none where nobody carries it', () => {
    expect(directionFor(['reverify'], [])).toBe(undefined);
  });
});

const known = (carriers: Record<string, readonly Carrier[]>, there: readonly DirectionId[] = []): KnownDirections => ({
  isThere: (id) => there.includes(id),
  carriers: (identifier) => carriers[identifier] ?? [],
});
const upload = {
  upload: 'v1',
  file: 'all.csv',
  uploadedAt: at('2026-06-03T10:00:00Z'),
  routedAt: at('2026-06-03T10:00:02Z'),
};
const about = (
  line: number,
  identifier: string,
  kinds: readonly DirectionKind[] = ['reverify'],
  says: 'taken' | 'givenBack' | null = null,
): Addressed => ({
  says,
  isDated: false,
  line,
  column: 'msisdn',
  identifier: identifier as Msisdn,
  kinds,
});

test('a row answers what was surely told rather than what may have been, and that where there is nothing else', () => {
  const just = { ...carrier('reverify', 2), isTold: false };
  const placeOf = (...carriers: Carrier[]) => {
    const router = new Router(upload.uploadedAt);
    router.route([about(2, 'a')], known({ a: carriers }));
    return router.routing(upload)?.directions;
  };
  expect(placeOf(just, carrier('reverify', 1, 'ended'))).toEqual([{ directionId: idOf('reverify', 1), lines: [2] }]);
  expect(placeOf(just)).toEqual([{ directionId: idOf('reverify', 2), lines: [2] }]);
  expect(placeOf({ ...just, since: null })).toEqual([]);
});

describe('a routing', () => {
  test('has the lines of each direction, by its id, and those that go nowhere, and is read back as it is', () => {
    const router = new Router(upload.uploadedAt);
    const facts = known({ a: [carrier('reverify', 2)], b: [carrier('reverify', 1)] }, [idOf('block', 1)]);
    router.route([about(2, 'a'), about(3, 'b'), { line: 4, direction: idOf('block', 1) }], facts);
    router.route(
      [about(6, 'a'), about(7, 'nobody'), { line: 8, direction: idOf('block', 9) }, { line: 9, reason: 'bad_msisdn' }],
      facts,
    );
    const routing = router.routing(upload);
    expect(routing).toEqual({
      ...upload,
      directions: [
        { directionId: idOf('block', 1), lines: [4] },
        { directionId: idOf('reverify', 1), lines: [3] },
        { directionId: idOf('reverify', 2), lines: [2, 6] },
      ],
      rejects: [
        { line: 7, reason: 'not_in_direction' },
        { line: 8, reason: 'unknown_direction' },
        { line: 9, reason: 'bad_msisdn' },
      ],
    });
    expect(routingForm.parse(JSON.stringify(routingForm.write(routing as Routing)))).toEqual(routing);
    expect([...placesIn(routing as Routing).keys()].sort()).toEqual([2, 3, 4, 6, 7, 8, 9]);
  });

  test('of the same number twice, with two answers, is to one direction, in the order of the file', () => {
    const router = new Router(upload.uploadedAt);
    router.route([about(2, 'a'), about(3, 'a')], known({ a: [carrier('reverify', 2)] }));
    expect(router.routing(upload)?.directions).toEqual([{ directionId: idOf('reverify', 2), lines: [2, 3] }]);
  });

  test('is not of who has a number now by a word, without a day, that service was taken, once who had it was cut off', () => {
    const cut = { ...carrier('reverify', 1, 'ended'), hasEnded: true, mayHaveTaken: true };
    const cutAgain = { ...cut, directionId: idOf('reverify', 2) };
    const [open, verified] = [carrier('reverify', 2), carrier('reverify', 2, 'ended')];
    const placeOf = (row: Addressed, ...carriers: Carrier[]) => {
      const router = new Router(upload.uploadedAt);
      router.route([row], known({ a: carriers }));
      const { directions = [], rejects = [] } = router.routing(upload) ?? {};
      return directions[0]?.directionId ?? rejects[0]?.reason;
    };
    const takes = about(2, 'a', ['reverify'], 'taken');
    expect(placeOf(takes, open, cut)).toBe('unknown_direction');
    expect(placeOf(takes, verified, cut)).toBe('unknown_direction');
    expect(placeOf(takes, carrier('reverify', 3), verified, cut)).toBe('unknown_direction');
    // Said with its day it is told apart by that; other words, and those of nobody cut off before, are answers as ever.
    expect(placeOf({ ...takes, isDated: true } as Addressed, open, cut)).toBe(open.directionId);
    expect(placeOf(about(2, 'a'), open, cut)).toBe(open.directionId);
    expect(placeOf(takes, open, carrier('reverify', 1, 'ended'))).toBe(open.directionId);
    // Who was cut off in a newer direction than the one that is open had the number later.
    expect(placeOf(takes, cutAgain, carrier('reverify', 1))).toBe(idOf('reverify', 1));
    // Where the newest word is that of the newest holder's end, it is recorded already.
    expect(placeOf(takes, cutAgain, cut)).toBe(cutAgain.directionId);
    expect(placeOf(takes, cut)).toBe(cut.directionId);
    // Who failed, or whose number is somebody else's since, has had that said of them; who fails here and is cut off then is one person.
    const failedBefore = { ...carrier('reverify', 1, 'ended'), mayHaveTaken: true };
    const failed = { ...carrier('reverify', 2), mayHaveTaken: true };
    expect(placeOf(takes, open, failedBefore)).toBe('unknown_direction');
    expect(placeOf(takes, failed, failedBefore)).toBe('unknown_direction');
    expect(placeOf(takes, cutAgain, failedBefore)).toBe(cutAgain.directionId);
    expect(placeOf(takes, failed)).toBe(failed.directionId);
    expect(placeOf(takes, failed, carrier('reverify', 1, 'ended'))).toBe(failed.directionId);
  });

  test('is not to a later order to give back by a word, without a day, that it was, once that was said of an earlier one', () => {
    const placeOf = (row: Addressed, ...carriers: Carrier[]) => {
      const router = new Router(upload.uploadedAt);
      router.route([row], known({ a: carriers }));
      const { directions = [], rejects = [] } = router.routing(upload) ?? {};
      return directions[0]?.directionId ?? rejects[0]?.reason;
    };
    for (const kind of ['restore', 'unblock'] as const) {
      const taking = carrier(kind === 'restore' ? 'reverify' : 'block', 2, 'ended');
      const back = { ...carrier(kind, 1, 'ended'), isGivenBack: true };
      const [open, overdue, backAgain] = [
        carrier(kind, 3),
        carrier(kind, 1, 'ended'),
        { ...back, directionId: idOf(kind, 3) },
      ];
      const said = about(2, 'a', [kind], 'givenBack');
      expect(placeOf(said, open, taking, back)).toBe('unknown_direction');
      // With its day it is told apart by that; and nobody said it of an order that went overdue.
      expect(placeOf({ ...said, isDated: true } as Addressed, open, taking, back)).toBe(open.directionId);
      expect(placeOf(said, open, taking, overdue)).toBe(open.directionId);
      expect(placeOf(about(2, 'a', [kind]), open, taking, back)).toBe(open.directionId);
      expect(placeOf(said, back, taking)).toBe(back.directionId);
      if (kind === 'restore') expect(placeOf(said, backAgain, taking, back)).toBe(backAgain.directionId);
    }
  });

  test('is to what was asked before the upload, though it was routed long after that', () => {
    const router = new Router(upload.uploadedAt);
    const [then, since] = [carrier('reverify', 1, 'ended'), carrier('reverify', 2, 'open', '2026-06-03T10:00:01Z')];
    const just = carrier('reverify', 3, 'open', upload.uploadedAt);
    router.route([about(2, 'a'), about(3, 'b'), about(4, 'c')], known({ a: [since, then], b: [since], c: [just] }));
    expect(router.routing(upload)).toMatchObject({
      directions: [
        { directionId: then.directionId, lines: [2] },
        { directionId: just.directionId, lines: [4] },
      ],
      rejects: [{ line: 3, reason: 'not_in_direction' }],
    });
  });

  test('of no rows has none', () => {
    expect(new Router(upload.uploadedAt).routing(upload)).toEqual({ ...upload, directions: [], rejects: [] });
  });
});

describe('the same bytes again', () => {
  const first: Routing = {
    ...upload,
    directions: [{ directionId: idOf('reverify', 2), lines: [2, 3] }],
    rejects: [{ line: 4, reason: 'not_in_direction' }],
  };
  const again = (
    carriers: Record<string, readonly Carrier[]>,
    rows = ['a', 'b', 'c'].map((id, n) => about(n + 2, id)),
  ) => {
    const router = new Router(at('2026-09-02T00:00:00Z'), first);
    router.route(rows, known(carriers, [idOf('reverify', 2)]));
    return router.routing({ ...upload, upload: 'v2' });
  };
  const LATER = '2026-09-01T00:00:00Z';

  test('go where they went, though a row is open elsewhere that was so at the first upload', () => {
    const then = carrier('reverify', 3, 'open', upload.uploadedAt);
    expect(again({ a: [then, carrier('reverify', 2, 'ended')] })).toBe(undefined);
  });
  test('answer what began after the first upload, though that was routed later still', () => {
    const between = carrier('reverify', 3, 'open', '2026-06-03T10:00:01Z');
    expect(first.routedAt > (between.since ?? '')).toBe(true);
    expect(again({ a: [between, carrier('reverify', 2, 'ended')], c: [between] })).toMatchObject({
      directions: [
        { directionId: idOf('reverify', 2), lines: [3] },
        { directionId: idOf('reverify', 3), lines: [2, 4] },
      ],
      rejects: [],
    });
  });
  test('go where they went, though a later direction has them, where it is not open', () => {
    expect(again({ a: [carrier('reverify', 3, 'ended', LATER)], c: [carrier('reverify', 3, 'ended', LATER)] })).toBe(
      undefined,
    );
  });
  test('answer a direction that began since, where a row is asked about again; the others stay', () => {
    expect(again({ b: [carrier('reverify', 3, 'open', LATER), carrier('reverify', 2, 'ended')] })).toEqual({
      ...upload,
      upload: 'v2',
      directions: [
        { directionId: idOf('reverify', 2), lines: [2] },
        { directionId: idOf('reverify', 3), lines: [3] },
      ],
      rejects: [{ line: 4, reason: 'not_in_direction' }],
    });
  });
  test('take service from nobody, be it that nobody was there to whom it was said: that is to be said anew', () => {
    const open = [carrier('reverify', 3, 'open', LATER)];
    const rows = ['a', 'b', 'c'].map((id, n) => about(n + 2, id, ['reverify'], 'taken'));
    expect(again({ a: open, b: open }, rows)).toBe(undefined);
    expect(again({ a: open, c: open }, rows)).toBe(undefined);
  });
  test('give nothing back once more: that a later order was carried out is to be said anew', () => {
    const rows = ['a', 'b', 'c'].map((id, n) => about(n + 2, id, ['restore'], 'givenBack'));
    const open = [carrier('restore', 3, 'open', LATER)];
    expect(again({ a: open, c: open }, rows)).toBe(undefined);
  });
  test('answer one that nobody had before', () => {
    expect(again({ c: [carrier('reverify', 3, 'open', LATER)] })?.rejects).toEqual([]);
  });
  test('do not answer one of another kind', () => {
    expect(again({ a: [carrier('restore', 3, 'open', LATER)] })).toBe(undefined);
  });
  test('go where a row says that it goes', () => {
    const rows = [2, 3, 4].map((line): Addressed => ({ line, direction: idOf('reverify', 2) }));
    expect(again({}, rows)).toBe(undefined);
  });
});
