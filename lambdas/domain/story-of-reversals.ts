/** What reversals have to do with a number or a handset: who asked, what became of it, which rows were taken back, and the lists. */
import { isOfFormerHolder, leavesLists } from './asked.ts';
import { dayOf } from './days.ts';
import type { Facts, ReversalFacts, RowFacts } from './facts.ts';
import type { Imei } from './identifiers.ts';
import { imeiOut } from './imeis.ts';
import { fileSaying } from './ledger.ts';
import { reversalKeys } from './outbox.ts';
import type { StoryEvent } from './story-events.ts';

/** Whether a reversal's subject is a number, a handset, or the use of a handset by one number. */
export function aboutOf({ imei, msisdn }: Pick<ReversalFacts, 'imei' | 'msisdn'>): 'number' | 'handset' | 'pair' {
  if (imei === null) return 'number';
  return msisdn === null ? 'handset' : 'pair';
}

/** Everybody who asked for what is taken back, each once: an appeal by each of its rows. */
export function eventsOfAsking(facts: Facts): StoryEvent[] {
  return facts.reversals.flatMap((reversal): StoryEvent[] => {
    const batch = facts.batches.find(({ batchId }) => batchId === reversal.batchId);
    if (batch === undefined) return [];
    const { batchId, withdraws, ground, appeals } = reversal;
    const { uploadedAt: at, agency: by } = batch;
    if (ground === 'withdrawal') return [{ at, what: 'report_withdrawn', batchId, by, report: withdraws }];
    const of = aboutOf(reversal);
    const isOthers = of === 'pair' && facts.subject.kind === 'handset';
    const imei = of === 'pair' ? imeiOut(reversal.imei as Imei) : null;
    const rows = appeals.length === 0 ? [{ ground, caseRef: null }] : appeals;
    return rows.map(({ ground: on, caseRef }) => ({
      at,
      what: 'appealed',
      batchId,
      by,
      of,
      imei,
      ground: on,
      caseRef: isOthers ? null : caseRef,
    }));
  });
}

/** What became of it. A former holder who asks for what they had is not told which batches directed somebody else since. */
export function eventsOfReversal(reversal: ReversalFacts): StoryEvent[] {
  const { at, batchId, state, directionIds } = reversal;
  const kept = isOfFormerHolder(reversal) ? [] : reversal.kept.map(({ unlisted: _, ...told }) => told);
  return [{ at, what: 'reversed', batchId, of: aboutOf(reversal), state, directionIds, kept }];
}

/** The rows that reversals took back, and the lists by which they withdrew the number. */
export function rowEventsOfReversals({ rows, reversals, subject }: Facts): StoryEvent[] {
  const taken = rows.flatMap((row) => takenBack(row, reversals));
  // A number stands once in the one list of a reversal, whoever asked for it how often.
  const withdrawn = new Map<string, StoryEvent>();
  for (const reversal of reversals) {
    const { at, batchId, ground } = reversal;
    if (subject.kind !== 'number' || reversal.imei !== null || !leavesLists(reversal)) continue;
    withdrawn.set(batchId, { at, what: 'withdrawn', list: reversalKeys(dayOf(at), batchId).csv, ground });
  }
  return [...taken, ...withdrawn.values()];
}

function takenBack({ ledger, row }: RowFacts, reversals: readonly ReversalFacts[]): StoryEvent[] {
  const { directionId } = ledger;
  const saying = fileSaying(ledger, row)?.reversal;
  return ledger.files.flatMap(({ reversal, at }): StoryEvent[] => {
    if (reversal === undefined) return [];
    const names = ({ batchId, rows }: ReversalFacts) =>
      batchId === reversal && rows.some((one) => one.directionId === directionId && one.row === row);
    const ended = saying === reversal;
    if (!ended && !reversals.some(names)) return [];
    return [{ at, what: 'taken_back', batchId: reversal, directionId, ended }];
  });
}
