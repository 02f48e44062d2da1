/**
 * The machine at whose speed the functions' time is reckoned, so that a bill doesn't depend on the machine that counted. A fixed piece of
 * work, like that of functions, is timed on both: beside the counted batch here, and once and for all on the reference machine.
 */
import { createHash } from 'node:crypto';
import type { BatchCount, Phase } from '../cost/counts.ts';

/**
 * The reference time: the least of 400 rounds of `node tools/bench/reference.ts`, each short enough to run undisturbed. Other work on a
 * machine makes rounds longer, and never shorter.
 */
export const REFERENCE = {
  machine: 'a virtual machine with two cores and 24 GiB, Linux, Node 24, November 2026',
  /** Milliseconds of one round. */
  milliseconds: 14.4,
} as const;

/** The rounds at each of the moments at which a run is stopped for them. */
export const ROUNDS = 20;

const ROWS = 6000;

/** Works one round: lines are made, split, parsed, hashed and sorted. The work is fixed: another round would be another reference. */
function work(): number {
  const newest = new Map<string, string>();
  const hash = createHash('sha256');
  for (let n = 0; n < ROWS; n++) {
    const line = `35${(n * 7919) % 1_000_003},+919${n % 900_000},2026-05-${10 + (n % 20)},"Uttar Pradesh (East)",POS-${n % 97}`;
    const [imei = '', msisdn = '', day = '', lsa = ''] = line.split(',');
    const item = JSON.stringify({ pk: imei, sk: `${day}#${msisdn}#airtel`, lsa });
    hash.update(item);
    const { sk } = JSON.parse(item) as { sk: string };
    if ((newest.get(msisdn) ?? '') < sk) newest.set(msisdn, sk);
  }
  hash.update([...newest].sort(([a], [b]) => (a < b ? -1 : 1)).join());
  return hash.digest()[0] ?? 0;
}

/** Milliseconds of each of some rounds, on this machine. */
export function timeRounds(rounds: number): number[] {
  return Array.from({ length: rounds }, () => {
    const began = performance.now();
    work();
    return performance.now() - began;
  });
}

/** The speed of the counting machine relative to the reference machine; 1 where a saved count doesn't tell. */
export const speedOf = ({ round }: Pick<BatchCount, 'round'>): number =>
  round === undefined ? 1 : REFERENCE.milliseconds / round;

/** A count with the times that its functions would have taken at the reference machine's speed. */
export function atReference(counted: BatchCount): BatchCount {
  const paced = (phase: Phase): Phase => ({
    ...phase,
    lambda: Object.fromEntries(
      Object.entries(phase.lambda).map(([name, usage]) => [
        name,
        { ...usage, milliseconds: usage.milliseconds * speedOf(counted) },
      ]),
    ),
  });
  return { ...counted, import: paced(counted.import), batch: paced(counted.batch) };
}

if (import.meta.main) {
  timeRounds(ROUNDS);
  const rounds = timeRounds(400).sort((a, b) => a - b);
  process.stdout.write(`least ${rounds[0]?.toFixed(2)} ms, middle ${rounds[200]?.toFixed(2)} ms\n`);
}
