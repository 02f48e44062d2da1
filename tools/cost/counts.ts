/**
 * The counts of a batch, in the form of their file: the counts, the drivers that they grow with, and the difference of a later and an
 * earlier count.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const count = z.number().nonnegative();
const counts = z.record(z.string(), count);
const capacity = z.object({ calls: count, readUnits: count, writeUnits: count });
const machine = z.object({
  transitions: count,
  mapChildStarts: count,
  nestedStarts: count,
  executionStarts: count,
});

/** The counts of a phase, in the shape of run.json, with the functions' logs. */
const phase = z.object({
  operations: z.record(
    z.string(),
    z.record(z.string(), z.object({ calls: count, readUnits: count.optional(), writeUnits: count.optional() })),
  ),
  tables: z.record(z.string(), z.record(z.string(), capacity)),
  stepFunctions: machine.extend({ byMachine: z.record(z.string(), machine) }),
  lambda: z.record(z.string(), z.object({ invocations: count, milliseconds: count, memoryMb: count })),
  eventBridge: z.object({ events: count }),
  /**
   * The lines that functions wrote, their bytes, and the most requests for keys that they made: one for each key that a function works with
   * in each stretch of five minutes (of the cloud's time) in which it wrote a line.
   */
  logs: z.object({ lines: count, bytes: count, keyRequests: count }),
  /** The stretches of a quarter of an hour in which a state machine entered a state, summed over the machines. */
  machineStretches: count,
});
export type Phase = z.infer<typeof phase>;

/** The drivers that the counts grow with. */
const drivers = z.object({
  /** The links that the imports wrote. */
  sightings: count,
  usageFiles: count,
  reports: count,
  handsets: count,
  /** The distinct connections, all of them directed: there is no other batch. */
  connections: count,
  /** Connections by operator. */
  connectionsOf: counts,
  /** Directions by operator. */
  reverifyDirections: counts,
  blockDirections: counts,
  /** The orders issued, by rung and order (`1-reverify`, `failed-disconnect`). */
  orders: counts,
  /** The connections and handsets in these orders. */
  orderRows: counts,
  /** The connections by their last outcome: verified, disconnected, notFound, overdue. */
  outcomes: counts,
  responseFiles: count,
  /** The approvers' uploads. */
  decisionFiles: count,
  /** The children of each Distributed Map. */
  children: z.object({ expand: count, claim: count, direct: count }),
  /** For a batch with moved rows: the counts of the nights' follow-ups that go on with them; they are not included above. */
  followUps: z
    .object({
      /** The connections that the report's operators said were ported, or extended. */
      moved: count,
      /** The rows that each night directed, by their ladder: a ported row has another ladder than an extended one. */
      nights: z.array(counts),
      directions: count,
      orders: counts,
      responseFiles: count,
      /** The nights that looked for moved rows, most of them in vain, and the most ledgers that each of them read. */
      looks: count,
      waiting: count,
      /** The number of times that a survey read a ledger of theirs. */
      surveyed: count,
    })
    .optional(),
  /**
   * The counts of work by the clock and at a batch's own steps, which come as often in a large batch as in a small one; counts saved
   * earlier lack them. Objects that Tell, the sweeps and the nights wrote and read; and for Tell alone notices, requests of queues, items
   * that it read, and the number of times that it read a ledger, each time all of a batch's.
   */
  told: z
    .object({
      puts: count,
      gets: count,
      publishes: count,
      queueRequests: count,
      items: count,
      ledgers: count,
      ofNights: count,
    })
    .optional(),
  /** The facts that functions told the audit, and what it wrote of them. */
  audit: z.object({ notes: count, entries: count, objects: count }),
});
export type Drivers = z.infer<typeof drivers>;

/** The numbers of the policy that a batch was counted under. */
export const policy = z.object({
  rowsPerDirection: count,
  handsetsPerChild: count,
  linksPerShard: count,
  linksPerHandset: count,
});

const batchCount = z.object({
  /** 1 is the event's size. */
  scale: z.number().positive(),
  /** Days of each rung of re-verification. */
  ladder: z.array(z.object({ order: z.string(), days: count })),
  policy,
  drivers,
  import: phase,
  batch: phase,
  /** Milliseconds of a round of the reference work on the machine that counted, on average; counts saved earlier lack it. */
  round: z.number().positive().optional(),
});
export type BatchCount = z.infer<typeof batchCount>;

/** The error for a run that did not end well, or a file without counts. */
export class CountFailed extends Error {
  override name = 'CountFailed';
}

/** Subtracts counts of the same shape; counts only in `later` stay, and so do those that don't accumulate. */
export function difference(later: Phase, earlier: Phase): Phase {
  return phase.parse(subtracted(later, earlier, ''));
}

function subtracted(later: unknown, earlier: unknown, name: string): unknown {
  if (typeof later === 'number')
    return name === 'memoryMb' ? later : later - (typeof earlier === 'number' ? earlier : 0);
  const before = (earlier ?? {}) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(later as Record<string, unknown>).map(([key, value]) => [key, subtracted(value, before[key], key)]),
  );
}

/** The file in which `npm run cost` keeps the counts of a run at this scale. */
export const countFile = (scale: number, moved: boolean): string => `out/counted-${scale}${moved ? '-moved' : ''}.json`;

/** Writes counts to a file, whole or not at all. */
export async function saveCount(path: string, counted: BatchCount): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const staging = `${path}.${process.pid}`;
  await writeFile(staging, `${JSON.stringify(counted, null, 2)}\n`);
  await rename(staging, path);
}

/**
 * Reads counts that `saveCount` wrote.
 * @throws CountFailed when the file can't be read or holds something else
 */
export async function readCount(path: string): Promise<BatchCount> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new CountFailed(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = batchCount.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CountFailed(`${path} holds no counts of a batch: ${issue?.path.join('.')}: ${issue?.message}`);
}
