/** Files and keys that outsiders might send: good ones, and the same ones spoilt in every way that trips parsers and paths. */
import fc from 'fast-check';
import { cellOf, nastyText, orSpoilt } from './texts.ts';

/** Columns of a kind of file. */
export interface Columns {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** The ways in which a header may name a column. */
const CALLED = {
  'as it is': (name: string) => name,
  'in capitals': (name: string) => name.toUpperCase(),
  'by others': (name: string) =>
    name === 'imei' ? 'IMEI No.' : name === 'msisdn' ? 'MSISDN Number' : name.replaceAll('_', ' '),
};

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;

/** A text in the form of a CSV file with these columns, mostly valid. */
function csvText({ required, optional }: Columns): fc.Arbitrary<string> {
  const named = fc.tuple(
    fc.subarray([...optional]).chain((some) => {
      const all = [...required, ...some];
      const whole = fc.shuffledSubarray(all, { minLength: all.length });
      return fc.oneof({ weight: 9, arbitrary: whole }, { weight: 1, arbitrary: fc.subarray(all) });
    }),
    fc.array(fc.oneof(nastyText, fc.constantFrom(...required, 'note', 'mobile', 'device', 'imei_2', 'date')), {
      maxLength: 1,
    }),
  );
  const style = fc.record({
    bom: fc.boolean(),
    end: fc.constantFrom('\n', '\r\n'),
    last: fc.boolean(),
    quote: fc.constantFrom('never', 'always', 'asked', 'formula'),
    separator: fc.constantFrom(',', ',', ';', '\t'),
    named: fc.constantFrom('as it is', 'as it is', 'in capitals', 'by others'),
  });
  return fc.tuple(named, style).chain(([[wanted, others], { bom, end, last, quote, separator, named: how }]) => {
    const written = (cell: string) =>
      quote === 'formula' && /^[0-9]/.test(cell)
        ? `="${cell}"`
        : quote === 'always' || (quote !== 'never' && /[",;\t\r\n]/.test(cell))
          ? quoted(cell)
          : cell;
    const names = [...wanted, ...others];
    const row = fc.tuple(...names.map((name) => cellOf(name)));
    return fc.array(row, { maxLength: 5 }).map((rows) => {
      const header = names.map((name) => CALLED[how](name));
      const lines = [header, ...rows].map((cells) => cells.map(written).join(separator));
      return `${bom ? '\ufeff' : ''}${lines.join(end)}${last ? end : ''}`;
    });
  });
}

/** One change of a file's bytes. */
type Change =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'put'; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'cut'; readonly at: number; readonly length: number }
  | { readonly kind: 'twice'; readonly at: number; readonly length: number; readonly times: number };

/** Bytes that aren't text, or are another kind of file's, or quotes where none belong. */
const BYTES = [
  ...[
    '"',
    '""',
    '"\n"',
    ',',
    '\n',
    '\r\n',
    '\r',
    '\0',
    '\ufeff',
    '\u00a0',
    '\n\n\n',
    ' \n',
    ',,,,\n',
    '"x\ny"',
    '#',
    ';',
    '\t',
    '="1"',
    'x"y',
  ],
  ...['=1+1', '__proto__', 'constructor', '\u202e', '𝟗'],
].map((text) => Buffer.from(text));
const BROKEN = [
  '80',
  'ff',
  'c0af',
  'e0a4',
  'eda080',
  'f4908080',
  'fffe',
  'feff',
  '504b0304',
  '1f8b08',
  '255044462d',
].map((hex) => Buffer.from(hex, 'hex'));
/** Long inputs: a line of 64 kB and a little more, many empty lines, many cells. */
const LONG = [
  ...[65_535, 65_536, 65_537, 70_000].map((length) => Buffer.alloc(length, '9')),
  Buffer.alloc(66_000, 'é'),
  Buffer.alloc(20_000, '\n'),
  Buffer.alloc(20_000, ','),
  Buffer.alloc(20_000, '"'),
];

export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat({ max: 7 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      at: fc.nat(),
      bytes: fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom(...BYTES) },
        { weight: 4, arbitrary: fc.constantFrom(...BROKEN) },
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), length: fc.nat({ max: 30 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('twice' as const),
      at: fc.nat(),
      length: fc.nat({ max: 30 }),
      times: fc.nat({ max: 20 }),
    }),
  },
);
const longChange: fc.Arbitrary<Change> = fc.record({
  kind: fc.constant('put' as const),
  at: fc.nat(),
  bytes: fc.constantFrom(...LONG),
});

function changed(file: Buffer, one: Change): Buffer {
  const at = one.at % (file.length + 1);
  const [before, after] = [file.subarray(0, at), file.subarray(at)];
  switch (one.kind) {
    case 'flip': {
      const copy = Buffer.from(file);
      if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << one.bit);
      return copy;
    }
    case 'put':
      return Buffer.concat([before, one.bytes, after]);
    case 'cut':
      return Buffer.concat([before, after.subarray(one.length)]);
    case 'twice':
      return Buffer.concat([before, ...Array(one.times).fill(after.subarray(0, one.length)), after]);
  }
}

/** A text's bytes: mostly in UTF-8, sometimes in UTF-16 with its mark. */
function bytesOf(text: string): fc.Arbitrary<Buffer> {
  const marked = `\ufeff${text.replace(/^\ufeff/, '')}`;
  const little = Buffer.from(marked, 'utf16le');
  return fc.oneof(
    { weight: 5, arbitrary: fc.constant(Buffer.from(text)) },
    { weight: 1, arbitrary: fc.constant(little) },
    { weight: 1, arbitrary: fc.constant(Buffer.from(little).swap16()) },
  );
}

/** A file of this kind: valid, or with its bytes changed in a few places; one in fifty is long. */
export function fileOf(columns: Columns): fc.Arbitrary<Buffer> {
  const good = csvText(columns).chain(bytesOf);
  const [first = ''] = columns.required;
  const headers = [
    `${columns.required.join(',')}\n`,
    `\ufeff\r\n"${columns.required.join('","')}"\r\n`,
    `${first}\n`,
    `${columns.required.join(';')}\n`,
    `${columns.required.join('\t')}\n`,
    '',
  ].map((text) => Buffer.from(text));
  const apply = ([file, changes]: [Buffer, Change[]]) => changes.reduce(changed, file);
  return fc.oneof(
    { weight: 10, arbitrary: good },
    { weight: 30, arbitrary: fc.tuple(good, fc.array(change, { minLength: 1, maxLength: 4 })).map(apply) },
    { weight: 1, arbitrary: fc.tuple(good, fc.array(longChange, { minLength: 1, maxLength: 2 })).map(apply) },
    {
      weight: 12,
      arbitrary: fc
        .tuple(fc.constantFrom(...headers), fc.array(fc.constantFrom(...BYTES, ...BYTES, ...BROKEN), { maxLength: 20 }))
        .map(([header, parts]) => Buffer.concat([header, ...parts])),
    },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)) },
  );
}

/** The places at which a file is cut into chunks. */
export const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 6 });

const name = orSpoilt(
  fc.constantFrom('june.csv', 'JUNE.CSV', 'a b.csv', 'जून.csv', '=1+1.csv', '..csv', 'back\\slash.csv'),
);
const who = orSpoilt(fc.constantFrom('mha', 'jio', 'airtel', 'up-police', 'nobody'));
const direction = orSpoilt(
  fc.constantFrom('mha-0123456789ab.reverify.airtel.1-0-0', 'mha-0123456789ab.block.airtel.1-0-1', '..', '.', 'none'),
);

/** A key under which somebody may have put something. */
export const inboxKey = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom('reports', 'usage', 'responses', 'exemptions', 'admissions', 'lookups', 'appeals'),
        who,
        name,
      )
      .map((parts) => parts.join('/')),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('responses', 'decisions', 'withdrawals'), who, direction, name)
      .map((parts) => parts.join('/')),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(orSpoilt(fc.constantFrom('reports', 'usage', 'mha', 'a.csv')), { maxLength: 6 })
      .map((parts) => parts.join('/')),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('reports/mha/', 'usage/jio/', 'responses/jio/', 'responses/jio/none/'),
        fc.constantFrom('x', 'क', '../', 'a/'),
        fc.nat({ max: 1000 }),
      )
      .map(([place, part, times]) => `${place}${part.repeat(times)}.csv`),
  },
  { weight: 1, arbitrary: nastyText },
);
/** A file's name as an uploader may choose it: the part after the last `/` of a key. */
export const fileName = name.map((text) => `${text.toWellFormed().replaceAll('/', '').slice(0, 200)}_.csv`);
