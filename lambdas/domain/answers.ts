/** An operator's answer to a row, as a response says it. */
import type { Day } from './days.ts';
import type { OperatorId } from './identifiers.ts';
import type { Answer, ExtensionGround } from './outcome-rules.ts';

/** Where a row goes on, as an answer says it: at which operator, or why its subscriber has more time. */
export type Onward = { readonly to: OperatorId } | { readonly ground: ExtensionGround };

/** A row of a response that names a row (from 0) of the direction, what became of it, and on which day. */
export interface AnsweredRow {
  readonly line: number;
  readonly row: number;
  readonly outcome: Answer;
  readonly day: Day;
  /** True for a disconnection that names its day. One that doesn't may be said again each day, and says nothing of a later one. */
  readonly isDated?: true;
  /** Where a row that is moved goes on. */
  readonly onward?: Onward;
  /** The operator that said `not_found` of a row that was ported to it: the row returns from there. */
  readonly returnsTo?: OperatorId;
  /**
   * Present for a disconnection on a day on which somebody else has the number, as the operator says in another row: it is they who are cut
   * off, and wrongly so unless service was taken by what was directed for themselves.
   */
  readonly newHolder?: { readonly isCutWrongly: boolean };
}
