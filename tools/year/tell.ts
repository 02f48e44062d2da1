/** The printed text of a year. */
import type { Size } from './draw.ts';
import { type Verdict, wronglyCutOff } from './judge.ts';
import { FREE_BY_APPEAL } from './reckoning.ts';

const number = (value: number) => Math.round(value).toLocaleString('en-GB');

/** The whole text, as lines. */
export function yearText({ seed, batches, handsets }: Size, verdict: Verdict, seconds: number): string {
  const { innocents, guilty, summaries, broken, counts } = verdict;
  const row = (what: string, count: number) => `  ${what.padEnd(64)} ${number(count).padStart(9)}`;
  const table = (rows: Readonly<Record<string, number>>) =>
    Object.entries(rows)
      .filter(([, count]) => count > 0)
      .map(([what, count]) => row(what, count));
  const ended: Record<string, number> = {};
  for (const { status } of summaries) ended[`batches ${status}`] = (ended[`batches ${status}`] ?? 0) + 1;
  const sum = (book: 'connections' | 'blocks' | 'outcomes') => {
    const all: Record<string, number> = {};
    for (const summary of summaries)
      for (const [word, count] of Object.entries(summary[book] ?? {})) all[word] = (all[word] ?? 0) + count;
    return all;
  };
  const { givenBackAfter: after } = innocents;
  return [
    `A year of ${batches} batches of ${handsets} handsets, seed ${seed}, in ${number(seconds)} s`,
    '',
    'What happened',
    ...table({ ...ended, ...counts }),
    '',
    'Numbers, as the books have them',
    ...table(sum('connections')),
    '',
    'Handsets at each operator, as the books have them',
    ...table(sum('blocks')),
    '',
    'What was to be given back, as the books have it',
    ...table(sum('outcomes')),
    '',
    'The innocent, as the world knows them',
    row('people', innocents.people),
    row('asked to prove who they are', innocents.asked),
    row('without outgoing or incoming calls for a time', innocents.barred),
    row('the longest of it, in days', innocents.longest),
    ...table(innocents.cutOff).map((line) => line.replace(/^ {2}/, '  cut off: ').replace(/ {9}/, '')),
    ...(after.length === 0
      ? []
      : [
          row('given back on appeal after so many days, the median', after[Math.floor(after.length / 2)] ?? 0),
          row('the longest of it, in days', after.at(-1) ?? 0),
        ]),
    row('given back on appeal while they were barred', innocents.barredGivenBack),
    row('cut off without an appeal granted and carried out', wronglyCutOff(innocents)),
    '',
    'The guilty, as the world knows them',
    row('people', guilty.people),
    row('without a number in service', guilty.stopped),
    row('set free by an appeal', guilty.gotAway[FREE_BY_APPEAL] ?? 0),
    row('got away', guilty.people - guilty.stopped),
    ...Object.entries(guilty.gotAway)
      .sort(([, a], [, b]) => b - a)
      .map(([why, count]) => row(`  ${why}`, count)),
    '',
    broken.length === 0 ? 'Every rule was kept.' : `${number(broken.length)} rules were broken:`,
    ...broken.map((rule) => `  ${rule}`),
  ].join('\n');
}
