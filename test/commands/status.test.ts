import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { digestLines } from '../../lib/commands/status.ts';

/** The digest that the page on formats shows, as it shows it. */
function documented(): Record<string, unknown> {
  const formats = readFileSync(new URL('../../docs/formats.md', import.meta.url), 'utf8');
  const [, section = ''] = formats.split('### Digest: ');
  const example = section.slice(section.indexOf('    {'), section.indexOf('\n    }') + 6);
  return JSON.parse(example.replace(', …', ''));
}

describe('a digest in words', () => {
  it('says what waits, what is due and overdue, who is connected still, what is held up, and where each batch stands', () => {
    const digest = documented();
    const [decision] = digest.decisions as object[];
    const reversal = {
      ...decision,
      batchId: 'caseworker-1-0123456789ab',
      agency: 'caseworker-1',
      until: null,
      held: null,
    };
    digest.decisions = [decision, reversal];
    digest.untold = ['up-police-bbbbbbbbbbbb'];
    expect(digestLines(JSON.stringify(digest))).toBe(`Digest of 2026-06-08, as of 2026-06-08T00:30:00Z

Nothing could be told of these: nothing below counts them
  up-police-bbbbbbbbbbbb

Decisions that wait
  i4c-0123456789ab           i4c           until 2026-06-09T10:30:00Z  4 held handsets
  caseworker-1-0123456789ab  caseworker-1  never lapses

Due within a day
  jio  bar_outgoing  1,234 rows in 5 directions  first by 2026-06-08T04:20:00Z

Overdue
  vi  block  7 rows in 1 direction  since 2026-06-05T04:20:00Z

Failed, and still connected
  airtel  12 rows

Held up until somebody acts, as the runbook says
  usage of bsnl, at its gate  1 file
  quarantine                  3 uploads
  wrong places, within a day  1 upload
  queue ReportsDeadLetters    2 dead letters

Batches under way
  mha-0123456789ab  mha  directed since 2026-06-03T04:20:00Z  350 open, 7 overdue  next bar_incoming, by 2026-06-13T04:20:00Z

Ended lately
  mha-aaaaaaaaaaaa  mha  failed since 2026-06-03T04:20:00Z
`);
  });

  it('says so where nothing is under way', () => {
    const none = Object.fromEntries(
      Object.entries(documented()).map(([key, value]) => [key, Array.isArray(value) ? [] : value]),
    );
    expect(digestLines(JSON.stringify({ ...none, quarantined: 0, strays: undefined }))).toBe(
      'Digest of 2026-06-08, as of 2026-06-08T00:30:00Z\n\nNothing is under way, and nothing waits for anybody.\n',
    );
  });

  it('is of a digest alone', () => {
    expect(() => digestLines('{"day":"2026-06-08"}')).toThrow();
  });
});
