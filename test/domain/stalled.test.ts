import { describe, expect, it } from 'vitest';
import { type Instant, instantOf } from '../../lambdas/domain/days.ts';
import { remedyFor } from '../../lambdas/domain/stalled.ts';

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
