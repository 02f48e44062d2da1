/**
 * Placeholders in an upload's key or cells for something that only the run knows: `{batch:N}`, `{preview:N}`, `{direction:MSISDN}`,
 * `{reference:MSISDN}`, `{version:KEY}`. Each is replaced by what it names at the instant of the upload.
 */

import { sha256Of } from '../lambdas/domain/hashes.ts';
import type { BatchId } from '../lambdas/domain/identifiers.ts';
import { isFollowUp, parseDirectionId } from '../lambdas/domain/identifiers.ts';
import { parseMsisdn } from '../lambdas/domain/msisdns.ts';
import { OUTBOX, previewKeys } from '../lambdas/domain/outbox.ts';
import { CommandError } from '../lib/commands/command-line.ts';
import { bucketsOf } from './buckets.ts';
import { messageOf, type OutsideCloud } from './desk.ts';

const PLACEHOLDER = /\{(batch|preview|direction|reference|version):([^{}\n]*)\}/g;

/** Whether a text has a placeholder. */
export const hasPlaceholders = (text: string): boolean => text.search(PLACEHOLDER) >= 0;

/** The error for a placeholder that names something that isn't there, or not yet. */
export class NothingNamed extends Error {
  override name = 'NothingNamed';
}

/** The size, in bytes, above which a file has no placeholders. */
const LONGEST = 16 * 1024 * 1024;

/** A file to upload: its key, and its bytes whenever they are asked for. */
interface File {
  key: string;
  content(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** A number's newest row of re-verification. */
interface Row {
  direction: string;
  reference: string;
}

/**
 * The first notices of a batch: of a report, and of a reversal, whether people are asked about it or it is over the limit. A night begins
 * with its orders.
 */
const FIRST = ['batch_registered', 'decision_needed', 'batch_over_limit'];

export class Placeholders {
  /** The batches in the order of their registration; one that is begun anew keeps its place. */
  readonly #batches = new Set<string>();

  /** Takes a notice as it is published. */
  hear(text: string): void {
    const { kind, batchId } = messageOf(text);
    if (FIRST.includes(String(kind)) || isFollowUp(String(batchId) as BatchId)) this.#batches.add(String(batchId));
  }

  /**
   * The text with each placeholder replaced.
   * @param nameOf the characters of a name, if the text holds them as bytes
   * @throws NothingNamed
   */
  async fill(text: string, cloud: OutsideCloud, nameOf = (name: string) => name): Promise<string> {
    const found = new Map<string, string>();
    for (const [whole, what = '', of = ''] of text.matchAll(PLACEHOLDER))
      if (!found.has(whole)) found.set(whole, await this.#named(what, nameOf(of), cloud));
    return text.replace(PLACEHOLDER, (whole) => found.get(whole) ?? whole);
  }

  /**
   * A file with the placeholders of its key and its content replaced.
   * @throws CommandError where one of them names nothing
   */
  async fillFile({ key: given, content }: File, cloud: OutsideCloud): Promise<File> {
    try {
      const key = await this.fill(given, cloud);
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of content()) {
        bytes += chunk.length;
        if (bytes > LONGEST) return { key, content };
        chunks.push(chunk);
      }
      const form = formOf(Buffer.concat(chunks));
      if (!hasPlaceholders(form.text)) return { key, content };
      const whole = form.bytesOf(await this.fill(form.text, cloud, form.nameOf));
      return { key, content: () => [whole] };
    } catch (error) {
      if (!(error instanceof NothingNamed)) throw error;
      throw new CommandError(`--upload ${given}: ${error.message}`);
    }
  }

  async #named(what: string, of: string, cloud: OutsideCloud): Promise<string> {
    if (what === 'batch') return this.#batch(of);
    if (what === 'preview') {
      const batch = this.#batch(of) as BatchId;
      if (isFollowUp(batch)) throw new NothingNamed(`batch ${of} has no preview${this.#others()}`);
      const key = previewKeys(batch).json;
      const { outbox } = bucketsOf(cloud);
      if (!(await cloud.list(outbox, key)).includes(key))
        throw new NothingNamed(`batch ${of} has no preview yet${this.#others()}`);
      return sha256Of(await cloud.get(outbox, key));
    }
    if (what === 'version') return await versionOf(of, cloud);
    const row = await newestRow(of, cloud);
    return what === 'direction' ? row.direction : row.reference;
  }

  #batch(of: string): string {
    const batch = /^[1-9][0-9]*$/.test(of) ? [...this.#batches][Number(of) - 1] : undefined;
    if (batch === undefined) throw new NothingNamed(`there is no batch ${of} by then${this.#others()}`);
    return batch;
  }

  /** The batches there are, by their numbers, in words. */
  #others(): string {
    const batches = [...this.#batches];
    if (batches.length === 0) return ', and no other';
    const hasNight = batches.some((batch) => isFollowUp(batch as BatchId));
    const night = hasNight ? '; a followup is a night, and nobody decides upon it' : '';
    return `; there are ${batches.map((batch, n) => `${n + 1} ${batch}`).join(', ')}${night}`;
  }
}

/**
 * A file's text, which keeps everything but placeholders byte for byte; the way back from such a text to bytes; and the characters of a name in
 * it, which are in UTF-8 if the file isn't in UTF-16.
 */
function formOf(bytes: Buffer): { text: string; bytesOf(text: string): Buffer; nameOf(name: string): string } {
  const isBig = bytes[0] === 0xfe && bytes[1] === 0xff;
  const isLittle = bytes[0] === 0xff && bytes[1] === 0xfe;
  if (!isBig && !isLittle) {
    const bytesOf = (text: string) => Buffer.from(text, 'latin1');
    return { text: bytes.toString('latin1'), bytesOf, nameOf: (name) => bytesOf(name).toString('utf8') };
  }
  const even = bytes.length - (bytes.length % 2);
  const swapped = (units: Buffer) => (isBig ? units.swap16() : units);
  return {
    text: swapped(Buffer.from(bytes.subarray(0, even))).toString('utf16le'),
    bytesOf: (text) => Buffer.concat([swapped(Buffer.from(text, 'utf16le')), bytes.subarray(even)]),
    nameOf: (name) => name,
  };
}

/**
 * The newest version of the object under a key.
 * @throws NothingNamed where nothing was uploaded there
 */
async function versionOf(key: string, cloud: OutsideCloud): Promise<string> {
  const { inbox } = bucketsOf(cloud);
  if (!(await cloud.list(inbox, key)).includes(key))
    throw new NothingNamed(`nothing was uploaded under ${key} by then`);
  return await cloud.version(inbox, key);
}

/**
 * The row of the newest direction to re-verify that has a number, by the orders in the outbox.
 * @throws NothingNamed where there is none
 */
async function newestRow(given: string, cloud: OutsideCloud): Promise<Row> {
  const msisdn = parseMsisdn(given);
  if ('reason' in msisdn) throw new NothingNamed(`${given} is no number`);
  const { outbox } = bucketsOf(cloud);
  let newest: (Row & { plan: number }) | undefined;
  for (const key of await cloud.list(outbox, OUTBOX.orders.prefix)) {
    const direction = parseDirectionId(key.split('/')[2] ?? '');
    if (direction === null || direction.plan <= (newest?.plan ?? 0) || !key.endsWith('/1-reverify.csv')) continue;
    const text = Buffer.from(await cloud.get(outbox, key)).toString('utf8');
    const [header = '', ...lines] = text.split('\n');
    const line = lines.find((one) => one.startsWith(`${msisdn.value},`));
    if (line === undefined) continue;
    const reference = line.split(',')[header.split(',').indexOf('reference')] ?? '';
    newest = { plan: direction.plan, direction: direction.id, reference };
  }
  if (newest === undefined) throw new NothingNamed(`no direction to re-verify carries ${given}`);
  return newest;
}
