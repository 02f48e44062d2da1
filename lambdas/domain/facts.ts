/** What is stored of one number or handset, gathered for its story: each source of facts has its form here and its rules in a file `story-of-….ts`. */
import type { Appeal } from './appeals.ts';
import type { ReversedSubject } from './asked.ts';
import { activatedOn } from './claims.ts';
import type { Day, Instant } from './days.ts';
import type { Decision } from './decisions.ts';
import type { DirectionRow } from './directions.ts';
import type { Exemption } from './exemptions.ts';
import type { AgencyId, BatchId, DirectionId, Imei, Msisdn, OperatorId } from './identifiers.ts';
import type { BatchKind, ClaimState, DirectionKind, Outcome, RESTORE } from './kinds.ts';
import type { Order } from './ladders.ts';
import { type Ledger, outcomeOf, type RecordedFile } from './ledger.ts';
import type { MovedRow } from './moves.ts';
import type { GatheredLink } from './sightings.ts';
import type { HeldWhy } from './weighing.ts';

/** A row of a report that names a handset, with what its agency noted beside it; '' where it noted nothing. */
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
  /** When it took its turn to plan. */
  readonly startedAt: Instant;
  readonly settledAt: Instant | null;
  /** The rows of its report that name the handset, or one in which the number was seen; none once the report has gone. */
  readonly reported: readonly ReportRow[];
  /** A number's sightings in the look-back window on the batch's handsets. */
  readonly sightings: readonly GatheredLink[];
  /** Which of these handsets look cloned. */
  readonly held: ReadonlyMap<Imei, HeldWhy>;
  /** What people decided; null for a batch from before anybody did. */
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
  /** Who said so, and on which day; null where the row was overdue without a word. */
  readonly said: (NamedFile & { readonly on: Day }) | null;
  /** Where it went on by that. */
  readonly moved: RowFacts['moved'];
}

/** A row of the subject's in a direction whose plan counts. */
export interface RowFacts {
  readonly batchId: BatchId;
  readonly ledger: Ledger;
  /** From 0. */
  readonly row: number;
  readonly subject: DirectionRow;
  /** In the order of their commits. */
  readonly orders: readonly CarryingOrder[];
  /** The name of the file that said its outcome, where one did and its receipt is still there. */
  readonly answeredIn: string | null;
  /** Where it goes on, where its answer says so. */
  readonly moved: Exclude<MovedRow, { why: 'disconnected_after_verified' }> | null;
  /** The files that say it was disconnected, after it was verified, in the order of their commits. */
  readonly cutAfter: readonly NamedFile[];
  /** What was said of it before the last word, in the order of time. */
  readonly earlier: readonly EarlierWord[];
}

/** Where a batch met the subject and did not direct it: people left it out, or it stands in a direction of another batch. */
export interface AsideFacts {
  readonly batchId: BatchId;
  readonly kind: DirectionKind;
  readonly operator: OperatorId;
  readonly state: Exclude<ClaimState, 'directed'>;
  readonly directionId: DirectionId | null;
}

/** What a reversal that is directed was asked about the subject, and what became of that. */
export interface ReversalFacts
  extends Pick<ReversedSubject, 'imei' | 'msisdn' | 'ground' | 'state' | 'rows' | 'directionIds' | 'kept'> {
  readonly batchId: BatchId;
  /** When it was directed. */
  readonly at: Instant;
  /** The rows of the appeal that ask for it; none of a withdrawal, nor once the appeal is no longer kept. */
  readonly appeals: readonly Pick<Appeal, 'line' | 'row' | 'ground' | 'caseRef'>[];
  /** Of a withdrawal: the batch of the report that was taken back. */
  readonly withdraws: BatchId | null;
}

/** All that is stored of a subject. */
export interface Facts {
  readonly subject:
    | { readonly kind: 'number'; readonly msisdn: Msisdn }
    | { readonly kind: 'handset'; readonly imei: Imei };
  /** Those that met it, in any order. */
  readonly batches: readonly BatchFacts[];
  readonly rows: readonly RowFacts[];
  readonly aside: readonly AsideFacts[];
  /** What was to be taken back of it, in any order. */
  readonly reversals: readonly ReversalFacts[];
  /** Of a number: the blocks of the handsets from which it was to be excepted, in any order. They are no rows of its own. */
  readonly blocks: readonly RowFacts[];
  readonly exemption: Exemption;
  /** Of what is told by a reference: since when some row, be it none that is told, says that the number is somebody else's. */
  readonly reissuedOn?: Day | null;
}

/** The newest day since which a number is said to be somebody else's; null where nobody says so. */
export function reissuedOn({ rows, reissuedOn: known }: Pick<Facts, 'rows' | 'reissuedOn'>): Day | null {
  return known ?? activatedOn(rows.map(({ ledger, row }) => outcomeOf(ledger, row)));
}
