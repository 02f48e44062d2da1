import { keyedHash } from '../domain/audit.ts';
import { FileFault, readCsv } from '../domain/csv.ts';
import { dayOf, type Instant } from '../domain/days.ts';
import { explain, explanationsText, linesIn } from '../domain/explanations.ts';
import { sha256Of } from '../domain/hashes.ts';
import { LOOKED_UP } from '../domain/identifiers.ts';
import { LARGEST_FILE } from '../domain/limits.ts';
import {
  type AnsweredFile,
  admitLookups,
  LOOKUP_COLUMNS,
  type LookupRow,
  nameOfAsked,
  parseLookupRow,
} from '../domain/lookups.ts';
import { explanationKey, receiptKey } from '../domain/outbox.ts';
import type { RejectedRow } from '../domain/reasons.ts';
import { countedIn, type Refusal, receiptOf, receiptText } from '../domain/receipts.ts';
import { LOOKUPS } from '../domain/work.ts';
import { log } from '../runtime/log.ts';
import { audit, chainKeyOf } from '../stores/audit.ts';
import { commitLookupDay, readLookupDay } from '../stores/cases/lookups.ts';
import { Conflict } from '../stores/cases/table.ts';
import { type CaseworkersFile, refuseFile } from '../stores/caseworkers-files.ts';
import { listVersions } from '../stores/listings.ts';
import { readBytes, readText, writeObject } from '../stores/objects.ts';
import { env } from './environment.ts';
import { gatherFacts, numbersReferred } from './gather.ts';

/** The folder of this function's receipts. */
const ABOUT = 'lookups';

/** Answers a file of lookups, once, and publishes explanations and receipt. The audit is told before anybody can read them. */
export async function answer(file: CaseworkersFile, now: Instant, invocation: string): Promise<void> {
  if (file.size > LARGEST_FILE) return await refuse(file, null, 'file_too_large');
  const content = await readBytes(file);
  const sha256 = sha256Of(content);
  const rows: (LookupRow | RejectedRow)[] = [];
  try {
    for await (const some of readCsv([content], LOOKUP_COLUMNS)) for (const row of some) rows.push(parseLookupRow(row));
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return await refuse(file, sha256, error);
  }

  const { caseworker, name, upload } = file;
  const day = dayOf(file.at);
  const limits = { rowsPerFile: env.LOOKUPS_PER_FILE, rowsPerDay: env.LOOKUPS_PER_DAY };
  for (let n = 0; ; n++) {
    const { asked, version } = await readLookupDay(env.CASES, caseworker, day);
    const admitted = admitLookups(asked, rows, { sha256, upload }, limits);
    if (admitted.kind === 'refused') return await refuse(file, sha256, admitted.why);
    if (admitted.kind === 'known') return await publish(file, rows, admitted.file);
    const { rows: taken, rejects } = admitted;
    const attempt = `${invocation}-${n}`;
    const facts = await gatherFacts(file.bucket, taken, now);
    const asking = { now, approvers: env.APPROVERS };
    const explained = taken.map((row, place) => explain(row, facts[place], asking));
    const counts = { rows: taken.length + rejects.length, recorded: taken.length, alreadyRecorded: 0, rejects };
    const work = (key: string, text: string) => writeObject({ bucket: env.WORK, key }, text);
    await work(LOOKUPS.explanations(attempt), explanationsText(explained));
    await work(LOOKUPS.receipt(attempt), receiptText(receiptOf(name, sha256, counts)));
    try {
      await commitLookupDay(env.CASES, { caseworker, day }, admitted.day(attempt), version);
      return await publish(file, rows, { sha256, upload, attempt, rows: taken.length });
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
}

/**
 * The newest upload of these bytes under this name that was answered. Its answer is published under the same key, and an event that comes
 * again may be of an earlier upload.
 */
async function newestAnswer(file: CaseworkersFile, own: AnsweredFile): Promise<AnsweredFile> {
  for await (const { key, versionId, at } of listVersions(file)) {
    if (key !== file.key || versionId === own.upload) break;
    const { asked } = await readLookupDay(env.CASES, file.caseworker, dayOf(at));
    const answered = asked.files.find(({ sha256, upload }) => sha256 === own.sha256 && upload === versionId);
    if (answered !== undefined) return answered;
  }
  return own;
}

/** Publishes what was committed with an upload, or with a newer one under its keys; every attempt and redelivery does it alike. */
async function publish(
  file: CaseworkersFile,
  rows: readonly (LookupRow | RejectedRow)[],
  own: AnsweredFile,
): Promise<void> {
  const { sha256, attempt } = own;
  const { caseworker, name, upload, at, key } = file;
  const { explanations, receipt } = await prepared(attempt);
  const keys = {
    explanations: explanationKey(caseworker, name, sha256),
    receipt: receiptKey(caseworker, ABOUT, name, sha256),
  };
  const { rejected, recorded } = countedIn(receipt);
  const chain = await chainKeyOf(env.MAC_KEY, LOOKED_UP);
  const lines = linesIn(explanations);
  const asked = rows.flatMap((row) => ('asked' in row && lines.has(row.line) ? [row] : []));
  // The hash of its number finds a lookup, whichever way somebody was asked about.
  const numbers = await numbersReferred(file.bucket, asked);
  await audit(env, {
    batchId: LOOKED_UP,
    id: `lookups/${caseworker}/${upload}`,
    kind: 'lookups_answered',
    at,
    facts: {
      uploader: caseworker,
      version: upload,
      answered: recorded,
      rejected,
      // A plain number would tell whoever reads the audit about whom somebody asks.
      ...Object.fromEntries(
        asked.map(({ line, asked: whom }) => [`line ${line}`, keyedHash(chain, nameOfAsked(whom))]),
      ),
      ...Object.fromEntries([...numbers].map(([line, number]) => [`line ${line} number`, keyedHash(chain, number)])),
    },
    files: {
      lookups: { key, sha256 },
      explanations: { key: keys.explanations, sha256: sha256Of(explanations) },
      receipt: { key: keys.receipt, sha256: sha256Of(receipt) },
    },
  });
  // It publishes once more where a newer upload was answered meanwhile.
  for (let published: string | undefined; ; ) {
    const { attempt: newest } = await newestAnswer(file, own);
    if (newest === published) break;
    const texts = newest === attempt ? { explanations, receipt } : await prepared(newest);
    await writeObject({ bucket: env.OUTBOX, key: keys.explanations }, texts.explanations);
    // The receipt comes last: whoever finds it finds the explanations.
    await writeObject({ bucket: env.OUTBOX, key: keys.receipt }, texts.receipt);
    published = newest;
  }
  log.info('lookups answered', { caseworker, answered: recorded, rejected });
}

/** Reads what an attempt prepared. */
async function prepared(attempt: string): Promise<{ explanations: string; receipt: string }> {
  const read = (key: string) => readText({ bucket: env.WORK, key });
  return { explanations: await read(LOOKUPS.explanations(attempt)), receipt: await read(LOOKUPS.receipt(attempt)) };
}

/** Publishes the receipt of a file that is refused whole: it says why. */
async function refuse(file: CaseworkersFile, sha256: string | null, refusal: Refusal): Promise<void> {
  await refuseFile(env, { called: 'lookups', about: ABOUT, chain: LOOKED_UP }, file, sha256, refusal);
}
