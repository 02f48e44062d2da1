/** Deciding and cutting, shard by shard as Claim does it, at three sizes. */
import { decideClaim } from '../../lambdas/domain/claims.ts';
import { cutEvenly, directionRowLine } from '../../lambdas/domain/directions.ts';
import type { Msisdn } from '../../lambdas/domain/identifiers.ts';
import { parseGatheredLine } from '../../lambdas/domain/sightings.ts';
import { keepLink, NOTHING_DECIDED, type NumberLinks, numberSubject } from '../../lambdas/domain/subjects.ts';
import { DEFAULT_POLICY } from '../../lib/config/policy.ts';
import { imei, msisdn } from './embedded.ts';
import { type Results, spreadOf } from './measure.ts';

const SIZES = [20_000, 200_000, 2_000_000];
/** The factor that noise may add to a ratio of two medians. */
const TOLERANCE = 1.1;
const OPERATORS = ['airtel', 'bsnl', 'jio', 'mtnl', 'vi'];

/** The gathered lines of one shard. */
function linesOf(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, n) =>
    [
      msisdn(first + n),
      imei((first + n) % 28_200),
      `2026-05-${10 + (n % 20)}`,
      OPERATORS[(n * 31) % OPERATORS.length],
      'Delhi',
    ].join('\t'),
  );
}

function cutShard(lines: readonly string[]): number {
  const directed = new Map<string, { msisdn: string; line: string }[]>();
  const kept = new Map<Msisdn, NumberLinks>();
  for (const line of lines) keepLink(kept, parseGatheredLine(line), NOTHING_DECIDED);
  for (const [msisdn, links] of kept) {
    const subject = numberSubject(links, NOTHING_DECIDED, false);
    if (subject.state !== 'toClaim') continue;
    const { operator, newestDay, row } = subject;
    if (decideClaim('reverify', operator, newestDay, []).state !== 'directed') continue;
    const rows = directed.get(operator) ?? [];
    directed.set(operator, rows);
    rows.push({ msisdn, line: directionRowLine('reverify', row) });
  }
  let bytes = 0;
  for (const rows of directed.values())
    for (const piece of cutEvenly(
      rows.sort((a, b) => (a.msisdn < b.msisdn ? -1 : 1)),
      DEFAULT_POLICY.rowsPerDirection,
    ))
      bytes += piece.map(({ line }) => `${line}\n`).join('').length;
  return bytes;
}

/** The milliseconds of cutting, and the most bytes that a shard added to the heap. */
function cut(rows: number): { milliseconds: number; heapBytes: number } {
  let milliseconds = 0;
  let heapBytes = 0;
  for (let first = 0; first < rows; first += DEFAULT_POLICY.linksPerShard) {
    const lines = linesOf(first, Math.min(DEFAULT_POLICY.linksPerShard, rows - first));
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    const began = performance.now();
    cutShard(lines);
    milliseconds += performance.now() - began;
    heapBytes = Math.max(heapBytes, process.memoryUsage().heapUsed - before);
  }
  return { milliseconds, heapBytes };
}

export async function measureCutting(runs: number): Promise<Results> {
  cut(SIZES[0] as number);
  const told: Results['told'] = [];
  let smallest: { perStep: number; heapPerRow: number } | undefined;
  for (const rows of SIZES) {
    const all = Array.from({ length: runs }, () => cut(rows));
    const { median, min, max } = spreadOf(all.map(({ milliseconds }) => milliseconds));
    const heapBytes = Math.max(...all.map((one) => one.heapBytes));
    const perStep = median / (rows * Math.log2(rows));
    // A shard holds no more rows than the policy says, however many there are in all.
    const heapPerRow = heapBytes / Math.min(rows, DEFAULT_POLICY.linksPerShard);
    smallest ??= { perStep, heapPerRow };
    const growth = perStep / smallest.perStep;
    const memory = heapPerRow / smallest.heapPerRow;
    told.push({
      name: `decide and cut ${rows.toLocaleString('en-GB')} rows`,
      figures: {
        'rows/s': Math.round(rows / (median / 1000)),
        'rows/s min': Math.round(rows / (max / 1000)),
        'rows/s max': Math.round(rows / (min / 1000)),
        'time per n log n, 20,000 = 1': growth.toFixed(2),
        'heap of a shard MB': (heapBytes / 1e6).toFixed(1),
      },
      goal: {
        text: `time per n log n ≤ ${TOLERANCE}, heap per row of a shard ≤ ${TOLERANCE} × that of 20,000 rows`,
        met: growth <= TOLERANCE && memory <= TOLERANCE,
      },
    });
  }
  return { measured: [], told };
}
