import { describe, expect, it } from 'vitest';
import { type Instant, instantOf } from '../../lambdas/domain/days.ts';
import { isSurveyDue, remedyFor } from '../../lambdas/domain/stalled.ts';

const START = Date.parse('2026-06-01T00:00:00Z');
const at = (hours: number, seconds = 0): Instant => instantOf(START + (hours * 3600 + seconds) * 1000);

/** What is done about an upload of hour 10 that nobody worked on. */
const done = (now: Instant, resent?: Instant, quarantined?: Instant, worked?: Instant) =>
  remedyFor(at(10), { worked, resent, quarantined }, now);

describe('an upload that was worked on', () => {
  it('needs nothing', () => {
    expect(done(at(30), undefined, undefined, at(10))).toBeUndefined();
  });
});

describe('an upload that nobody has worked on', () => {
  it('is left alone for an hour, and then its event is sent again, once', () => {
    expect(done(at(11))).toBeUndefined();
    expect(done(at(11, 1))).toBe('resend');
    expect(done(at(11, 2), at(11, 1))).toBeUndefined();
  });

  it('goes into quarantine when the event that was sent again has been received for the last time', () => {
    expect(done(at(24), at(12))).toBeUndefined();
    expect(done(at(24, 1), at(12))).toBe('quarantine');
  });

  it('stays in quarantine for ever', () => {
    expect(done(at(9999), at(12), at(25))).toBeUndefined();
  });
});

describe('the sweep that surveys', () => {
  // Stretches are counted from 1970: 1 June 2026 begins with hour 494,520 = 6 × 82,420 = 24 × 20,605, and 7 × 70,645 + 5.
  it.each([
    // Every hour, of which each sixth surveys.
    [0, 1, 6, true],
    [1, 1, 6, false],
    [5, 1, 6, false],
    [6, 1, 6, true],
    [7, 1, 6, false],
    [18, 1, 6, true],
    // Stretches of seven hours begin at hour 2, 9, 16 and 23 of this day, and at hour 6 of the next.
    [1, 1, 7, false],
    [2, 1, 7, true],
    [3, 1, 7, false],
    [23, 1, 7, true],
    [24, 1, 7, false],
    [30, 1, 7, true],
    // Every four hours: 4 and 16 lie in stretches in which 0 and 12 surveyed.
    [0, 4, 6, true],
    [4, 4, 6, false],
    [8, 4, 6, true],
    [12, 4, 6, true],
    [16, 4, 6, false],
    [20, 4, 6, true],
    // As often, or more seldom than surveys are wanted: every one.
    [6, 6, 6, true],
    [12, 6, 6, true],
    [24, 24, 6, true],
  ])('at hour %i, where it sweeps every %i and surveys every %i hours: %s', (hour, sweep, survey, due) => {
    expect(isSurveyDue(at(hour), sweep, survey)).toBe(due);
  });

  it('is the first one of its stretch, also where sweeps come after the full hour', () => {
    const after = (hour: number) => isSurveyDue(at(hour, 59 * 60), 1, 6);
    expect([5, 6, 7, 11, 12].map(after)).toEqual([false, true, false, false, true]);
    // One second before the stretch ends the last sweep was an hour ago, in the same stretch.
    expect(isSurveyDue(at(11, 3599), 1, 6)).toBe(false);
  });
});
