import { describe, expect, it, test } from 'vitest';
import {
  BATCH_KIND_NAMES,
  BATCH_KINDS,
  BOOKS,
  columnOf,
  DIRECTION_KIND_NAMES,
  DIRECTION_KINDS,
  GIVEN_BACK,
  givesBack,
  REPORT_DIRECTS,
  rulesOf,
} from '../../lambdas/domain/kinds.ts';
import { ANSWER_RULES } from '../../lambdas/domain/outcome-rules.ts';

test('restored and unblocked alone say that what was taken was given back: not_found is said of what is taken, too', () => {
  expect(GIVEN_BACK).toEqual(['restored', 'unblocked']);
});

/** As a book's columns are written. */
const inCamelCase = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

describe.each(DIRECTION_KIND_NAMES)('a direction of the kind %s', (kind) => {
  const { subject, orders, beginsWith, answers, alreadyBy, columns, book } = rulesOf(kind);
  const { decided, ended } = BOOKS[book];

  it('has a name that an id of a direction can hold: the longest one has 80 characters', () => {
    const parts = ['a'.repeat(16), '0'.repeat(12), 'o'.repeat(10), '99999999-9999-9999'];
    expect(`${parts[0]}-${parts[1]}.${kind}.${parts[2]}.${parts[3]}_9999_9`.length).toBeLessThanOrEqual(80);
    expect(kind).toMatch(/^[a-z]+$/);
  });

  it('is ordered and answered by the identifier of its subject, which has a fixed length and comes first', () => {
    expect(columnOf(kind)).toBe(subject === 'number' ? 'msisdn' : 'imei');
    expect(columns[0]).toBe(columnOf(kind));
  });

  it('has orders that say by when, what they are and in which direction, and to whom a person is behind the row, by which reference they may ask', () => {
    const asks = subject === 'number' && !givesBack(kind);
    const ends = asks ? ['reference', 'disconnect_by'] : ['reason', 'deadline'];
    expect(columns.slice(-ends.length - 2)).toEqual([...ends, 'order', 'direction']);
  });

  it('has, for every answer that ends a row, the column in which that row is counted', () => {
    const alike = DIRECTION_KIND_NAMES.filter((one) => rulesOf(one).book === book);
    const counted = alike
      .flatMap((one) => rulesOf(one).answers)
      .filter((answer) => ANSWER_RULES[answer].ends)
      .map(inCamelCase);
    // What gives back is taken back by nothing.
    const more = book === 'outcomes' ? ['overdue'] : ['withdrawn', 'overdue'];
    expect(Object.keys(ended).sort()).toEqual([...new Set([...counted, ...more])].sort());
    for (const answer of answers) if (ANSWER_RULES[answer].ends) expect(counted).toContain(inCamelCase(answer));
  });

  it('has, for everything that may be decided of a row, the column in which it is counted', () => {
    // Nobody is left out of what gives back.
    const byPeople = givesBack(kind) ? [] : ['exempt', 'held', 'struck', 'reversed'];
    const already = new Set(Object.values(alreadyBy).map(({ state }) => state));
    const reissuedBefore = answers.filter((answer) => answer === 'reissued').map((answer) => `${answer}Before`);
    const states = ['alreadyOpen', 'directed', ...byPeople, ...already, ...reissuedBefore];
    expect(Object.keys(decided).sort()).toEqual(states.sort());
    for (const outcome of Object.keys(alreadyBy)) expect(answers).toContain(outcome);
  });

  it('begins with an order of its ladder, if it must begin with any', () => {
    if (beginsWith !== null) expect(orders).toContain(beginsWith);
  });
});

test('the list of the kinds of directions is that of their table', () => {
  expect([...DIRECTION_KIND_NAMES].sort()).toEqual(Object.keys(DIRECTION_KINDS).sort());
});

it('a report directs of each subject what is about it', () => {
  expect(rulesOf(REPORT_DIRECTS.handset).subject).toBe('handset');
  expect(rulesOf(REPORT_DIRECTS.number).subject).toBe('number');
  expect(BATCH_KINDS.report.directs).toEqual(Object.values(REPORT_DIRECTS));
});

test('the list of the kinds of batches is that of their table', () => {
  expect(BATCH_KIND_NAMES).toEqual(Object.keys(BATCH_KINDS));
});

describe.each(Object.entries(BATCH_KINDS))('a batch of the kind %s', (_, { from, expands, publishes }) => {
  it('is expanded where what is uploaded names handsets whose numbers are to be found', () => {
    expect(expands).toBe(from === 'reports');
  });

  it('publishes its summary last: who sees that finds the others', () => {
    expect(publishes.at(-1)).toBe('summary.json');
  });
});
