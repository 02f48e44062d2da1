/**
 * The story of a number or a handset: what happened to it and why, in order of time, from what is stored. Each source of facts makes
 * its events in a file of its own.
 */
import type { Facts } from './facts.ts';
import type { BatchId } from './identifiers.ts';
import type { StoryEvent } from './story-events.ts';
import { eventsOfBatches } from './story-of-batches.ts';
import { eventsOfExemption } from './story-of-exemptions.ts';
import { eventsOfAsking, eventsOfReversal, rowEventsOfReversals } from './story-of-reversals.ts';
import { eventsOfRow } from './story-of-rows.ts';

/** The story that facts tell, in order of time; events of one instant stand in the order of their causes. */
export function storyOf(facts: Facts): StoryEvent[] {
  const settledAt = (id: BatchId) => facts.batches.find(({ batchId }) => batchId === id)?.settledAt ?? null;
  const events = [
    ...eventsOfExemption(facts.exemption),
    ...eventsOfAsking(facts),
    ...eventsOfBatches(facts),
    ...facts.reversals.flatMap(eventsOfReversal),
    ...facts.rows.flatMap((row) => eventsOfRow(row, settledAt(row.batchId))),
    ...rowEventsOfReversals(facts),
  ];
  return events.sort((a, b) => (a.at === b.at ? 0 : a.at < b.at ? -1 : 1));
}
