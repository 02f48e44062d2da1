/**
 * The figures that decide how fast a batch is planned and directed: the app's settings, from its synthesized templates and its code, and
 * AWS's quotas.
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
/** A figure of quotas.json, without its notes. */
export const of = (entry: { value: number }): number => entry.value;

interface FunctionSettings {
  memoryMb: number;
  timeout: number;
}

/** The settings that decide how fast a batch is planned and directed. */
export interface Design {
  policy: Policy;
  operators: number;
  /** The most children of Expand and of Claim at once. */
  expandAtOnce: number;
  claimAtOnce: number;
  /** The directions that one child of the Map over them runs; 1 without an ItemBatcher. */
  directionsPerChild: number;
  /** The Retry of a direction whose start was refused. */
  startRetry: Retrier;
  /** The most directions for which the Map over them is an inline one, so that no Map Run stays open. */
  mostInline: number;
  /** The most calls at once within one child. */
  queriesAtOnce: number;
  claimsAtOnce: number;
  readsAtOnce: number;
  functions: Record<string, FunctionSettings>;
  /** The SDK's client in the functions. */
  client: { attempts: number; mode: string };
  /** The warm throughput of table Cases in the template; undefined where it has none. */
  warm: Warm | undefined;
}

/** The units a second for which a table is warmed. */
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

/** The quotas that a batch meets, in the form for the simulation. */
export interface Quotas {
  stateTransitions: { burst: number; perSecond: number };
  startExecution: { burst: number; perSecond: number };
  snsPublish: { burst: number; perSecond: number };
  lambdaConcurrency: number;
  tables: { Cases: Throughput; Links: Throughput };
}

/** @param warmed the units for which both tables are warmed; undefined for new ones */
export function quotasOf(region: Region, warmed?: Warm): Quotas {
  const { stateTransitions, startExecution, snsPublish } = quotas.regions[region];
  const table = (): Throughput => {
    const writes = warmed?.writes ?? of(everywhere.newTableWrites);
    const reads = warmed?.reads ?? of(everywhere.newTableReads);
    // Reads and writes share the partitions, so that the table bears both at once only as far as its partitions do.
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

/** The units for which tables are warmed before an expected event. */
export const warmedForEvent: Warm = { writes: quotas.warmed.writes, reads: quotas.warmed.reads };

/** The seconds of work in a function with this much memory, given those on one vCPU. */
export const cpu = (seconds: number, memoryMb: number) => seconds * Math.max(1, of(everywhere.mbPerVcpu) / memoryMb);
