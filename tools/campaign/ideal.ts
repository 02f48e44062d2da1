/**
 * The outcome of a story without faults, worked out from the story alone: it knows neither the system nor a run. After faults the outcome
 * must be the same, except for
 *
 * * the instants of a batch and all that counts from them (deadlines, `startedAt`, `settledAt`, the day in a list's name), and plans'
 *   numbers in directions' ids: a plan that was given up takes the next number;
 * * later rungs' orders and their rows: an answer that is late by hours may come after the next order;
 * * the number of files' rows that were "already recorded", and the order in which files were recorded, if a file came twice or cut short;
 * * rejects of a cut file, which stand until those of the whole one replace them;
 * * the day on which a number was disconnected: if the event of an answer `failed` was lost, a sweep of the next day has it
 *   recorded, and the disconnect order and the answer to it are as much later. (`invariants.ts` compares each day with its answer.)
 */
import { written } from '../../test/reckoning/files.ts';
import { noOperator } from '../../test/reckoning/tables.ts';
import { struckOf } from './decisions.ts';
import { newestSightings, type Seen } from './invariants.ts';
import { partsOf } from './people.ts';
import { answeredOn, begunAt, decidedOf, fateOf, lateOutcome } from './said.ts';
import { importedOf, LATE_AFTER, OPERATORS, START, type Story, TARDY_AFTER } from './story.ts';

type Counts = Record<string, number>;

/** A batch's outcome, without the parts that may differ. */
export interface Outcome {
  status: string;
  connections: Record<string, Counts>;
  blocks: Record<string, Counts>;
  /** Rows `kind,identifier,operator,state,agency of the direction`. */
  elsewhere: string[];
  /** Rows `msisdn,operator`: in the list of the batch, and in those of late answers. */
  revoked: string[];
  revokedLate: string[];
  /** Rows `msisdn,ground` of lists of withdrawals. */
  withdrawn: string[];
  /** Rows `msisdn,agency and operator of the direction,why,operator,state` of follow-ups. */
  moved: string[];
}

interface Directed {
  agency: string;
  kind: 'block' | 'reverify';
  operator: string;
  identifier: string;
}

const LASTS = { block: 2, reverify: 16 };
const DAYS = 86_400_000;
/** The outcome of each agency's batch. */
export function idealOf(story: Story): Record<string, Outcome> {
  const directed: Directed[] = [];
  const outcomes: Record<string, Outcome> = {};
  const uploads = importedOf(story);
  const ageOf = (agency: string) => begunAt(story, agency);

  /** The standing of a row `age` after its report: the recorded outcome, and whether it is open. */
  const standing = (row: Directed, age: number): { outcome: string; open: boolean; on: string } => {
    const fate = fateOf(story, row.agency, row.kind, row.operator, row.identifier);
    const on = answeredOn(story, row.agency, fate === 'late');
    const open = age < LASTS[row.kind] * DAYS;
    // Nobody has answered yet. (No two reports come a few hours from each other.)
    if (age < DAYS / 24) return { outcome: '', open, on };
    if (fate === 'unanswered') return { outcome: '', open, on };
    if (fate === 'failed') return { outcome: 'failed', open, on };
    if (fate === 'late')
      return open || age < LATE_AFTER
        ? { outcome: '', open, on }
        : { outcome: lateOutcome(story, row.kind, row.identifier), open: false, on };
    if (fate === 'tardy')
      return age < TARDY_AFTER ? { outcome: '', open, on } : { outcome: 'blocked', open: false, on };
    return { outcome: fate === 'failed, disconnected' ? 'disconnected' : fate, open: false, on };
  };

  for (const { agency, text } of story.reports) {
    const at = begunAt(story, agency);
    const handsets = new Set(
      text
        .split('\n')
        .flatMap((line) =>
          /^(case \d|again)/.test(line) ? (line.split(',')[1] ?? '').replace('-', '').slice(0, 14) : [],
        ),
    );
    const isRefused = decidedOf(story, agency) === 'refused';
    const outcome: Outcome = {
      status: isRefused ? 'refused' : 'settled',
      connections: Object.fromEntries(OPERATORS.map((operator) => [operator, noOperator().connections])),
      blocks: Object.fromEntries(OPERATORS.map((operator) => [operator, noOperator().blocks])),
      elsewhere: [],
      revoked: [],
      revokedLate: [],
      withdrawn: [],
      moved: [],
    };
    outcomes[agency] = outcome;
    if (isRefused) continue;
    const struck = new Set(Object.values(struckOf(story, agency)));
    const decide = (row: Directed, lastSeen: string, isStruck: boolean) => {
      const { kind, operator, identifier } = row;
      const counts = (kind === 'block' ? outcome.blocks : outcome.connections)[operator] as Counts;
      const add = (word: string) => {
        counts[word] = (counts[word] ?? 0) + 1;
      };
      add(kind === 'block' ? 'rows' : 'linked');
      const earlier = directed
        .filter(
          (one) =>
            one.kind === kind && one.identifier === identifier && (kind === 'reverify' || one.operator === operator),
        )
        .map((one) => ({ agency: one.agency, operator: one.operator, ...standing(one, at - ageOf(one.agency)) }))
        .reverse();
      const open = earlier.find((one) => one.open && one.operator === operator);
      const recorded = earlier.find((one) => one.outcome !== '');
      let state = 'directed';
      if (isStruck) state = 'struck';
      else if (open) state = 'alreadyOpen';
      else if (recorded?.outcome === 'blocked') state = 'alreadyBlocked';
      else if (recorded?.outcome === 'disconnected' && lastSeen <= recorded.on) state = 'alreadyDisconnected';
      else if (recorded?.outcome === 'verified' && lastSeen <= recorded.on) state = 'alreadyVerified';
      add(state);
      if (state !== 'directed') {
        const shown = kind === 'block' ? written(identifier) : identifier;
        outcome.elsewhere.push(`${kind},${shown},${operator},${state},${isStruck ? '' : (open ?? recorded)?.agency}`);
        return;
      }
      // A batch without a number to re-verify settles when its blocks' ladder ends.
      const lasts = kind === 'reverify' || directed.some((one) => one.agency === agency && one.kind === 'reverify');
      const settled = standing(row, LASTS[lasts ? 'reverify' : kind] * DAYS);
      add(
        ['', 'failed'].includes(settled.outcome)
          ? 'overdue'
          : settled.outcome === 'not_found'
            ? 'notFound'
            : settled.outcome,
      );
      if (settled.outcome === 'failed') add('overdueFailed');
      const end = standing(row, LATE_AFTER);
      const list = settled.outcome === 'disconnected' ? outcome.revoked : outcome.revokedLate;
      if (kind === 'reverify' && end.outcome === 'disconnected') list.push(`${identifier},${operator}`);
      directed.push(row);
    };
    const planned = START + at;
    for (const { msisdn, operator, day, on } of newestSightings(uploads, planned, handsets, struck))
      decide({ agency, kind: 'reverify', operator, identifier: msisdn }, day, on === undefined);
    for (const imei of handsets)
      for (const operator of OPERATORS)
        decide({ agency, kind: 'block', operator, identifier: imei }, '', struck.has(imei));
  }
  for (const outcome of Object.values(outcomes))
    for (const list of [outcome.elsewhere, outcome.revoked, outcome.revokedLate]) list.sort();
  return outcomes;
}

const emptyOutcome = (status: string): Outcome => ({
  status,
  connections: {},
  blocks: {},
  elsewhere: [],
  revoked: [],
  revokedLate: [],
  withdrawn: [],
  moved: [],
});

/** Adds the outcomes of two batches: all follow-ups are one, whichever night a row goes on in. */
function addOutcome(a: Outcome, b: Outcome): Outcome {
  const counts = (part: 'connections' | 'blocks') => {
    const all: Record<string, Counts> = {};
    for (const [operator, own] of [...Object.entries(a[part]), ...Object.entries(b[part])]) {
      const sums = all[operator] ?? {};
      all[operator] = sums;
      for (const [word, count] of Object.entries(own)) sums[word] = (sums[word] ?? 0) + count;
    }
    return all;
  };
  const list = (part: 'elsewhere' | 'revoked' | 'revokedLate' | 'withdrawn' | 'moved') =>
    [...a[part], ...b[part]].sort();
  return {
    status: b.status,
    connections: counts('connections'),
    blocks: counts('blocks'),
    elsewhere: list('elsewhere'),
    revoked: list('revoked'),
    revokedLate: list('revokedLate'),
    withdrawn: list('withdrawn'),
    moved: list('moved'),
  };
}

/** The rows of a file, without its header. */
const rowsOf = (text = ''): string[] => text.trimEnd().split('\n').slice(1);

/** What is compared of a run: all that was published. */
type Ended = Pick<Seen, 'outbox'>;

/** The outcomes of all batches, read from a run's outbox. */
export function outcomeOf({ outbox }: Ended): Record<string, Outcome> {
  const outcomes: Record<string, Outcome> = {};
  for (const [key, text] of Object.entries(outbox)) {
    const batch = /^batches\/(.*)\/summary\.json$/.exec(key)?.[1];
    if (batch === undefined) continue;
    const summary = JSON.parse(text) as {
      agency: string;
      kind?: string;
      subjects?: Counts;
      withdrawn?: number;
      status: string;
      operators: Record<string, { connections: Counts; blocks: Counts }>;
    };
    const { kind = '', status, operators, subjects = {} } = summary;
    // A reversal's rows are not compared: faults decide which are given back in time, and which are asked for again.
    const isReversal = kind === 'reversal';
    const agency = `${kind} ${summary.agency}`.trim();
    const of = (part: 'connections' | 'blocks') =>
      Object.fromEntries(Object.entries(operators).map(([operator, counts]) => [operator, counts[part]]));
    const elsewhere = rowsOf(outbox[`batches/${batch}/elsewhere.csv`]).filter(
      (line) => !/^(restore|unblock),/.test(line),
    );
    const revoked = (late: boolean) =>
      Object.entries(outbox)
        .filter(
          ([list]) =>
            list.startsWith('revocations/') &&
            list.endsWith('.csv') &&
            list.includes(`/${batch}.`) &&
            !list.includes('.withdrawn') &&
            list.includes('.late-') === late,
        )
        .flatMap(([, text]) => rowsOf(text))
        .map((row) => row.split(','))
        .map(([number, operator]) => `${number},${operator}`)
        .sort();
    const withdrawn = Object.entries(outbox)
      .filter(([list]) => list.includes(`/${batch}.withdrawn`) && list.endsWith('.csv'))
      .flatMap(([, text]) => rowsOf(text).map((row) => row.replace(/,.*,/, ',')));
    // A row that isn't given back in two days is asked for again, and a lost answer may come after that.
    const moved = rowsOf(outbox[`batches/${batch}/moved.csv`])
      .filter((row) => !row.includes(',overdue,'))
      .map((row) => row.replace(/,([^,]*\.[^,]*),/, (_, id) => `,${partsOf(id).agency} ${partsOf(id).operator},`));
    outcomes[agency] = addOutcome(outcomes[agency] ?? emptyOutcome(status), {
      status,
      connections: isReversal ? { subjects, rows: { withdrawn: summary.withdrawn ?? 0 } } : of('connections'),
      blocks: isReversal ? {} : of('blocks'),
      elsewhere: elsewhere.map((line) => line.replace(/[^,]*$/, (direction) => partsOf(direction).agency)).sort(),
      revoked: revoked(false),
      revokedLate: revoked(true),
      withdrawn,
      moved,
    });
  }
  return outcomes;
}

/**
 * The differences of a run's outcome from the story's: one line for each part of a batch, without identifiers.
 * @param ideal the outcome without faults; by default it is worked out from the story
 */
export function differences(story: Story, seen: Ended, ideal = idealOf(story)): string[] {
  const actual = outcomeOf(seen);
  const agencies = new Set([...Object.keys(ideal), ...Object.keys(actual)]);
  return [...agencies].flatMap((agency) => {
    const parts = [
      ...(['status', 'connections', 'blocks', 'elsewhere', 'revoked', 'revokedLate', 'withdrawn', 'moved'] as const),
    ];
    return parts.flatMap((part) => {
      const [must, is] = [ideal[agency]?.[part], actual[agency]?.[part]];
      if (canonical(must) === canonical(is)) return [];
      const counts =
        part === 'connections' || part === 'blocks' ? `: ${canonical(is)} instead of ${canonical(must)}` : '';
      return [`${agency}: ${part} differ from those without faults${counts}`];
    });
  });
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  ) ?? 'nothing';
