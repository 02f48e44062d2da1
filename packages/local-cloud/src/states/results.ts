import { StatesError } from '../errors.ts';
import type { MapState, ResultWriter } from './definition.ts';
import type { ChildResult, Execution, MapRun } from './execution.ts';
import { evaluate } from './expression.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { bindingsOf, type Visit } from './visit.ts';

/** The size near which result files are cut, in characters. */
const FILE_SIZE = 64 * 1024 * 1024;

/** The part of a child that has ended that the writer's transformation needs. */
export function resultOf(child: Execution, writer: ResultWriter | null): ChildResult {
  const succeeded = child.status === 'SUCCEEDED';
  const needsRecord = !succeeded || writer?.transformation === 'NONE';
  return {
    status: child.status,
    output: child.output?.text ?? null,
    record: needsRecord ? JSON.stringify(recordOf(child)) : null,
  };
}

/** A child's output with its metadata, as Transformation NONE writes it. */
function recordOf(child: Execution): JsonObject {
  const succeeded = child.status === 'SUCCEEDED';
  const made: JsonObject = {};
  if (child.cause) made.Cause = child.cause;
  if (child.error) made.Error = child.error;
  made.ExecutionArn = child.arn;
  made.Input = child.input?.text ?? null;
  made.InputDetails = { Included: true };
  made.Name = child.name;
  if (child.output !== null) {
    made.Output = child.output.text;
    made.OutputDetails = { Included: true };
  }
  made.RedriveCount = 0;
  made.RedriveStatus = succeeded ? 'NOT_REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN';
  if (succeeded) made.RedriveStatusReason = 'Execution is SUCCEEDED and cannot be redriven';
  made.StartDate = new Date(child.startedAt).toISOString();
  made.StateMachineArn = `${child.machine.arn}/${child.mapRun?.label ?? ''}`;
  made.Status = child.status;
  if (child.stoppedAt !== null) made.StopDate = new Date(child.stoppedAt).toISOString();
  return made;
}

/** The JSON texts that a child adds to a result; for a failed one, its record by Transformation NONE. */
function entries(result: ChildResult, transformation: ResultWriter['transformation']): string[] {
  if (result.status !== 'SUCCEEDED' || transformation === 'NONE') return [result.record ?? 'null'];
  const output = result.output ?? 'null';
  if (transformation === 'COMPACT' || !output.startsWith('[')) return [output];
  return (JSON.parse(output) as Json[]).map((item) => JSON.stringify(item));
}

/** The Map's result without export: an array of the children's outputs in the items' order. */
export function collected(results: readonly ChildResult[], writer: ResultWriter | null): Json {
  const texts = results.flatMap((result) => entries(result, writer?.transformation ?? 'COMPACT'));
  return JSON.parse(`[${texts.join(',')}]`) as Json;
}

/** The place for a Map Run's results. */
export interface Destination {
  readonly bucket: string;
  /** Ends in `/`, or is empty. */
  readonly prefix: string;
}

/** Bucket and Prefix of the ResultWriter; null when it exports nothing. */
export async function destinationOf(at: Visit<MapState>): Promise<Destination | null> {
  const template = at.state.writer?.arguments ?? null;
  if (template === null) return null;
  const args = await evaluate(template, bindingsOf(at));
  if (!isObject(args) || typeof args.Bucket !== 'string') {
    throw new StatesError('States.ResultWriterFailed', 'The Arguments of the ResultWriter must give a Bucket.');
  }
  const prefix = typeof args.Prefix === 'string' ? args.Prefix : '';
  return { bucket: args.Bucket, prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/` };
}

/**
 * Writes SUCCEEDED_n, FAILED_n and PENDING_n files and then manifest.json under `<prefix><Map Run's id>/`; returns the Map's result,
 * MapRunArn and ResultWriterDetails.
 * @throws States.ResultWriterFailed
 */
export async function exported(
  at: Visit<MapState>,
  run: MapRun,
  results: readonly ChildResult[],
  pending: readonly string[],
  to: Destination,
): Promise<Json> {
  const { engine, machine } = at.frame.execution;
  const put = (key: string, body: Uint8Array) => engine.world.objects.put(to.bucket, key, body, machine);
  const writer = at.state.writer as ResultWriter;
  const folder = `${to.prefix}${run.id}/`;
  const write = async (kind: string, texts: Iterable<string>): Promise<Json[]> => {
    const files: Json[] = [];
    for (const [n, body] of filesOf(texts, writer.format)) {
      const key = `${folder}${kind}_${n}.${writer.format === 'JSONL' ? 'jsonl' : 'json'}`;
      const bytes = Buffer.from(body, 'utf8');
      await put(key, bytes);
      files.push({ Key: key, Size: bytes.byteLength });
    }
    return files;
  };
  const { shuffle } = engine.world;
  const ordered = shuffle === undefined ? results : shuffle(run.arn, results);
  const texts = (wanted: boolean) =>
    ordered
      .values()
      .filter((result) => (result.status === 'SUCCEEDED') === wanted)
      .flatMap((result) => entries(result, writer.transformation));
  try {
    const manifest = {
      DestinationBucket: to.bucket,
      MapRunArn: run.arn,
      ResultFiles: {
        FAILED: await write('FAILED', texts(false)),
        PENDING: await write('PENDING', pending),
        SUCCEEDED: await write('SUCCEEDED', texts(true)),
      },
    };
    await put(`${folder}manifest.json`, Buffer.from(JSON.stringify(manifest), 'utf8'));
  } catch (error) {
    throw new StatesError('States.ResultWriterFailed', error instanceof Error ? error.message : String(error));
  }
  return { MapRunArn: run.arn, ResultWriterDetails: { Bucket: to.bucket, Key: `${folder}manifest.json` } };
}

/** Cuts texts into numbered files; none where there is no text. */
function* filesOf(texts: Iterable<string>, format: ResultWriter['format']): Generator<[number, string]> {
  let n = 0;
  let part: string[] = [];
  let size = 0;
  const body = () => (format === 'JSONL' ? `${part.join('\n')}\n` : `[${part.join(',')}]`);
  for (const text of texts) {
    part.push(text);
    size += text.length;
    if (size < FILE_SIZE) continue;
    yield [n++, body()];
    part = [];
    size = 0;
  }
  if (part.length > 0) yield [n, body()];
}
