import * as z from 'zod';
import type { Summary } from '../lambdas/domain/books.ts';
import {
  ADMITTED,
  type AgencyId,
  type ApproverId,
  type BatchId,
  type CaseworkerId,
  EXEMPTED,
  LOOKED_UP,
  type OperatorId,
} from '../lambdas/domain/identifiers.ts';
import { type InboxKey, parseInboxKey } from '../lambdas/domain/inbox.ts';
import {
  APPEALS,
  combinedReceiptKey,
  OUTBOX,
  previewKeys,
  receiptKey,
  summaryKey,
  takenReceiptKey,
  WITHDRAWALS,
} from '../lambdas/domain/outbox.ts';
import type { ReversalSummary } from '../lambdas/domain/reversal-books.ts';
import { countedPlainly } from '../lambdas/domain/wording.ts';
import { bucketsOf } from './buckets.ts';
import type { Conducted, UploadedReport } from './conduct.ts';
import { compare, keyOf, messageOf, type OutsideCloud, objectIn } from './desk.ts';
import { followUps } from './nights.ts';

/** The end of a run. */
export interface Results {
  /** The batches that ended with books, in the order in which their reports were uploaded, and then those of nights. */
  summaries: Summary[];
  /** The reversals that people were asked about, in the order in which they decided. */
  reversals: Reversed[];
  /** The reasons why the run did not succeed, one line each; empty if it did. */
  problems: string[];
  /** Warnings for somebody to look at although the run succeeded. */
  warnings: string[];
}

/** A reversal that ended, and the approvers who decided upon it. */
export interface Reversed {
  summary: ReversalSummary;
  by: string[];
}

/**
 * Judges a run by the notices to agencies and administrators and by the summaries in the outbox: it succeeded when every report's batch,
 * every night and every reversal ended with nothing unexplained, however it ended.
 */
export async function judge(conducted: Conducted, cloud: OutsideCloud): Promise<Results> {
  const { outbox } = bucketsOf(cloud);
  const settled = new Set(await cloud.list(outbox, 'batches/'));
  const summaries = new Map<string, Summary>();
  const problems: string[] = [];
  const warnings: string[] = [];
  /** A batch's summary; undefined where it has none. Rows that it doesn't explain are a problem. */
  const summaryOf = async <S extends Summary | ReversalSummary>(batchId: BatchId): Promise<S | undefined> => {
    const key = summaryKey(batchId);
    if (!settled.has(key)) return undefined;
    const summary: S = JSON.parse(Buffer.from(await cloud.get(outbox, key)).toString('utf8'));
    if (summary.unexplained !== 0) problems.push(`batch ${batchId} has ${summary.unexplained} rows unexplained`);
    return summary;
  };
  for (const report of conducted.reports) {
    const batchId = report.batchId as BatchId;
    const failed = hasFailed(report, conducted);
    if (!failed && summaries.has(batchId)) continue;
    // A batch that was begun anew after it had ended still has its earlier summary.
    const summary = failed ? undefined : await summaryOf<Summary>(batchId);
    if (summary === undefined) {
      problems.push(whyNotSettled(report, conducted));
      continue;
    }
    summaries.set(batchId, summary);
    const { rows, rejected, handsets } = summary.report;
    const rejects = rejected === 0 ? '' : ` (see ${rejectsOf(report)})`;
    if (handsets === 0)
      warnings.push(
        `${report.key} named no handset: it has ${countedPlainly(rows, 'row')}, ${rejected} rejected${rejects}`,
      );
    else if (report.isOwn && rejected > 0)
      warnings.push(`of ${report.key} ${rejected} of ${countedPlainly(rows, 'row')} were rejected${rejects}`);
  }
  for (const batchId of await followUps(cloud)) {
    const summary = await summaryOf<Summary>(batchId);
    if (summary === undefined) problems.push(`batch ${batchId} did not settle`);
    else summaries.set(batchId, summary);
  }
  const reversed: Reversed[] = [];
  for (const batchId of await reversals(cloud)) {
    const summary = await summaryOf<ReversalSummary>(batchId);
    if (summary === undefined) problems.push(`batch ${batchId} did not end`);
    else reversed.push({ summary, by: await decidersOf(cloud, batchId) });
  }
  reversed.sort((a, b) => compare(a.summary.startedAt, b.summary.startedAt));
  if (conducted.stuckAt !== undefined) {
    const at = `${new Date(conducted.stuckAt).toISOString().slice(0, 16)}Z`;
    problems.push(`the run was ended at ${at}: for days nothing had happened but what fails again and again`);
  }
  const reported = new Set(conducted.reports.map(({ key }) => key));
  // The same bytes may begin a batch anew, for instance where it lapsed: the agency is told if they did not.
  for (const { kind, file, batchId } of conducted.agencies)
    if (kind === 'same_report' && reported.has(String(file)))
      warnings.push(`${file} is the report of batch ${batchId} again; it changed nothing`);
  warnings.push(...conducted.administrators.flatMap((notice) => warningOf(notice, reported)));
  const { usage = [] } = conducted.own ?? {};
  const mostly = new Set(conducted.administrators.map(({ rejects }) => keyOf(rejects)));
  warnings.push(...usage.filter(({ rejects }) => !mostly.has(keyOf(rejects))).flatMap(usageWarning));
  for (const { key, why, isOwn, ending } of conducted.gated ?? [])
    if (isOwn && ending !== 'admitted')
      warnings.push(`${key} is held up: ${why}; an approver may let it in (--upload admissions/…)`);
  for (const { key, why } of conducted.denied ?? [])
    warnings.push(`${key} was not uploaded: S3 answered ${why}, since no participant may put it there`);
  warnings.push(...(await receiptWarnings(conducted, cloud)));
  return { summaries: [...summaries.values()], reversals: reversed, problems, warnings: [...new Set(warnings)] };
}

/** What a preview is one of. */
const preview = z.object({ kind: z.string() });

/** The reversals that people were asked about, by their previews. */
async function reversals(cloud: OutsideCloud): Promise<BatchId[]> {
  const { outbox } = bucketsOf(cloud);
  const found: BatchId[] = [];
  for (const key of await cloud.list(outbox, OUTBOX.previews.prefix)) {
    const batchId = key.split('/')[1] as BatchId;
    if (key !== previewKeys(batchId).json) continue;
    const { kind } = preview.parse(JSON.parse(Buffer.from(await cloud.get(outbox, key)).toString('utf8')));
    if (kind === 'reversal') found.push(batchId);
  }
  return found;
}

/** The approvers who decided upon a batch, by its chain. */
async function decidersOf(cloud: OutsideCloud, batchId: BatchId): Promise<string[]> {
  const { audit } = bucketsOf(cloud);
  for (const key of await cloud.list(audit, `batches/${batchId}/`))
    for (const line of Buffer.from(await cloud.get(audit, key))
      .toString('utf8')
      .split('\n')) {
      const { kind, facts } = messageOf(line);
      if (kind === 'decided' && typeof facts === 'object' && facts !== null && 'by' in facts)
        return String(facts.by)
          .split(' ')
          .filter((id) => id !== '');
    }
  return [];
}

const listed = (counts: unknown): string =>
  Object.entries(typeof counts === 'object' && counts !== null ? counts : {})
    .map(([reason, count]) => `${reason} × ${count}`)
    .join(', ');
const rejectsOf = ({ agency, key }: UploadedReport): string => `rejects/${agency}/${key.split('/').at(-1)}`;

/** The warning about a usage file that was read to its end, but not wholly taken. */
function usageWarning({ operator, rows, rejected, warnings, rejects }: Record<string, unknown>): string[] {
  if (rows === 0) return [`${operator}'s usage file has no rows`];
  const dropped = listed(warnings);
  if (rejected === 0 && dropped === '') return [];
  const see = rejected === 0 ? '' : ` (see ${keyOf(rejects)})`;
  const cells = dropped === '' ? '' : `; optional cells dropped: ${dropped}`;
  return [`of ${operator}'s usage file ${rejected} of ${rows} rows were rejected${see}${cells}`];
}

/** The participant whose receipts include an upload's, its subject and its name; undefined where its place has no receipts. */
function aboutOf(
  place: InboxKey,
): readonly [who: OperatorId | ApproverId | CaseworkerId | AgencyId, about: string, name: string] | undefined {
  if (place.kind === 'response') return [place.operator, place.directionId, place.name];
  if (place.kind === 'decision') return [place.approver, place.batchId, place.name];
  if (place.kind === 'lookup') return [place.caseworker, LOOKED_UP, place.name];
  if (place.kind === 'appeal') return [place.caseworker, APPEALS, place.name];
  if (place.kind === 'withdrawal') return [place.agency, WITHDRAWALS, place.name];
  if (place.kind === 'exemption') return [place.approver, EXEMPTED, place.name];
  return place.kind === 'admission' ? [place.approver, ADMITTED, place.name] : undefined;
}

type OwnUpload = NonNullable<Conducted['uploads']>[number];

/**
 * The keys that the receipts of an upload may have.
 * @param all uploads, of which the same bytes may have been routed several times
 */
function receiptKeys({ key, sha256 }: OwnUpload, all: readonly OwnUpload[]): string[] {
  const place = parseInboxKey(key);
  if (place.kind === 'combined') {
    const keyOf = (...of: [sha256: string | null, isTaken?: boolean, n?: number]) =>
      combinedReceiptKey(place.operator, place.name, ...of);
    const times = all.filter((one) => one.sha256 === sha256).map((_, n) => n + 1);
    return [keyOf(null), ...times.flatMap((n) => [keyOf(sha256, false, n), keyOf(sha256, true, n)])];
  }
  const of = aboutOf(place);
  if (of === undefined) return [];
  return [receiptKey(...of, sha256), receiptKey(...of, null), takenReceiptKey(...of, sha256)];
}

/** The contents of the receipts of a file, or of all files that were made of it. */
interface Told {
  name: string;
  refused: unknown;
  rows: number;
  rejected: Map<string, number>;
  /** Rows of exemptions whose day was past. */
  past: number;
  /** The keys of the receipts that say that not everything was taken, or that a row exempts nobody. */
  keys: string[];
}

/** The warnings about rows of the user's own files that their receipts say were not taken. */
async function receiptWarnings({ own, uploads = [] }: Conducted, cloud: OutsideCloud): Promise<string[]> {
  const { outbox } = bucketsOf(cloud);
  const uploaded = new Set(uploads.flatMap((one) => receiptKeys(one, uploads)));
  const files = new Map<string, Told>();
  for (const key of await cloud.list(outbox, OUTBOX.receipts.prefix)) {
    const [, who = ''] = key.split('/');
    const responds = own?.responders.includes(who) === true;
    if (!responds && !uploaded.has(key)) continue;
    const { file, refused, rows, rejected, past = 0 } = await objectIn(cloud, outbox, key);
    const name = `${who}'s ${file}`;
    // --respond makes a file for each direction from one of the user's files.
    const identity = JSON.stringify([name, refused, responds ? '' : key]);
    const one: Told = files.get(identity) ?? { name, refused, rows: 0, rejected: new Map(), past: 0, keys: [] };
    files.set(identity, one);
    one.rows += Number(rows);
    one.past += Number(past);
    const counts = Object.entries<number>(Object(rejected));
    for (const [reason, count] of counts) one.rejected.set(reason, (one.rejected.get(reason) ?? 0) + count);
    if (refused !== null || counts.length > 0 || Number(past) > 0) one.keys.push(key);
  }
  return [...files.values()].flatMap(receiptWarning);
}

/** The warning about a file that was not taken, or not wholly: one line, however many directions it went to. */
function receiptWarning({ name, refused, rows, rejected, past, keys: [key, ...others] }: Told): string[] {
  if (key === undefined) return [];
  const see = `(see ${key}${others.length === 0 ? '' : ` and ${countedPlainly(others.length, 'other receipt')}`})`;
  if (typeof refused === 'string') return [`${name} was refused: ${refused} ${see}`];
  const count = [...rejected.values()].reduce((sum, one) => sum + one, 0);
  const of = `of ${name}`;
  const total = countedPlainly(rows, 'row');
  return [
    ...(count === 0
      ? []
      : [`${of} ${count} of ${total} were rejected: ${listed(Object.fromEntries(rejected))} ${see}`]),
    ...(past === 0 ? [] : [`${of} ${past} of ${total} have a past day in until, and exempt nobody ${see}`]),
  ];
}

/** Whether the last notice to the agency about a report's batch is that it failed. */
function hasFailed({ batchId }: UploadedReport, { agencies }: Conducted): boolean {
  return agencies.findLast((notice) => notice.batchId === batchId)?.kind === 'batch_failed';
}

function whyNotSettled(report: UploadedReport, { agencies, administrators }: Conducted): string {
  const { key, batchId } = report;
  const rejects = rejectsOf(report);
  const refused = agencies.find(({ kind, rejects: place }) => kind === 'report_refused' && keyOf(place) === rejects);
  if (refused !== undefined) return `${key} was refused: ${refused.reason} in line ${refused.line}`;
  const stray = administrators.find((notice) => notice.kind === 'stray_object' && notice.key === key);
  if (stray !== undefined) return `${key} made no batch: ${stray.why}`;
  const told = agencies.filter((notice) => notice.batchId === batchId).map(({ kind }) => kind);
  if (told.includes('batch_failed')) return `${key}: batch ${batchId} failed before its directions were given`;
  if (told.includes('batch_registered')) return `${key}: batch ${batchId} did not settle`;
  return `${key} made no batch`;
}

/** The warning in a notice to the administrators about an upload, as far as the reports' own fate doesn't say it. */
function warningOf(notice: Record<string, unknown>, reported: ReadonlySet<string>): string[] {
  if (notice.kind === 'usage_stopped')
    return [
      `${notice.operator}'s usage file: reading stopped in line ${notice.line}: ${notice.reason} (see ${keyOf(notice.rejects)})`,
    ];
  if (notice.kind === 'usage_mostly_rejected')
    return [
      `of ${notice.operator}'s usage file ${notice.imported} of ${notice.rows} rows were taken (see ${keyOf(notice.rejects)})`,
    ];
  if (notice.kind === 'stray_object' && !reported.has(String(notice.key)))
    return [`${notice.key} was not read: ${notice.why}`];
  if (notice.kind === 'direction_never_closed')
    return [`direction ${notice.directionId} had to be closed by its batch`];
  return [];
}
