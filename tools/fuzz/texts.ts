/** Cells and texts that outsiders might send: good ones, and the same ones spoilt in every way that trips parsers and spreadsheets. */
import fc from 'fast-check';

/** Whole texts, and parts of them, that trip one program or another. */
const NASTY = [
  ...['', ' ', '  ', '\t', '\r', '\n', '\r\n', '\v', '\f', '\0', '\x1b[31m', '\x7f', '\u0085', '\u00a0'],
  ...[
    '\u200b',
    '\u200f',
    '\u2028',
    '\u2029',
    '\u202e',
    '\ufeff',
    '\ufffd',
    '\uffff',
    '\ud800',
    '\udfff',
    '🙂',
    'e\u0301',
  ],
  ...[
    '"',
    '""',
    '"""',
    ',',
    ';',
    "'",
    '`',
    '\\',
    '\\n',
    '\\u',
    '#',
    '~',
    '*',
    '?',
    '&',
    '<b>',
    '&lt;',
    '|',
    '$',
    '(',
    '[',
  ],
  ...[
    '=',
    '+',
    '-',
    '@',
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '=HYPERLINK("http://x",1)',
    "=cmd|' /C calc'!A0",
  ],
  ...[
    '/',
    '//',
    '.',
    '..',
    '../',
    '../../etc/passwd',
    '..\\',
    './',
    '%2e%2e%2f',
    '%00',
    '%',
    '+',
    'C:\\',
    '/dev/null',
    '.csv',
  ],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '__defineGetter__',
    'then',
    'length',
  ],
  ...[
    '{% $states.input %}',
    '$' + '{x}',
    '{{x}}',
    '%s',
    'null',
    'undefined',
    'true',
    'NaN',
    'Infinity',
    '-0',
    '0x10',
    '1e5',
    '[]',
    '{}',
  ],
  ...[
    '३५',
    '９',
    '٣',
    '𝟗',
    '²',
    '½',
    '१२३',
    '०',
    '9',
    '0',
    '00',
    '99999999999999999999',
    '2026-02-30',
    '+91',
    '91',
    '0091',
  ],
];

const nasty = fc.constantFrom(...NASTY);

/** A text that nobody meant. */
export const nastyText = fc.oneof(
  { weight: 4, arbitrary: nasty },
  { weight: 2, arbitrary: fc.array(nasty, { maxLength: 5 }).map((parts) => parts.join('')) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);

/** The same text, spoilt at one or a few places. */
export function spoilt(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const change = fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 2 }), fc.oneof(nasty, fc.constant('')));
  return fc.tuple(text, fc.array(change, { minLength: 1, maxLength: 3 })).map(([good, changes]) =>
    changes.reduce((now, [place, taken, put]) => {
      const at = place % (now.length + 1);
      return now.slice(0, at) + put + now.slice(at + taken);
    }, good),
  );
}

/** A text that is mostly good, often spoilt, and sometimes nothing like it. */
export function orSpoilt(good: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: good },
    { weight: 2, arbitrary: spoilt(good) },
    { weight: 1, arbitrary: nastyText },
  );
}

const digits = (length: number) =>
  fc.array(fc.nat({ max: 9 }), { minLength: length, maxLength: length }).map((all) => all.join(''));

/** Few handsets and numbers, so that they come more than once; and any others. */
export const imei = fc.oneof(
  fc.constantFrom('35100000000001', '351000000000013', '3510000000000199', '35-100000-000002-0', '11111111111111', '0'),
  digits(14),
  digits(15),
  digits(16),
);
export const msisdn = fc.oneof(
  fc.constantFrom('9800000001', '+919800000001', '09800000002', '919800000003', '5800000000'),
  digits(9).map((nine) => `9${nine}`),
);
export const day = fc.oneof(
  fc.constantFrom('2026-06-01', '2026-05-20', '2026-06-02', '0000-01-01', '9999-12-31', '2024-02-29', '2026-02-29'),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10)),
);

/** A text longer than any that is kept. */
const LONG_TEXT = 'x'.repeat(501);

const freeText = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('', 'Delhi', 'a b', 'कर्नाटक') },
  { weight: 1, arbitrary: fc.constant(LONG_TEXT) },
);

/** The preview that decisions are about. */
export const PREVIEW = 'ab'.repeat(32);

/** The cells of a good row, by column; other columns hold free text. */
const CELLS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  imei,
  msisdn,
  mobile: msisdn,
  device: imei,
  imei_2: imei,
  date: day,
  last_seen: day,
  occurred_on: day,
  subscriber_type: fc.constantFrom('individual', 'business', 'bulk', '', 'prepaid'),
  preview: fc.constantFrom(PREVIEW, PREVIEW, PREVIEW.toUpperCase(), 'cd'.repeat(32), 'ab'),
  decision: fc.constantFrom('approve', 'refuse', 'block', 'reverify', 'spare', 'strike', 'burn'),
  key: fc.constantFrom(
    'usage/airtel/gated.csv',
    'usage/airtel/gated.csv',
    'usage/airtel/passed.csv',
    'usage/airtel/other.csv',
  ),
  version: fc.constantFrom('v1', 'v1', 'v1', 'v2', ''),
  ground: fc.constantFrom('public_interest', 'notice_given', 'abroad', 'hospital', '', 'because'),
  reference: fc.constantFrom('airtel-12-3-0-1-1', 'jio-9-0-0-1-9', 'jio-9-0-0-1-0', '12-3'),
  activated_on: day,
  to: fc.constantFrom('jio', 'jio', 'airtel', 'nobody', ''),
  outcome: fc.constantFrom(
    ...['verified', 'failed', 'disconnected', 'not_found', 'blocked', 'overdue'],
    ...['ported', 'extended', 'reissued', 'surrendered'],
  ),
  order: fc.constantFrom('reverify', 'block', 'restore', ''),
  direction: fc.constantFrom(
    ...['', '', 'mha-0123456789ab.reverify.airtel.1-0-0', 'mha-0123456789ab.block.airtel.1-0-0'],
    ...['mha-0123456789ab.reverify.jio.1-0-0', 'mha-0123456789ab.reverify.airtel.2-0-0', '__proto__'],
  ),
};
export const cellOf = (column: string): fc.Arbitrary<string> =>
  orSpoilt((Object.hasOwn(CELLS, column) && CELLS[column]) || freeText);
