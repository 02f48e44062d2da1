import { describe, expect, it } from 'vitest';
import { bars, overDays, type Series, timeline } from '../../lambdas/domain/charts.ts';
import { COLOURS, SERIES } from '../../lambdas/domain/page-style.ts';
import { day } from './example.ts';
import { contrast, unclosed } from './pages.ts';

const SERIES_OF_TWO: readonly Series[] = [
  { name: 'verified', colour: 'good' },
  { name: 'disconnected', colour: 'bad' },
];
const rectangles = (text: string) =>
  [...text.matchAll(/<rect ([^>]*)>/g)].map(([, all = '']) =>
    Object.fromEntries([...all.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, name, value]) => [name, value])),
  );

describe('bars', () => {
  const { text } = bars(
    'rows',
    'From rows to outcomes',
    [
      { name: 'Linked', count: 400 },
      { name: 'Ended <all>', count: 300, parts: [200, 100] },
    ],
    SERIES_OF_TWO,
  );

  it('are as long as their counts, the longest as wide as the page', () => {
    const drawn = rectangles(text).filter(({ x }) => x !== undefined);
    expect(drawn).toMatchObject([
      { class: 'step', x: '0.000', width: '100.000' },
      // 200 and 100 of 400.
      { class: 'good', x: '0.000', width: '50.000' },
      { class: 'bad', x: '50.000', width: '25.000' },
    ]);
  });

  it('have names and counts in words, escaped, and a legend of what is there', () => {
    expect(text).toContain('Ended &lt;all&gt;');
    expect(text).toContain('<strong>300</strong>');
    expect(text.match(/<li><svg/g)).toHaveLength(2);
    expect(unclosed(text.replace(/<rect [^>]*>/g, ''))).toEqual([]);
  });

  it('of nothing are none, and divide by nothing', () => {
    const none = bars('none', 'None', [{ name: 'Linked', count: 0, parts: [0, 0] }], SERIES_OF_TWO).text;
    expect(rectangles(none)).toEqual([]);
    expect(none).not.toContain('NaN');
    expect(none).not.toContain('legend');
  });
});

describe('counts over the days', () => {
  const { text } = overDays('days', 'Outcomes by day', SERIES_OF_TWO, [
    { day: day('2026-06-01'), counts: [30, 10] },
    { day: day('2026-06-03'), counts: [0, 20] },
  ]);

  it('stack: each part stands upon the one before', () => {
    const drawn = rectangles(text).filter(({ y }) => y !== undefined);
    expect(drawn.map((one) => one.class)).toEqual(['good', 'bad', 'bad']);
    const [good, bad, later] = drawn.map(({ y, height, x }) => ({
      y: Number(y),
      height: Number(height),
      x: Number(x),
    }));
    // 30, 10 and 20 on one scale.
    expect(good?.height).toBeCloseTo(3 * (bad?.height ?? 0), 0);
    expect(later?.height).toBeCloseTo(2 * (bad?.height ?? 0), 0);
    expect((bad?.y ?? 0) + (bad?.height ?? 0)).toBeCloseTo(good?.y ?? 0, 0);
    // Of three days the second is empty: the third begins two thirds on.
    expect(later?.x).toBeGreaterThan(300);
  });

  it('are a table as well', () => {
    expect(text).toContain('<th scope="row">2026-06-01</th><td class="count">30</td><td class="count">10</td>');
    expect(text).toContain('<th scope="row">2026-06-03</th><td class="count">0</td><td class="count">20</td>');
  });

  it('of no day say so', () => {
    expect(overDays('days', 'Outcomes', SERIES_OF_TWO, []).text).toBe('<p>Nothing happened yet.</p>\n');
  });

  it('name no day that would be cut off at the edge', () => {
    for (let days = 1; days <= 60; days++) {
      const last = new Date(Date.UTC(2026, 5, days)).toISOString().slice(0, 10);
      const ends = [day('2026-06-01'), day(last)].map((one) => ({ day: one, counts: [1, 1] }));
      const { text: drawn } = overDays('days', 'Outcomes', SERIES_OF_TWO, ends);
      const width = Number(/class="days" width="(\d+)"/.exec(drawn)?.[1]);
      const names = [...drawn.matchAll(/<text x="([\d.]+)" y="\d+">\d\d-\d\d</g)].map(([, x]) => Number(x));
      // Four digits and a hyphen of 12 pixels, which begin at their tick, are some 36 wide.
      expect(names.filter((x) => x + 36 > width)).toEqual([]);
      if (days > 7) expect(names.length).toBeGreaterThan(1);
    }
  });
});

it('stations tell what is over, what is under way, and what is to come', () => {
  const { text } = timeline([
    { name: 'registered', when: 'on Monday', state: 'done' },
    { name: 'decided', when: 'until Friday', state: 'now' },
    { name: 'settled', when: 'then', state: 'to come' },
  ]);
  expect(text).toContain('<li class="done"><strong>registered</strong> <span>on Monday</span></li>');
  expect(text).toContain('<li class="now" aria-current="step">');
  expect(text).toContain('<li class="to-come">');
});

it.each(['light', 'dark'] as const)('what is drawn has a contrast of 3 on the %s ground', (scheme) => {
  const colours = COLOURS[scheme];
  for (const name of SERIES)
    for (const ground of [colours.ground, colours.raised])
      expect(contrast(colours[name], ground), name).toBeGreaterThanOrEqual(3);
});
