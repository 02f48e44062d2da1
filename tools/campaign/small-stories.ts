/**
 * The stories of the systematic campaign. Their numbers follow from a seed; what happens in them does not.
 *
 * The small one is as small as it can be while it has a call of almost every kind. Day 0: usage of both operators; airtel's is
 * larger than a piece. Day 5: mha's report (H1, H2, H1 again, one invalid row), and a second later up-police's (H2, H3). Two
 * approve both, up-police's a second later, while mha's batch plans: it waits for its turn.
 *
 * | number | at     | seen in  | its operator's answer                            |
 * | ------ | ------ | -------- | ------------------------------------------------ |
 * | A1     | airtel | H1       | verified                                         |
 * | A2     | airtel | H1       | failed, and disconnected when that was ordered   |
 * | A3     | airtel | H2       | not_found                                        |
 * | J1     | jio    | H1       | disconnected                                     |
 * | J2     | jio    | H1       | failed, and no more                              |
 * | J3     | jio    | H2       | disconnected when the batch has settled          |
 * | J4     | jio    | H3       | verified                                         |
 *
 * A3 was seen at jio, too, on an earlier day. H2's numbers and blocks are open in mha's batch, so up-police's directs J4 and H3
 * only. airtel blocks H1 and H3 and does not know H2; jio does not know H3, and answers no block of mha's.
 *
 * The lapsed one is the small one, but one approver alone approves each batch at first: it lapses, begins anew, and two approve.
 *
 * The moved one is the small one, but A3 is ported to jio, which verifies it in the follow-up of a night, and a caseworker's appeal for
 * J3, when it is barred, is granted: it is restored, and nobody may disconnect it any more. Jio answers all of its directions in one file,
 * again and again. The caseworker asks about each number and two handsets then.
 *
 * The withdrawn one is the small one, but mha withdraws its report, on half of whose numbers up-police's relies, when that is directed.
 *
 * The wide one has what the small one lacks: more than 40 directions, which a Map Run starts. It has 42, of one handset each,
 * and nobody answers.
 */

import { hash } from '../../simulation/random.ts';
import { sha256, written } from '../../test/reckoning/files.ts';
import { begunAt } from './said.ts';
import { CONTEXT, DAY, dayBefore, digits, HOUR, LATE_AFTER, OPERATORS, REPORT_AT, type Story } from './story.ts';

export function smallStory(seed: number): Story {
  const imeis = [1, 2, 3].map(
    (n) => `35${digits(hash(seed, 'model'), 6)}${digits(hash(seed, 'serial') + 7919 * n, 6)}`,
  );
  const [h1 = '', h2 = '', h3 = ''] = imeis;
  const number = (name: string) => `${'6789'[hash(seed, 'first', name) % 4]}${digits(hash(seed, 'number', name), 9)}`;
  const [a1, a2, a3] = [number('a1'), number('a2'), number('a3')];
  const [j1, j2, j3, j4] = [number('j1'), number('j2'), number('j3'), number('j4')];
  const usage = (operator: string, rows: [imei: string, number: string, days: number][], padding = 0) => ({
    at: HOUR,
    key: `usage/${operator}/usage.csv`,
    text: [
      'lsa,imei,msisdn,last_seen,remark',
      ...rows.map(
        ([imei, msisdn, days]) => `Delhi,${written(imei)},${msisdn},${dayBefore(days)},${'x'.repeat(padding)}`,
      ),
      '',
    ].join('\n'),
  });
  const report = (agency: string, at: number, rows: string[]) => ({
    agency,
    at,
    key: `reports/${agency}/report.csv`,
    text: ['case_ref,imei', ...rows.map((imei, n) => `case ${n},${imei}`), 'unreadable,none', ''].join('\n'),
  });
  const row = (kind: string, operator: string, identifier: string) =>
    `${kind} ${operator} ${kind === 'block' ? identifier : `+91${identifier}`}`;
  return {
    seed,
    usage: [
      usage(
        'airtel',
        [
          [h1, a1, 10],
          [h1, a2, 11],
          [h2, a3, 12],
        ],
        250,
      ),
      usage('jio', [
        [h1, j1, 10],
        [h1, j2, 11],
        [h2, j3, 12],
        [h3, j4, 13],
        [h2, a3, 40],
      ]),
    ],
    reports: [
      // This is between two looks of the approvers, who are asked about both at once.
      report('mha', REPORT_AT + HOUR, [written(h1), written(h2), h1]),
      report('up-police', REPORT_AT + HOUR + 1000, [written(h2), written(h3)]),
    ],
    ends: REPORT_AT + LATE_AFTER + 2 * DAY,
    identifiers: [...imeis, a1, a2, a3, j1, j2, j3, j4],
    decided: 'approved',
    habits: { 'mha block jio': 'never' },
    fates: {
      [row('reverify', 'airtel', a1)]: 'verified',
      [row('reverify', 'airtel', a2)]: 'failed, disconnected',
      [row('reverify', 'airtel', a3)]: 'not_found',
      [row('reverify', 'jio', j1)]: 'disconnected',
      [row('reverify', 'jio', j2)]: 'failed',
      [row('reverify', 'jio', j3)]: 'late',
      [row('reverify', 'jio', j4)]: 'verified',
      [row('block', 'airtel', h1)]: 'blocked',
      [row('block', 'airtel', h2)]: 'not_found',
      [row('block', 'airtel', h3)]: 'blocked',
      [row('block', 'jio', h3)]: 'not_found',
    },
  };
}

export function lapsedStory(seed: number): Story {
  const story: Story = { ...smallStory(seed), decided: 'one alone' };
  return { ...story, ends: begunAt(story, 'up-police') + LATE_AFTER + 2 * DAY };
}

export function movedStory(seed: number): Story {
  const story = smallStory(seed);
  const [h1 = '', h2 = '', , ...numbers] = story.identifiers;
  const [, , a3 = '', , , j3 = ''] = numbers;
  const asked = [...numbers.map((msisdn) => `${msisdn},,`), `,${written(h1)},`, `,${h2},`];
  return {
    ...story,
    moves: true,
    combining: ['jio'],
    fates: {
      ...story.fates,
      [`reverify airtel +91${a3}`]: 'ported',
      [`followup reverify jio +91${a3}`]: 'verified',
    },
    reversals: [
      {
        at: REPORT_AT + 10 * DAY,
        key: 'appeals/caseworker-1/appeal.csv',
        text: `msisdn,imei,reference,ground,case_ref\n${j3},,,wrong_number,A-1\n`,
      },
    ],
    reversed: 'approved',
    lookups: [
      {
        at: REPORT_AT + 12 * DAY,
        key: 'lookups/caseworker-1/why.csv',
        text: ['msisdn,imei,reference', ...asked, ''].join('\n'),
      },
    ],
  };
}

export function withdrawnStory(seed: number): Story {
  const story = smallStory(seed);
  const batch = `mha-${sha256(story.reports[0]?.text ?? '').slice(0, 12)}`;
  return {
    ...story,
    reversals: [{ at: REPORT_AT + 10 * DAY, key: `withdrawals/mha/${batch}/whole.csv`, text: 'imei\n' }],
    reversed: 'approved',
  };
}

/** The context with which the app is synthesized for the wide story. */
export const WIDE_CONTEXT = { ...CONTEXT, rowsPerDirection: '1', handsetsPerChild: '40', linksPerShard: '2000' };
const HANDSETS = 21;

export function wideStory(seed: number): Story {
  const model = `35${digits(hash(seed, 'model'), 6)}`;
  const imeis = Array.from({ length: HANDSETS }, (_, n) => `${model}${digits(hash(seed, 'serial') + 7919 * n, 6)}`);
  const never = ['block airtel', 'block jio'].map((of) => [`mha ${of}`, 'never'] as const);
  return {
    seed,
    usage: OPERATORS.map((operator) => ({
      at: HOUR,
      key: `usage/${operator}/usage.csv`,
      text: 'imei,msisdn,last_seen\n',
    })),
    reports: [
      {
        agency: 'mha',
        at: REPORT_AT,
        key: 'reports/mha/report.csv',
        text: ['case_ref,imei', ...imeis.map((imei, n) => `case ${n},${imei}`), ''].join('\n'),
      },
    ],
    ends: REPORT_AT + 5 * DAY,
    identifiers: imeis,
    decided: 'approved',
    habits: Object.fromEntries(never),
    fates: {},
  };
}
