/** How the system is left when all is done. */
import { sha256 } from '../../../test/reckoning/files.ts';
import type { Known } from './known.ts';

/** Nothing waits, the turn to plan is free, and nothing was given up. */
export function checkAtRest(known: Known): void {
  const { cases, running, failures } = known.seen;
  const turn = cases.PLANNING;
  const holder = cases[`BATCH#${turn?.holder}`];
  const held = ['approved', 'planning'].includes(String(holder?.state)) && holder?.execution === turn?.execution;
  known.must(!held, 'the turn to plan is free at the end');
  for (const name of running) known.must(false, `an execution runs for ever: ${name}`);
  for (const failure of failures) known.must(false, failure);
  // What fails in spite of all tries, people decide about. Where the event of its end is lost, they hear of its file: the sweep finds
  // that nothing came of that, and puts it into quarantine.
  const heard = known.seen.notices['fraud-administrators'] ?? [];
  const told = JSON.stringify(heard);
  const ofQuarantined = heard
    .filter(({ kind }) => kind === 'quarantined')
    .map(({ key, versionId }) => `-${sha256(`${key}\n${versionId}`).slice(0, 32)}`);
  for (const failure of known.seen.excused) {
    const name = /\(([^()]*)\)$/.exec(failure)?.[1] ?? '';
    known.must(
      told.includes(`:${name}"`) || ofQuarantined.some((end) => name.endsWith(end)),
      `nobody was told that ${failure}`,
    );
  }
}
