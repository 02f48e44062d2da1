/** What a batch has to do with a number or a handset: its report, the sightings, what people decided, and whom it left out. */
import { actOf, type Decision, type Vote } from './decisions.ts';
import type { AsideFacts, BatchFacts, Facts } from './facts.ts';
import type { ApproverId, Imei, Msisdn } from './identifiers.ts';
import { imeiOut } from './imeis.ts';
import type { StoryEvent } from './story-events.ts';

/** The events of all batches that met the subject. */
export function eventsOfBatches({ subject, batches, aside, reversals }: Facts): StoryEvent[] {
  return batches.flatMap((batch) => {
    // A strike of a handset leaves a number out of a reversal, too, if the handset is asked for as far as the number uses it.
    const pairs = reversals.flatMap(({ batchId, imei }) => (batchId === batch.batchId ? (imei ?? []) : []));
    const imeis = subject.kind === 'handset' ? [subject.imei] : [...new Set([...seenIn(batch), ...pairs])];
    const msisdn = subject.kind === 'number' ? subject.msisdn : null;
    return [
      // A batch that isn't a report's goes on from rows of others, or takes them back.
      ...(batch.kind === 'report' ? [reported(batch)] : []),
      ...batch.sightings.map((sighting) => seen(batch, sighting)),
      ...(batch.decision === null ? [] : decided(batch, batch.decision, imeis, msisdn)),
      ...aside.filter(({ batchId }) => batchId === batch.batchId).map((one) => leftOut(batch, one)),
    ];
  });
}

/** The handsets of the batch in which the number was seen. */
export function seenIn({ sightings }: Pick<BatchFacts, 'sightings'>): Imei[] {
  return [...new Set(sightings.map(({ imei }) => imei))].sort();
}

function reported({ batchId, agency, file, uploadedAt, reported: rows }: BatchFacts): StoryEvent {
  const cases = rows.map(({ imei, ...row }) => ({ imei: imeiOut(imei), ...row }));
  return { at: uploadedAt, what: 'reported', batchId, agency, file, cases };
}

function seen({ batchId }: BatchFacts, { imei, lastSeen, operator, lsa }: BatchFacts['sightings'][number]): StoryEvent {
  return { at: lastSeen, what: 'seen', batchId, imei: imeiOut(imei), operator, area: lsa };
}

function decided(
  { batchId, held }: BatchFacts,
  decision: Decision,
  imeis: readonly Imei[],
  msisdn: Msisdn | null,
): StoryEvent[] {
  const { ending, votes } = decision;
  const events: StoryEvent[] = [];
  for (const [by, { subjects }] of Object.entries<Vote>(votes) as [ApproverId, Vote][])
    for (const subject of [...imeis, ...(msisdn === null ? [] : [msisdn])]) {
      const word = Object.hasOwn(subjects, subject) ? subjects[subject] : undefined;
      if (word?.says !== 'strike') continue;
      const about =
        subject === msisdn
          ? ({ of: 'number', imei: null } as const)
          : ({ of: 'handset', imei: imeiOut(subject as Imei) } as const);
      events.push({ at: word.at, what: 'struck', batchId, ...about, by });
    }
  if (ending === null) return events;
  for (const imei of imeis) {
    const why = held.get(imei);
    if (why !== undefined)
      events.push({ at: ending.at, what: 'held', batchId, imei: imeiOut(imei), why, act: actOf(decision, imei) });
  }
  const grounds = ending.by.flatMap((approver) => {
    const said = votes[approver]?.batch;
    return said?.decision === 'approve' ? [said.ground] : [];
  });
  return [...events, { at: ending.at, what: 'decided', batchId, by: ending.by, grounds: [...new Set(grounds)].sort() }];
}

function leftOut({ batchId, startedAt }: BatchFacts, { operator, state, directionId }: AsideFacts): StoryEvent {
  return { at: startedAt, what: 'left_out', batchId, operator, state, directionId };
}
