/** Judges a year that was lived: every rule, and its end for the innocent and for the guilty. */

import { type Instants, isFollowUp, type Reckoning, reckon } from './books.ts';
import { CASEWORKER } from './caseworkers.ts';
import type { Chronicle } from './chronicle.ts';
import { fateOf, PEOPLE } from './deciders.ts';
import { type Explanations, unexplained } from './explained.ts';
import type { Life } from './life.ts';
import { type Guilty, guiltyOf, type Innocents, innocentsOf } from './reckoning.ts';
import { brokenRules, type Outbox, type Summary, summariesIn } from './rules.ts';

/** Everything that is there at the end. */
export interface Lived {
  readonly life: Life;
  readonly chronicle: Chronicle;
  /** The outbox by key: batches, previews, receipts, lists and explanations. */
  readonly outbox: Outbox;
  /** The numbers that a caseworker looked up at the end, in E.164. */
  readonly asked: readonly string[];
  /** The failures for good in the cloud. */
  readonly failures: readonly string[];
}

/** The findings. */
export interface Verdict {
  readonly innocents: Innocents;
  readonly guilty: Guilty;
  readonly summaries: readonly Summary[];
  /** The broken rules, one line each. */
  readonly broken: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

export function judge({ life, chronicle, outbox, asked, failures }: Lived): Verdict {
  const summaries = summariesIn(outbox);
  const instants = new Map<string, Instants>();
  for (const [batchId, { status, startedAt, settledAt }] of summaries)
    if (status === 'settled')
      instants.set(batchId, { startedAt: Date.parse(startedAt), settledAt: Date.parse(settledAt) });
  const reckoning = reckon(chronicle, instants, PEOPLE);
  const publishedAt = new Map(chronicle.orders.map(({ notice, at }) => [notice.key, at]));
  const passages = (number: string) => reckoning.passages.get(number) ?? [];
  const reported = new Set(chronicle.reports.flatMap(({ handsets }) => handsets));
  const tookBack = (batchId: string) => (batchId.startsWith(`${CASEWORKER}-`) ? 'appeal' : 'withdrawal');
  const appealed = new Set(
    [...reckoning.reversals.values()].flatMap(({ became }) => became.map(({ subject }) => subject.identifier)),
  );
  const asking = {
    giverOf: (order: string, number: string) => {
      const giver = reckoning.giverOf.get(`${order.split('/')[2]} ${number}`);
      return giver === undefined || giver === '' ? undefined : tookBack(giver);
    },
    hasAppealed: (number: string) => appealed.has(number) || refusedTo(chronicle).has(number),
  } as const;
  const innocents = innocentsOf(life, passages, (order) => publishedAt.get(order) ?? 0, asking);
  const wrongly = wronglyCutOff(innocents);
  const broken = [
    ...brokenRules(chronicle, reckoning, outbox, endsOf(chronicle)),
    ...unexplained(asked, explanationsIn(outbox), reckoning, chronicle),
    ...failures,
    ...(wrongly > 0 ? [`${wrongly} innocents were cut off, and no appeal has given it back`] : []),
    ...(innocents.stillBarred > 0 ? [`${innocents.stillBarred} innocents have less than full service at the end`] : []),
  ];
  return {
    innocents,
    guilty: guiltyOf(life, passages, reported, tookBack),
    summaries: [...summaries.values()],
    broken,
    counts: { ...countsOf(chronicle, reckoning), 'numbers looked up': asked.length },
  };
}

/** The innocent who were cut off without an appeal that was granted and carried out. */
export function wronglyCutOff({ cutOff }: Innocents): number {
  return cutOff["by the system's fault"] + cutOff['appealed in vain'] + cutOff['never came'];
}

/** The numbers of appeals that were refused. */
function refusedTo({ askedBack, orders }: Chronicle): Set<string> {
  const numbers = new Map(orders.flatMap(({ references }) => [...references]));
  return new Set(
    askedBack
      .filter(({ fate }) => fate === 'refused')
      .flatMap(({ rows }) => rows.flatMap(({ msisdn, reference }) => msisdn ?? numbers.get(reference ?? '') ?? [])),
  );
}

/** The answer to the only file of lookups. */
function explanationsIn(outbox: Outbox): Explanations {
  const [text] = [...outbox].flatMap(([key, one]) => (key.startsWith('explanations/') ? [one] : []));
  return text === undefined ? { lookups: [] } : (JSON.parse(text) as Explanations);
}

/** The end that each report must have had, by its fate. */
function endsOf(chronicle: Chronicle): Map<string, string> {
  return new Map(
    chronicle.reports.map(({ batchId, key }) => {
      const n = Number(/report (\d+)/.exec(key)?.[1]);
      const fate = key.includes('corrected') ? 'approved' : fateOf(n);
      return [batchId, fate === 'refused' || fate === 'withdrawn' ? fate : 'settled'];
    }),
  );
}

/** The subjects of all reversals, counted by their state. */
function subjectsOf(reversals: Reckoning['reversals']): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { subjects } of reversals.values())
    for (const [state, count] of Object.entries(subjects)) {
      const what = state === 'asked' ? 'numbers and handsets asked to be given back' : `  of these ${state}`;
      all[what] = (all[what] ?? 0) + count;
    }
  return all;
}

function countsOf(chronicle: Chronicle, { atOnce, reversals }: Reckoning): Record<string, number> {
  const of = (order: string) => chronicle.orders.filter(({ notice }) => notice.order === order).length;
  return {
    'usage files': chronicle.usage.length,
    'usage files held up': chronicle.usage.filter(({ isGated }) => isGated).length,
    'of these admitted': chronicle.usage.filter(({ isGated, countsFrom }) => isGated && countsFrom !== undefined)
      .length,
    sightings: chronicle.usage.reduce((sum, { sightings }) => sum + sightings.length, 0),
    reports: chronicle.reports.length,
    'batches that lapsed first': chronicle.reports.filter(({ begun }) => begun.length > 1).length,
    'follow-ups of a night': new Set(
      chronicle.orders.flatMap(({ notice }) => (isFollowUp(notice.batchId) ? [notice.batchId] : [])),
    ).size,
    decisions: chronicle.decisions.length,
    'rows of exemptions': chronicle.exemptions.length,
    orders: chronicle.orders.length,
    'of these to disconnect': of('disconnect'),
    'of these to restore': of('restore'),
    'of these to unblock': of('unblock'),
    responses: chronicle.answers.length,
    appeals: chronicle.askedBack.filter(({ withdraws }) => withdraws === undefined).length,
    'of these refused': chronicle.askedBack.filter(({ fate }) => fate === 'refused').length,
    'reports withdrawn after they were directed, or a part': chronicle.askedBack.filter(({ withdraws }) => withdraws)
      .length,
    'nights that asked again for what was not given back': new Set(
      chronicle.orders.flatMap(({ notice: { batchId, kind } }) =>
        isFollowUp(batchId) && (kind === 'restore' || kind === 'unblock') ? [batchId] : [],
      ),
    ).size,
    'lists of late disconnections': atOnce.filter(({ kind }) => kind === 'late').length,
    ...subjectsOf(reversals),
    'lists of withdrawn numbers': atOnce.filter(({ kind }) => kind === 'withdrawn').length,
  };
}
