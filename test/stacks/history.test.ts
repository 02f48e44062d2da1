import { describe, expect, it } from 'vitest';
import { asInstant, type Day, instantOf, millisOf } from '../../lambdas/domain/days.ts';
import { cutEvenly } from '../../lambdas/domain/directions.ts';
import {
  type BatchId,
  directionIdOf,
  type Imei,
  type Msisdn,
  type OperatorId,
} from '../../lambdas/domain/identifiers.ts';
import { deadlinesOf } from '../../lambdas/domain/ladders.ts';
import { gatheredLine } from '../../lambdas/domain/sightings.ts';
import { secondsToWait } from '../../lambdas/domain/turn.ts';
import { DEFAULT_POLICY, REVERIFY_LADDERS } from '../../lib/config/policy.ts';
import { countExecution, type Flow, MOST_BYTES, MOST_EVENTS, type Path, type State } from './history.ts';
import { definitionOf, synthesized } from './synthesized.ts';

const { workflow } = synthesized();
const batch = definitionOf(workflow, 'Batch') as unknown as Flow;
const direction = definitionOf(workflow, 'Direction') as unknown as Flow;

/** The event, ten and a hundred times the event. */
const SIZES = [1, 10, 100];
const HANDSETS = 28_200;
const MOST_OPERATORS = 200;

describe('the count of events', () => {
  const task = (Resource: string, more: object = {}): State => ({ Type: 'Task', Resource, ...more });

  it('has two for a step, five for a task, six for one that waits, and two for the execution', () => {
    const flow: Flow = {
      StartAt: 'a',
      States: {
        a: { Type: 'Pass', Next: 'b' },
        b: task('arn:aws:states:::lambda:invoke', { Next: 'c' }),
        c: task('arn:aws:states:::lambda:invoke.waitForTaskToken', { Next: 'd' }),
        d: task('arn:aws:states:::states:startExecution.sync:2', { Next: 'e' }),
        e: { Type: 'Succeed' },
      },
    };
    expect(countExecution(flow).events).toBe(2 + 2 + 5 + 6 + 6 + 2);
  });

  it('has three more for every attempt that fails, four where the task waits', () => {
    const Retry = [{ MaxAttempts: 10 }, { MaxAttempts: 4 }];
    const flow = (resource: string): Flow => ({ StartAt: 'a', States: { a: task(resource, { Retry, End: true }) } });
    expect(countExecution(flow('arn:aws:states:::lambda:invoke'), { retrying: true }).events).toBe(2 + 5 + 14 * 3);
    expect(countExecution(flow('arn:aws:states:::lambda:invoke.waitForTaskToken'), { retrying: true }).events).toBe(
      2 + 6 + 14 * 4,
    );
  });

  it('keeps an inline Map within the parent, and gives the children of a Distributed one histories of their own', () => {
    const processor = (Mode: string) => ({
      ProcessorConfig: { Mode },
      StartAt: 'a',
      States: { a: task('arn:aws:states:::lambda:invoke', { End: true }) },
    });
    const flow = (Mode: string): Flow => ({
      StartAt: 'm',
      States: { m: { Type: 'Map', ItemProcessor: processor(Mode), End: true } },
    });
    // 2 + entered, started, succeeded, exited + 40 × (its start and its success + 5).
    expect(countExecution(flow('INLINE'), { items: { m: 40 } })).toEqual({ events: 286, children: {} });
    expect(countExecution(flow('DISTRIBUTED'))).toEqual({ events: 8, children: { m: 7 } });
  });

  it('refuses a way that the definition does not have', () => {
    const flow: Flow = {
      StartAt: 'a',
      States: {
        a: { Type: 'Choice', Choices: [{ Next: 'b' }], Default: 'c' },
        b: { Type: 'Succeed' },
        c: { Type: 'Succeed' },
      },
    };
    expect(() => countExecution(flow, { next: { a: ['d'] } })).toThrow('a does not lead to d');
    expect(() => countExecution(flow)).toThrow('does not say where a leads');
  });
});

/** A batch that is planned, directed and settled; what it meets on the way is for the caller to say. */
function plannedPath(directing: string, more: Path['next'] = {}): Path['next'] {
  return {
    'A report, listed subjects, or a batch to resume?': ['Screen the report'],
    'What did Screen find?': ['Ask for the status: registered'],
    // It waits, is woken, and sees what was decided.
    'What was decided?': ['Ask for the status: waiting', 'Ask for the status: waiting', 'Ask for the status: approved'],
    "Is it the batch's turn?": ['Claim numbers and handsets'],
    'How many directions?': [directing],
    'Is the batch settled?': ['Ask for the status: settled'],
    ...more,
  };
}
const atScale = { 'Direct the operators at scale': 40, 'Direct some operators': 40 };

describe('the history of the Batch machine', () => {
  it('does not grow with the batch: at 1, 10 and 100 times the event it has the same events, a hundredth of what it may have', () => {
    // Children of Map Runs keep their own histories, so no number of handsets, shards or directions stands in this path.
    const { events, children } = countExecution(batch, {
      next: plannedPath('Direct the operators at scale'),
      items: atScale,
    });
    expect(events).toBeLessThan(MOST_EVENTS / 100);
    for (const name of ['Expand handsets into links', 'Claim numbers and handsets', 'Direct the operators at scale'])
      expect(children[name]).toBeLessThan(MOST_EVENTS / 50);
  });

  it('holds forty directions in its own history, even when each is tried again as often as it may be', () => {
    const path = { next: plannedPath('Direct the operators'), items: { 'Direct the operators': 40, ...atScale } };
    const once = countExecution(batch, path).events;
    // Each direction is an iteration of one waiting task: 2 + 6 events.
    expect(once).toBeGreaterThanOrEqual(40 * 8);
    expect(once).toBeLessThan(MOST_EVENTS / 25);
    expect(countExecution(batch, { ...path, retrying: true }).events).toBeLessThan(MOST_EVENTS / 5);
  });

  it('waits for its turn for a week, or a year, and is planned and directed then', () => {
    const start = asInstant('2026-06-01T00:00:00Z');
    const year = batch.TimeoutSeconds ?? 0;
    expect(year).toBe(365 * 86_400);
    const waitsIn = (seconds: number) => {
      let waits = 0;
      for (let waited = 0; waited < seconds; waits++)
        waited += secondsToWait(start, instantOf(millisOf(start) + waited * 1000), { place: 0, heldSince: start });
      return waits;
    };
    const waiting = (times: number): Path => ({
      next: plannedPath('Direct the operators', {
        "Is it the batch's turn?": [
          ...Array(times).fill('Wait while another batch plans'),
          'Claim numbers and handsets',
        ],
      }),
      items: { 'Direct the operators': 40, ...atScale },
    });
    const none = countExecution(batch, waiting(0)).events;
    // Each time it asks is a task and what comes of it, its wait two more events.
    expect(countExecution(batch, waiting(1000)).events - none).toBe((5 + 2 + 2) * 1000);
    // 20 minutes by the minute, 20 hours by a twentieth more each time, which is ln 60 / ln 1.05 = 84 times, then by the hour.
    const aWeek = 20 + 84 + (7 * 24 - 20);
    expect(Math.abs(waitsIn(7 * 86_400) - aWeek)).toBeLessThan(5);
    expect(none + 9 * waitsIn(7 * 86_400)).toBeLessThan(MOST_EVENTS / 8);
    // However often each of its directions has to be tried again then.
    const retrying = countExecution(batch, { ...waiting(0), retrying: true }).events;
    expect(retrying + 9 * waitsIn(year)).toBeLessThan(MOST_EVENTS);
  });

  it('survives a month in which nobody can see what was decided', () => {
    const hours = 30 * 24;
    const { events } = countExecution(batch, {
      next: plannedPath('Direct the operators at scale', {
        'Await the decision': [
          ...Array(hours).fill('Tell the administrators: awaiting the decision fails'),
          'What was decided?',
        ],
      }),
      items: atScale,
    });
    // Of each retry of an hour four more: the task waits.
    expect(events + hours * 4 * 4).toBeLessThan(MOST_EVENTS);
  });

  it('survives a month in which it can not be settled', () => {
    const hours = 30 * 24;
    const events = countExecution(batch, {
      next: plannedPath('Direct the operators at scale', {
        'Settle the books': [...Array(hours).fill('Tell the administrators: settling fails'), 'Is the batch settled?'],
      }),
      items: atScale,
    }).events;
    // Without the retries of an hour, of which each is three more: a task, the notice, the wait.
    const withRetries = events + hours * 4 * 3;
    expect(withRetries).toBeLessThan(MOST_EVENTS);
  });
});

describe('the history of the Direction machine', () => {
  const ladder = (times: number): Path => ({
    next: {
      'Order and await responses': [...Array(times).fill('Order and await responses'), 'Is a rung left?'],
      'Is a rung left?': ['Close'],
    },
  });

  it.each(Object.entries(REVERIFY_LADDERS))(
    'has few events on the whole %s ladder of a silent operator',
    (_, rungs) => {
      const { events } = countExecution(direction, ladder(rungs.length));
      // Each rung is waited for (6), and after the last one its end is told likewise; the look, Close, and the execution's own two.
      expect(events).toBe((rungs.length + 1) * 6 + 2 + 5 + 2);
      expect(countExecution(direction, { ...ladder(rungs.length), retrying: true }).events).toBeLessThan(
        MOST_EVENTS / 50,
      );
    },
  );

  it('survives a month in which its order can not be issued', () => {
    const hours = 30 * 24;
    const { events } = countExecution(direction, {
      next: {
        'Is a rung left?': [...Array(hours).fill('Order and await responses'), 'Close'],
        'Order and await responses': ['Tell the administrators'],
      },
    });
    expect(events + hours * 4 * 4).toBeLessThan(MOST_EVENTS);
  });
});

const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

describe('what states pass on', () => {
  const { handsetsPerChild, linksPerHandset, linksPerShard, rowsPerDirection } = DEFAULT_POLICY;
  const start = asInstant('2026-06-01T00:00:00Z');
  const longestBatch = `${'a'.repeat(16)}-${'0'.repeat(12)}` as BatchId;
  const longestOperator = 'o'.repeat(10) as OperatorId;
  const shardsAt = (size: number) => Math.ceil((HANDSETS * size * linksPerHandset) / linksPerShard);
  const line = gatheredLine({
    imei: '35123456789012' as Imei,
    msisdn: '+919876543210' as Msisdn,
    lastSeen: '2026-05-31' as Day,
    operator: 'airtel' as OperatorId,
    lsa: 'Jammu & Kashmir',
  });

  it.each(SIZES)(
    'fits a child of Expand at %i times the event: a run of handsets in, the objects that it wrote out',
    (size) => {
      const input = {
        folder: `screened/${longestBatch}/${'0'.repeat(36)}`,
        shards: shardsAt(size),
        window: { from: '2025-12-03', to: '2026-06-01' },
        handsetsKey: `screened/${longestBatch}/${'0'.repeat(36)}/handsets.jsonl`,
        run: { first: HANDSETS * size, count: handsetsPerChild },
      };
      expect(bytes(input)).toBeLessThan(MOST_BYTES / 500);

      // It has 10,000,000 links, and writes an object for each 8 MiB of them.
      const objects = Array.from({ length: Math.ceil((10_000_000 * line.length) / 2 ** 23) }, (_, n) => ({
        key: `screened/${longestBatch}/${'0'.repeat(36)}/gathered/${'0'.repeat(36)}-${n}.tsv`,
        links: 999_999,
        bytes: 2 ** 23,
        placesBytes: 99_999_999,
      }));
      const weights = {
        key: `screened/${longestBatch}/${'0'.repeat(36)}/gathered/${'0'.repeat(36)}-weights.tsv`,
        bytes: 99_999,
      };
      expect(bytes({ first: HANDSETS * size, handsets: handsetsPerChild, objects, weights })).toBeLessThan(
        MOST_BYTES / 10,
      );
    },
  );

  it.each(SIZES)('fits a child of Claim at %i times the event, and what it returns', (size) => {
    const input = {
      batchId: longestBatch,
      plan: 999_999,
      startedAt: start,
      handsetsKey: `screened/${longestBatch}/${'0'.repeat(36)}/handsets.jsonl`,
      gathered: {
        indexKey: `screened/${longestBatch}/${'0'.repeat(36)}/shards/${'0'.repeat(36)}/index.jsonl`,
        manifestKey: `screened/${longestBatch}/${'0'.repeat(36)}/shards/${'0'.repeat(36)}/shards.jsonl`,
        operators: Array(MOST_OPERATORS).fill(longestOperator),
        shards: shardsAt(size),
        handsets: HANDSETS * size,
        links: HANDSETS * size * linksPerHandset,
        linked: Object.fromEntries(Array.from({ length: MOST_OPERATORS }, (_, n) => [`operator-${n}`, 99_999_999])),
      },
      item: {
        kind: 'reverify',
        shard: shardsAt(size),
        links: linksPerShard,
        slices: { start: 999_999_999, bytes: 999_999 },
        part: { part: 99, of: 100, shards: shardsAt(size) },
      },
    };
    expect(bytes(input)).toBeLessThan(MOST_BYTES / 25);
    expect(
      bytes({ decisionKey: `plans/999999/decisions/reverify-${shardsAt(size)}/${'0'.repeat(36)}/decision.json` }),
    ).toBeLessThan(MOST_BYTES / 100);
  });

  it.each(Object.entries(REVERIFY_LADDERS))(
    'fits forty directions inline with the %s ladder, and a batch of them',
    (_, rungs) => {
      const directions = Array.from({ length: 40 }, (_, n) => ({
        directionId: directionIdOf({
          batchId: longestBatch,
          kind: 'reverify',
          operator: longestOperator,
          plan: 999_999,
          shard: shardsAt(100),
          n,
        }),
        batchId: longestBatch,
        operator: longestOperator,
        rungs: deadlinesOf(rungs, start),
        rung: 1,
      }));
      const planned = { directions: 40, manifestKey: `plans/999999/directions/${'0'.repeat(36)}/directions.jsonl` };
      expect(bytes({ ...planned, inline: directions })).toBeLessThan(MOST_BYTES / 10);
      expect(bytes({ Items: directions, BatchInput: { round: 9 } })).toBeLessThan(MOST_BYTES / 10);
      expect(bytes(directions[0])).toBeLessThan(MOST_BYTES / 100);
    },
  );

  it('cuts a shard into few directions, however large the batch', () => {
    const rows = Array.from({ length: linksPerShard }, (_, n) => n);
    // 23,000 rows, 2,000 to a direction.
    expect(cutEvenly(rows, rowsPerDirection)).toHaveLength(12);
  });
});
