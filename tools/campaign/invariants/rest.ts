/** The state of the system when all is done. */
import { sha256 } from '../../../test/reckoning/files.ts';
import type { Known } from './known.ts';
import { isFollowUp } from './moved-rows.ts';

/** Checks that nothing waits, the turn to plan is free, and nothing was given up. */
export function checkAtRest(known: Known): void {
  const { cases, running, failures } = known.seen;
  const turn = cases.PLANNING;
  const holder = cases[`BATCH#${turn?.holder}`];
  const held = ['approved', 'planning'].includes(String(holder?.state)) && holder?.execution === turn?.execution;
  known.must(!held, 'the turn to plan is free at the end');
  for (const name of running) known.must(false, `an execution runs for ever: ${name}`);
  for (const failure of failures) known.must(false, failure);
  // People decide about what fails in spite of all tries. If the event of its end is lost, they hear of its file: the sweep finds that
  // nothing came of it, has it imported once more, and puts it into quarantine if nothing comes of that either.
  const heard = known.seen.notices['fraud-administrators'] ?? [];
  const told = JSON.stringify(heard);
  const ofQuarantined = heard
    .filter(({ kind }) => kind === 'quarantined')
    .map(({ key, versionId }) => `-${sha256(`${key}\n${versionId}`).slice(0, 32)}`);
  const imported = new Set(known.seen.importedBy.map(withoutTry));
  for (const failure of known.seen.excused) {
    const name = /\(([^()]*)\)$/.exec(failure)?.[1] ?? '';
    const isTold = told.includes(`:${name}"`) || ofQuarantined.some((end) => uploadOf(name).endsWith(end));
    // A night that found nothing yet loses nothing: the next one finds the rows, and is held to them.
    const isNight = isFollowUp(name) && cases[`BATCH#${name}`] === undefined;
    known.must(isTold || isNight || imported.has(withoutTry(name)), `nobody was told that ${failure}`);
  }
}

/** The part of an import's execution name that stands for its upload: its operator, and the upload's hash. */
const uploadOf = (execution: string) => /^.*-[0-9a-f]{32}/.exec(execution)?.[0] ?? execution;

/** The name without the number of the try; for a gated upload, the name of the import differs from that of the weighing. */
const withoutTry = (execution: string) => execution.replace(/(-[0-9a-f]{32}(?:-admitted)?)-\d+$/, '$1');
