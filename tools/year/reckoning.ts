/** The end of the year for its people, by the world's own knowledge of who is innocent. */

import type { LedgerRow } from './answering.ts';
import type { Decided } from './claims.ts';
import { beginOf, DAY, type Person, type PhoneNumber, type World } from './draw.ts';
import type { Change, Life } from './life.ts';

/** A number's row in a batch, with its decision, and its last standing where it was directed. */
export interface Passage {
  readonly batchId: string;
  readonly decided: Decided;
  readonly row: LedgerRow | undefined;
}

/** The end for an innocent person who was cut off. */
export type CutOff =
  /** An appeal was granted, and their operator has given them service again. */
  | 'given back on appeal'
  /** The agency has taken its report back. */
  | 'given back since the report was withdrawn'
  /** They had proved who they were, or were left out, and an order carried them all the same. */
  | "by the system's fault"
  /** They appealed, and approvers refused it, or struck it; or it is not carried out yet. */
  | 'appealed in vain'
  /** They never came, which is what the order says happens, and nothing gave it back. */
  | 'never came';

export interface Innocents {
  readonly people: number;
  /** The number of those with a directed row. */
  readonly asked: number;
  /** The number of those who could not make calls, or get any, for a time. */
  readonly barred: number;
  /** The longest time for which one of them had less than full service, in days. */
  readonly longest: number;
  readonly cutOff: Readonly<Record<CutOff, number>>;
  /** The days after which those cut off were given back on appeal, ascending. */
  readonly givenBackAfter: readonly number[];
  /** The number of those barred, but not cut off yet, who have service again on appeal. */
  readonly barredGivenBack: number;
  /** The number of those with less than full service at the end. */
  readonly stillBarred: number;
}

export interface Guilty {
  readonly people: number;
  readonly stopped: number;
  /** The numbers of those who still have a number with service, by the reason. */
  readonly gotAway: Readonly<Record<string, number>>;
}

/**
 * The cause of a cut-off: an order for somebody who had proved themselves before it was published, or who was left out, is the system's
 * fault; otherwise they never came.
 * @param passages the number's own
 */
function causeOf({ order }: Pick<Change, 'order'>, passages: readonly Passage[], publishedAt: number): CutOff {
  const direction = order.split('/')[2] ?? '';
  const passage = passages.find(({ row }) => row?.direction === direction);
  const row = passage?.row;
  if (passage === undefined || row === undefined) return "by the system's fault";
  const hadAnswered = ['verified', 'reissued', 'not_found'].includes(row.outcome) && row.at < publishedAt;
  return hadAnswered ? "by the system's fault" : 'never came';
}

/** The numbers of each person, with the time for which they have them. */
function* connectionsOf(world: World): Generator<{ person: Person; number: PhoneNumber; from: number; until: number }> {
  for (const number of world.numbers.values())
    for (const { person, from, until } of number.tenures) yield { person, number, from, until };
}

/**
 * Counts the innocent.
 * @param passages of a number, in E.164
 * @param publishedAt the instant of an order's publication, by its key
 * @param of what is known of those who asked for it back
 */
export function innocentsOf(
  life: Life,
  passages: (number: string) => readonly Passage[],
  publishedAt: (order: string) => number,
  { giverOf, hasAppealed }: AskedFor,
): Innocents {
  const cutOff = {
    'given back on appeal': 0,
    'given back since the report was withdrawn': 0,
    "by the system's fault": 0,
    'appealed in vain': 0,
    'never came': 0,
  };
  const givenBackAfter: number[] = [];
  let barredGivenBack = 0;
  const end = beginOf(life.world.days);
  const people = new Set<Person>();
  const asked = new Set<Person>();
  const barred = new Set<Person>();
  const stillBarred = new Set<Person>();
  let longest = 0;
  for (const { person, number, from, until } of connectionsOf(life.world)) {
    if (person.isGuilty || from >= end) continue;
    people.add(person);
    const own = passages(`+91${number.digits}`);
    if (own.some(({ row }) => row !== undefined && row.ends > from && row.ends - 16 * DAY < until)) asked.add(person);
    // The same person's connection at another operator counts as another one.
    const changes = life
      .changesOf(number)
      .filter((change) => change.person === person && change.at >= from && change.at < until);
    for (const [n, change] of changes.entries()) {
      if (change.service === 'full') continue;
      const back = changes.slice(n).find(({ service }) => service === 'full');
      longest = Math.max(longest, ((back?.at ?? Math.min(until, end)) - change.at) / DAY);
      const giver = back && giverOf(back.order, `+91${number.digits}`);
      if (change.service !== 'none') {
        barred.add(person);
        if (giver === 'appeal' && changes[n + 1] === back) barredGivenBack++;
        continue;
      }
      // An order that should not have been is the system's fault, whoever mends it.
      const cause = causeOf(change, own, publishedAt(change.order));
      if (back !== undefined && giver !== undefined) {
        cutOff[giver === 'appeal' ? 'given back on appeal' : 'given back since the report was withdrawn']++;
        if (giver === 'appeal') givenBackAfter.push((back.at - change.at) / DAY);
        if (cause === 'never came') continue;
      }
      cutOff[cause === 'never came' && hasAppealed(`+91${number.digits}`) ? 'appealed in vain' : cause]++;
    }
    if (until >= end && life.serviceAt(number, end - 1) !== 'full') stillBarred.add(person);
  }
  return {
    people: people.size,
    asked: asked.size,
    barred: barred.size,
    longest,
    cutOff,
    givenBackAfter: givenBackAfter.sort((a, b) => a - b),
    barredGivenBack,
    stillBarred: stillBarred.size,
  };
}

/** The knowledge of requests to give back. */
export interface AskedFor {
  /** The origin of the order by which a number has service again; undefined if no reversal gave it. */
  readonly giverOf: (order: string, number: string) => 'appeal' | 'withdrawal' | undefined;
  readonly hasAppealed: (number: string) => boolean;
}

/** The reason told of the guilty whom an appeal set free. */
export const FREE_BY_APPEAL = 'got free by an appeal';

/** The reason why a guilty person's number is still in service. */
export function whyConnected(
  passages: readonly Passage[],
  wasReported: boolean,
  tookBack: (batchId: string) => 'appeal' | 'withdrawal' = () => 'withdrawal',
): string {
  const directed = passages.findLast(({ row }) => row !== undefined)?.row;
  const last = passages.at(-1)?.decided.state;
  if (last === undefined)
    return wasReported
      ? 'was not seen in the reported handset before the report, or that was refused'
      : 'nobody reported the handset';
  if (directed !== undefined) {
    if (directed.reversed !== undefined)
      return tookBack(directed.reversed.batchId) === 'appeal' ? FREE_BY_APPEAL : 'its report was withdrawn';
    if (directed.outcome === 'verified') return 'proved to be somebody with forged papers';
    if (directed.outcome === 'ported') return 'was ported, and nothing went on with it';
    if (directed.outcome === 'extended') return 'was given more time, and nothing went on with it';
    if (directed.outcome === 'not_found') return 'its operator did not find the number';
    if (['disconnected', 'surrendered'].includes(directed.outcome))
      return `was ${directed.outcome}, and is connected again`;
    return directed.outcome === 'failed'
      ? 'failed, and its operator never disconnected it'
      : 'its operator never answered for it';
  }
  if (last === 'held') return 'was on a handset that looks cloned, and was spared';
  if (last === 'struck') return 'was on a handset that an approver struck';
  if (last === 'exempt') return 'was exempt';
  return `stood as ${last}`;
}

/** Counts the guilty: those who still have a number with service have got away. */
export function guiltyOf(
  life: Life,
  passages: (number: string) => readonly Passage[],
  reported: ReadonlySet<string>,
  tookBack: (batchId: string) => 'appeal' | 'withdrawal' = () => 'withdrawal',
): Guilty {
  const gotAway: Record<string, number> = {};
  const end = beginOf(life.world.days);
  const people = new Set<Person>();
  const handsetsOf = new Map<string, string[]>();
  for (const { number, handset } of life.world.uses)
    handsetsOf.set(number.digits, [...(handsetsOf.get(number.digits) ?? []), handset.imei]);
  let free = 0;
  for (const { person, number, until } of connectionsOf(life.world)) {
    if (!person.isGuilty) continue;
    people.add(person);
    if (until < end || life.serviceAt(number, end - 1) === 'none') continue;
    free++;
    const wasReported = (handsetsOf.get(number.digits) ?? []).some((imei) => reported.has(imei));
    const why = whyConnected(passages(`+91${number.digits}`), wasReported, tookBack);
    gotAway[why] = (gotAway[why] ?? 0) + 1;
  }
  return { people: people.size, stopped: people.size - free, gotAway };
}
