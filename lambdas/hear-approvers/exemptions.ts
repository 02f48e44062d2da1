import { isShaTaken, MOST_FILES } from '../domain/applying-responses.ts';
import { type RecordedByApprover, sameAsBefore } from '../domain/approver-files.ts';
import { FileFault, readCsv } from '../domain/csv.ts';
import { dayOf, type Instant } from '../domain/days.ts';
import { EXEMPTION_COLUMNS, type ExemptionRow, parseExemptionRow } from '../domain/exemption-rows.ts';
import {
  applyExemptions,
  countsUntil,
  type Exemptions,
  exemptionOf,
  exemptionsForm,
  isEarlier,
  MOST_ROWS,
  MOST_WORDS,
  saidAnew,
  withFile,
  wordsOf,
} from '../domain/exemptions.ts';
import { EXEMPTED } from '../domain/identifiers.ts';
import { receiptKey } from '../domain/outbox.ts';
import type { RejectedRow } from '../domain/reasons.ts';
import { countedIn, exemptionsReceipt, type Refusal, reasonOf, receiptText } from '../domain/receipts.ts';
import { EXEMPTIONS } from '../domain/work.ts';
import { log } from '../runtime/log.ts';
import { audit } from '../stores/audit.ts';
import { commitExemptions, readExemptions } from '../stores/cases/exemptions.ts';
import { Conflict } from '../stores/cases/table.ts';
import { readText, writeObject } from '../stores/objects.ts';
import { env } from './environment.ts';
import { type ApproverFile, publishReceipt, readWhole, refuse } from './file.ts';

/** Records a file of exemptions, once, and publishes its receipt; the bytes of an approver's file again get the same one. */
export async function exempt(file: ApproverFile, now: Instant, invocation: string): Promise<void> {
  const read = await readWhole(file);
  if (read === undefined) return await refuseExemptions(file, null, 'file_too_large');
  const { content, sha256 } = read;
  const { approver, name, upload } = file;
  const rows: (ExemptionRow | RejectedRow)[] = [];
  const days = { mostDays: env.EXEMPTION_DAYS, endDays: env.EXEMPTION_END_DAYS };
  const by = { uploadDay: dayOf(file.at), mostDays: env.EXEMPTION_DAYS };
  try {
    for await (const some of readCsv([content], EXEMPTION_COLUMNS)) {
      for (const row of some) rows.push(parseExemptionRow(row, by));
      if (rows.length > MOST_ROWS) return await refuseExemptions(file, sha256, 'too_many_rows');
    }
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return await refuseExemptions(file, sha256, error);
  }

  for (let n = 0; ; n++) {
    const { version, exemptions } = await readExemptions(env, dayOf(now));
    const own = exemptions.files.filter((one) => one.approver === approver);
    const known = sameAsBefore(own, { sha256, upload, uploadedAt: file.at });
    // An earlier upload of the same bytes may have exempted whom they seemed to end an exemption of.
    if (known !== undefined && !known.isAnew && !isEarlier(known.file, file.at)) return await publish(file, known.file);
    const attempt = `${invocation}-${n}`;
    const work = (key: string, text: string) => writeObject({ bucket: env.WORK, key }, text);
    let next: Exemptions;
    let recorded: RecordedByApprover;
    if (known !== undefined) {
      recorded = known.file;
      next = saidAnew(exemptions, recorded, { upload, uploadedAt: file.at });
    } else {
      if (isShaTaken({ files: own }, sha256)) return await refuseExemptions(file, sha256, 'sha_taken');
      if (own.length >= MOST_FILES) return await refuseExemptions(file, sha256, 'too_many_files');
      const same = own.find((one) => one.sha256 === sha256);
      const said = { approver, sha256, uploadedAt: file.at, before: same?.uploadedAt ?? same?.at };
      const applied = applyExemptions(rows, said, (subject) => exemptionOf(exemptions, subject));
      recorded = { approver, sha256, upload, uploadedAt: file.at, attempt, at: now };
      next = withFile(exemptions, applied, recorded, days);
      if (wordsOf(next, approver) > MOST_WORDS) return await refuseExemptions(file, sha256, 'too_many_exemptions');
      await work(EXEMPTIONS.receipt(attempt), receiptText(exemptionsReceipt(name, sha256, applied)));
    }
    await work(EXEMPTIONS.record(attempt), JSON.stringify(exemptionsForm.write(next)));
    try {
      await commitExemptions(env.CASES, EXEMPTIONS.record(attempt), countsUntil(next, days), version);
      return await publish(file, recorded);
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
}

/** Publishes what was committed with a file; every attempt, redelivery and upload of the same bytes does it alike. */
async function publish(file: ApproverFile, { sha256, attempt, at: committedAt }: RecordedByApprover): Promise<void> {
  const { approver, about, name, upload, at, key } = file;
  const text = await readText({ bucket: env.WORK, key: EXEMPTIONS.receipt(attempt) });
  const receipt = await publishReceipt(file, receiptKey(approver, about, name, sha256), text, null);
  const { rows, recorded, alreadyRecorded } = countedIn(text);
  await audit(env, {
    batchId: EXEMPTED,
    id: `exemptions/${approver}/${upload}`,
    kind: 'exemptions_recorded',
    at,
    facts: { uploader: approver, version: upload, committedAt, rows, recorded, alreadyRecorded },
    files: { exemptions: { key, sha256 }, receipt },
  });
  log.info('exemptions recorded', { approver, rows, recorded });
}

async function refuseExemptions(file: ApproverFile, sha256: string | null, refusal: Refusal): Promise<void> {
  const { approver, upload, at, key } = file;
  const why = reasonOf(refusal);
  const receipt = await refuse(file, sha256, refusal);
  await audit(env, {
    batchId: EXEMPTED,
    // One that there was no room for may be recorded when it comes again.
    id: `exemptions/${approver}/${upload}/${why}`,
    kind: 'exemptions_refused',
    at,
    facts: { uploader: approver, version: upload, why },
    files: { exemptions: { key, sha256 }, receipt },
  });
}
