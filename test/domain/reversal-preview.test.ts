import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Appeal, Asked } from '../../lambdas/domain/appeals.ts';
import { isStruck } from '../../lambdas/domain/appeals.ts';
import { figuresIn } from '../../lambdas/domain/preview-figures.ts';
import { reversalHtml } from '../../lambdas/domain/reversal-page.ts';
import {
  askedByGround,
  overAppeal,
  peopleFor,
  reversalPreviewOf,
  reversalPreviewText,
} from '../../lambdas/domain/reversal-preview.ts';
import { imei, msisdn } from './example.ts';
import { tagsOf, unclosed } from './pages.ts';

const N = msisdn('9876543210');
const H = imei('35000000000001');
const appeal = (line: number, of: Partial<Appeal>): Appeal => ({
  line,
  msisdn: null,
  imei: null,
  row: null,
  ground: 'wrong_number',
  caseRef: '<b>A-1</b>',
  ...of,
});
const APPEALS = [
  appeal(2, { msisdn: N }),
  appeal(3, { msisdn: msisdn('9876543211'), ground: 'cloned' }),
  appeal(4, { imei: H, ground: 'cloned' }),
  appeal(5, { msisdn: N, imei: H, ground: 'cloned' }),
];
const asked = {
  batchId: 'caseworker-1-0123456789ab',
  uploader: 'caseworker-1',
  file: 'appeals/caseworker-1/<monday>.csv',
  sha256: 'ab'.repeat(32),
  upload: 'v1',
  uploadedAt: '2026-06-02T00:00:00Z',
  withdraws: null,
  appeals: APPEALS,
} as unknown as Asked;
const LIMITS = { people: 1, peopleForLarge: 2, large: 100, mostSubjects: 10_000 };
const preview = reversalPreviewOf(asked, 4, 1);
const shown = (page: string) =>
  page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

it('needs one approver, and two where it has more than 100 subjects', () => {
  expect([1, 100, 101, 10_000].map((subjects) => peopleFor(subjects, LIMITS))).toEqual([1, 1, 2, 2]);
  expect(peopleFor(100, { ...LIMITS, people: 0 })).toBe(0);
});

it('is over the limit as an appeal with more than 10,000 subjects; an agency may take back whatever it reported', () => {
  expect(overAppeal(asked, 10_000, LIMITS)).toBeNull();
  expect(overAppeal(asked, 10_001, LIMITS)).toEqual({ of: 'appeal', what: 'subjects', found: 10_001, limit: 10_000 });
  const withdraws = { batchId: 'mha-0123456789ab', imeis: null } as unknown as Asked['withdraws'];
  expect(overAppeal({ withdraws }, 10_001, LIMITS)).toBeNull();
});

it('leaves out what names a struck number or handset: a pair by either', () => {
  const left = (...struck: (typeof N | typeof H)[]) =>
    APPEALS.filter((one) => isStruck(one, new Set(struck))).map(({ line }) => line);
  expect(left()).toEqual([]);
  expect(left(N)).toEqual([2, 5]);
  expect(left(H)).toEqual([4, 5]);
});

describe('its preview', () => {
  it('has a count of subjects, who must decide, and that it never lapses', () => {
    expect(reversalPreviewText(preview)).toBe(`{
  "batchId": "caseworker-1-0123456789ab",
  "kind": "reversal",
  "agency": "caseworker-1",
  "file": "appeals/caseworker-1/<monday>.csv",
  "sha256": "${'ab'.repeat(32)}",
  "subjects": 4,
  "people": 1,
  "decideBy": null
}
`);
    expect(figuresIn(reversalPreviewText(preview))).toEqual({ subjects: 4 });
  });

  it('counts by ground what is asked: numbers, handsets, and handsets for one number', () => {
    // The same once more, on another ground.
    expect(askedByGround([...APPEALS, appeal(6, { msisdn: N, ground: 'court_order' })])).toEqual([
      { ground: 'wrong_number', numbers: 1, handsets: 0, pairs: 0 },
      { ground: 'cloned', numbers: 1, handsets: 1, pairs: 1 },
    ]);
  });

  it('is a page, too, that says so and how to decide, and names nobody', () => {
    const page = reversalHtml(preview, asked, 0, null);
    expect(shown(page)).toContain('1 approver must approve this batch. It waits until they do');
    expect(shown(page)).toMatch(/Numbers and handsets asked for 4 /);
    expect(shown(page)).toMatch(/wrong_number : the number is none of those meant 1 0 0 /);
    expect(shown(page)).toMatch(/cloned : the IMEI is a clone’s 1 1 1 /);
    const sha256 = createHash('sha256').update(reversalPreviewText(preview)).digest('hex');
    expect(page).toContain(`${sha256},approve,,,public_interest,`);
    expect(page).toContain('appeals/caseworker-1/&lt;monday&gt;.csv');
    expect(page).not.toMatch(/9876543210|35000000000001|A-1/);
    expect(unclosed(page)).toEqual([]);
    expect(tagsOf(page)).not.toContain('script');
  });

  it('says which report its agency takes back', () => {
    const withdraws = { batchId: 'mha-0123456789ab', imeis: null } as unknown as Asked['withdraws'];
    const page = shown(
      reversalHtml({ ...preview, people: 2 }, { ...asked, uploader: 'mha', withdraws, appeals: [] }, 0, null),
    );
    expect(page).toContain('takes back all of its report, batch mha-0123456789ab');
    expect(page).toContain('2 approvers must approve');
    expect(page).not.toContain('By ground');
  });

  it('says how many numbers depend on other handsets of a report, where any does', () => {
    const withdraws = { batchId: 'mha-0123456789ab', imeis: [] } as unknown as Asked['withdraws'];
    const page = (conditional: number) =>
      shown(reversalHtml(preview, { ...asked, uploader: 'mha', withdraws, appeals: [] }, conditional, null));
    expect(page(2)).toContain('Other handsets of the report were seen with 2 numbers more.');
    expect(page(1)).toContain('with 1 number more.');
    expect(page(0)).not.toContain('Other handsets');
  });

  it('of an appeal over the limit says that nobody is asked, and not how to decide', () => {
    const over = { of: 'appeal', what: 'subjects', found: 10_001, limit: 10_000 } as const;
    const page = shown(reversalHtml(preview, asked, 0, over));
    expect(page).toContain('it asks for more than it may (subjects of this appeal: 10,001, at most 10,000)');
    expect(page).not.toMatch(/must approve|How to decide|decisions/);
  });

  it('says where nobody has to decide', () => {
    const page = shown(reversalHtml({ ...preview, people: 0 }, asked, 0, null));
    expect(page).toContain('Nobody has to decide on this batch: it goes on at once.');
    expect(page).not.toContain('How to decide');
  });
});
