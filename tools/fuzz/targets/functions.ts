/** Whole functions: any file under any name, from its event to what is written and told. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { csvLine } from '../../../lambdas/domain/csv-line.ts';
import { sha256Of } from '../../../lambdas/domain/hashes.ts';
import { REPORT_COLUMNS } from '../../../lambdas/domain/screening.ts';
import { USAGE_COLUMNS } from '../../../lambdas/domain/sightings.ts';
import { ENVIRONMENT } from '../environment.ts';
import { fileName, fileOf, inboxKey } from '../inputs.ts';
import { type Huge, MemoryAws, VERSION } from '../memory-aws.ts';
import { Budget, must, target } from '../target.ts';
import { admissions } from './admitted.ts';
import { lookups } from './answered.ts';
import { appeals } from './appealed.ts';
import { FILE_REASONS, reasonOf } from './csv.ts';
import { decisions } from './decided.ts';
import { AT, type Handler, invoke, load, ofKind, on, type Sent, startedOf, upload } from './invoked.ts';
import { mustStayInPlace } from './keys.ts';
import { combinedResponses, DIRECTION, prepare, REFUSED, record, responses } from './recorded.ts';
import { REPORT_REASONS, USAGE_REASONS, USAGE_WARNINGS } from './rows.ts';
import { withdrawals } from './withdrawn.ts';
import { mustBeSafe } from './written.ts';

const intake = await load('start-batch');
const screen = await load('screen-report');
const importer = await load('import-usage');
const cut = await load('cut-usage');
const importPiece = await load('import-piece');
const weigh = await load('weigh-usage');
const hear = await load('hear-approvers');
const publishImport = await load('publish-import');

/** The length above which written files are counted and not read cell by cell. */
const LONGEST_CHECKED = 20_000;

/**
 * Checks the rejects of a report or usage file: safe, in order, with reasons of the list; the last may be the one that stopped the reading.
 */
function checkRejects(csv: Buffer | undefined, reasons: readonly string[], stopped: boolean): number {
  must(csv !== undefined, 'a file has its rejects');
  if (csv.length > LONGEST_CHECKED) return csv.toString().split('\n').length;
  const rows = mustBeSafe(csv.toString(), ['line', 'value', 'reason', 'what_to_do']);
  let before = 0;
  for (const [n, { line, reason = '', what_to_do }] of rows.entries()) {
    must(what_to_do !== undefined && what_to_do !== '', 'a reject says what to do about it');
    const fault = stopped && n === rows.length - 1;
    must((fault ? REFUSED : reasons).includes(reasonOf(reason)), `a reject has a reason of the list, not ${reason}`);
    must(Number(line) > before, 'rejects stand in the order of their lines');
    before = Number(line);
  }
  return rows.length;
}

async function screened(
  aws: MemoryAws,
  { who, name }: Sent,
  size: number,
): Promise<{ status: string; reason?: string; handsets?: number }> {
  await upload(intake, `reports/${who}/${name}`, size);
  return await invoke(screen, { ...startedOf(aws), execution: 'arn:one', now: AT });
}

async function checkReport(sent: Sent): Promise<void> {
  const aws = new MemoryAws();
  aws.objects.set(`inbox/reports/${sent.who}/${sent.name}`, sent.file);
  let result: Awaited<ReturnType<typeof screened>> | undefined;
  const done = await on(aws, async () => {
    result = await screened(aws, sent, sent.file.length);
  });
  const key = `rejects/${sent.who}/${sent.name}`;
  mustStayInPlace(key, `rejects/${sent.who}/`, 3);
  must(done.outbox.size === 1, 'a report has rejects and nothing else');
  const refused = result?.status === 'refused';
  const rejects = checkRejects(done.outbox.get(key), REPORT_REASONS, refused);
  if (refused) {
    must(
      rejects === 1 && ofKind(done, 'report_refused').length === 2,
      'a report that is refused has one line and two notices',
    );
    must(done.items.size === 0, 'a report that is refused has no effect');
    return;
  }
  const [told] = ofKind(done, 'batch_registered');
  must(told !== undefined, 'an agency is told of its batch');
  const { rows, rejected, repeats, handsets } = told.notice.report as Record<
    'rows' | 'rejected' | 'repeats' | 'handsets',
    number
  >;
  must(
    result?.status === 'registered' && rows === rejected + repeats + handsets,
    'every row of a report is counted once',
  );
  must(sent.file.length > LONGEST_CHECKED || rejects === rejected, 'every reject is written');
  const [lines] = [...aws.in('work')]
    .filter(([place]) => /^screened\/.*\/handsets\.jsonl$/.test(place))
    .map(([, text]) => text.toString());
  must(lines?.split('\n').length === handsets + 1, 'every handset is written');
}

/** Does the work of the ImportByPieces machine. */
async function importByPieces(aws: MemoryAws): Promise<void> {
  const { file, folder } = startedOf(aws) as { file: unknown; folder: string };
  const { gated } = await invoke<{ gated: boolean }>(weigh, { file, folder, stretches: [] });
  if (gated) return;
  interface CutResult {
    header?: unknown;
    next?: unknown;
    pieces: number;
    manifestKey: string;
  }
  let last: CutResult | undefined;
  const stretches: unknown[] = [];
  const budget = new Budget(200, 'stretches');
  do {
    budget.spend();
    last = await invoke<CutResult>(cut, { file, folder, ...(last ? { cut: last } : {}) });
    const { header, manifestKey } = last;
    const results: string[] = [];
    for (const line of (aws.in('work').get(manifestKey) ?? '').toString().split('\n'))
      if (line !== '')
        results.push(JSON.stringify(await invoke(importPiece, { file, folder, header, piece: JSON.parse(line) })));
    const key = `${folder}/imported/${stretches.length}`;
    aws.objects.set(`work/${key}.jsonl`, Buffer.from(results.join('\n')));
    const written = { DestinationBucket: 'work', ResultFiles: { SUCCEEDED: [{ Key: `${key}.jsonl` }] } };
    aws.objects.set(`work/${key}.json`, Buffer.from(JSON.stringify(written)));
    stretches.push({ ResultWriterDetails: { Bucket: 'work', Key: `${key}.json` } });
  } while (last.next !== undefined);
  await invoke(publishImport, { file, stretches, cut: last });
}

/** A usage file that is weighed, or one that was let pass before. */
type SentUsage = Sent & { readonly passes: boolean };

async function checkUsage({ who, name, file, passes }: SentUsage): Promise<void> {
  const key = `usage/${who}/${name}`;
  const [inOne, inPieces] = [new MemoryAws(), new MemoryAws()];
  for (const aws of [inOne, inPieces]) {
    aws.objects.set(`inbox/${key}`, file);
    const pk = `USAGE#${sha256Of(`${key}\n${VERSION}`)}`;
    const verdict = { pk, format: 1, uploadedAt: AT, good: 100, broken: [] };
    if (passes) aws.items.set(JSON.stringify(['Cases', pk, undefined]), verdict);
  }
  const done = await on(inOne, () => upload(importer, key, 0));
  const rejectsKey = `rejects/${who}/${name}`;
  mustStayInPlace(rejectsKey, `rejects/${who}/`, 3);
  must(done.outbox.size === 1, 'a usage file has rejects and nothing else');
  if (ofKind(done, 'usage_gated').length > 0) return await checkGated(inOne, inPieces, key, file);
  const [stopped] = ofKind(done, 'usage_stopped');
  const [told] = stopped ? [stopped] : ofKind(done, 'usage_imported');
  must(told !== undefined, 'an operator is told of its usage');
  const { rows, imported, rejected, reason } = told.notice as Record<string, number | string>;
  must(rows === Number(imported) + Number(rejected), 'every row of usage is counted once');
  must(!stopped || FILE_REASONS.includes(reasonOf(String(reason))), 'a usage file stops for a reason of the list');
  const rejects = checkRejects(done.outbox.get(rejectsKey), USAGE_REASONS, stopped !== undefined);
  must(file.length > LONGEST_CHECKED || rejects === Number(rejected) + (stopped ? 1 : 0), 'every reject is written');
  const links = [...done.items.keys()].filter((item) => item.startsWith('["Links"'));
  const warnings = Object.entries((told.notice.warnings ?? {}) as Record<string, number>);
  must(
    warnings.every(([why, times]) => USAGE_WARNINGS.includes(why) && times > 0 && times <= 3 * Number(imported)),
    'warnings are of rows that were taken',
  );
  const mostly = ofKind(done, 'usage_mostly_rejected').length;
  must(
    mostly === (!stopped && (imported === 0 || Number(imported) < Number(rejected)) ? 1 : 0),
    'the administrators are told of a usage file of which nothing or less than half was taken',
  );
  must(links.length <= Number(imported) && (imported === 0) === (links.length === 0), 'what was imported is linked');

  if (file.length > LONGEST_CHECKED) return;
  const pieces = await on(inPieces, async () => {
    await upload(importer, key, 10 ** 9);
    await importByPieces(inPieces);
  });
  must(isDeepStrictEqual(pieces.outbox, done.outbox), 'a usage file in pieces has the rejects of the file in one');
  must(isDeepStrictEqual(pieces.items, done.items), 'a usage file in pieces has the links of the file in one');
  must(isDeepStrictEqual(pieces.told, done.told), 'and the same is told');
}

/**
 * Checks a usage file that is held up: it is told of, and has its rejects and no link; once let in, it is imported once, in one piece or in
 * several.
 */
async function checkGated(inOne: MemoryAws, inPieces: MemoryAws, key: string, file: Buffer): Promise<void> {
  const linksIn = (aws: MemoryAws) => [...aws.items.keys()].filter((item) => item.startsWith('["Links"')).length;
  const [told, ...others] = inOne.told.map(({ notice }) => notice);
  must(told !== undefined && others.length === 2, 'operator, approvers and administrators are told of a gated file');
  const { rows, good, rejected, rules, line } = told as Record<string, number> & { rules: object[] };
  must(
    rows === Number(good) + Number(rejected) && rules.length > 0,
    'a gated file has its rows counted, and what it broke',
  );
  must(linksIn(inOne) === 0, 'nothing of a gated file is imported');
  const rejects = checkRejects([...inOne.in('outbox').values()][0], USAGE_REASONS, line !== undefined);
  must(
    file.length > LONGEST_CHECKED || rejects === Number(rejected) + (line === undefined ? 0 : 1),
    'every reject is written',
  );
  // A key that no cell can hold can't be named.
  if (key.includes('\0') || file.length > LONGEST_CHECKED) return;
  const admission = csvLine(['key', 'version']) + csvLine([key, VERSION]);
  for (const [aws, size] of [
    [inOne, 0],
    [inPieces, 10 ** 9],
  ] as const) {
    const place = 'admissions/approver-1/a.csv';
    aws.objects.set(`inbox/${place}`, Buffer.from(admission));
    await on(aws, async () => {
      if (size > 0) {
        await upload(importer, key, size);
        await importByPieces(aws);
        aws.started.length = 0;
      }
      for (const _ of [1, 2]) await upload(hear, place, admission.length);
      must(aws.sent.filter(({ queue }) => queue === 'usage').length === 1, 'an upload is let in once');
      await upload(importer, key, size);
      if (size > 0) await importByPieces(aws);
    });
    const [, , , receipt, , imported] = aws.told.map(({ notice }) => notice);
    must(receipt?.kind === 'receipt' && receipt.recorded === 1, 'a gated file can be let in');
    must(imported?.kind === 'usage_imported' || imported?.kind === 'usage_stopped', 'and is imported then');
    must((Number(good) === 0) === (linksIn(aws) === 0), 'what was good is linked');
  }
  const but = (aws: MemoryAws) => [...aws.items].filter(([item]) => item.startsWith('["Links"')).sort();
  must(isDeepStrictEqual(but(inOne), but(inPieces)), 'a gated file in pieces has the links of the file in one');
}

const sent = (columns: Parameters<typeof fileOf>[0], ...who: string[]) =>
  fc.record({ who: fc.constantFrom(...who), name: fileName, file: fileOf(columns) });

const reports = target(
  { name: 'functions-report', what: 'reports, from upload to batch', share: 60 },
  sent(REPORT_COLUMNS, 'mha', 'up-police'),
  checkReport,
);
const usage = target(
  { name: 'functions-usage', what: 'usage files, in one and in pieces', share: 60 },
  fc.record({
    who: fc.constantFrom('airtel', 'jio'),
    name: fileName,
    file: fileOf(USAGE_COLUMNS),
    passes: fc.boolean(),
  }),
  checkUsage,
);

const FUNCTIONS = [intake, importer, record];
const strays = target(
  { name: 'functions-key', what: 'objects under any key', share: 60 },
  fc.tuple(fc.constantFrom(0, 1, 2), inboxKey),
  async ([which, key]) => {
    const aws = new MemoryAws();
    prepare(aws, false);
    const before = structuredClone(aws.items);
    if (key.isWellFormed() && Buffer.byteLength(key) <= 1024) aws.objects.set(`inbox/${key}`, Buffer.from('imei\n'));
    const done = await on(aws, () => upload(FUNCTIONS[which] as Handler, key, 5));
    const stray = ofKind(done, 'stray_object');
    const { AGENCIES, OPERATORS } = ENVIRONMENT;
    const who = key.split('/')[1] ?? '';
    const known = `${AGENCIES},${OPERATORS}`.split(',').includes(who);
    if (stray.length === 0)
      must(known && key.toLowerCase().endsWith('.csv'), 'a file is taken only from somebody known');
    else
      must(
        done.told.length === stray.length &&
          stray.length <= (known ? 2 : 1) &&
          done.outbox.size === 0 &&
          aws.started.length === 0,
        'a stray object is told of and has no effect',
      );
    if (stray.length > 0) must(isDeepStrictEqual(aws.items, before), 'a stray object changes no record');
    // Only the rows of such a file tell whether an operator that is no longer configured has any of the directions that they answer.
    const isCombined = /^responses\/[^/]+\/[^/]+$/.test(key);
    must(stray.length === 0 || isCombined || aws.bytesRead === 0, 'a stray object is not read');
    for (const place of done.outbox.keys())
      must(
        place.startsWith(`receipts/${who}/`) || place.startsWith(`rejects/${who}/`),
        'what is written is the uploader’s',
      );
  },
);

const HUGE = 5 * 1024 ** 3;
/** The most that may be read of a file that is refused for its size, or of a usage file's first stretch. */
const READ_OF_HUGE = 4 * 1024 * 1024;

const huge = target(
  { name: 'functions-huge', what: 'files of 5 GB', share: 2 },
  fc.record({
    kind: fc.constantFrom('report', 'usage', 'response'),
    head: fc.boolean(),
    tail: fc.constantFrom('9', '"', '\n', ' \n', ',', '"x\n', '35100000000001,9800000001,2026-05-20\n', '\0', 'é'),
  }),
  async ({ kind, head, tail }) => {
    const aws = new MemoryAws();
    prepare(aws, false);
    const columns = { report: 'imei\n', usage: 'imei,msisdn,last_seen\n', response: 'msisdn,outcome\n' };
    const object: Huge = {
      bytes: HUGE,
      head: Buffer.from(head ? columns[kind as keyof typeof columns] : ''),
      tail: Buffer.from(tail),
    };
    const put = (key: string) => {
      aws.objects.set(`inbox/${key}`, object);
      return key;
    };
    const done = await on(aws, async () => {
      if (kind === 'report') {
        put('reports/mha/huge.csv');
        const result = await screened(aws, { who: 'mha', name: 'huge.csv', file: Buffer.alloc(0) }, HUGE);
        must(result.reason === 'file_too_large', 'a report of 5 GB is refused for its size');
      } else if (kind === 'response') await upload(record, put(`responses/airtel/${DIRECTION.id}/huge.csv`), HUGE);
      else {
        await upload(importer, put('usage/airtel/huge.csv'), HUGE);
        const { file, folder } = startedOf(aws) as { file: unknown; folder: string };
        const stretch = await invoke<{ pieces: number; next?: unknown; fault?: unknown }>(cut, { file, folder });
        must(
          (stretch.next === undefined) === (stretch.fault !== undefined),
          'a usage file of 5 GB is cut stretch by stretch, up to its fault',
        );
      }
    });
    must(aws.bytesRead <= (kind === 'usage' ? READ_OF_HUGE : 0), 'little of a file of 5 GB is read');
    const refusals = { report: 'report_refused', response: 'response_refused', usage: '' };
    if (kind !== 'usage')
      must(ofKind(done, refusals[kind as keyof typeof refusals]).length > 0, 'a file that is refused is told of');
    if (kind === 'response') {
      const receipt = JSON.parse(
        done.outbox.get(`receipts/airtel/${DIRECTION.id}/huge.csv.unread.json`)?.toString() ?? '{}',
      );
      must(receipt.refused === 'file_too_large' && receipt.sha256 === null, 'a response of 5 GB has a receipt');
    }
  },
);

export const functionTargets = [
  reports,
  usage,
  responses,
  combinedResponses,
  decisions,
  admissions,
  lookups,
  appeals,
  withdrawals,
  strays,
  huge,
];
