/**
 * A whole small batch or two, from a seed: the uploads with their times, and each operator's answer for each row. It is small enough to
 * take a second, and has every kind of row that changes the outcome. There are two operators. People act well away from every deadline,
 * farther than any fault of the campaign delays them, so that faults may change when something happens, but not what.
 *
 * Day 0: usage of each operator. Day 5: mha's report. Day 11: more usage, some of it newer than what mha's batch took; and, in half of the
 * runs, a gated file, which is admitted in some of them.
 * Day 15 or 36, in half of the runs: up-police's report, which shares handsets with mha's. Of the rows that nobody answered, connections
 * are open in mha's batch on day 15 (until day 21, or later), and on day 36 nothing is. If mha's batch lapses, everything after that is six
 * days later.
 *
 * In a part of the runs operators say of some numbers that they were ported to the other one, have more time, are somebody else's, or were
 * given up; moved rows go on in the follow-ups of the nights. In another part, ten days after a batch began that people could approve, a
 * caseworker appeals, or mha withdraws its report or handsets of it; if there is a second report, it came a month later and relies on the
 * first one. The request is approved, refused, or lies there for a day. In most runs with such a second report delhi-police reports all
 * handsets three weeks after the request, with the sightings of before: what was taken back stays so, and what another report has elsewhere isn't
 * directed again where it was.
 */
import { createHash } from 'node:crypto';
import { fraction, hash } from '../../simulation/random.ts';
import { written } from '../../test/reckoning/files.ts';
import { begunAt, mayLapse } from './said.ts';
import {
  CASEWORKERS,
  DAY,
  dayBefore,
  digits,
  GATED_NAME,
  HOUR,
  LAPSES_AFTER,
  LATE_AFTER,
  OPERATORS,
  type Planned,
  pick,
  REPORT_AT,
  type Story,
} from './story.ts';

const GATED_ROWS = 67;
/**
 * The time from the day on which a batch begins that people may approve to the appeal or withdrawal: between its second deadline and its
 * end, whatever goes wrong. If a second report has come, a reversal of the first one comes long after that one's end.
 */
const REVERSED_AFTER = 10 * DAY;
/** The time from that to a report that comes after it, when the ladders of the reports before have ended, and all late answers have come. */
const REPORTED_AGAIN_AFTER = 20 * DAY;
/** A number that nobody has. */
const STRANGER = '9000000001';
/** The shares of stories in which numbers move, and in which something is taken back. */
const MOVES = 0.4;
const REVERSALS = 0.5;
/**
 * The time from the day on which the last batch begins that people may approve, until all is over where numbers go on elsewhere: four
 * nights at most, one after the other, since nothing is ported twice or extended twice, and the ladder of the last one.
 */
const MOVED_AFTER = 45 * DAY;

/** An IMEI in one of its written forms. */
function spelt(imei: string, dice: number): string {
  const forms = [imei, written(imei), `${imei}0`, `${imei}07`, `${imei.slice(0, 8)}-${imei.slice(8)}`];
  return forms[dice % forms.length] as string;
}

export function storyOf(seed: number): Story {
  const dice = (...what: (string | number)[]) => hash(seed, ...what);
  const between = (from: number, to: number, ...what: (string | number)[]) => from + (dice(...what) % (to - from + 1));
  const imeis = Array.from(
    { length: between(3, 4, 'handsets') },
    (_, n) => `35${digits(dice('model'), 6)}${digits(dice('serial') + 7919 * n, 6)}`,
  );
  const numbers = Array.from(
    { length: between(10, 18, 'numbers') },
    (_, n) =>
      `${pick(['6', '7', '8', '9'], seed, 'first', n)}${digits(dice('block'), 6)}${digits(dice('n') + 37 * n, 3)}`,
  );
  const imsis: string[] = [];
  const later = mayLapse({ seed }, 'mha') ? LAPSES_AFTER : 0;

  const files = new Map<string, string[]>();
  const see = (file: string, operator: string, imei: string, number: string, day: string) => {
    const key = `${operator}/${file}`;
    const lines = files.get(key) ?? [];
    files.set(key, lines);
    const form = dice('form', key, lines.length);
    const imsi = `404${digits(dice('imsi', number), 2)}${number}`;
    imsis.push(imsi);
    const prefix = ['+91', '91', '0', ''][form & 3];
    // The day comes last: a row that is cut off can't be read then, and is never one with another area.
    lines.push(
      `${pick(['Delhi', 'Mumbai', ''], seed, number)},${imsi},${spelt(imei, form >>> 2)},${prefix}${number},${day}`,
    );
    // The same row comes twice, and some rows can't be taken.
    if (form % 11 === 0) lines.push(lines.at(-1) as string);
    if (form % 7 === 0)
      lines.push(
        pick([`,,${imei},,${day}`, ',,12345,9000000000,2026-05-01', `,,${imei},${number},tomorrow`, 'short'], form),
      );
  };
  for (const operator of OPERATORS) files.set(`${operator}/usage.csv`, []);
  numbers.forEach((number, n) => {
    const imei = imeis[n % imeis.length] as string;
    const home = pick(OPERATORS, seed, 'home', number);
    // The day is far enough from the window's edge, even if the last report is uploaded again days later.
    const age = between(3, 90, 'age', number);
    const chance = fraction(seed, 'kind', number);
    // Some numbers were seen only before the look-back window.
    see('usage.csv', home, imei, number, dayBefore(chance < 0.08 ? 200 + age : age));
    const other = pick(OPERATORS, seed, 'other', number);
    const second = pick(imeis, seed, 'second', number);
    if (chance > 0.6) see('usage.csv', other, second, number, dayBefore(age + (chance > 0.9 ? 0 : 9)));
    // These were seen after mha's report, some at another operator: days 5 and 6 of the story.
    if (chance > 0.3 && chance < 0.6)
      see('more usage.csv', chance < 0.4 ? other : home, imei, number, dayBefore(-5 - (n % 2)));
  });
  const secondAt = fraction(seed, 'second report');
  const isNear = secondAt < 0.35 && later === 0 && !mayLapse({ seed }, 'up-police');
  const extra: string[] = [];
  if (fraction(seed, 'gated') < 0.5) {
    const alone = `86${digits(dice('model'), 6)}${digits(dice('alone'), 6)}`;
    const other = (n: number) => `9${digits(dice('gated'), 6)}${digits(37 * n, 3)}`;
    const reported = imeis[1] as string;
    // The rows of a reported handset come last: a file that is cut off, and so small that it is imported, has none of them.
    const rows = Array.from({ length: GATED_ROWS + 3 }, (_, n) => [n < GATED_ROWS ? alone : reported, other(n)]);
    extra.push(alone, ...rows.map(([, number = '']) => number));
    const lines = rows.map(([imei, number]) => `Delhi,,${imei},${number},${dayBefore(-5)}`);
    files.set(`${pick(OPERATORS, seed, 'gated')}/${GATED_NAME}`, lines);
  }
  const usage = [...files].map(([key, lines]) => ({
    at: (key.endsWith('/usage.csv') ? 0 : 11 * DAY + later) + between(1, 10, 'usage', key) * HOUR,
    key: `usage/${key}`,
    text: ['lsa,imsi,imei,msisdn,last_seen', ...lines].map((line) => `${line}\n`).join(''),
  }));

  const report = (agency: string, at: number, handsets: string[]) => {
    const lines = handsets.map((imei, n) => `case ${n},${spelt(imei, dice('report', agency, n))}`);
    lines.push(`again,${spelt(handsets[0] as string, dice('again', agency))}`, 'unreadable,35-unreadable', 'empty,');
    return { agency, at, key: `reports/${agency}/report.csv`, text: ['case_ref,imei', ...lines, ''].join('\n') };
  };
  const reports = [report('mha', REPORT_AT + between(0, 5, 'report') * HOUR, imeis.slice(0, -1))];
  if (secondAt < 0.5) {
    const at = (isNear ? 15 * DAY : 36 * DAY + later) + between(0, 5, 'second') * HOUR;
    reports.push(report('up-police', at, imeis.slice(1)));
  }
  const story: Story = {
    ...{ seed, usage, reports, ends: 0 },
    // Where the second report is near, nobody admits the file: if everything were late, that report might miss it.
    admits: !isNear && fraction(seed, 'admits') < 0.7,
    moves: fraction(seed, 'moves') < MOVES,
    identifiers: [...new Set([...imeis, ...numbers, ...imsis, ...extra])],
  };
  const [first = 0, second] = reports.map(({ agency }) => begunAt(story, agency));
  if (!isNear && fraction(seed, 'reversals') < REVERSALS) {
    const at = (second ?? first) + REVERSED_AFTER + between(0, 5, 'reversed at') * HOUR;
    story.reversals =
      fraction(seed, 'withdrawn') < 0.4
        ? withdrawalsOf(seed, at, reports[0]?.text ?? '', imeis)
        : [appealOf(seed, second === undefined ? at : first + REVERSED_AFTER, imeis, numbers)];
    if (second !== undefined && fraction(seed, 'reported again') < 0.8)
      reports.push(report('delhi-police', at + REPORTED_AGAIN_AFTER, imeis));
  }
  const begun = reports.map(({ agency }) => begunAt(story, agency));
  return { ...story, ends: Math.max(...begun) + (story.moves ? MOVED_AFTER : LATE_AFTER + 3 * DAY) };
}

/**
 * An appeal for numbers that are open, barred, disconnected or verified by then, for one that nobody has, for a handset, and for a pair of
 * both.
 */
function appealOf(seed: number, at: number, imeis: string[], numbers: string[]): Planned {
  const number = (n: number) => pick(numbers, seed, 'appealed', n);
  const imei = pick(imeis, seed, 'appealed');
  const chance = (what: string) => fraction(seed, 'appeal', what) < 0.5;
  const rows = [
    ...[0, 1, 2, 3].map((n) => `${number(n)},,,wrong_number,A-${n}`),
    `${STRANGER},,,Court_Order,`,
    ...(chance('handset') ? [`,${written(imei)},,wrong_handset,`] : []),
    ...(chance('pair') ? [`${number(4)},${written(imei)},,cloned,`] : []),
    ...(chance('again') ? [`+91${number(0)},,,cloned,again`] : []),
    ...(chance('bad rows') ? [',,,wrong_number,', `${number(5)},,,because,`, `${number(5)},,,,`, 'short'] : []),
  ];
  const key = `appeals/${pick(CASEWORKERS, seed, 'caseworker')}/appeal.csv`;
  return { at, key, text: ['msisdn,imei,reference,ground,case_ref', ...rows, ''].join('\n') };
}

/** A withdrawal of mha's report, or of one of its handsets; in that case a second one may be sent before the first is decided upon. */
function withdrawalsOf(seed: number, at: number, report: string, imeis: string[]): Planned[] {
  const batch = `mha-${createHash('sha256').update(report).digest('hex').slice(0, 12)}`;
  const reported = imeis.slice(0, -1);
  const named = fraction(seed, 'withdrawn whole') < 0.4 ? [] : [written(pick(reported, seed, 'withdrawn'))];
  const bad = named.length > 0 && fraction(seed, 'withdrawn badly') < 0.5 ? [`${named[0]}`, '35-unreadable'] : [];
  const file = (name: string, after: number, rows: string[]): Planned => ({
    at: at + after,
    key: `withdrawals/mha/${batch}/${name}.csv`,
    text: ['imei', ...rows, ''].join('\n'),
  });
  const other = reported.map(written).find((imei) => !named.includes(imei));
  const isSecond = named.length > 0 && other !== undefined && fraction(seed, 'withdrawn twice') < 0.7;
  return [file('back', 0, [...named, ...bad]), ...(isSecond ? [file('other', HOUR / 6, [other])] : [])];
}
