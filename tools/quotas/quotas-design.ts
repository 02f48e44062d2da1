/**
 * What decides how fast a batch is planned and directed: what the app is set to, from its synthesized templates and its code,
 * and what AWS gives.
 */
import { CLAIMS_AT_ONCE, MOST_INLINE, QUERIES_AT_ONCE, READS_AT_ONCE } from '../../lambdas/domain/limits.ts';
import { dynamo } from '../../lambdas/stores/clients.ts';
import { UNNAMED } from '../../lib/config/participants.ts';
import { DEFAULT_POLICY, type Policy } from '../../lib/config/policy.ts';
import { definitionOf, synthesized } from '../../test/stacks/synthesized.ts';
import quotas from './quotas.json' with { type: 'json' };
import type { Throughput } from './quotas-rates.ts';
import type { Retrier } from './quotas-refusals.ts';

export const REGIONS = Object.keys(quotas.regions) as Region[];
export type Region = keyof typeof quotas.regions;

export const { everywhere, assumed, retries } = quotas;
/** A figure of quotas.json, without what stands beside it. */
export const of = (entry: { value: number }): number => entry.value;

interface FunctionSettings {
  memoryMb: number;
  timeout: number;
}

/** The settings that decide how fast a batch is planned and directed. */
export interface Design {
  policy: Policy;
  operators: number;
  /** Children at once of Expand and of Claim. */
  expandAtOnce: number;
  claimAtOnce: number;
  /** Directions that one child of the Map over them runs; 1 without an ItemBatcher. */
  directionsPerChild: number;
  /** How a direction whose start was refused asks again. */
  startRetry: Retrier;
  /** Directions up to which the Map over them is an inline one, so that no Map Run stays open. */
  mostInline: number;
  /** Calls at once within one child. */
  queriesAtOnce: number;
  claimsAtOnce: number;
  readsAtOnce: number;
  functions: Record<string, FunctionSettings>;
  /** The SDK's client of the functions. */
  client: { attempts: number; mode: string };
  /** What the template has table Cases warmed for; undefined where it doesn't. */
  warm: Warm | undefined;
}

/** Units a second for which a table is warmed. */
export interface Warm {
  writes: number;
  reads: number;
}

interface MapState {
  MaxConcurrency?: number;
  ItemBatcher?: { MaxItemsPerBatch?: number };
}

/** The Retry of the state that starts a Direction, for starts that are refused. */
function startRetryOf(states: unknown): Retrier {
  const found = /\{"ErrorEquals":\["StepFunctions\.[^}]*\}/.exec(JSON.stringify(states))?.[0];
  const retrier = JSON.parse(found ?? '{}') as Partial<Retrier & { JitterStrategy: string }>;
  const { IntervalSeconds, BackoffRate, MaxAttempts, MaxDelaySeconds, JitterStrategy } = retrier;
  if (!IntervalSeconds || !BackoffRate || !MaxAttempts || !MaxDelaySeconds || JitterStrategy !== 'FULL')
    throw new Error('a refused start is not tried again with full jitter any more');
  return { IntervalSeconds, BackoffRate, MaxAttempts, MaxDelaySeconds };
}

/** Reads the app's settings from its synthesized templates and its code. */
export async function designOf(): Promise<Design> {
  const { data, workflow } = synthesized();
  const { States } = definitionOf(workflow, 'Batch');
  const map = (name: string): MapState => {
    const state = States[name];
    if (state?.Type !== 'Map') throw new Error(`the Batch machine has no Map ${name} any more`);
    return state;
  };
  const named = (id: string) => id.replace(/[0-9A-F]{8}$/, '');
  const functions: Design['functions'] = {};
  for (const [id, { Properties }] of Object.entries(workflow.findResources('AWS::Lambda::Function')))
    functions[named(id)] = { memoryMb: Properties.MemorySize, timeout: Properties.Timeout };
  let warm: Warm | undefined;
  for (const [id, { Properties }] of Object.entries(data.findResources('AWS::DynamoDB::Table')))
    if (named(id) === 'Cases' && Properties.WarmThroughput) {
      const { WriteUnitsPerSecond: writes, ReadUnitsPerSecond: reads } = Properties.WarmThroughput;
      warm = { writes, reads };
    }
  const { retryMode } = dynamo.config;
  const mode = typeof retryMode === 'function' ? await retryMode() : retryMode;
  const most = of(everywhere.mapChildren);
  return {
    policy: DEFAULT_POLICY,
    operators: UNNAMED.operators.length,
    expandAtOnce: map('Expand handsets into links').MaxConcurrency ?? most,
    claimAtOnce: map('Claim numbers and handsets').MaxConcurrency ?? most,
    directionsPerChild: map('Direct the operators at scale').ItemBatcher?.MaxItemsPerBatch ?? 1,
    startRetry: startRetryOf(States),
    mostInline: MOST_INLINE,
    queriesAtOnce: QUERIES_AT_ONCE,
    claimsAtOnce: CLAIMS_AT_ONCE,
    readsAtOnce: READS_AT_ONCE,
    functions,
    client: { attempts: await dynamo.config.maxAttempts(), mode },
    warm,
  };
}

/** The quotas that a batch meets, as the simulation takes them. */
export interface Quotas {
  stateTransitions: { burst: number; perSecond: number };
  startExecution: { burst: number; perSecond: number };
  snsPublish: { burst: number; perSecond: number };
  lambdaConcurrency: number;
  tables: { Cases: Throughput; Links: Throughput };
}

/** @param warmed what both tables are warmed for; undefined for new ones */
export function quotasOf(region: Region, warmed?: Warm): Quotas {
  const { stateTransitions, startExecution, snsPublish } = quotas.regions[region];
  const table = (): Throughput => {
    const writes = warmed?.writes ?? of(everywhere.newTableWrites);
    const reads = warmed?.reads ?? of(everywhere.newTableReads);
    // Reads and writes share the partitions, so the table bears both at once as far as its partitions do.
    const partitions = Math.max(writes / of(everywhere.partitionWrites), reads / of(everywhere.partitionReads));
    return {
      writes: partitions * of(everywhere.partitionWrites),
      reads: partitions * of(everywhere.partitionReads),
      mostWrites: of(everywhere.tableWrites),
      mostReads: of(everywhere.tableReads),
      doublesWithin: of(everywhere.tableDoublesWithin),
    };
  };
  return {
    stateTransitions,
    startExecution,
    snsPublish,
    lambdaConcurrency: of(everywhere.lambdaConcurrency),
    tables: { Cases: table(), Links: table() },
  };
}

/** What tables are warmed for before an event that is expected. */
export const warmedForEvent: Warm = { writes: quotas.warmed.writes, reads: quotas.warmed.reads };

/** Seconds of a function with so much memory, given those of one vCPU. */
export const cpu = (seconds: number, memoryMb: number) => seconds * Math.max(1, of(everywhere.mbPerVcpu) / memoryMb);
