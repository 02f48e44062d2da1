import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, type Day } from '../../lambdas/domain/days.ts';
import type { Imei, Msisdn, OperatorId } from '../../lambdas/domain/identifiers.ts';
import {
  type GatheredLink,
  gatheredLine,
  isNewer,
  type LinkKey,
  linkKey,
  numberOfGatheredLine,
  parseGatheredLine,
  parseLinkKey,
  parseSighting,
  USAGE_COLUMNS,
  type UsageColumn,
  windowOf,
} from '../../lambdas/domain/sightings.ts';
import { keepLink, NOTHING_DECIDED, type NumberLinks } from '../../lambdas/domain/subjects.ts';
import { anyText, readAll } from './csv-reading.ts';
import { thrown } from './example.ts';

const jio = 'jio' as OperatorId;
const uploaded = '2026-06-01' as Day;

describe("a row of an operator's usage file", () => {
  const good: Record<UsageColumn, string> = {
    imei: '490154203237518',
    msisdn: '9876543210',
    last_seen: '2026-05-31',
    imsi: '404451234567890',
    lsa: 'Delhi',
    subscriber_type: 'bulk',
    point_of_sale: 'POS-7',
  };
  const parse = (cells: Partial<Record<UsageColumn, string>>) =>
    parseSighting({ line: 9, cells: { ...good, ...cells } }, jio, uploaded);
  const taken = (cells: Partial<Record<UsageColumn, string>>) => {
    const read = parse(cells);
    if ('reason' in read) throw new Error(read.reason);
    return read.sighting;
  };

  test('is a sighting at that operator', () => {
    expect(parse({})).toEqual({
      sighting: {
        imei: '49015420323751',
        msisdn: '+919876543210',
        lastSeen: '2026-05-31',
        operator: 'jio',
        imsi: '404451234567890',
        lsa: 'Delhi',
        subscriberType: 'bulk',
        pointOfSale: 'POS-7',
      },
      warnings: [],
    });
  });
  test('of a self-check names its own handset and numbers, and no others, which nobody else may name', () => {
    const own = { ...good, imei: '77777777777777', msisdn: '+910012345678' };
    const read = (cells: typeof good, operator: string) =>
      parseSighting({ line: 9, cells }, operator as OperatorId, uploaded);
    expect(read(own, 'self-check')).toMatchObject({
      sighting: { imei: '77777777777777', msisdn: '+910012345678', operator: 'self-check' },
    });
    expect(read(good, 'self-check')).toEqual({ line: 9, value: '490154203237518', reason: 'self_check' });
    expect(read({ ...own, msisdn: good.msisdn }, 'self-check')).toMatchObject({
      value: good.msisdn,
      reason: 'self_check',
    });
    expect(read({ ...own, msisdn: '+910123456789' }, 'self-check')).toMatchObject({ reason: 'bad_msisdn' });
    expect(read({ ...own, msisdn: 'x' }, 'self-check')).toMatchObject({ value: 'x', reason: 'bad_msisdn' });
    expect(read(own, 'jio')).toEqual({ line: 9, value: '77777777777777', reason: 'not_a_device' });
    for (const msisdn of ['+910012345678', '0012345678', '910012345678'])
      expect(read({ ...good, msisdn }, 'jio')).toEqual({ line: 9, value: msisdn, reason: 'bad_msisdn' });
  });
  test('of a self-check has a link, too', () => {
    const key = { lastSeen: '2026-05-31', msisdn: '+910012345678', operator: 'self-check' } as LinkKey;
    expect(parseLinkKey(linkKey(key))).toEqual(key);
  });
  test('needs no more than handset, connection and day', () => {
    expect(parse({ imsi: '', lsa: '', subscriber_type: '', point_of_sale: '' })).toEqual({
      sighting: {
        imei: '49015420323751',
        msisdn: '+919876543210',
        lastSeen: '2026-05-31',
        operator: 'jio',
        imsi: '',
        lsa: '',
        subscriberType: '',
        pointOfSale: '',
      },
      warnings: [],
    });
  });
  test('may have been seen on the day of the upload, and long before', () => {
    expect(taken({ last_seen: '2026-06-01' })).toMatchObject({ lastSeen: '2026-06-01' });
    expect(taken({ last_seen: '1999-01-01' })).toMatchObject({ lastSeen: '1999-01-01' });
  });
  test.each(['individual', 'business', 'bulk', ''])('may be of a subscriber of the type %j', (type) => {
    expect(parse({ subscriber_type: type })).toMatchObject({ sighting: { subscriberType: type }, warnings: [] });
  });
  test.each(['prepaid', 'corporate', 'Bulk', 'toString'])(
    'of a subscriber of the type %j, which nobody agreed on, is taken without it, and with a warning',
    (type) => {
      expect(parse({ subscriber_type: type })).toMatchObject({
        sighting: { imei: '49015420323751', msisdn: '+919876543210', lsa: 'Delhi', subscriberType: '' },
        warnings: ['unknown_subscriber_type'],
      });
    },
  );
  test.each([
    ['imsi', 'imsi'],
    ['lsa', 'lsa'],
    ['point_of_sale', 'pointOfSale'],
  ] as const)('with more than 500 characters of %s is taken without them, and with a warning', (column, field) => {
    expect(parse({ [column]: 'क'.repeat(501) })).toMatchObject({
      sighting: { msisdn: '+919876543210', [field]: '' },
      warnings: ['text_too_long'],
    });
    expect(parse({ [column]: 'क'.repeat(500) })).toMatchObject({
      sighting: { [field]: 'क'.repeat(500) },
      warnings: [],
    });
  });
  test('has a warning for each optional cell that is dropped', () => {
    const long = 'x'.repeat(501);
    expect(parse({ imsi: long, lsa: long, point_of_sale: long, subscriber_type: long })).toMatchObject({
      sighting: { imsi: '', lsa: '', subscriberType: '', pointOfSale: '' },
      warnings: ['unknown_subscriber_type', 'text_too_long', 'text_too_long', 'text_too_long'],
    });
  });
  test('is of the handset of its first 14 digits, whatever the last digit says: spoofed handsets send false ones', () => {
    // 490154203237518 is the IMEI with its check digit; a 16th digit belongs to a software version.
    for (const last of ['', ...'0123456789', '00', '99'])
      expect(taken({ imei: `49015420323751${last}` })).toMatchObject({ imei: '49015420323751' });
    expect(taken({ imei: '49-015420/323751.1' })).toMatchObject({ imei: '49015420323751' });
  });
  test.each([
    ['imei', '', 'missing_imei'],
    ['imei', 'x', 'not_digits'],
    ['imei', '1', 'wrong_length'],
    ['imei', '22222222222222', 'not_a_device'],
    ['imei', '222222222222221', 'not_a_device'],
    ['msisdn', '', 'missing_msisdn'],
    ['msisdn', '12345', 'bad_msisdn'],
    ['last_seen', '', 'missing_last_seen'],
    ['last_seen', '31-05-2026', 'bad_date'],
    ['last_seen', '2026-02-30', 'bad_date'],
    ['last_seen', '2026-06-02', 'bad_date'],
  ] as const)('with the %s %j is rejected: %s', (column, value, reason) => {
    expect(parse({ [column]: value })).toEqual({ line: 9, value, reason });
  });
  test('with too many or too few cells is rejected for that, before all else', () => {
    expect(parseSighting({ line: 4, reason: 'wrong_cell_count', text: 'x,y' }, jio, uploaded)).toEqual({
      line: 4,
      value: 'x,y',
      reason: 'wrong_cell_count',
    });
  });
  test('with several faults is rejected for the first in the agreed order', () => {
    const bad = { imei: 'x', msisdn: 'y', last_seen: 'z', subscriber_type: 'u' };
    expect(parse(bad)).toMatchObject({ reason: 'not_digits' });
    expect(parse({ ...bad, imei: good.imei })).toMatchObject({ reason: 'bad_msisdn' });
    expect(parse({ ...bad, imei: good.imei, msisdn: good.msisdn })).toMatchObject({ reason: 'bad_date' });
    expect(parse({ last_seen: '', subscriber_type: 'u' })).toMatchObject({ reason: 'missing_last_seen' });
  });
  test('is found by the names of its columns', async () => {
    const file = 'last_seen,MSISDN,circle,imei\n2026-05-01,09876543210,north,49015420323751\n';
    const { rows } = await readAll([Buffer.from(file)], USAGE_COLUMNS);
    expect(rows).toEqual([
      {
        line: 2,
        cells: {
          imei: '49015420323751',
          msisdn: '09876543210',
          last_seen: '2026-05-01',
          imsi: '',
          lsa: '',
          subscriber_type: '',
          point_of_sale: '',
        },
      },
    ]);
  });
});

describe('the key of a link', () => {
  const key = '2026-05-31#+919876543210#jio';
  const said = { lastSeen: '2026-05-31' as Day, msisdn: '+919876543210' as Msisdn, operator: jio };
  test('says day, connection and operator', () => {
    expect(linkKey(said)).toBe(key);
    expect(parseLinkKey(key)).toEqual(said);
  });
  test.each([
    '',
    '2026-05-31',
    '2026-05-31#9876543210#jio',
    '2026-05-31#+915876543210#jio',
    '2026-05-31#+910112345678#jio',
    '2026-05-31#+91987654321#jio',
    '2026-05-31#+9198765432101#jio',
    '2026-05-31#+919876543210#',
    '2026-05-31#+919876543210#Jio',
    `2026-05-31#+919876543210#${'o'.repeat(11)}`,
    '26-05-31#+919876543210#jio',
    '2026-5-31#+919876543210#jio',
    '2026-05-3#+919876543210#jio',
    `x${key}`,
    `${key}#x`,
    `${key}\n`,
  ])('is not %j', (text) => {
    expect(thrown(() => parseLinkKey(text))).toBe('BadLinkKey: a link is filed under yyyy-mm-dd#msisdn#operator');
  });
});

test('the look-back window has both its ends: 180 days before the upload, and the day of the upload', () => {
  expect(windowOf('2026-06-01' as Day, 180)).toEqual({ from: '2025-12-03', to: '2026-06-01' });
  expect(windowOf('2024-03-01' as Day, 1)).toEqual({ from: '2024-02-29', to: '2024-03-01' });
});

const link = (over: Partial<Record<keyof GatheredLink, string>> = {}): GatheredLink => ({
  msisdn: (over.msisdn ?? '+919876543210') as Msisdn,
  imei: (over.imei ?? '49015420323751') as Imei,
  lastSeen: (over.lastSeen ?? '2026-05-31') as Day,
  operator: (over.operator ?? 'jio') as OperatorId,
  lsa: over.lsa ?? '',
});

describe("a connection's newest sighting", () => {
  test('is that of the latest day, whatever the operator and handset', () => {
    const later = link({ lastSeen: '2026-05-31', operator: 'vi', imei: '99999999999990' });
    const earlier = link({ lastSeen: '2026-05-30', operator: 'airtel', imei: '00000000000001' });
    expect([isNewer(later, earlier), isNewer(earlier, later)]).toEqual([true, false]);
  });
  test('on one day, is that of the operator whose id comes first', () => {
    const first = link({ operator: 'airtel', imei: '99999999999990' });
    const second = link({ operator: 'jio', imei: '00000000000001' });
    expect([isNewer(first, second), isNewer(second, first)]).toEqual([true, false]);
  });
  test('on one day at one operator, is that in the handset with the lowest IMEI', () => {
    const first = link({ imei: '00000000000001' });
    const second = link({ imei: '99999999999990' });
    expect([isNewer(first, second), isNewer(second, first)]).toEqual([true, false]);
    expect(isNewer(first, first)).toBe(false);
  });

  const some = fc
    .record({
      msisdn: fc.constantFrom('+919000000001', '+919000000002', '+919000000003'),
      imei: fc.constantFrom('00000000000001', '00000000000002', '49015420323751'),
      lastSeen: fc.integer({ min: 0, max: 3 }).map((days) => addDays('2026-05-30' as Day, days)),
      operator: fc.constantFrom('airtel', 'jio', 'vi'),
    })
    .map(link);
  const newestOf = (links: readonly GatheredLink[]) => {
    const kept = new Map<Msisdn, NumberLinks>();
    for (const one of links) keepLink(kept, one, NOTHING_DECIDED);
    return new Map([...kept].map(([msisdn, { newest }]) => [msisdn, newest]));
  };
  test('does not depend on the order of the links, and none is lost', () => {
    fc.assert(
      fc.property(
        fc
          .array(some, { maxLength: 30 })
          .chain((links) => fc.tuple(fc.constant(links), fc.shuffledSubarray(links, { minLength: links.length }))),
        ([links, shuffled]) => {
          const newest = newestOf(links);
          expect(new Map([...newestOf(shuffled)].sort())).toEqual(new Map([...newest].sort()));
          // Reckoned by sorting instead: a later day counts down, the rest up.
          for (const msisdn of new Set(links.map((one) => one.msisdn))) {
            const rank = ({ lastSeen, operator, imei }: GatheredLink) =>
              `${99_999_999 - Number(lastSeen.replaceAll('-', ''))} ${operator} ${imei}`;
            const own = links.filter((one) => one.msisdn === msisdn).sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
            expect(newest.get(msisdn)).toEqual(own[0]);
          }
          expect(newest.size).toBe(new Set(links.map((one) => one.msisdn)).size);
        },
      ),
    );
  });
});

describe('the line of a gathered link', () => {
  test('has five cells between tabs', () => {
    expect(gatheredLine(link({ lsa: 'Delhi' }))).toBe('+919876543210\t49015420323751\t2026-05-31\tjio\tDelhi');
  });
  test('begins with its number, which can be read alone', () => {
    expect(numberOfGatheredLine(gatheredLine(link({ lsa: 'Delhi' })))).toBe('+919876543210');
  });
  test('keeps any text from outside, on one line', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          fc
            .array(fc.constantFrom('\\', '\t', '\n', '\r', '\u2028', '\u2029', 'n', 't', 'u', 'v', 'अ'))
            .map((all) => all.join('')),
        ),
        (lsa) => {
          const line = gatheredLine(link({ lsa }));
          expect(line).not.toMatch(/[\n\r\u2028\u2029]/);
          expect(parseGatheredLine(line)).toEqual(link({ lsa }));
        },
      ),
    );
  });
  const good = '+919876543210\t49015420323751\t2026-05-31\tjio\tDelhi';
  test.each([
    '',
    'a\tb\tc\td\te',
    `x${good}`,
    `${good}\tmore`,
    good.slice(0, -'\tDelhi'.length),
    good.replace('+91', '91'),
    good.replace('+919876543210', '+91987654321'),
    good.replace('+919876543210', '+9198765432101'),
    good.replace('49015420323751', '4901542032375'),
    good.replace('49015420323751', '490154203237518'),
    good.replace('2026-05-31', '31-05-2026'),
    good.replace('2026-05-31', '02026-05-31'),
    good.replace('jio', 'Jio'),
    good.replace('jio', ''),
    good.replace('jio', 'o'.repeat(11)),
  ])('is not %j', (line) => {
    expect(thrown(() => parseGatheredLine(line))).toBe(
      'BadWorkLine: a gathered link is a number, a handset, a day, an operator and an area',
    );
  });
});
