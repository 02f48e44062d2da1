import { parse } from 'csv-parse/sync';
import { StatesError } from '../errors.ts';
import { itemsOf, selected, wholeNumber } from './branches.ts';
import type { ItemReader, MapState } from './definition.ts';
import { evaluate } from './expression.ts';
import {
  bytesOf,
  isObject,
  type Json,
  type JsonObject,
  limited,
  PAYLOAD_LIMIT,
  type Payload,
  parseJson,
  payloadOf,
} from './json.ts';
import { bindingsOf, type Visit } from './visit.ts';

function readerFailed(cause: string): StatesError {
  return new StatesError('States.ItemReaderFailed', cause);
}

/**
 * The items of a distributed Map: those of its ItemReader's object, or as an inline Map has them.
 * @throws States.ItemReaderFailed when the object is missing or not of its InputType
 */
export async function readItems(at: Visit<MapState>): Promise<Json[]> {
  const { reader } = at.state;
  if (reader === null) return itemsOf(at);
  const args = await evaluate(reader.arguments, bindingsOf(at));
  if (!isObject(args) || typeof args.Bucket !== 'string' || typeof args.Key !== 'string') {
    throw readerFailed('The Arguments of the ItemReader must give a Bucket and a Key.');
  }
  const most = await wholeNumber(at, reader.maxItems, 'ReaderConfig/MaxItems', 0);
  let body: Uint8Array;
  try {
    const { engine, machine } = at.frame.execution;
    body = await engine.world.objects.get(args.Bucket, args.Key, machine);
  } catch (error) {
    throw readerFailed(
      `The object of the ItemReader can't be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const items = parseItems(new TextDecoder().decode(body), reader);
  return most === 0 ? items : items.slice(0, most);
}

function parseItems(text: string, reader: ItemReader): Json[] {
  switch (reader.format) {
    case 'JSON': {
      const parsed = parseJson(text);
      if (parsed === null) throw readerFailed('The object of the ItemReader is no JSON.');
      if (!Array.isArray(parsed.value)) throw readerFailed('Attempting to map over non-iterable node.');
      return parsed.value;
    }
    case 'JSONL':
      return text.split('\n').flatMap((line, i) => {
        if (line.trim() === '') return [];
        const parsed = parseJson(line);
        if (parsed === null) throw readerFailed(`Line ${i + 1} of the object of the ItemReader is no JSON.`);
        return [parsed.value];
      });
    case 'CSV':
      return parseCsv(text, reader);
  }
}

/** Reads each row into an object of strings, keyed by the headers; cells beyond the headers are dropped, missing ones are empty. */
function parseCsv(text: string, reader: ItemReader): Json[] {
  let rows: string[][];
  try {
    rows = parse(text, {
      delimiter: reader.csv.delimiter,
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
    });
  } catch (error) {
    throw readerFailed(
      `The object of the ItemReader is no CSV (${error instanceof Error ? error.name : 'unreadable'}).`,
    );
  }
  const headers = reader.csv.headers ?? rows.shift() ?? [];
  if (new Set(headers).size !== headers.length) throw readerFailed('CSV headers cannot contain duplicates.');
  return rows.map((row) => {
    const item: JsonObject = {};
    headers.forEach((header, i) => {
      item[header] = row[i] ?? '';
    });
    return item;
  });
}

/** The input of one child execution, and the number of items in it. */
export interface ChildInput {
  readonly input: Payload;
  readonly items: number;
}

/**
 * The inputs of a Map Run's children, made as they are needed: one item each, or batches, after ItemSelector. Without MaxInputBytesPerBatch
 * a batch, with its BatchInput, holds as many items as fit into the most bytes of a child's input.
 */
export async function* childInputs(at: Visit<MapState>, items: readonly Json[]): AsyncGenerator<ChildInput> {
  const { batcher } = at.state;
  const what = `input of a child of '${at.state.name}'`;
  if (batcher === null) {
    for (const [i, item] of items.entries()) {
      yield { input: limited(payloadOf(await selected(at, item, i)), what), items: 1 };
    }
    return;
  }
  const mostItems = await wholeNumber(at, batcher.maxItems, 'MaxItemsPerBatch', Number.MAX_SAFE_INTEGER);
  const mostBytes = Math.min(
    await wholeNumber(at, batcher.maxBytes, 'MaxInputBytesPerBatch', PAYLOAD_LIMIT),
    PAYLOAD_LIMIT,
  );
  const batchInput = batcher.input === null ? null : payloadOf(await evaluate(batcher.input, bindingsOf(at)));
  const frame = batchInput === null ? bytesOf('{"Items":[]}') : bytesOf(`{"BatchInput":${batchInput.text},"Items":[]}`);
  let batch: Payload[] = [];
  let bytes = frame;
  const made = (): ChildInput => {
    const value: JsonObject = batchInput === null ? {} : { BatchInput: batchInput.value };
    value.Items = batch.map((item) => item.value);
    const head = batchInput === null ? '{' : `{"BatchInput":${batchInput.text},`;
    const text = `${head}"Items":[${batch.map((item) => item.text).join(',')}]}`;
    return { input: limited({ value, text }, what), items: batch.length };
  };
  for (const [i, item] of items.entries()) {
    const next = payloadOf(await selected(at, item, i));
    const size = bytesOf(next.text) + 1;
    if (batch.length > 0 && (batch.length >= mostItems || bytes + size > mostBytes)) {
      yield made();
      batch = [];
      bytes = frame;
    }
    batch.push(next);
    bytes += size;
  }
  if (batch.length > 0) yield made();
}
