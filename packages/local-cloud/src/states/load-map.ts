import type { Flow, ItemBatcher, ItemReader, MapState, ResultWriter } from './definition.ts';
import { isExpression } from './expression.ts';
import { isObject } from './json.ts';
import { Fields } from './reading.ts';

type MapPart = Omit<MapState, 'name' | 'next' | 'output' | 'assign' | 'retry' | 'catchers'>;

const GET_OBJECT = /^arn:aws[a-z-]*:states:::s3:getObject$/;
const PUT_OBJECT = /^arn:aws[a-z-]*:states:::s3:putObject$/;
const ONLY_DISTRIBUTED = [
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'ToleratedFailureCount',
  'ToleratedFailurePercentage',
  'Label',
];
const DELIMITERS: Record<string, string> = { COMMA: ',', PIPE: '|', SEMICOLON: ';', SPACE: ' ', TAB: '\t' };

const count = (n: number) => Number.isInteger(n) && n >= 0;
const positive = (n: number) => Number.isInteger(n) && n >= 1;

/** Reads the fields of a Map state beside those of every state that may fail; `readFlow` reads the states of its processor. */
export function readMap(name: string, fields: Fields, readFlow: (fields: Fields) => Flow): MapPart {
  const processor = new Fields(
    fields.reading,
    'ItemProcessor',
    `state "${name}" ItemProcessor`,
    fields.raw('ItemProcessor'),
  );
  processor.text('Comment');
  const config = processor.has('ProcessorConfig')
    ? new Fields(fields.reading, 'ProcessorConfig', `state "${name}" ProcessorConfig`, processor.raw('ProcessorConfig'))
    : null;
  const distributed = config?.oneOf('Mode') === 'DISTRIBUTED';
  const executionType = config?.oneOf('ExecutionType') ?? null;
  if (distributed && executionType === null) throw fields.fault('ItemProcessor', 'ProcessorConfig needs ExecutionType');
  if (!distributed && executionType !== null)
    throw fields.fault('ItemProcessor', 'ExecutionType is for Mode DISTRIBUTED');
  const flow = readFlow(processor);
  if (!distributed) {
    for (const field of ONLY_DISTRIBUTED) if (fields.has(field)) throw fields.fault(field, 'is for Mode DISTRIBUTED');
  }
  const items = fields.raw('Items');
  if (items !== undefined && !Array.isArray(items) && !isExpression(items)) {
    throw fields.fault('Items', 'must be an array or a JSONata expression');
  }
  if (items !== undefined && fields.has('ItemReader')) throw fields.fault('Items', 'stands beside ItemReader');
  const percentage = (n: number) => n >= 0 && n <= 100;
  return {
    type: 'Map',
    distributed,
    label: readLabel(name, fields),
    items: fields.template('Items'),
    reader: readReader(name, fields),
    selector: fields.template('ItemSelector'),
    batcher: readBatcher(name, fields),
    maxConcurrency: fields.number('MaxConcurrency', count, 'an integer of at least 0'),
    toleratedCount: fields.number('ToleratedFailureCount', count, 'an integer of at least 0'),
    toleratedPercentage: fields.number('ToleratedFailurePercentage', percentage, 'a number from 0 to 100'),
    writer: readWriter(name, fields),
    processor: flow,
  };
}

/**
 * Reads Label: at most 40 characters, none of those that an ARN may not hold. Without a Label, the permitted characters of the state's name
 * are taken.
 */
function readLabel(name: string, fields: Fields): string {
  const label = fields.text('Label');
  if (label === null) return name.replace(/[^A-Za-z0-9_-]+/g, '').slice(0, 40) || 'Map';
  if (!/^[A-Za-z0-9_.@!()+=-]{1,40}$/.test(label))
    throw fields.fault('Label', 'has 1 to 40 characters of A–Z, a–z, 0–9, _ and -');
  return label;
}

function readReader(name: string, fields: Fields): ItemReader | null {
  if (!fields.has('ItemReader')) return null;
  const reader = new Fields(fields.reading, 'ItemReader', `state "${name}" ItemReader`, fields.raw('ItemReader'));
  const resource = reader.needText('Resource');
  if (!GET_OBJECT.test(resource)) throw reader.fault('Resource', `${resource} is not implemented (only s3:getObject)`);
  const config = new Fields(fields.reading, 'ReaderConfig', `state "${name}" ReaderConfig`, reader.raw('ReaderConfig'));
  const format = config.oneOf('InputType');
  if (format === null) throw config.fault('InputType', 'is missing');
  const location = config.oneOf('CSVHeaderLocation');
  const headers = config.texts('CSVHeaders');
  const delimiter = config.oneOf('CSVDelimiter');
  if (format !== 'CSV' && (location ?? headers ?? delimiter) !== null) {
    throw config.fault('CSVHeaderLocation', 'CSV fields are for InputType CSV');
  }
  if (format === 'CSV' && location === null) throw config.fault('CSVHeaderLocation', 'is missing');
  if ((location === 'GIVEN') !== (headers !== null))
    throw config.fault('CSVHeaders', 'go with CSVHeaderLocation GIVEN');
  const most = (n: number) => count(n) && n <= 100_000_000;
  const maxItems = config.number('MaxItems', most, 'an integer from 0 to 100000000');
  const args = checkedArguments(reader, ['Bucket', 'Key'], ['Bucket', 'Key']);
  return { format, arguments: args, maxItems, csv: { headers, delimiter: DELIMITERS[delimiter ?? 'COMMA'] ?? ',' } };
}

/** Reads Arguments: an object of known names, or one expression whose value is checked at run time. */
function checkedArguments(fields: Fields, known: readonly string[], needed: readonly string[]) {
  const raw = fields.raw('Arguments');
  if (isObject(raw)) {
    for (const key of Object.keys(raw)) {
      if (!known.includes(key)) throw fields.fault(`Arguments/${key}`, 'is not implemented');
    }
    for (const key of needed) if (raw[key] === undefined) throw fields.fault(`Arguments/${key}`, 'is missing');
  } else if (!isExpression(raw)) {
    throw fields.fault('Arguments', 'must be a JSON object or a JSONata expression');
  }
  const template = fields.template('Arguments');
  if (template === null) throw fields.fault('Arguments', 'is missing');
  return template;
}

function readBatcher(name: string, fields: Fields): ItemBatcher | null {
  if (!fields.has('ItemBatcher')) return null;
  const batcher = new Fields(fields.reading, 'ItemBatcher', `state "${name}" ItemBatcher`, fields.raw('ItemBatcher'));
  const bytes = (n: number) => positive(n) && n <= 262_144;
  const maxItems = batcher.number('MaxItemsPerBatch', positive, 'an integer of at least 1');
  const maxBytes = batcher.number('MaxInputBytesPerBatch', bytes, 'an integer from 1 to 262144');
  if (maxItems === null && maxBytes === null)
    throw batcher.fault('MaxItemsPerBatch', 'is missing, and MaxInputBytesPerBatch too');
  const input = batcher.template('BatchInput');
  return { maxItems, maxBytes, input };
}

function readWriter(name: string, fields: Fields): ResultWriter | null {
  if (!fields.has('ResultWriter')) return null;
  const writer = new Fields(fields.reading, 'ResultWriter', `state "${name}" ResultWriter`, fields.raw('ResultWriter'));
  const resource = writer.text('Resource');
  if (resource !== null && !PUT_OBJECT.test(resource)) {
    throw writer.fault('Resource', `${resource} is not implemented (only s3:putObject)`);
  }
  const config = writer.has('WriterConfig')
    ? new Fields(fields.reading, 'WriterConfig', `state "${name}" WriterConfig`, writer.raw('WriterConfig'))
    : null;
  if (resource === null && config === null) throw writer.fault('Resource', 'is missing, and WriterConfig too');
  const format = config?.oneOf('OutputType') ?? 'JSON';
  const transformation = config?.oneOf('Transformation') ?? 'NONE';
  if (resource === null && format === 'JSONL') {
    throw writer.fault('WriterConfig', 'OutputType JSONL without a Resource is not implemented');
  }
  const args = resource === null ? null : checkedArguments(writer, ['Bucket', 'Prefix'], ['Bucket']);
  return { arguments: args, format, transformation };
}
