import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OrderNotice } from '../../simulation/desk.ts';
import { Lab } from '../../test/scenarios/lab.ts';
import { Chronicle } from './chronicle.ts';
import { comesAfter, conductOf } from './conduct.ts';
import { beginOf, DAY, drawWorld, HOUR, type Person, type World } from './draw.ts';
import { A, BATCH } from './examples.ts';
import { judge, type Lived } from './judge.ts';
import { Life } from './life.ts';
import { guiltyOf, innocentsOf, type Passage, whyConnected } from './reckoning.ts';
import { CONTEXT, Year } from './run.ts';
import { yearText } from './tell.ts';
import { help, yearSettings } from './year-arguments.ts';

/** A world of one number, of whom somebody is. */
function worldOf(person: Omit<Person, 'id' | 'area'>): {
  life: Life;
  who: Person;
  change: (day: number, service: 'full' | 'none' | 'no outgoing', order: string) => void;
} {
  const who = { id: 0, area: 'Delhi', ...person };
  const number = {
    digits: '6000000001',
    tenures: [{ person: who, operator: 'jio' as const, from: 0, until: Number.POSITIVE_INFINITY }],
  };
  const world: World = {
    seed: 1,
    days: 365,
    people: [who],
    numbers: new Map([[number.digits, number]]),
    uses: [],
    reports: [],
    tooLate: 0,
    refused: 0,
  };
  const life = new Life(world);
  return { life, who, change: (day, service, order) => life.setService(number, beginOf(day), service, order) };
}

const DIRECTION = `${BATCH}.reverify.jio.1-0-0`;
const ORDER = `orders/jio/${DIRECTION}/4-disconnect.csv`;
const passage = (outcome: string, at: number, state = 'directed'): Passage => {
  const of = {
    ...({
      kind: 'reverify',
      identifier: '+916000000001',
      operator: 'jio',
      state,
      direction: '',
      imei: A,
      lastSeen: '',
      directedFor: '',
    } as const),
  };
  const row = {
    decided: of,
    direction: DIRECTION,
    ends: beginOf(30),
    outcome,
    on: '',
    at,
    endedAt: undefined,
    reissuedOn: undefined,
    laterEnd: '',
    ported: undefined,
    portedFrom: undefined,
    waitsAt: undefined,
    said: undefined,
    reversed: undefined,
    wasCutWrongly: false,
    cutAt: 0,
    continues: [],
    madeAt: 0,
  };
  return { batchId: BATCH, decided: of, row: state === 'directed' ? row : undefined };
};

describe('the innocent, by what the world knows', () => {
  const asked = {
    giverOf: (order: string) => (order.includes('.restore.') ? ('appeal' as const) : undefined),
    hasAppealed: () => false,
  };
  const honest = { part: 'borrower', isGuilty: false } as const;
  const judged = (passages: Passage[], ...changes: [number, 'full' | 'none' | 'no outgoing', string][]) => {
    const { life, change } = worldOf(honest);
    for (const one of changes) change(...one);
    return innocentsOf(
      life,
      () => passages,
      () => beginOf(25),
      asked,
    );
  };

  it('who was cut off is told apart: never came, had proved themselves before the order, was never directed, has it back on appeal', () => {
    const cut = (passages: Passage[], ...more: [number, 'full', string][]) =>
      judged(passages, [26, 'none', ORDER], ...more).cutOff;
    const none = {
      'given back on appeal': 0,
      'given back since the report was withdrawn': 0,
      "by the system's fault": 0,
      'appealed in vain': 0,
      'never came': 0,
    };
    expect(cut([passage('disconnected', beginOf(26))])).toEqual({ ...none, 'never came': 1 });
    expect(cut([passage('verified', beginOf(24))])).toEqual({ ...none, "by the system's fault": 1 });
    expect(cut([passage('verified', beginOf(26))])).toEqual({ ...none, 'never came': 1 });
    expect(cut([passage('', 0, 'held')])).toEqual({ ...none, "by the system's fault": 1 });
    const restored = `orders/jio/${BATCH}.restore.jio.2-0-0/1-restore.csv`;
    expect(cut([passage('disconnected', beginOf(26))], [40, 'full', restored])).toEqual({
      ...none,
      'given back on appeal': 1,
    });
    expect(cut([passage('verified', beginOf(27))], [40, 'full', ORDER])).toEqual({ ...none, 'never came': 1 });
  });

  it('who was barred for a time is no one cut off, and is counted as long as it lasted', () => {
    const found = judged([passage('verified', beginOf(20))], [16, 'no outgoing', ORDER], [20, 'full', ORDER]);
    expect(found).toMatchObject({ people: 1, asked: 1, barred: 1, longest: 4, stillBarred: 0 });
    expect(judged([], [360, 'no outgoing', ORDER])).toMatchObject({ longest: 5, stillBarred: 1 });
  });

  it('who takes the number to another operator has full service there, but not who was cut off', () => {
    const ported = (service: 'no outgoing' | 'none', ...more: [number, 'full' | 'no outgoing'][]) => {
      const { life, who, change } = worldOf(honest);
      const [number] = life.world.numbers.values();
      if (number?.tenures[0] === undefined) throw new Error('nobody has a number');
      number.tenures[0].until = beginOf(50);
      number.tenures.push({ person: who, operator: 'vi', from: beginOf(50), until: Number.POSITIVE_INFINITY });
      change(40, service, ORDER);
      for (const [day, then] of more) change(day, then, ORDER);
      return innocentsOf(
        life,
        () => [],
        () => 0,
        asked,
      );
    };
    expect(ported('no outgoing')).toMatchObject({ barred: 1, longest: 10, stillBarred: 0 });
    expect(ported('no outgoing', [60, 'no outgoing'])).toMatchObject({ longest: 305, stillBarred: 1 });
    expect(ported('none')).toMatchObject({ cutOff: { "by the system's fault": 1 }, stillBarred: 1 });
  });

  it('keeps a number that is cut off at its operator, which gives it back, until it is somebody else’s', () => {
    const { life, who } = worldOf(honest);
    const [number] = life.world.numbers.values();
    if (number?.tenures[0] === undefined) throw new Error('nobody has a number');
    number.tenures[0].until = beginOf(50);
    const other = { ...who, id: who.id + 1 };
    number.tenures.push(
      { person: who, operator: 'vi', from: beginOf(50), until: beginOf(90) },
      { person: other, operator: 'vi', from: beginOf(90), until: Number.POSITIVE_INFINITY },
    );
    const operatorOn = (day: number) => life.tenureAt(number, beginOf(day))?.operator;
    expect([operatorOn(40), operatorOn(60)]).toEqual(['jio', 'vi']);
    life.keep(number, beginOf(40));
    expect([operatorOn(40), operatorOn(60), operatorOn(90)]).toEqual(['jio', 'jio', 'vi']);
    expect(life.tenureAt(number, beginOf(90))?.person).toBe(other);
  });
});

describe('the guilty, by what the world knows', () => {
  it('have got away while a number of theirs is in service, for what became of its newest row', () => {
    const why = (...passages: Passage[]) => whyConnected(passages, true);
    expect(why(passage('disconnected', 1), passage('verified', 2))).toBe('proved to be somebody with forged papers');
    expect(why(passage('open', 0))).toBe('its operator never answered for it');
    expect(why(passage('failed', 1))).toBe('failed, and its operator never disconnected it');
    expect(why(passage('', 0, 'held'))).toBe('was on a handset that looks cloned, and was spared');
    expect(whyConnected([], false)).toBe('nobody reported the handset');
    const { life, change } = worldOf({ part: 'fraudster', isGuilty: true });
    expect(guiltyOf(life, () => [], new Set())).toEqual({
      people: 1,
      stopped: 0,
      gotAway: { 'nobody reported the handset': 1 },
    });
    change(30, 'none', ORDER);
    expect(guiltyOf(life, () => [], new Set())).toEqual({ people: 1, stopped: 1, gotAway: {} });
  });
});

describe('those who live in the world', () => {
  it('come in time when they are innocent, but for the share that does not: before the ladder of 16 days ends, or say that they are abroad', () => {
    const person = { id: 1, part: 'borrower', isGuilty: false, area: '' } as const;
    for (let dice = 0; dice < 1; dice += 0.01) {
      const conduct = conductOf(person, dice, 0.05);
      if (dice >= 0.95) expect(conduct).toBe('comes too late');
      else if (conduct !== 'is abroad') expect(comesAfter(conduct, 0.999)).toBeLessThan(15 * DAY);
    }
  });

  it('are the same for the same seed, and others for another', () => {
    const draw = (seed: number) => drawWorld({ seed, batches: 2, handsets: 8, days: 90 });
    const digits = (seed: number) => [...draw(seed).numbers.keys()].join();
    expect(digits(1)).toBe(digits(1));
    expect(digits(2)).not.toBe(digits(1));
    const parts = new Set(draw(1).people.map(({ part }) => part));
    expect(parts).toContain('behind a SIM box');
    expect(parts).toContain('on a cloned handset');
  });

  it('are seen where they use a number, as long as it is in service and the handset is not blocked', () => {
    const life = new Life(drawWorld({ seed: 1, batches: 1, handsets: 8, days: 60 }));
    const [one] = life.sightingsOf(-1);
    if (one === undefined) throw new Error('nobody was seen');
    const isSeen = () => life.sightingsOf(-1).some(({ imei, digits }) => imei === one.imei && digits === one.digits);
    life.block(one.imei, one.operator, beginOf(-30));
    expect(isSeen()).toBe(false);
    life.unblock(one.imei, one.operator);
    expect(isSeen()).toBe(true);
    const number = life.number(one.digits);
    if (number !== undefined) life.setService(number, beginOf(-30), 'none', '');
    expect(isSeen()).toBe(false);
  });
});

it('npm run year has a page of help, and bounds', () => {
  expect(yearSettings(['--help'])).toBe('help');
  expect(help).toContain('--handsets');
  expect(yearSettings(['--batches', '6', '--handsets', '40', '--seed', '3'])).toEqual({
    seed: 3,
    batches: 6,
    handsets: 40,
    refused: 0,
    days: 365,
  });
  expect(() => yearSettings(['--handsets', 'many'])).toThrow('--handsets');
});

describe('some weeks of it on the local cloud', () => {
  const size = { seed: 1, batches: 1, handsets: 8, days: 64 };
  let lab: Lab;
  let lived: Lived;
  beforeAll(async () => {
    const year = new Year(size);
    lab = await Lab.open({ telling: true, context: CONTEXT, watch: { uploaded: () => {}, published: year.published } });
    lab.cloud.pauseSchedules(true);
    lived = await year.live(lab.cloud);
  }, 400_000);
  afterAll(() => lab.close());

  it('keep every rule, cut off no innocent, and stop some of the guilty', () => {
    const verdict = judge(lived);
    expect(verdict.broken).toEqual([]);
    expect(verdict.innocents.asked).toBeGreaterThan(0);
    expect(verdict.guilty.stopped).toBeGreaterThan(0);
    expect(yearText(size, verdict, 1)).toContain('cut off without an appeal granted and carried out');
  });

  /** The same, with something else in an outbox or a chronicle. */
  const spoilt = (change: {
    outbox?: (key: string, text: string) => string;
    chronicle?: (chronicle: Chronicle) => void;
  }) => {
    const outbox = new Map([...lived.outbox].map(([key, text]) => [key, change.outbox?.(key, text) ?? text]));
    const chronicle = Object.assign(
      new Chronicle(),
      Object.fromEntries(Object.entries(lived.chronicle).map(([name, list]) => [name, [...list]])),
    );
    change.chronicle?.(chronicle);
    return judge({ ...lived, outbox, chronicle }).broken.join('\n');
  };

  it.each([
    ['a number is counted twice', /"linked": \d+/, '"linked": 9999', 'connections are'],
    ['a row is unexplained', /"unexplained": 0/, '"unexplained": 1', 'nothing is unexplained'],
    ['a list lacks a number', /^\+91.*\n/m, '', 'its list names'],
    ['a list names somebody twice', /^\+91.*\n/m, '$&$&', 'its list names'],
    ['a receipt counts otherwise', /"recorded": \d+/, '"recorded": 0', 'and was reckoned'],
    [
      'a reversal ends one more',
      /"withdrawn": 1,\n {2}"operators"/,
      '"withdrawn": 99,\n  "operators"',
      'was reckoned to end',
    ],
    ['a reversal counts a subject twice', /"asked": \d+/, '"asked": 999', 'subjects are'],
    ['a reversal withdraws a number less', /^(msisdn,withdrawn_on,ground\n)\+91.*\n/m, '$1', 'its list withdraws'],
    [
      'what is kept is more',
      /(^kind,identifier,operator,batchId,state\n)/,
      '$1reverify,+916000000001,jio,later,alreadyOpen\n',
      'lines of kept.csv are otherwise',
    ],
    [
      'a row stands elsewhere for nothing',
      /(^kind,.*\n)/,
      '$1reverify,+916000000001,jio,held,\n',
      'stand elsewhere otherwise than reckoned',
    ],
  ])('is found to break a rule where %s', (_, find, put, rule) => {
    expect(spoilt({ outbox: (_key, text) => text.replace(find, put) })).toContain(rule);
  });

  it('is found to break a rule where an order carries who was answered for, is approved by one, or comes at another time', () => {
    const orders = (change: (order: Chronicle['orders'][number]) => Partial<Chronicle['orders'][number]>) =>
      spoilt({
        chronicle: (chronicle) => {
          chronicle.orders.splice(0, Infinity, ...lived.chronicle.orders.map((one) => ({ ...one, ...change(one) })));
        },
      });
    const notice = (one: OrderNotice, over: Partial<OrderNotice>) => ({ notice: { ...one, ...over } });
    const first = lived.chronicle.orders.map(({ notice: { directionId } }) => directionId);
    const answered = new Set(lived.chronicle.answers.map(({ direction }) => direction));
    const direction = first.find((id) => answered.has(id) && id.includes('.reverify.'));
    expect(
      orders(({ at, notice: { directionId, rung } }) =>
        directionId === direction && rung === 1 ? { at: at + 12 * DAY } : {},
      ),
    ).toContain('that were answered for before');
    expect(
      orders((one) => notice(one.notice, one.notice.rung === 2 ? { deadline: one.notice.deadline - HOUR } : {})),
    ).toContain('ends when it must');
    const back = lived.chronicle.orders.find(({ notice: { kind } }) => kind === 'restore' || kind === 'unblock');
    const [givenBack = ''] = back?.rows ?? [];
    expect(
      orders(({ at, rows, notice: { kind } }) =>
        kind === (back?.notice.kind === 'unblock' ? 'block' : 'reverify') && rows.includes(givenBack)
          ? { at: at + 40 * DAY }
          : {},
      ),
    ).toContain('that a reversal had taken back');
    expect(orders(({ operator }) => ({ operator: operator === 'jio' ? 'vi' : operator }))).toContain(
      "an operator's orders are its own",
    );
    expect(
      spoilt({
        chronicle: (chronicle) => {
          const reported = new Set(chronicle.reports.map(({ batchId }) => batchId));
          chronicle.decisions.splice(
            chronicle.decisions.findLastIndex(({ batchId }) => reported.has(batchId)),
            1,
          );
        },
      }),
    ).toContain('without enough people who approved');
  });
});
