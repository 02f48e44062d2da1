/**
 * What is stored of one number or handset, gathered for its story: each source of facts has its form here and its rules in a file
 * `story-of-….ts`.
 */
import type { Appeal } from './appeals.ts';
import type { ReversedSubject } from './asked.ts';
import { activatedOn } from './claims.ts';
import type { Day, Instant } from './days.ts';
import type { Decision } from './decisions.ts';
import type { DirectionRow } from './directions.ts';
import type { Exemption } from './exemptions.ts';
import type { AgencyId, BatchId, DirectionId, Imei, Msisdn, OperatorId } from './identifiers.ts';
import type { BatchKind, ClaimState, DirectionKind, RESTORE } from './kinds.ts';
import type { Order } from './ladders.ts';
import { type Ledger, outcomeOf, type RecordedFile } from './ledger.ts';
import type { MovedRow } from './moves.ts';
import type { Outcome } from './outcome-rules.ts';
import type { GatheredLink } from './sightings.ts';
import type { HeldWhy } from './weighing.ts';

/** A row of a report that names a handset, with what its agency noted beside it; '' if it noted nothing. */
export interface ReportRow {
  readonly imei: Imei;
  readonly line: number;
  readonly caseRef: string;
  readonly reportedOn: string;
  readonly category: string;
}

/** What a batch knows of the subject. */
export interface BatchFacts {
  readonly batchId: BatchId;
  readonly kind: BatchKind;
  readonly agency: AgencyId;
  /** The key in the inbox of the file that began it. */
  readonly file: string;
  readonly uploadedAt: Instant;
  /** The instant when it took its turn to plan. */
  readonly startedAt: Instant;
  readonly settledAt: Instant | null;
  /** The rows of its report that name the handset, or a handset in which the number was seen; none once the report has gone. */
  readonly reported: readonly ReportRow[];
  /** A number's sightings in the look-back window on the batch's handsets. */
  readonly sightings: readonly GatheredLink[];
  /** The handsets among these that look cloned. */
  readonly held: ReadonlyMap<Imei, HeldWhy>;
  /** The record of what people decided; null for a batch from before there were decisions. */
  readonly decision: Decision | null;
}

/** An order that carries the row, as it lies in the outbox. */
export interface CarryingOrder {
  readonly order: Order | typeof RESTORE.order;
  readonly key: string;
  readonly at: Instant;
  readonly deadline: Instant;
}

/** A recorded file, and its name; null once its receipt has gone. */
export interface NamedFile {
  readonly file: RecordedFile;
  readonly name: string | null;
}

/** What stood of a row before another word replaced it. */
export interface EarlierWord {
  readonly outcome: Outcome;
  /** The file that said so, and the day; null if the row was overdue without a word. */
  readonly said: (NamedFile & { readonly on: Day }) | null;
  /** Where the row went on by that word. */
  readonly moved: RowFacts['moved'];
}

/** A row of the subject's in a direction whose plan counts. */
export interface RowFacts {
  readonly batchId: BatchId;
  readonly ledger: Ledger;
  /** The row's number, from 0. */
  readonly row: number;
  readonly subject: DirectionRow;
  /** In the order of their commits. */
  readonly orders: readonly CarryingOrder[];
  /** The name of the file that said its outcome, if a file did and its receipt is still there. */
  readonly answeredIn: string | null;
  /** Where it goes on, if its answer says so. */
  readonly moved: Exclude<MovedRow, { why: 'disconnected_after_verified' }> | null;
  /** The files that say it was disconnected although its holder was to have service, in the order of their commits. */
  readonly cutAfter: readonly NamedFile[];
  /** The words on it before the last one, in the order of time. */
  readonly earlier: readonly EarlierWord[];
}

/** A batch that met the subject and did not direct it: people left it out, or it stands in a direction of another batch. */
export interface AsideFacts {
  readonly batchId: BatchId;
  readonly kind: DirectionKind;
  readonly operator: OperatorId;
  readonly state: Exclude<ClaimState, 'directed'>;
  readonly directionId: DirectionId | null;
}

/** What a directed reversal was asked about the subject, and what became of that. */
export interface ReversalFacts
  extends Pick<ReversedSubject, 'imei' | 'msisdn' | 'ground' | 'state' | 'rows' | 'directionIds' | 'kept'> {
  readonly batchId: BatchId;
  /** When it was directed. */
  readonly at: Instant;
  /** The rows of the appeal that ask for it; none for a withdrawal, nor once the appeal is no longer kept. */
  readonly appeals: readonly Pick<Appeal, 'line' | 'row' | 'ground' | 'caseRef'>[];
  /** The batch of the report that a withdrawal took back. */
  readonly withdraws: BatchId | null;
}

/** All that is stored of a subject. */
export interface Facts {
  readonly subject:
    | { readonly kind: 'number'; readonly msisdn: Msisdn }
    | { readonly kind: 'handset'; readonly imei: Imei };
  /** The batches that met it, in any order. */
  readonly batches: readonly BatchFacts[];
  readonly rows: readonly RowFacts[];
  readonly aside: readonly AsideFacts[];
  /** What reversals were to take back of it, in any order. */
  readonly reversals: readonly ReversalFacts[];
  /** The blocks of the handsets from which a number was to be excepted, in any order. They are not rows of its own. */
  readonly blocks: readonly RowFacts[];
  readonly exemption: Exemption;
  /** For a story told by a reference: the day since which some row, even one that isn't told, says that the number is somebody else's. */
  readonly reissuedOn?: Day | null;
}

/** The newest day since which a number is said to be somebody else's; null if nobody says so. */
export function reissuedOn({ rows, reissuedOn: known }: Pick<Facts, 'rows' | 'reissuedOn'>): Day | null {
  return known ?? activatedOn(rows.map(({ ledger, row }) => outcomeOf(ledger, row)));
}

/** The instant at which a batch took its turn, by which the newest word on a subject is known. */
export function turnOf({ batches }: Facts, id: string): string {
  return batches.find(({ batchId }) => batchId === id)?.startedAt ?? '';
}

/** The row of a direction among some; undefined if that has none of the subject. */
export function rowOf(rows: readonly RowFacts[], directionId: DirectionId): RowFacts | undefined {
  return rows.find(({ ledger }) => ledger.directionId === directionId);
}
