/** What caseworkers ask about: each row is answered once, and told of every direction in which the number or the handset stands. */
import { imeiIn, linesOf, msisdnIn, sha256 } from '../../../test/reckoning/files.ts';
import type { Known } from './known.ts';
import { instant, same } from './values.ts';

/** An answered row: its line, and the directions that its story must name. */
interface Answered {
  readonly line: number;
  readonly directions: readonly string[];
}

/** Expects receipt and explanations of each file of lookups; the stories ask well-formed questions only. */
export function expectLookups(known: Known): void {
  for (const { key, text, at } of known.seen.uploads) {
    const [place, who, name = ''] = key.split('/');
    if (place !== 'lookups') continue;
    const digest = sha256(text);
    const { lines } = linesOf(text);
    const answered = lines.map(({ line, cells }): Answered => {
      const number = msisdnIn(cells?.msisdn ?? '');
      const handset = imeiIn(cells?.imei ?? '');
      const asked = 'msisdn' in number ? number.msisdn : 'imei' in handset ? handset.imei : '';
      return { line, directions: directionsWith(known, asked, instant(at)) };
    });
    const named = `${name}.${digest.slice(0, 8)}.json`;
    known.expected[`receipts/${who}/lookups/${named}`] = {
      ...{ sha256: digest, rows: lines.length, recorded: lines.length, alreadyRecorded: 0 },
      ...{ rejected: {}, rejects: [], refused: null },
    };
    known.expected[`explanations/${who}/${named.replace('.csv', '')}`] = answered;
  }
}

/** The directions in which a number (E.164) or a handset (14 digits) stands, of batches that were directed by an instant. */
function directionsWith({ directions, batches }: Known, identifier: string, by: string): string[] {
  const directed = new Set(
    batches.filter(({ directedAt }) => directedAt !== undefined && String(directedAt) <= by).map((one) => one.batchId),
  );
  return [...directions.values()]
    .filter(({ batch, rows }) => directed.has(batch) && rows.includes(identifier))
    .map(({ id }) => id);
}

/** Checks explanations: each line has one sentence, and a story that leaves out no direction. */
export function checkExplanations(known: Known, where: string, text: string, expected: readonly Answered[]): void {
  const { lookups } = JSON.parse(text) as {
    lookups: { line: number; story: { directionId?: string }[]; sentence: string }[];
  };
  known.must(
    same(
      lookups.map(({ line }) => line),
      expected.map(({ line }) => line),
    ) && lookups.every(({ sentence }) => sentence !== ''),
    `${where}: each row that was asked about is answered once`,
  );
  for (const { line, directions } of expected) {
    const told = new Set(lookups.find((one) => one.line === line)?.story.map(({ directionId }) => directionId));
    known.must(
      directions.every((id) => told.has(id)),
      `${where}: a story names every direction in which its subject stands`,
    );
  }
}
