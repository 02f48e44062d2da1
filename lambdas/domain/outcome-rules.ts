/** The outcomes of rows, and what follows from an answer that says one. */

/** The outcomes of a row. Each name's place in this list is its code in the ledger: never reorder it, append only. */
export const OUTCOMES = [
  'open',
  'verified',
  'failed',
  'disconnected',
  'not_found',
  'blocked',
  'overdue',
  'surrendered',
  'reissued',
  'withdrawn',
  'restored',
  'unblocked',
  'ported',
  'extended',
] as const;
/** What became of a row. */
export type Outcome = (typeof OUTCOMES)[number];

/** The outcomes that no operator says of a row: without a word it is open, and overdue at the end; a reversal withdraws it. */
const UNSAID = ['open', 'overdue', 'withdrawn'] as const;
type Unsaid = (typeof UNSAID)[number];
const isUnsaid = (outcome: Outcome): outcome is Unsaid => UNSAID.some((unsaid) => unsaid === outcome);

/** The outcomes that an operator says of a row. */
export type Answer = Exclude<Outcome, Unsaid>;
/** All answers, in the order of the outcomes. */
export const ANSWERS = OUTCOMES.filter((outcome): outcome is Answer => !isUnsaid(outcome));

/** The reasons for which a number stands in a revocation list: how its connection ended. */
export const REVOCATION_REASONS = ['linked_to_reported_handset', 'surrendered'] as const;
/** One of these reasons. */
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

/** The grounds on which a subscriber has more time. */
export const EXTENSION_GROUNDS = ['abroad', 'disability', 'hospital'] as const;
/** One of these grounds. */
export type ExtensionGround = (typeof EXTENSION_GROUNDS)[number];

/** The effect of an answer on a row. The same answer again is already recorded; an outcome that isn't named here conflicts. */
interface AnswerRules {
  /** The outcomes upon which it is recorded. */
  readonly recordedOn: readonly Outcome[];
  /** The outcomes that tell more than this answer: it is already recorded there. */
  readonly alreadyOn: readonly Outcome[];
  /** Whether the row is done with. A row that isn't stays open while its ladder runs. */
  readonly ends: boolean;
  /** Whether the number's holder is to have service again, if an order of the ladder took it. */
  readonly givesBack: boolean;
  /** The column of a response that says the day on which it happened. The cell may be empty: then the day is that of the upload. */
  readonly dayIn: 'occurred_on' | 'activated_on';
  /** Whether it is a word about the person who was seen, so that its day is not before the row's newest sighting. */
  readonly ofWhoWasSeen: boolean;
  /** The reason for which its number is published as revoked, if the connection has ended by it; null if it hasn't. */
  readonly revokedFor: RevocationReason | null;
  /** The column of a response that says where, or why, the row goes on elsewhere, so that it is *moved*; null if it doesn't. */
  readonly movedBy: 'to' | 'ground' | null;
}

/** Somebody who fails and proves themselves in time is not cut off, and a row that is overdue may be answered late. */
const NOT_ENDED = ['open', 'failed', 'overdue'] as const;
const END: AnswerRules = {
  recordedOn: NOT_ENDED,
  alreadyOn: [],
  ends: true,
  givesBack: false,
  dayIn: 'occurred_on',
  ofWhoWasSeen: false,
  revokedFor: null,
  movedBy: null,
};

/** The effect of each answer on a row. */
export const ANSWER_RULES: { readonly [Name in Answer]: AnswerRules } = {
  verified: { ...END, givesBack: true },
  failed: { ...END, alreadyOn: ['disconnected', 'surrendered'], ends: false, ofWhoWasSeen: true },
  disconnected: { ...END, ofWhoWasSeen: true, revokedFor: 'linked_to_reported_handset' },
  not_found: END,
  blocked: END,
  restored: END,
  unblocked: END,
  surrendered: { ...END, ofWhoWasSeen: true, revokedFor: 'surrendered' },
  // The number is somebody else's, whatever was said of it before.
  reissued: {
    ...END,
    recordedOn: OUTCOMES.filter((outcome) => outcome !== 'reissued'),
    givesBack: true,
    dayIn: 'activated_on',
  },
  // The number is the other operator's now: nothing is given back here. A row that is overdue is recorded as ported, and not moved.
  ported: { ...END, ofWhoWasSeen: true, movedBy: 'to' },
  extended: { ...END, recordedOn: ['open', 'failed'], givesBack: true, movedBy: 'ground' },
};

/** The reason for which a row of this outcome stands in a revocation list; null if it stands in none. */
export function revokedFor(outcome: Outcome): RevocationReason | null {
  return isUnsaid(outcome) ? null : ANSWER_RULES[outcome].revokedFor;
}

/** Whether a connection of this outcome has ended, as its operator says. */
export function endsConnection(outcome: Outcome): boolean {
  return revokedFor(outcome) !== null;
}

/** Whether an answer of this outcome has service given back at once, if an order had taken it. */
export function givesServiceBack(outcome: Outcome): boolean {
  return !isUnsaid(outcome) && ANSWER_RULES[outcome].givesBack;
}

/** Whether a row of this outcome goes on elsewhere, unless it was overdue before. */
export function isMove(outcome: Outcome): boolean {
  return !isUnsaid(outcome) && ANSWER_RULES[outcome].movedBy !== null;
}
