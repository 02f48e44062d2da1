/**
 * Kinds as tables: all that differs between kinds of batches or directions stands here, as data. Code looks it up, so that another kind is
 * another row, and no branch elsewhere.
 */
import { ANSWERS, type Answer, type Outcome } from './outcome-rules.ts';

/** The subjects of rows. */
export const SUBJECTS = {
  number: {
    noun: 'connection',
    /** Its column in orders and responses. */
    column: 'msisdn',
    /** Whether each operator has a row of its own; a number has one, at the operator of its newest sighting. */
    atEachOperator: false,
  },
  handset: { noun: 'handset', column: 'imei', atEachOperator: true },
} as const;
/** Whom or what a row is about. */
export type Subject = keyof typeof SUBJECTS;

/** The columns that an order may have. */
export type OrderColumn =
  | 'msisdn'
  | 'imei'
  | 'reason'
  | 'deadline'
  | 'reference'
  | 'disconnect_by'
  | 'order'
  | 'direction';

/**
 * The books: the columns in which rows are counted, each starting at 0. Rows = the sum of what was decided; directed = the sum of how they
 * ended; `within` are part of those. The summary has the columns in this order, after `rows`.
 */
export const BOOKS = {
  connections: {
    rows: 'linked',
    decided: {
      struck: 0,
      held: 0,
      exempt: 0,
      reversed: 0,
      reissuedBefore: 0,
      alreadyOpen: 0,
      alreadyDisconnected: 0,
      alreadyVerified: 0,
      directed: 0,
    },
    ended: {
      verified: 0,
      disconnected: 0,
      surrendered: 0,
      notFound: 0,
      ported: 0,
      extended: 0,
      reissued: 0,
      withdrawn: 0,
      overdue: 0,
    },
    within: { overdueFailed: 0 },
  },
  blocks: {
    rows: 'rows',
    decided: { struck: 0, held: 0, exempt: 0, reversed: 0, alreadyOpen: 0, alreadyBlocked: 0, directed: 0 },
    ended: { blocked: 0, notFound: 0, withdrawn: 0, overdue: 0 },
    within: {},
  },
  /** The book of what is given back; what is asked for and isn't directed stands in no summary's outcomes. */
  outcomes: {
    rows: 'asked',
    decided: { alreadyOpen: 0, directed: 0 },
    ended: { restored: 0, unblocked: 0, notFound: 0, overdue: 0 },
    within: {},
  },
} as const satisfies Readonly<Record<string, BookColumns>>;
/** The name of a book. */
export type Book = keyof typeof BOOKS;

interface BookColumns {
  readonly rows: string;
  readonly decided: Readonly<Record<string, number>>;
  readonly ended: Readonly<Record<string, number>>;
  readonly within: Readonly<Record<string, number>>;
}

/**
 * The reasons for which people leave a row out; the first that applies counts: an approver struck it; it looks cloned; it is exempt until a
 * day.
 */
export const LEFT_OUT = ['struck', 'held', 'exempt'] as const;
/** One of these states. */
export type LeftOut = (typeof LEFT_OUT)[number];

/** The reasons in an earlier direction for which a row that may be directed is not. */
export type AlreadyState =
  | 'reissuedBefore'
  | 'alreadyOpen'
  | 'alreadyDisconnected'
  | 'alreadyVerified'
  | 'alreadyBlocked';

/** What may be decided of a row: that it is directed, or why not. `reversed`: it was taken back, and not seen since. */
export type ClaimState = 'directed' | LeftOut | 'reversed' | AlreadyState;
/** All states of a claim. */
export const CLAIM_STATES: readonly ClaimState[] = [
  ...new Set([...Object.keys(BOOKS.connections.decided), ...Object.keys(BOOKS.blocks.decided)]),
] as ClaimState[];

interface Already {
  readonly state: AlreadyState;
  /** Whether a sighting on a later day than the outcome's has it directed again. */
  readonly unlessSeenSince: boolean;
}

interface DirectionRules {
  readonly subject: Subject;
  /** What its operator is asked to do with each row's subject, in words. */
  readonly asks: string;
  /** What its ladder may order. */
  readonly orders: readonly string[];
  /** The order that its ladder begins with, however late that goes out: nobody is barred who was not asked before. */
  readonly beginsWith: string | null;
  readonly answers: readonly Answer[];
  /** What becomes of a row by its newest recorded outcome. A row whose outcome doesn't stand here is directed again. */
  readonly alreadyBy: Readonly<Partial<Record<Outcome, Already>>>;
  /** The columns of an order, the subject's first, by which its rows are sorted; and the reason that they give. */
  readonly columns: readonly OrderColumn[];
  readonly reason: string;
  readonly book: Book;
}

/** What is common to the orders that give back what was taken: full service, or an end of the block, whatever the state was before. */
const GIVES_BACK = { beginsWith: null, alreadyBy: {}, reason: 'reversed', book: 'outcomes' } as const;

/** Each kind of direction. */
export const DIRECTION_KINDS = {
  block: {
    subject: 'handset',
    asks: 'blocked',
    orders: ['block'],
    beginsWith: null,
    answers: ['blocked', 'not_found'],
    alreadyBy: { blocked: { state: 'alreadyBlocked', unlessSeenSince: false } },
    columns: ['imei', 'reason', 'deadline', 'order', 'direction'],
    reason: 'reported_for_fraud',
    book: 'blocks',
  },
  reverify: {
    subject: 'number',
    asks: 're-verified',
    orders: ['reverify', 'bar_outgoing', 'bar_incoming', 'disconnect'],
    beginsWith: 'reverify',
    answers: ['verified', 'failed', 'disconnected', 'not_found', 'surrendered', 'reissued', 'ported', 'extended'],
    alreadyBy: {
      disconnected: { state: 'alreadyDisconnected', unlessSeenSince: true },
      surrendered: { state: 'alreadyDisconnected', unlessSeenSince: true },
      verified: { state: 'alreadyVerified', unlessSeenSince: true },
    },
    columns: ['msisdn', 'imei', 'reason', 'deadline', 'reference', 'disconnect_by', 'order', 'direction'],
    reason: 'linked_to_reported_handset',
    book: 'connections',
  },
  restore: {
    ...GIVES_BACK,
    subject: 'number',
    asks: 'restored to full service',
    orders: ['restore'],
    answers: ['restored', 'not_found'],
    columns: ['msisdn', 'imei', 'reason', 'deadline', 'order', 'direction'],
  },
  unblock: {
    ...GIVES_BACK,
    subject: 'handset',
    asks: 'unblocked',
    orders: ['unblock'],
    answers: ['unblocked', 'not_found'],
    columns: ['imei', 'msisdn', 'reason', 'deadline', 'order', 'direction'],
  },
} as const satisfies Readonly<Record<string, DirectionRules>>;
/** What a direction asks of its operator. */
export type DirectionKind = keyof typeof DIRECTION_KINDS;
/** All kinds of direction, in the table's order. */
export const DIRECTION_KIND_NAMES = [
  'block',
  'reverify',
  'restore',
  'unblock',
] as const satisfies readonly DirectionKind[];
true satisfies DirectionKind extends (typeof DIRECTION_KIND_NAMES)[number] ? true : false;

/** The order that gives back what orders of a re-verification's own ladder took. It is on no rung of that ladder. */
export const RESTORE = {
  order: 'restore',
  columns: DIRECTION_KINDS.restore.columns,
  reason: DIRECTION_KINDS.restore.reason,
} as const satisfies { order: string; columns: readonly OrderColumn[]; reason: string };

/** Whether a direction of this kind gives back what one of another kind took: an open one hinders no report. */
export function givesBack(kind: DirectionKind): boolean {
  return rulesOf(kind).book === 'outcomes';
}

/** The answers that say that what was taken was given back: `restored` and `unblocked`, which no other directions take. */
export const GIVEN_BACK = ANSWERS.filter((answer) => {
  const taking = DIRECTION_KIND_NAMES.filter((kind) => rulesOf(kind).answers.includes(answer));
  return taking.length > 0 && taking.every(givesBack);
});

/** The rules of a kind of direction, whichever it is. */
export function rulesOf(kind: DirectionKind): DirectionRules {
  return DIRECTION_KINDS[kind];
}

/** The column of the subject of a direction of this kind, in its orders and responses. */
export function columnOf(kind: DirectionKind): 'msisdn' | 'imei' {
  return SUBJECTS[rulesOf(kind).subject].column;
}

interface BatchRules {
  /** The folder of the inbox whose uploads start it; null for the system's own. */
  readonly from: string | null;
  /**
   * Whether its file names handsets, which are expanded into the numbers that are linked to them. If not, its subjects are collected from
   * what the system knows, each with its operator, and nothing is gathered.
   */
  readonly expands: boolean;
  /** The kinds of its directions, by their subjects. */
  readonly directs: readonly DirectionKind[];
  /** The files that it publishes when it settles, in this order: whoever sees the last one finds the others. */
  readonly publishes: readonly string[];
}

/** Each kind of batch. */
export const BATCH_KINDS = {
  report: {
    from: 'reports',
    expands: true,
    directs: ['block', 'reverify'],
    publishes: ['elsewhere.csv', 'handsets.csv', 'revocations.csv', 'revocations.json', 'summary.json'],
  },
  followup: {
    from: null,
    expands: false,
    directs: ['reverify', 'restore', 'unblock'],
    publishes: ['elsewhere.csv', 'moved.csv', 'revocations.csv', 'revocations.json', 'summary.json'],
  },
  reversal: {
    from: 'appeals',
    expands: false,
    directs: ['restore', 'unblock'],
    // What became of its subjects is published as soon as it is directed.
    publishes: ['summary.json'],
  },
} as const satisfies Readonly<Record<string, BatchRules>>;
/** A kind of batch. */
export type BatchKind = keyof typeof BATCH_KINDS;
/** All kinds of batch, in the table's order. */
export const BATCH_KIND_NAMES = ['report', 'followup', 'reversal'] as const satisfies readonly BatchKind[];
true satisfies BatchKind extends (typeof BATCH_KIND_NAMES)[number] ? true : false;

/** The kind of direction that a report makes for its handsets, and for the numbers that are linked to them. */
export const REPORT_DIRECTS = { handset: 'block', number: 'reverify' } as const satisfies Record<
  Subject,
  DirectionKind
>;
