/**
 * The approvers' decisions on batches, and their results: from the text of their uploads, from their receipts, and from the notices that
 * asked them.
 */
import { imeiIn, linesOf, msisdnIn, refusedAt, sha256 } from '../../../test/reckoning/files.ts';
import { APPROVERS, DAY, DECIDE_WITHIN, PEOPLE, type Upload } from '../story.ts';
import { subjectsOf as askedOf } from './asked-back.ts';
import { askedBefore, decisionFiles, publishedPreview, type Receipt, recordedRows } from './decision-files.ts';
import type { Known } from './known.ts';
import type { Item } from './seen.ts';
import { handsetsIn, newestSightings } from './sightings.ts';
import { same, sum } from './values.ts';

/** A file is taken when it comes, or after what may go wrong with it, such as a lost event and a sweep. */
const TAKEN_WITHIN = 1.5 * DAY;

/** The handsets and numbers that a batch's approvers may name. */
export interface Subjects {
  handsets: Set<string>;
  linked: Set<string>;
}

/** The subjects of a report that was uploaded at `at`. */
export function subjectsOf(known: Known, { text, at }: Upload): Subjects {
  const handsets = handsetsIn(text);
  const linked = new Set(newestSightings(known.imported, at, handsets).map(({ msisdn }) => msisdn));
  return { handsets, linked };
}

/** The subjects of an appeal or a withdrawal. */
function subjectsOfReversal(known: Known, upload: Upload): Subjects {
  const asked = askedOf(known, upload);
  return {
    handsets: new Set(asked.map(({ imei }) => imei).filter((imei) => imei !== '')),
    linked: new Set(asked.map(({ msisdn }) => msisdn).filter((msisdn) => msisdn !== '')),
  };
}

/** A row of a decision: the reason why it is rejected, or its word on the batch, or on handsets (14 digits) and numbers. */
type Word = { line: number } & ({ reason: string } | { says: string; of: string[] });

/** The words of a file on a preview, row by row; no handset of a story is held. */
function wordsIn(text: string, preview: string, { handsets, linked }: Subjects): Word[] {
  return linesOf(text).lines.map(({ line, cells }): Word => {
    const no = (reason: string) => ({ line, reason });
    if (!cells) return no('wrong_cell_count');
    const { imei = '', msisdn = '', remarks = '' } = cells;
    const [decision, ground] = [(cells.decision ?? '').toLowerCase(), (cells.ground ?? '').toLowerCase()];
    if (!/^[0-9a-f]{64}$/i.test(cells.preview ?? '')) return no('bad_preview');
    if (cells.preview?.toLowerCase() !== preview) return no('not_this_preview');
    if (!['approve', 'refuse', 'block', 'reverify', 'spare', 'strike'].includes(decision))
      return no('unknown_decision');
    if (decision === 'approve' && !['public_interest', 'notice_given'].includes(ground)) return no('missing_ground');
    if ((decision === 'refuse' || decision === 'strike') && remarks === '') return no('missing_remarks');
    if (decision === 'approve' || decision === 'refuse')
      return imei + msisdn === '' ? { line, says: `${decision} ${ground}${remarks}`, of: [] } : no('about_the_batch');
    if (decision !== 'strike' && imei === '' && msisdn !== '') return no('not_held');
    const handset = imei === '' && decision === 'strike' && msisdn !== '' ? { imei: '' } : imeiIn(imei);
    if ('reason' in handset) return no(handset.reason);
    if (decision !== 'strike') return no('not_held');
    const number = msisdn === '' ? { msisdn: '' } : msisdnIn(msisdn);
    if ('reason' in number) return no(number.reason);
    const of = [handset.imei, number.msisdn].filter((one) => one !== '');
    return of.every((one) => handsets.has(one) || linked.has(one)) ? { line, says: decision, of } : no('not_a_subject');
  });
}

/** An approver's last words on a batch, with the instants of their files. */
class Voter {
  readonly #words = new Map<string, { says: string; at: number }>();

  /** The receipt of a file of the approver that counts after those before it. */
  receipt(text: string, at: number, preview: string, subjects: Subjects): Receipt {
    const words = wordsIn(text, preview, subjects);
    const hasRejects = words.some((word) => 'reason' in word);
    const rejects: Receipt['rejects'] = [];
    let [recorded, alreadyRecorded] = [0, 0];
    const stood = this.#words.get('the batch');
    for (const word of words) {
      if ('reason' in word) rejects.push({ line: word.line, reason: word.reason });
      else if (hasRejects && word.says.startsWith('approve')) {
        // What the file refused before that is not its last word any more.
        if (stood === undefined) this.#words.delete('the batch');
        else this.#words.set('the batch', stood);
        rejects.push({ line: word.line, reason: 'beside_rejects' });
      } else {
        const said = (word.of.length === 0 ? ['the batch'] : word.of).map((of) => {
          const before = this.#words.get(of);
          if (before !== undefined && before.at > at)
            return before.says === word.says && of !== 'the batch' ? 'known' : 'superseded';
          this.#words.set(of, { says: word.says, at });
          return before?.says === word.says ? 'known' : 'new';
        });
        if (said.includes('new')) recorded++;
        else if (said.includes('superseded')) rejects.push({ line: word.line, reason: 'superseded' });
        else alreadyRecorded++;
      }
    }
    const batch = this.#words.get('the batch');
    if (hasRejects && batch?.says.startsWith('approve') && batch.at <= at) this.#words.delete('the batch');
    return receiptOf(text, recorded, alreadyRecorded, rejects);
  }
}

function receiptOf(
  text: string,
  recorded: number,
  alreadyRecorded: number,
  rejects: Receipt['rejects'],
  refused: string | null = null,
): Receipt {
  const rejected: Record<string, number> = {};
  for (const { reason } of rejects) sum(rejected, reason);
  const rows = recorded + alreadyRecorded + rejects.length;
  const where = refused === null ? {} : refusedAt(text, refused);
  return { sha256: sha256(text), rows, recorded, alreadyRecorded, rejected, rejects, refused, ...where };
}

/** Expects the receipts of all uploads of approvers. */
export function expectDecided(known: Known): void {
  const files = decisionFiles(known);
  for (const { batchId, uploadedAt, file, kind, approvedAt } of known.batches) {
    const batch = String(batchId);
    const report = known.seen.uploads.find(({ key, at }) => key === file && Date.parse(String(uploadedAt)) === at);
    if (report === undefined) continue;
    const subjects = kind === 'reversal' ? subjectsOfReversal(known, report) : subjectsOf(known, report);
    const preview = publishedPreview(known, batch);
    const own = files.filter((one) => one.batch === batch);
    const counted = new Map<string, Receipt>();
    const voters = new Map<string, Voter>();
    for (const { approver, sha256: digest } of known.seen.counted[batch] ?? []) {
      const upload = own.find((one) => one.approver === approver && sha256(one.text) === digest);
      known.must(upload !== undefined, `${batch}: what a decision counts was uploaded`);
      if (upload === undefined) continue;
      const voter = voters.get(approver) ?? new Voter();
      voters.set(approver, voter);
      counted.set(`${approver} ${digest}`, voter.receipt(upload.text, upload.at, preview, subjects));
    }
    const newest = new Map((known.seen.counted[batch] ?? []).map((one) => [one.approver, one.sha256]));
    for (const { approver, text, at, receipt } of own) {
      const digest = sha256(text);
      const may = counted.get(`${approver} ${digest}`);
      const refused = refusedWhole(text, 'not_waiting');
      // Bytes from before an approver's newest file that come again once the batch is approved say nothing any more.
      const isLate = newest.get(approver) !== digest && at >= Date.parse(String(approvedAt));
      const possible = may
        ? [may, ...(isLate ? [refused] : [])]
        : [
            refused,
            refusedWhole(text, faultIn(text)),
            // These are receipts about a preview from before the batch was begun anew.
            ...askedBefore(known, batch, preview).flatMap((older) => {
              const voter = new Voter();
              for (const before of own)
                if (before.approver === approver && before.at < at)
                  voter.receipt(before.text, before.at, older, subjects);
              return [voter, new Voter()].map((one) => one.receipt(text, at, older, subjects));
            }),
          ];
      known.expected[receipt] = oneOf(known.seen.outbox[receipt], possible);
    }
  }
}

const refusedWhole = (text: string, why: string): Receipt => receiptOf(text, 0, 0, [], why);

/** The reason why a cut file can't be read; '' for a whole one. */
function faultIn(text: string): string {
  const { columns } = linesOf(text);
  const missing = ['preview', 'decision'].find((column) => !columns.includes(column));
  if (missing !== undefined) return `missing_column:${missing}`;
  return text.split('"').length % 2 === 0 ? 'unclosed_quote' : 'not_waiting';
}

/** The receipt that lies there, or the first of them. */
function oneOf(there: string | undefined, receipts: Receipt[]): Receipt | undefined {
  const { file: _, whatToDo: __, ...receipt } = JSON.parse(there ?? '{}') as Record<string, unknown>;
  return receipts.find((one) => same(one, receipt)) ?? receipts[0];
}

/** The approvers who approve a preview, with the instants at which they first did, or first did since the instants that are given. */
function whoApprove(
  known: Known,
  batch: string,
  preview: string,
  since = new Map<string, number>(),
): Map<string, number> {
  const approvers = new Map<string, number>();
  for (const file of decisionFiles(known).filter(
    (one) => one.batch === batch && one.at > (since.get(one.approver) ?? 0),
  ))
    if (recordedRows(known, file, preview).some(({ decision }) => decision === 'approve'))
      approvers.set(file.approver, Math.min(file.at, approvers.get(file.approver) ?? file.at));
  return approvers;
}

/** When each approver took back last what they had approved, by a file of which not all could be read, or a row was not taken. */
function takenBack(known: Known, batch: string): Map<string, number> {
  const last = new Map<string, number>();
  for (const { approver, at, receipt, batch: of } of decisionFiles(known)) {
    const told = JSON.parse(known.seen.outbox[receipt] ?? 'null') as Receipt | null;
    if (of !== batch || told === null || told.refused === 'not_waiting') continue;
    const isWhole = told.refused === null && told.rejects.every(({ reason }) => reason === 'superseded');
    if (!isWhole) last.set(approver, Math.max(at, last.get(approver) ?? 0));
  }
  return last;
}

/**
 * Checks invariant 8: a batch is planned when two different approvers have uploaded that they approve the published preview, and within
 * hours of the second of them.
 */
export const checkApproved = (known: Known, item: Item): void => checkPlannedIn(known, item, PEOPLE);

/** When the sweep has begun a batch again, by the name of its execution; 0 if it hasn't. */
function begunAgainAt({ execution }: Item): number {
  const [, day, time] = /_again_(\d{8})(\d{6})/.exec(String(execution)) ?? [];
  if (day === undefined || time === undefined) return 0;
  return Date.parse(`${day.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`);
}

/** Checks the same for a batch that `people` must approve. */
export function checkPlannedIn(known: Known, item: Item, people: number): void {
  const batch = String(item.batchId);
  const must = (holds: boolean, rule: string) => known.must(holds, `${batch}: ${rule}`);
  const startedAt = Date.parse(String(item.startedAt));
  const approvals = (since?: Map<string, number>) =>
    [...whoApprove(known, batch, publishedPreview(known, batch), since).values()].sort((a, b) => a - b);
  // A reversal that the sweep has begun again after it was approved is decided upon once more, on the preview that it had.
  const again = approvals(new Map(APPROVERS.map((approver) => [approver, begunAgainAt(item)])));
  const approved = again.length >= people ? again : approvals();
  const second = approved[people - 1];
  const isApproved = second !== undefined && second <= startedAt;
  must(
    isApproved,
    `${people === 1 ? 'one approver has' : 'two approvers have'} approved its preview before it is planned`,
  );
  if (second === undefined) return;
  must(startedAt <= second + TAKEN_WITHIN + known.seen.patience, 'its turn to plan comes, hours after it is approved');
  const { decideBy } = JSON.parse(known.seen.outbox[`previews/${batch}/preview.json`] ?? '{}') as {
    decideBy?: string | null;
  };
  must(
    decideBy === null || String(item.approvedAt) <= String(decideBy),
    'nothing is approved when the time to decide is over',
  );
}

/**
 * Checks invariant 9: silence cuts nobody off. A batch lapses when its time is over and not before, and only if fewer have approved it than
 * must.
 */
export function checkLapsed(known: Known): void {
  const told = Object.entries(known.seen.notices).flatMap(([queue, all]) =>
    queue.startsWith('fraud-batches-') ? all.filter(({ kind }) => kind === 'batch_lapsed') : [],
  );
  const asked = known.seen.notices['fraud-administrators']?.filter(({ kind }) => kind === 'decision_needed') ?? [];
  for (const { batchId, endedAt } of told) {
    const batch = String(batchId);
    const must = (holds: boolean, rule: string) => known.must(holds, `${batch}: ${rule}`);
    const over = asked.filter((one) => one.batchId === batchId && String(one.decideBy) <= String(endedAt));
    const last = over.toSorted((a, b) => (String(a.decideBy) < String(b.decideBy) ? -1 : 1)).at(-1);
    must(last !== undefined, 'no batch lapses before its time to decide is over');
    if (last === undefined) continue;
    const late = Date.parse(String(endedAt)) - Date.parse(String(last.decideBy));
    must(late <= TAKEN_WITHIN + known.seen.patience, 'a batch lapses when its time is over, or hours after it');
    const approve = whoApprove(known, batch, String(last.sha256), takenBack(known, batch)).size;
    must(approve < PEOPLE, 'no batch lapses that as many approve as must');
  }
  for (const [batch, summaries] of Object.entries(known.seen.lapsed))
    for (const summary of summaries) {
      const { status, connections, blocks } = JSON.parse(summary) as Record<string, Record<string, number>>;
      known.must(
        String(status) === 'lapsed' && isZero(connections) && isZero(blocks),
        `${batch}: a lapsed batch directs nobody`,
      );
    }
}

const isZero = (counts: Record<string, number> = { none: 1 }) => Object.values(counts).every((count) => count === 0);

/** Checks that a batch asks its approvers within hours of its report's upload, and that they have the time that they are promised. */
export function checkAsked(known: Known, batch: string, uploadedAt: number): void {
  const { decideBy, people } = JSON.parse(known.seen.outbox[`previews/${batch}/preview.json`] ?? '{}') as Item;
  const asked = Date.parse(String(decideBy)) - DECIDE_WITHIN;
  known.must(people === PEOPLE, `${batch}: its preview says how many must approve`);
  known.must(
    asked >= uploadedAt && asked <= uploadedAt + TAKEN_WITHIN + known.seen.patience,
    `${batch}: its approvers are asked hours after its upload, for as long as they are promised`,
  );
}
