/** What is decided when a rung's order is asked for, and once it is published. */
import { reversedSince } from './back-orders.ts';
import type { Instant } from './days.ts';
import { type Order, takesAway, takesService } from './ladders.ts';
import {
  change,
  countOpen,
  currentOutcomes,
  type IssuedAnew,
  type IssuedOrder,
  type Ledger,
  rowsFor,
  unansweredRows,
} from './ledger.ts';
import { BYTES_PER_ROW, fileOf } from './outcomes.ts';
import { standing, type Whereabouts, whereabouts } from './whereabouts.ts';

/**
 * The most tokens that a ledger keeps. A failed attempt's token is dead, an attempt that waits is the newest of its execution,
 * and five days of failing attempts leave hundreds, of a kilobyte each, in an item of 400 kB at most.
 */
export const MOST_TOKENS = 20;

function withToken(tokens: readonly string[], token: string): readonly string[] {
  return tokens.includes(token) ? tokens : [...tokens, token].slice(-MOST_TOKENS);
}

/** One attempt of the Direction machine that wants rung `rung` (from 1) issued and will wait with `token` until `deadline`. */
export interface OrderRequest {
  readonly rung: number;
  readonly deadline: Instant;
  readonly now: Instant;
  readonly token: string;
  readonly attempt: string;
}

type OrderDecision =
  /**
   * The ladder is elsewhere than its machine, which goes on from there; nothing is issued. `order`: what this rung issued before the last
   * row was answered, to publish again.
   */
  | { readonly kind: 'elsewhere'; readonly next: Whereabouts; readonly order: IssuedOrder | null }
  /**
   * Prepare an order with these rows, then write `commit(file)` on the ledger's version. `next`: the ladder is elsewhere than its
   * machine, and this takes back what the rung issued before the last row was answered.
   */
  | {
      readonly kind: 'issue';
      readonly order: Order;
      readonly deadline: Instant;
      readonly rows: readonly number[];
      readonly next?: Whereabouts;
      readonly commit: (file: { readonly sha256: string; readonly bytes: number }) => Ledger;
    }
  /** The rung has no order, though some rows are open: write the ledger (if it differs) so that this token waits. */
  | { readonly kind: 'wait'; readonly ledger: Ledger }
  /** The rung was committed by another attempt: write the ledger (if it differs) so that this token waits too, publish that order. */
  | { readonly kind: 'adopt'; readonly order: IssuedOrder; readonly ledger: Ledger };

/**
 * Decides what an attempt at a rung's order does. Rung k is committed once, on a ledger below k, in one write with the token; later
 * attempts adopt it. No rung is issued before the one before it has ended, nor after its own deadline. A re-verification issues no later
 * rung before its first order was published, and issues that one anew, with later deadlines, if its publication took an hour. No order
 * carries a row that had a terminal outcome when the order was committed. A bar or disconnect order that is to be published again is issued
 * anew without the rows that were answered since, even if none is left; so is a block without the handsets that were taken back since. If
 * all open rows have failed and the rung's order carries none of them, nothing is issued, and the rung takes its time: they may still be
 * answered for. A rung that the ladder doesn't have is what its machine asks for after the last one's time: it is told where the ladder is.
 */
export function issueOrder(ledger: Ledger, request: OrderRequest): OrderDecision {
  const at = standing(ledger, request.now);
  const rung = at.rungs[request.rung - 1];
  const issued = ledger.orders.find((order) => order.rung === request.rung) ?? null;
  // An order that was not published in its time asks for nothing any more.
  const order = issued !== null && issued.deadline > request.now ? issued : null;
  const next = whereabouts(ledger, request.now);
  const isElsewhere = next.rung !== request.rung || rung?.deadline !== request.deadline;
  const publishes = !isElsewhere || countOpen(ledger) === 0;
  if (order !== null && publishes && isOutdated(ledger, order)) {
    if (isElsewhere) return { kind: 'issue', ...anew(ledger, order, request), next };
    const tokens = withToken(ledger.tokens, request.token);
    return { kind: 'issue', ...anew(ledger, order, request, tokens) };
  }
  if (isElsewhere) return { kind: 'elsewhere', next, order: publishes ? order : null };
  if (ledger.rung === request.rung && at === ledger) {
    const tokens = withToken(ledger.tokens, request.token);
    const waiting = tokens === ledger.tokens ? ledger : change(ledger, { tokens });
    return order === null ? { kind: 'wait', ledger: waiting } : { kind: 'adopt', order, ledger: waiting };
  }
  const rows = rowsFor(ledger, rung.order);
  const orders = ledger.orders.filter((one) => one !== issued);
  const { startedAt, rungs } = at;
  const committed = { rung: request.rung, startedAt, rungs, orders, tokens: [request.token] };
  if (rows.length === 0)
    return { kind: 'wait', ledger: change(ledger, { ...committed, begunAt: ledger.begunAt ?? request.now }) };
  return {
    kind: 'issue',
    order: rung.order,
    deadline: rung.deadline,
    rows,
    commit: ({ sha256, bytes }) =>
      change(ledger, {
        ...committed,
        orders: [
          ...orders,
          {
            rung: request.rung,
            order: rung.order,
            attempt: request.attempt,
            rows: rows.length,
            sha256,
            bytes,
            deadline: rung.deadline,
            at: request.now,
            version: ledger.version + 1,
            ...(issued !== null && firstForm(issued)),
          },
        ],
      }),
  };
}

/**
 * The rows (from 0, ascending) of an order without those that were answered for or taken back since. A row that has failed since the order
 * was first committed stays in a bar: nobody is freed by failing. A row that had failed before was never in it.
 */
function rowsLeft(ledger: Ledger, { order, version, firstVersion = version }: IssuedOrder): number[] {
  const unanswered = unansweredRows(ledger);
  if (order === 'disconnect') return unanswered;
  const bytes = currentOutcomes(ledger);
  return unanswered.filter((row) => {
    const failedBy = ledger.files[fileOf(bytes, row * BYTES_PER_ROW) - 1];
    return failedBy === undefined || failedBy.version > firstVersion;
  });
}

/**
 * Whether an order takes service from a row that was answered for or taken back since, or blocks a handset that was taken back. A block of
 * a handset that is blocked already does no harm. Rows only leave an order: if their number is the same, so are they.
 */
function isOutdated(ledger: Ledger, order: IssuedOrder): boolean {
  if (!takesAway(order.order)) return false;
  if (!takesService(order.order) && reversedSince(ledger, order.version).length === 0) return false;
  return rowsLeft(ledger, order).length !== order.rows;
}

/** What an order keeps of the form that it replaces: its operator may have that, and have answered it. */
function firstForm(replaced: IssuedOrder): Pick<IssuedOrder, 'firstVersion' | 'firstAttempt' | 'firstAt'> {
  const { version, firstVersion, firstAttempt = replaced.attempt, firstAt = replaced.at } = replaced;
  return { firstVersion: firstVersion ?? version, firstAttempt, firstAt };
}

/** An outdated order without the rows that were answered for since; its deadline, which may have been told, stays. */
function anew(
  ledger: Ledger,
  outdated: IssuedOrder,
  { attempt, now }: Pick<OrderRequest, 'attempt' | 'now'>,
  tokens = ledger.tokens,
): IssuedAnew {
  const { deadline } = outdated;
  const rows = rowsLeft(ledger, outdated);
  return {
    order: outdated.order,
    deadline,
    rows,
    commit: ({ sha256, bytes }) => {
      const file = { attempt, rows: rows.length, sha256, bytes, at: now, version: ledger.version + 1 };
      const orders = ledger.orders.map((one) => (one === outdated ? { ...one, ...firstForm(one), ...file } : one));
      return change(ledger, { orders, tokens });
    },
  };
}

/** The commit that has replaced one of a rung's order meanwhile, which is to be published after it, too; undefined if there is none. */
export function replacing(ledger: Ledger, { rung, attempt }: IssuedOrder): IssuedOrder | undefined {
  return ledger.orders.find((order) => order.rung === rung && order.attempt !== attempt);
}

/**
 * The form in which an order that takes service or blocks is issued anew once an attempt has published it, as the ledger stands then: rows
 * that were answered for or taken back while it was on its way leave it, as when it is published again. Undefined if it carries nobody whom
 * it should not, or asks for nothing any more.
 */
export function publishedAnew(
  ledger: Ledger,
  { rung, attempt: published }: IssuedOrder,
  request: Pick<OrderRequest, 'attempt' | 'now'>,
): IssuedAnew | undefined {
  const order = ledger.orders.find((one) => one.rung === rung && one.attempt === published);
  if (order === undefined || order.deadline <= request.now || !isOutdated(ledger, order)) return undefined;
  return anew(ledger, order, request);
}

/** What follows once a first order was published: write the ledger, nothing, or publish the newer form. */
export type PublishedDecision =
  /** The ladder has begun: write the ledger. */
  | { readonly kind: 'begun'; readonly ledger: Ledger }
  | { readonly kind: 'already' }
  /** Another attempt has issued the order anew meanwhile: that is to be published, after this one, too. */
  | { readonly kind: 'replaced'; readonly order: IssuedOrder };

/** Notes that the first order of a re-verification was published: its deadlines stand from then on. */
export function firstOrderPublished(ledger: Ledger, order: IssuedOrder, now: Instant): PublishedDecision {
  const newer = replacing(ledger, order);
  if (newer !== undefined) return { kind: 'replaced', order: newer };
  if (ledger.begunAt !== null) return { kind: 'already' };
  return { kind: 'begun', ledger: change(ledger, { begunAt: now }) };
}
