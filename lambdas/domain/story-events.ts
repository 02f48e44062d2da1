/** The events of which the story of a number or a handset is made, as one union. */
import type { Reliance } from './asked.ts';
import type { Day, Instant } from './days.ts';
import type { Ground } from './decision-rows.ts';
import type { AgencyId, ApproverId, BatchId, DirectionId, OperatorId } from './identifiers.ts';
import type { ClaimState, DirectionKind, RESTORE } from './kinds.ts';
import type { Order, Rung } from './ladders.ts';
import type { Answer, ExtensionGround, RevocationReason } from './outcome-rules.ts';
import type { WithdrawalGround } from './revocations.ts';
import type { SubjectState } from './subject-states.ts';
import type { Act } from './subjects.ts';
import type { HeldWhy } from './weighing.ts';

/** Everything that can happen, by `what`. `at` is an instant, or a day if no more is known. IMEIs have 15 digits. */
export type StoryEvent =
  /** A report was uploaded that names the handset, or a handset in which the number was seen. */
  | {
      readonly at: Instant;
      readonly what: 'reported';
      readonly batchId: BatchId;
      readonly agency: AgencyId;
      readonly file: string;
      /** The rows as the agency wrote them; none once the report has gone from the inbox. */
      readonly cases: readonly {
        readonly imei: string;
        readonly line: number;
        readonly caseRef: string;
        readonly reportedOn: string;
        readonly category: string;
      }[];
    }
  /** The number was seen in the handset of a report. */
  | {
      readonly at: Day;
      readonly what: 'seen';
      readonly batchId: BatchId;
      readonly imei: string;
      readonly operator: OperatorId;
      readonly area: string;
    }
  /** A batch was decided upon: by whom, on which grounds. */
  | {
      readonly at: Instant;
      readonly what: 'decided';
      readonly batchId: BatchId;
      readonly by: readonly ApproverId[];
      readonly grounds: readonly Ground[];
    }
  /** The handset looked cloned; and what approvers had done about it. */
  | {
      readonly at: Instant;
      readonly what: 'held';
      readonly batchId: BatchId;
      readonly imei: string;
      readonly why: HeldWhy;
      readonly act: Act;
    }
  /** An approver left the number, or a handset, out of the batch. */
  | {
      readonly at: Instant;
      readonly what: 'struck';
      readonly batchId: BatchId;
      readonly of: 'number' | 'handset';
      readonly imei: string | null;
      readonly by: ApproverId;
    }
  /** A batch met it and did not direct it at this operator. */
  | {
      readonly at: Instant;
      readonly what: 'left_out';
      readonly batchId: BatchId;
      readonly operator: OperatorId;
      readonly state: Exclude<ClaimState, 'directed'>;
      /** The direction in which it stands; null if people left it out. */
      readonly directionId: DirectionId | null;
    }
  /** It is a row of a direction. */
  | {
      readonly at: Instant;
      readonly what: 'directed';
      readonly batchId: BatchId;
      readonly directionId: DirectionId;
      readonly kind: DirectionKind;
      readonly operator: OperatorId;
      /** The row's number, from 1. */
      readonly row: number;
      /** The reference that the operator tells the subscriber; null for a handset. */
      readonly reference: string | null;
      readonly rungs: readonly Rung[];
    }
  /** An order that carries it was issued. */
  | {
      readonly at: Instant;
      readonly what: 'ordered';
      readonly directionId: DirectionId;
      readonly order: Order | typeof RESTORE.order;
      readonly deadline: Instant;
      readonly file: string;
    }
  /** Its operator answered. `file` is null once its receipt has gone. */
  | {
      readonly at: Instant;
      readonly what: 'answered';
      readonly directionId: DirectionId;
      readonly outcome: Answer;
      readonly on: Day;
      readonly file: string | null;
      readonly sha256: string;
    }
  /**
   * Its operator said that it goes on elsewhere: ported to another operator; extended to later deadlines at its own; or not its own, and so
   * back at the operator that had said it was ported there.
   */
  | {
      readonly at: Instant;
      readonly what: 'moved';
      readonly directionId: DirectionId;
      readonly why: 'ported' | 'extended' | 'porting_disputed';
      readonly to: OperatorId;
      readonly ground: ExtensionGround | null;
    }
  /** Its operator said that it was disconnected, after it was verified or taken back: it is to be restored. */
  | {
      readonly at: Instant;
      readonly what: 'disconnected_after_verified';
      readonly directionId: DirectionId;
      readonly file: string | null;
      readonly sha256: string;
    }
  /** Its ladder ended without a final answer. */
  | {
      readonly at: Instant;
      readonly what: 'overdue';
      readonly directionId: DirectionId;
      readonly failed: boolean;
    }
  /** It stands in a revocation list. */
  | {
      readonly at: Instant;
      readonly what: 'listed';
      readonly list: string;
      readonly disconnectedOn: Day;
      readonly reason: RevocationReason;
    }
  /** It was withdrawn from every list. */
  | {
      readonly at: Instant;
      readonly what: 'withdrawn';
      readonly list: string;
      readonly ground: WithdrawalGround;
    }
  /**
   * A caseworker appealed for it: for the number, the handset, or both as a pair, which excepts the number from the handset's block. `imei`
   * is a pair's. `caseRef` is null for a pair if somebody asks about the handset: it is another subscriber's.
   */
  | {
      readonly at: Instant;
      readonly what: 'appealed';
      readonly batchId: BatchId;
      /** The caseworker. */
      readonly by: string;
      readonly of: 'number' | 'handset' | 'pair';
      readonly imei: string | null;
      readonly ground: WithdrawalGround;
      readonly caseRef: string | null;
    }
  /** The agency that had reported took its report back, or the handset in which the number was seen. */
  | {
      readonly at: Instant;
      readonly what: 'report_withdrawn';
      readonly batchId: BatchId;
      readonly by: string;
      /** The report's batch. */
      readonly report: BatchId | null;
    }
  /** What became of a subject that was appealed for, or withdrawn. */
  | {
      readonly at: Instant;
      readonly what: 'reversed';
      readonly batchId: BatchId;
      readonly of: 'number' | 'handset' | 'pair';
      readonly state: SubjectState;
      /** The directions in which it is given back. */
      readonly directionIds: readonly DirectionId[];
      /** The batches that rely on what stays. */
      readonly kept: readonly Reliance[];
    }
  /** A reversal took a row back; `ended`: the row was open, or waited to go on. */
  | {
      readonly at: Instant;
      readonly what: 'taken_back';
      readonly batchId: BatchId;
      readonly directionId: DirectionId;
      readonly ended: boolean;
    }
  /** An approver said until when it is exempt; two approvers are needed. */
  | { readonly at: Instant; readonly what: 'exempted'; readonly by: ApproverId; readonly until: Day };

/** All that can happen. */
export const HAPPENINGS = [
  'reported',
  'seen',
  'held',
  'struck',
  'decided',
  'left_out',
  'directed',
  'ordered',
  'answered',
  'moved',
  'disconnected_after_verified',
  'overdue',
  'listed',
  'withdrawn',
  'exempted',
  'appealed',
  'report_withdrawn',
  'reversed',
  'taken_back',
] as const satisfies readonly StoryEvent['what'][];
true satisfies StoryEvent['what'] extends (typeof HAPPENINGS)[number] ? true : false;
