/**
 * Counts the usage of one batch until its last direction is issued: by a small run of the sample's first report whose clock is stopped
 * then, or from a whole run's run.json and the summaries beside it.
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type LocalCloud, type RunConsumption, startCloud } from 'local-cloud';
import { z } from 'zod';
import { synthesize } from '../../lib/commands/local/synth.ts';
import { stageFromContext } from '../../lib/config/context.ts';
import { conduct } from '../../simulation/conduct.ts';
import { participantsOf } from '../../simulation/participants.ts';
import type { Progress } from '../../simulation/progress.ts';
import { CountFailed } from '../cost/counts.ts';

/** Counts of one batch, or of several that are taken together, until the last direction was issued. */
export interface Issued {
  /** The origin of the counts, in words. */
  from: string;
  handsets: number;
  connections: number;
  /** Connections directed to each operator. */
  connectionsOf: Record<string, number>;
  directions: number;
  /** The read units that Expand's queries took. */
  linkReads: number;
  /** The read units that Claim's look at earlier claims took. */
  claimReads: number;
  /** The write units of all claims and new ledgers, and of everything else that planning writes. */
  claimWrites: number;
}

const START = Date.parse('2026-06-01T00:00:00Z');
/** The instant by which all directions are issued: nothing waits before that, and no rung ends for a day. */
const ALL_ISSUED_BY = START + 3_600_000;

/** The write units of a ledger with this many rows: five bytes a row at most (they are deflated), its identity and its first order. */
export const ledgerUnits = (rows: number): number => Math.ceil((1100 + 5 * rows) / 1024);

const units = (
  tables: RunConsumption['tables'],
  table: string,
  kinds: readonly string[],
  of: 'readUnits' | 'writeUnits',
) => kinds.reduce((sum, kind) => sum + (tables[table]?.[kind]?.[of] ?? 0), 0);

function countsOf(tables: RunConsumption['tables'], connections: number, directions: number) {
  const rows = directions === 0 ? 0 : connections / directions;
  return {
    linkReads: units(tables, 'Links', ['Query'], 'readUnits'),
    claimReads: units(tables, 'Cases', ['BatchGetItem', 'Query'], 'readUnits'),
    // The order's commit is counted with the direction.
    claimWrites: Math.max(
      connections,
      units(tables, 'Cases', ['PutItem', 'UpdateItem', 'BatchWriteItem'], 'writeUnits') -
        directions * ledgerUnits(rows),
    ),
  };
}

/** A number of rows that no usage file has, so that none is weighed: nobody is there to admit one. */
const UNWEIGHED = '1000000000';

/**
 * Runs the sample's first report until its directions are issued.
 * @param scale 1 is the event's size
 * @param started is given the cloud as soon as it runs, for whoever must stop it early; it is stopped at the end in any case
 * @throws CountFailed when no direction was issued
 */
export async function countIssued(
  scale: number,
  progress: Progress,
  started: (cloud: LocalCloud) => void = () => {},
): Promise<Issued> {
  progress.stage('Synthesizing the app');
  const participants = participantsOf(stageFromContext({ cloud: 'local', config: 'none' }));
  const assembly = await synthesize({ context: { ladder: 'flagged', people: '0', gateRows: UNWEIGHED } });
  progress.stage('Starting the local cloud');
  const cloud = await startCloud({ assembly, start: START, seed: 1 });
  started(cloud);
  try {
    const stopped = { ...cloud, run: () => cloud.run(ALL_ISSUED_BY) };
    const { orders } = await conduct(
      {
        material: { kind: 'sample', scale, reports: 1 },
        operators: 'silent',
        ladder: 'flagged',
        approvals: 'none',
        start: START,
        seed: 1,
        out: '',
      },
      stopped,
      participants,
      progress,
    );
    const reverify = orders.filter(({ kind }) => kind === 'reverify');
    const connections = sum(reverify);
    const operators = participants.operators.length;
    const handsets = sum(orders.filter(({ kind }) => kind === 'block')) / operators;
    if (connections === 0) throw new CountFailed(cloud.failures().join('; ') || 'no direction was issued');
    return {
      from: `a run of the sample at scale ${scale} until its last direction was issued`,
      handsets,
      connections,
      connectionsOf: Object.fromEntries(
        participants.operators.map(({ id }) => [
          id,
          sum(reverify.filter(({ directionId }) => directionId.split('.')[2] === id)),
        ]),
      ),
      directions: orders.length,
      ...countsOf(cloud.consumption().tables, connections, orders.length),
    };
  } finally {
    await cloud.stop();
  }
}

const sum = (orders: readonly { rows: number }[]): number => orders.reduce((total, { rows }) => total + rows, 0);

const operation = z.object({ calls: z.number(), readUnits: z.number(), writeUnits: z.number() });
const runJson = z.object({
  tables: z.record(z.string(), z.record(z.string(), operation)),
  stepFunctions: z.object({ nestedStarts: z.number() }),
});
const summaryJson = z.object({
  report: z.object({ handsets: z.number() }),
  connections: z.object({ linked: z.number() }),
  operators: z.record(
    z.string(),
    z.object({ directions: z.number(), connections: z.object({ directed: z.number() }) }),
  ),
});

async function parsed<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new CountFailed(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const checked = schema.safeParse(content);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new CountFailed(`${path} is not what a run writes: ${issue?.path.join('.')}: ${issue?.message}`);
}

/**
 * Takes the counts from the run.json of `npm start`, and its size from the summaries in the outbox beside it. All writes of
 * the run count as if they came before the last direction: an upper bound.
 * @throws CountFailed when there is no such file, or no summary beside it
 */
export async function readIssued(path: string): Promise<Issued> {
  const { tables } = await parsed(path, runJson);
  const batches = join(dirname(path), 'outbox', 'batches');
  const names = await readdir(batches).catch(() => []);
  const summaries = await Promise.all(names.map((name) => parsed(join(batches, name, 'summary.json'), summaryJson)));
  if (summaries.length === 0) throw new CountFailed(`there is no summary in ${batches}, beside ${path}`);
  const total = (of: (summary: z.infer<typeof summaryJson>) => number) =>
    summaries.reduce((all, one) => all + of(one), 0);
  const connections = total((one) => one.connections.linked);
  const directions = total((one) => Object.values(one.operators).reduce((all, { directions }) => all + directions, 0));
  const ids = new Set(summaries.flatMap((one) => Object.keys(one.operators)));
  return {
    from: `${path} (${summaries.length} batch${summaries.length === 1 ? '' : 'es'}; all writes of the run, an upper bound)`,
    handsets: total((one) => one.report.handsets),
    connections,
    connectionsOf: Object.fromEntries(
      [...ids].sort().map((id) => [id, total((one) => one.operators[id]?.connections.directed ?? 0)]),
    ),
    directions,
    ...countsOf(tables, connections, directions),
  };
}
