import { describe, expect, test } from 'vitest';
import type { BatchId, DirectionId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import {
  IMPORTS,
  MADE_BOOKS,
  MARKS,
  PLANS,
  PREPARED,
  SCREENED,
  SETTLED,
  settledMark,
  UNTOLD,
} from '../../lambdas/domain/work.ts';
import { fits } from './patterns.ts';

const batch = 'mha-0123456789ab' as BatchId;
const direction = 'mha-0123456789ab.reverify.jio.7-0-1' as DirectionId;
const jio = 'jio' as OperatorId;
const screened = SCREENED.folder(batch, 'try');
const decided = PLANS.decisions.folder(7, 'reverify', 3, 'try');
const books = MADE_BOOKS.folder(batch, 'try');
const imported = IMPORTS.folder('run');
/** What a Map writes lies in the folder that it is told, under ids of the service. */
const results = (folder: string, { name }: { name: string }) => `${folder}/${name}/5b2f/SUCCEEDED_0.jsonl`;

/** Each place of the work bucket with its pattern, and its keys as they are and as they are to be. */
const PLACES: [string, string, [string, string][]][] = [
  ['handsets', SCREENED.handsets.pattern, [[SCREENED.handsets.key(screened), `screened/${batch}/try/handsets.jsonl`]]],
  ['runs', SCREENED.runs.pattern, [[SCREENED.runs.key(screened), `screened/${batch}/try/runs.jsonl`]]],
  [
    'gathered links',
    SCREENED.gathered.pattern,
    [
      [SCREENED.gathered.links(screened, 'own', 4), `screened/${batch}/try/gathered/own-4.tsv`],
      [SCREENED.gathered.weights(screened, 'own'), `screened/${batch}/try/gathered/own-weights.tsv`],
    ],
  ],
  [
    'results of Expand',
    SCREENED.expanded.pattern,
    [[results(screened, SCREENED.expanded), `screened/${batch}/try/expanded/5b2f/SUCCEEDED_0.jsonl`]],
  ],
  [
    'shards',
    SCREENED.shards.pattern,
    [
      [SCREENED.shards.index(screened, 'own'), `screened/${batch}/try/shards/own/index.jsonl`],
      [SCREENED.shards.manifest(screened, 'own'), `screened/${batch}/try/shards/own/shards.jsonl`],
      [SCREENED.shards.listOf(SCREENED.previews.folder(screened, 'own')), SCREENED.shards.list(screened, 'own')],
      [
        SCREENED.shards.manifestOf(SCREENED.previews.folder(screened, 'own')),
        SCREENED.shards.manifest(screened, 'own'),
      ],
    ],
  ],
  [
    'previews',
    SCREENED.previews.pattern,
    [[`${SCREENED.previews.folder(screened, 'own')}/held.csv`, `screened/${batch}/try/previews/own/held.csv`]],
  ],
  [
    'decisions',
    PLANS.decisions.pattern,
    [
      [PLANS.decisions.rows(decided, jio, 2), 'plans/7/decisions/reverify-3/try/jio-2.tsv'],
      [PLANS.decisions.elsewhere(decided), 'plans/7/decisions/reverify-3/try/elsewhere.csv'],
      [PLANS.decisions.decision(decided), 'plans/7/decisions/reverify-3/try/decision.json'],
    ],
  ],
  [
    'results of Claim',
    PLANS.claimed.pattern,
    [[results(`${PLANS.prefix}7`, PLANS.claimed), 'plans/7/claimed/5b2f/SUCCEEDED_0.jsonl']],
  ],
  [
    'directions of a plan',
    PLANS.directions.pattern,
    [
      [PLANS.directions.plan(7, 'try'), 'plans/7/directions/try/plan.json'],
      [PLANS.directions.manifest(7, 'try'), 'plans/7/directions/try/directions.jsonl'],
      [PLANS.directions.resumed(7, 'try'), 'plans/7/directions/try/resumed.jsonl'],
    ],
  ],
  [
    'results of Direct',
    PLANS.directed.pattern,
    [[results(`${PLANS.prefix}7`, PLANS.directed), 'plans/7/directed/5b2f/SUCCEEDED_0.jsonl']],
  ],
  [
    'prepared for a direction',
    PREPARED.pattern,
    [
      [PREPARED.order(direction, 2, 'try'), `directions/${direction}/2/try.csv`],
      [
        PREPARED.response(direction, 'deadbeef'.repeat(8), 'try', 'receipt.json'),
        `directions/${direction}/files/deadbeef/try/receipt.json`,
      ],
      [`${PREPARED.looked(direction, 'deadbeef'.repeat(8))}7`, `directions/${direction}/files/deadbeef/looked/7`],
      [PREPARED.done(direction, 'deadbeef'.repeat(8)), `directions/${direction}/files/deadbeef/looked/done`],
      [PREPARED.restoreTold(direction, 'deadbeef'.repeat(8)), `directions/${direction}/files/deadbeef/restore_told`],
    ],
  ],
  ['books', MADE_BOOKS.pattern, [[MADE_BOOKS.note(books), `batches/${batch}/try/settled.json`]]],
  [
    'pieces of a file',
    IMPORTS.pieces.pattern,
    [[IMPORTS.pieces.manifest(imported, 'try'), 'imports/run/pieces/try.jsonl']],
  ],
  [
    'results of imports',
    IMPORTS.imported.pattern,
    [[results(imported, IMPORTS.imported), 'imports/run/imported/5b2f/SUCCEEDED_0.jsonl']],
  ],
  ['marks of settled batches', SETTLED.pattern, [[settledMark(batch), `settled/${batch}`]]],
  ...Object.entries(MARKS).map(([mark, { prefix, pattern }]): [string, string, [string, string][]] => [
    `marks of uploads: ${mark}`,
    pattern,
    [[`${prefix}ab12`, `uploads/${mark}/ab12`]],
  ]),
  ['untold notices', UNTOLD.notices.pattern, [[`${UNTOLD.notices.prefix}ab12.json`, 'untold/notices/ab12.json']]],
  ['untold notes', UNTOLD.audit.pattern, [[`${UNTOLD.audit.prefix}ab12.json`, 'untold/audit/ab12.json']]],
];

test('what was decided about handsets is told from what was about numbers by its key', () => {
  const key = PLANS.decisions.elsewhere(PLANS.decisions.folder(7, 'block', 0, 'try'));
  expect(PLANS.decisions.isOf('block', key)).toBe(true);
  expect(PLANS.decisions.isOf('reverify', key)).toBe(false);
  expect(PLANS.decisions.isOf('block', PLANS.decisions.elsewhere(decided))).toBe(false);
});

describe('a place of the work bucket', () => {
  test.each(PLACES)('%s: its keys are the agreed ones, and fit its pattern and no other', (place, _, keys) => {
    for (const [key, agreed] of keys) {
      expect(key).toBe(agreed);
      expect(PLACES.filter(([, pattern]) => fits(pattern, key)).map(([name]) => name)).toEqual([place]);
    }
  });

  test('the patterns of more than one place fit all of these', () => {
    expect(fits(IMPORTS.pattern, IMPORTS.rejects.key(imported, 4096, 'try'))).toBe(true);
    expect(IMPORTS.rejects.key(imported, 4096, 'try')).toBe('imports/run/rejects/4096-try.csv');
    for (const [, pattern, keys] of PLACES)
      for (const [key] of keys)
        for (const [folder, all] of [
          ['imports/', IMPORTS.pattern],
          ['untold/', UNTOLD.pattern],
        ] as const)
          expect(fits(all, key)).toBe(pattern.startsWith(folder));
  });

  test('what is listed by a prefix is under it', () => {
    expect(SCREENED.handsets.key(screened).startsWith(SCREENED.prefix)).toBe(true);
    expect(settledMark(batch).startsWith(SETTLED.prefix)).toBe(true);
  });
});

describe('what was prepared for a direction', () => {
  test('says by its key whose it is', () => {
    const key = PREPARED.response(direction, 'a'.repeat(64), 'try', 'late.json');
    expect(PREPARED.directionOf(key)).toBe(direction);
    expect(() => PREPARED.directionOf('directions/7/order.csv')).toThrow(Error);
  });
});
