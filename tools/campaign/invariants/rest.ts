/** How the system is left when all is done. */
import { sha256 } from '../../../test/reckoning/files.ts';
import type { Known } from './known.ts';
import { isFollowUp } from './moved-rows.ts';

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
  // that nothing came of that, has it imported once more, and puts it into quarantine where nothing comes of it then.
  const heard = known.seen.notices['fraud-administrators'] ?? [];
  const told = JSON.stringify(heard);
  const ofQuarantined = heard
    .filter(({ kind }) => kind === 'quarantined')
    .map(({ key, versionId }) => `-${sha256(`${key}\n${versionId}`).slice(0, 32)}`);
  const imported = new Set(known.seen.importedBy.map(withoutTry));
  for (const failure of known.seen.excused) {
    const name = /\(([^()]*)\)$/.exec(failure)?.[1] ?? '';
    const isTold = told.includes(`:${name}"`) || ofQuarantined.some((end) => uploadOf(name).endsWith(end));
    // Of a night that found nothing yet nothing is lost: the next one finds it, to which what goes on is held.
    const isNight = isFollowUp(name) && cases[`BATCH#${name}`] === undefined;
    known.must(isTold || isNight || imported.has(withoutTry(name)), `nobody was told that ${failure}`);
  }
}

/** What the name of an import's execution says of its upload: whose it is, and which. */
const uploadOf = (execution: string) => /^.*-[0-9a-f]{32}/.exec(execution)?.[0] ?? execution;

/** The name but for which try it is; of an upload that was gated, that of its import is another than that of its weighing. */
const withoutTry = (execution: string) => execution.replace(/(-[0-9a-f]{32}(?:-admitted)?)-\d+$/, '$1');
