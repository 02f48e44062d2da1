import { createHash } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { Lab } from './lab.ts';

/** A file of one of the three kinds: its columns, and its n-th good row with a free text in its last cell. */
export interface FileKind {
  columns: readonly [...required: string[], free: string];
  row(n: number, text: string): string;
}

/** A file that can't be read whole: the line and the reason of the fault, and the number of good rows before it. */
export interface BadFile {
  what: string;
  bytes: Uint8Array;
  line: number;
  reason: string;
  before: 0 | 1;
}

/** Every file that can't be read whole. A fault inside a file stands on line 3, between two good rows. */
export function badFiles({ columns, row }: FileKind): BadFile[] {
  const header = columns.join(',');
  const [first = ''] = columns;
  const lastRequired = columns.at(-2) ?? '';
  const good = `${header}\n${row(1, '')}\n${row(2, '')}\n`;
  const third = (content: string | Uint8Array): Uint8Array =>
    Buffer.concat([Buffer.from(`${header}\n${row(1, '')}\n`), Buffer.from(content), Buffer.from(`\n${row(3, '')}\n`)]);
  const utf16 = Buffer.from(good, 'utf16le');
  const zip = Buffer.from('504b0304140000000800000000000000000000000000', 'hex');
  const whole = (what: string, reason: string, content: string | Uint8Array): BadFile => ({
    what,
    bytes: Buffer.from(content as Uint8Array),
    line: 1,
    reason,
    before: 0,
  });
  const inside = (what: string, reason: string, content: string | Uint8Array): BadFile => ({
    what,
    bytes: third(content),
    line: 3,
    reason,
    before: 1,
  });
  return [
    whole('empty', 'empty_file', ''),
    whole('of empty lines', 'empty_file', '\n\r\n\n'),
    whole('without a required column', `missing_column:${lastRequired}`, good.replace(lastRequired, 'other')),
    whole('without a header', `missing_column:${first}`, `${row(1, '')}\n${row(2, '')}\n`),
    whole('with a column twice', `duplicate_column:${first}`, `${first.toUpperCase()},${good}`),
    whole('that is a zip', 'spreadsheet_not_csv', Buffer.concat([zip, Buffer.from(good)])),
    whole('that is a PDF', 'not_csv', `%PDF-1.7\n${good}`),
    whole('that is gzipped', 'not_csv', Buffer.from('1f8b0800000000000003', 'hex')),
    whole('in UTF-32', 'not_csv', Buffer.from('fffe000069000000', 'hex')),
    whole('in UTF-16 without a mark', 'not_csv', utf16),
    inside('that is not UTF-8', 'not_utf8', Buffer.from(row(2, 'Orissa é'), 'latin1')),
    inside('with an unclosed quote', 'unclosed_quote', row(2, '"Delhi')),
    inside('with a line of 1 MB', 'line_too_long', row(2, 'x'.repeat(1024 * 1024))),
    inside('with NUL bytes', 'nul_byte', row(2, 'De\0lhi')),
  ];
}

/** The queues of all participants, as the configuration names them. */
const QUEUES = [
  ...['mha', 'up-police', 'delhi-police', 'i4c'].map((agency) => `fraud-batches-${agency}`),
  ...['airtel', 'bsnl', 'jio', 'mtnl', 'vi'].map((operator) => `fraud-directions-${operator}`),
  'fraud-administrators',
];

/** The notices of each participant since the last call; participants without any are left out. */
export async function told(lab: Lab): Promise<Record<string, Record<string, unknown>[]>> {
  const all = await Promise.all(QUEUES.map(async (queue) => [queue, await lab.notices(queue)] as const));
  return Object.fromEntries(all.filter(([, notices]) => notices.length > 0));
}

/** The keys that an act adds to the outbox, sorted. */
export async function addedBy(lab: Lab, act: () => Promise<void>): Promise<string[]> {
  const before = new Set(await lab.outbox());
  await act();
  return (await lab.outbox()).filter((key) => !before.has(key));
}

/** The cloud's tables, as the AWS SDK reads them at its endpoint. */
export class Tables {
  readonly client: DynamoDBDocumentClient;
  readonly cases: string;
  readonly #links: string;

  constructor({ cloud }: Lab) {
    const credentials = { accessKeyId: 'outsider', secretAccessKey: 'none' };
    const settings = { endpoint: cloud.endpoint, region: cloud.region, credentials };
    this.client = DynamoDBDocumentClient.from(new DynamoDBClient(settings));
    this.cases = cloud.names.tables.Cases ?? '';
    this.#links = cloud.names.tables.Links ?? '';
  }

  /** Every record of batches, directions and claims, by its key; the audit, which tells of refusals as well, is left out. */
  async records(): Promise<Record<string, unknown>> {
    return Object.fromEntries(Object.entries(await this.everything()).filter(([pk]) => !pk.startsWith('AUDIT#')));
  }

  /** Every record of table Cases, by its key. */
  async everything(): Promise<Record<string, Record<string, unknown>>> {
    const records: Record<string, Record<string, unknown>> = {};
    let after: Record<string, unknown> | undefined;
    do {
      const page = await this.client.send(new ScanCommand({ TableName: this.cases, ExclusiveStartKey: after }));
      for (const item of page.Items ?? []) records[item.pk] = item;
      after = page.LastEvaluatedKey;
    } while (after);
    return records;
  }

  /** A handset's links: `yyyy-mm-dd#msisdn#operator`, sorted. */
  async links(imei: string): Promise<string[]> {
    const { Items = [] } = await this.client.send(
      new QueryCommand({
        TableName: this.#links,
        KeyConditionExpression: 'pk = :imei',
        ExpressionAttributeValues: { ':imei': imei },
      }),
    );
    return Items.map(({ sk }) => sk);
  }
}

/** A batch as table Cases has it, for an execution that nobody started; it plans, unless told otherwise. */
export function batchItem(batchId: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    pk: `BATCH#${batchId}`,
    format: 2,
    batchId,
    kind: 'report',
    agency: batchId.slice(0, -13),
    file: 'reports/a.csv',
    sha256: '0'.repeat(64),
    execution: 'another',
    state: 'planning',
    plan: 0,
    startedAt: '2026-06-01T00:00:00Z',
    uploadedAt: '2026-06-01T00:00:00Z',
    report: { rows: 1, rejected: 0, repeats: 0, handsets: 1 },
    handsetsKey: 'screened/a/handsets.jsonl',
    ...more,
  };
}

/** A lab that keeps every line that a function logs. */
export async function openWithLog(): Promise<{ lab: Lab; lines: string[] }> {
  const lines: string[] = [];
  const lab = await Lab.open({ telling: true, log: (functionName, line) => lines.push(`${functionName}: ${line}`) });
  return { lab, lines };
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
/** IMEI, IMEISV or IMSI: 14 to 16 digits, with or without the separators that people write. */
const LONG_NUMBER = /(?<!\w)\d(?:[ \-/.]?\d){13,15}(?!\w)/;
const PHONE_NUMBER = /(?<!\w)(?:\+?91|0)?[ -]?[6-9](?:[ -]?\d){9}(?!\w)/;

/** Whether a line holds what could be a phone number, an IMEI or an IMSI; ids of requests don't count. */
export function holdsAnIdentifier(line: string): boolean {
  const text = line.replaceAll(UUID, '');
  return LONG_NUMBER.test(text) || PHONE_NUMBER.test(text);
}

export const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
export const sha8 = (content: string | Uint8Array) => sha256(content).slice(0, 8);

/**
 * Two contents, one of each family, whose SHA-256s begin with the same eight digits: with 2^17 contents of the first family, one in 2^15 of
 * the second has a match.
 */
export function alike(first: (n: number) => string, second: (n: number) => string): [string, string] {
  const seen = new Map<string, string>();
  for (let n = 0; n < 2 ** 17; n++) seen.set(sha8(first(n)), first(n));
  for (let n = 0; ; n++) {
    const met = seen.get(sha8(second(n)));
    if (met !== undefined && met !== second(n)) return [met, second(n)];
  }
}
