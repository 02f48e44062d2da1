/** The subjects that a reversal is asked to give back, from the text of the appeal or the withdrawal. */
import { imeiIn, linesOf, msisdnIn } from '../../../test/reckoning/files.ts';
import type { Upload } from '../story.ts';
import { directionsOf } from './books.ts';
import { struckIn } from './decision-files.ts';
import type { Known } from './known.ts';
import type { Item } from './seen.ts';
import { handsetsIn, linksOf } from './sightings.ts';
import { instant } from './values.ts';

const GROUNDS = ['wrong_number', 'wrong_handset', 'cloned', 'reissued', 'court_order'];

/** A subject of a reversal. */
export interface Subject {
  /** 14 digits; '' for a number. */
  imei: string;
  /** A number in E.164; '' for a handset. */
  msisdn: string;
  ground: string;
  lines: number[];
  /** For a withdrawn report: its directions, whose rows alone are in question. */
  of?: readonly string[];
  /**
   * For a withdrawn report's number: the other handsets of the report in which it was seen, and which were not withdrawn when the file was
   * sent.
   */
  others?: readonly { readonly imei: string; readonly day: string }[];
}

/** The subjects in the rows of an appeal, and the counts and rejects of its receipt. */
export function appealIn(text: string): {
  subjects: Subject[];
  rows: number;
  rejects: { line: number; reason: string }[];
  alreadyRecorded: number;
} {
  const rejects: { line: number; reason: string }[] = [];
  const subjects = new Map<string, Subject>();
  let good = 0;
  const { lines } = linesOf(text);
  for (const { line, cells } of lines) {
    const { imei = '', msisdn = '', ground = '' } = cells ?? {};
    const handset = imei === '' ? { imei: '' } : imeiIn(imei);
    const number = msisdn === '' && imei !== '' ? { msisdn: '' } : msisdnIn(msisdn);
    const on = GROUNDS.find((one) => one.replace('_', '') === ground.toLowerCase().replaceAll(/[\s\-_.]/g, '')) ?? '';
    const reason = () => {
      if (!cells) return 'wrong_cell_count';
      if ('reason' in handset) return handset.reason;
      if ('reason' in number) return number.reason;
      if (ground === '') return 'missing_ground';
      return on === '' ? 'bad_ground' : '';
    };
    if (reason() !== '') rejects.push({ line, reason: reason() });
    else if ('imei' in handset && 'msisdn' in number) {
      good++;
      const name = `${handset.imei} ${number.msisdn}`;
      const known = subjects.get(name) ?? { ...handset, ...number, ground: on, lines: [] };
      subjects.set(name, { ...known, lines: [...known.lines, line] });
    }
  }
  const alreadyRecorded = good - subjects.size;
  return { subjects: [...subjects.values()], rows: lines.length, rejects, alreadyRecorded };
}

/** The upload by which a reversal was begun. */
export function uploadOf({ seen }: Known, { file, uploadedAt }: Item): Upload | undefined {
  return seen.uploads.find(({ key, at }) => key === file && instant(at) === uploadedAt);
}

/** The handsets of a report that reversals with an earlier plan took back, without those that approvers left out. */
export function takenBackOf(known: Known, report: string, isBefore: (reversal: Item) => boolean): Set<string> {
  const text = uploadOf(known, known.seen.cases[`BATCH#${report}`] ?? {})?.text ?? '';
  const taken = new Set<string>();
  for (const item of known.batches) {
    const file = String(item.file).split('/');
    if (file[0] !== 'withdrawals' || file[2] !== report || item.directedAt === undefined || !isBefore(item)) continue;
    const named = handsetsIn(uploadOf(known, item)?.text ?? '');
    const struck = struckIn(known, String(item.batchId));
    for (const imei of named.size === 0 ? handsetsIn(text) : named) if (!struck.has(imei)) taken.add(imei);
  }
  return taken;
}

/**
 * The subjects that an agency takes back of a report: the handsets that it names, or all, and the numbers that the report directed and that
 * these handsets link, whoever else links them.
 */
function withdrawnBy(known: Known, { key, text, at }: Upload): Subject[] {
  const report = key.split('/')[2] ?? '';
  const item = known.seen.cases[`BATCH#${report}`] ?? {};
  const upload = uploadOf(known, item);
  const own = directionsOf(known, report);
  const named = handsetsIn(text);
  const struck = struckIn(known, report);
  const before = takenBackOf(known, report, ({ directedAt }) => Date.parse(String(directedAt)) <= at);
  const reported = handsetsIn(upload?.text ?? '');
  const back = named.size === 0 ? reported : named;
  const links = linksOf(known.imported, upload?.at ?? 0, reported);
  const stands = (imei: string) => !back.has(imei) && !struck.has(imei) && !before.has(imei);
  const others = (number: string) => links.filter(({ imei, msisdn }) => msisdn === number && stands(imei));
  // Nobody was directed for a handset that people left out of the report.
  const linked = new Set(links.filter(({ imei }) => back.has(imei) && !struck.has(imei)).map(({ msisdn }) => msisdn));
  const of = own.map(({ id }) => id);
  const subject = { ground: 'withdrawal', lines: [], of };
  const directed = (kind: string) => new Set(own.filter((one) => one.kind === kind).flatMap(({ rows }) => rows));
  return [
    ...[...directed('reverify')]
      .filter((number) => named.size === 0 || linked.has(number))
      .map((msisdn) => ({ ...subject, imei: '', msisdn, others: others(msisdn) })),
    // The handsets include those that people left out, of which nothing was directed.
    ...[...back].filter((imei) => reported.has(imei)).map((imei) => ({ ...subject, imei, msisdn: '' })),
  ];
}

/**
 * The subjects for which no other handset stands any more, after what was taken back of their report. A handset in which the number's
 * former holder was seen doesn't count.
 */
export const asksFor = (
  subjects: readonly Subject[],
  taken: ReadonlySet<string>,
  since: (subject: Subject) => string = () => '',
) =>
  subjects.filter((subject) =>
    (subject.others ?? []).every(({ imei, day }) => taken.has(imei) || day <= since(subject)),
  );

/**
 * The subjects that the upload of a reversal asks to be given back, including those linked by another handset of the report that may be
 * withdrawn, too.
 */
export function subjectsOf(known: Known, upload: Upload): Subject[] {
  return upload.key.startsWith('appeals/') ? appealIn(upload.text).subjects : withdrawnBy(known, upload);
}
