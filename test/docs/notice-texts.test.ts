/** Notices for people: of each example of docs/notices.md the subject and the text. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Notice, noticeText } from '../../lambdas/domain/notice-texts.ts';
import { administratorNotice, agencyNotice, approverNotice, operatorNotice } from '../../lambdas/domain/notices.ts';

const page = readFileSync(new URL('../../docs/notices.md', import.meta.url), 'utf8');
const examples: Notice[] = [...page.matchAll(/```json\n([^`]*)```/g)].map(([, json = '']) => JSON.parse(json));
const kinds = [operatorNotice, agencyNotice, approverNotice, administratorNotice].flatMap(({ options }) =>
  options.map(({ shape }) => shape.kind.value),
);
const example = (kind: string) => examples.find((one) => one.kind === kind) as Notice;

describe('a notice for people', () => {
  it('is tried of each kind', () => {
    expect(new Set(examples.map(({ kind }) => kind))).toEqual(new Set(kinds));
  });

  it.each(examples.map((notice) => [notice.kind, notice] as const))('%s: has a subject that SNS takes', (_, notice) => {
    // SNS: ASCII, no line breaks or control characters, less than 100 characters.
    expect(noticeText(notice).subject).toMatch(/^[!-~][ -~]{0,98}$/);
  });

  it.each(examples.map((notice) => [notice.kind, notice] as const))(
    '%s: is sentences, and the notice below',
    (_, notice) => {
      const { text } = noticeText(notice);
      expect(text).not.toMatch(/undefined|null\.|NaN|\[object/);
      expect(text).toMatch(/^[A-Z0-9a-z][^\n]*[.”]\n\n/);
      expect(JSON.parse(text.trimEnd().split('\n').at(-1) ?? '')).toEqual(notice);
    },
  );

  it('of an order says what to do, until when, and where the file lies', () => {
    const { subject, text } = noticeText(example('order'));
    expect(subject).toBe('Order to bar outgoing calls: 1,204 rows');
    // 00:00 UTC is 05:30 in India.
    expect(text).toContain(
      'bar outgoing calls, 1,204 rows. Fetch the file, carry it out, and answer before 2026-06-11 05:30 IST (2026-06-11 00:00 UTC).',
    );
    expect(text).toContain(
      'File: s3://dev-data-outbox/orders/airtel/mha-83065f2a6425.reverify.airtel.1-0-0/2-bar_outgoing.csv\n',
    );
    expect(text).toContain('Direction: mha-83065f2a6425.reverify.airtel.1-0-0\n');
  });

  it('of an order that an answer has caused asks for none: a row of it would be rejected', () => {
    const { text } = noticeText({ ...example('order'), order: 'restore', rung: 'back' } as Notice);
    expect(text).toContain('carry it out by 2026-06-11 05:30 IST (2026-06-11 00:00 UTC); it needs no answer.');
    expect(text).not.toContain('answer before');
  });

  it('of a receipt says what was not taken, or that nothing was', () => {
    const receipt = example('receipt');
    const of = (one: object) => noticeText({ ...receipt, ...one } as Notice);
    expect(of({ rejected: 2 }).subject).toBe('Your file was read, and 2 rows not taken');
    expect(of({ rejected: 0 }).subject).toBe('Your file was read');
    const past = of({ approver: 'approver-1', rejected: 2, past: 1 });
    expect(past.subject).toBe('Your file was read, and 2 rows not taken, and 1 row with a past day');
    expect(past.text).toContain(
      ' 1 row with a past day in until exempts nobody, and ends what you had said before: look whether the year is right.',
    );
    expect(of({ refused: 'missing_column:msisdn' }).text).toMatch(
      /The reason: missing_column:msisdn\. What to do: [a-z][^\n]+\./,
    );
    const approver = { approver: 'approver-1', batchId: 'mha-0123456789ab' };
    expect(of({ ...approver, refused: 'unclosed_quote' }).text).toContain(
      '. As long as the batch waits, what you approved',
    );
    for (const one of [
      { refused: 'unclosed_quote' },
      { ...approver, refused: 'not_waiting' },
      { ...approver, rejected: 2 },
    ])
      expect(of(one).text).not.toContain('As long as the batch waits');
    expect(of({}).text).toContain('Uploaded file: responses/jio/');
  });

  it("says nothing more by the line breaks of a file's name", () => {
    const file = 'reports/mha/june\nPage: s3://elsewhere\r\u2028Page: \u202ehere.csv';
    const { text } = noticeText({ ...example('decision_needed'), file } as Notice);
    expect(text).toContain(
      '\nUploaded file: reports/mha/june\ufffdPage: s3://elsewhere\ufffd\ufffdPage: \ufffdhere.csv\n',
    );
    expect(text.match(/^Page: /gm)).toHaveLength(1);
    expect(JSON.parse(text.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ file });
  });

  it('of a report that named no handset says so', () => {
    const registered = example('batch_registered');
    const none = { rows: 3, rejected: 3, repeats: 0, handsets: 0 };
    expect(noticeText({ ...registered, report: none } as Notice)).toMatchObject({
      subject: 'Your report named no handset',
      text: expect.stringContaining('Nothing will be done.'),
    });
  });

  it('of a batch of no handsets says that there was nothing to act on, and why', () => {
    const { subject, text } = noticeText(example('batch_empty'));
    expect(subject).toBe('Batch mha-83065f2a6425 is empty: there was nothing to act on');
    expect(text).toContain(
      'it has 3 rows, of which 3 were not taken. There was nothing to act on, and no operator was',
    );
    expect(text).toContain('Rejects: s3://dev-data-outbox/rejects/mha/june.csv\n');
    const again = noticeText({ ...example('same_report'), state: 'empty' } as Notice);
    expect(again.text).toContain('which named no handset that could be taken. It changed nothing.');
  });

  it('of a refusal has the words of who refused, and of a batch that never lapses no time', () => {
    expect(noticeText(example('batch_refused')).text).toContain('“The list is that of May, which was withdrawn.”');
    const needed = example('decision_needed');
    expect(noticeText({ ...needed, decideBy: null } as Notice).text).toContain('must approve; it waits until they do.');
  });
});
