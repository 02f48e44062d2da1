/** The agencies and approvers of the year's world: what they report, and how they decide by what a preview shows them. */
import { bucketsOf } from '../../simulation/buckets.ts';
import type { OutsideCloud } from '../../simulation/desk.ts';
import { fraction, hash } from '../../simulation/random.ts';
import { sha256, written } from '../../test/reckoning/files.ts';
import { fileAskedBack } from './caseworkers.ts';
import type { Chronicle, Told, Word } from './chronicle.ts';
import { beginOf, dateOf, type Handset, HOUR, type Report, type World } from './draw.ts';
import { csv, reportFile } from './files.ts';
import { later } from './life.ts';

export const APPROVERS = ['approver-1', 'approver-2', 'approver-3'] as const;
/** The number of approvers who must approve. */
export const PEOPLE = 2;
/** The seconds of a minute at which agencies and approvers act, so that no two kinds of acts fall together. */
const AGENCY_SECOND = 5;
const APPROVER_SECOND = 17;

/**
 * The fate of a report. With `nobody` and `one alone` it lapses, and begins anew; with `withdrawn` its agency withdraws it before anybody
 * has decided.
 */
export type Fate = 'approved' | 'handset struck' | 'refused' | 'nobody' | 'one alone' | 'withdrawn';
const FATES: readonly Fate[] = [
  ...(['approved', 'approved', 'handset struck', 'refused', 'approved', 'nobody'] as const),
  ...(['withdrawn', 'handset struck', 'approved', 'one alone', 'approved', 'approved'] as const),
];

/**
 * The handsets of a directed report that its agency takes back, and after how many days: some soon, all of it in days, or all of it weeks
 * later.
 */
function withdrawalOf(n: number): { readonly days: number; readonly handsets: number | 'all' } | undefined {
  if (n % 12 === 0) return { days: 3, handsets: 2 };
  if (n % 12 === 4) return { days: 9, handsets: 3 };
  if (n % 24 === 1) return { days: 5, handsets: 'all' };
  return n % 24 === 8 ? { days: 26, handsets: 'all' } : undefined;
}

export const fateOf = (n: number): Fate => FATES[n % FATES.length] ?? 'approved';

interface Filed {
  readonly report: Report;
  readonly handsets: readonly Handset[];
  readonly key: string;
  readonly text: string;
  /** Whether it is the rest of a report that was refused. */
  readonly isCorrected: boolean;
  lapsed: boolean;
}

export class Deciders {
  readonly #cloud: OutsideCloud;
  readonly #world: World;
  readonly #chronicle: Chronicle;
  readonly #filed = new Map<string, Filed>();
  readonly #asked = new Set<string>();

  constructor(cloud: OutsideCloud, world: World, chronicle: Chronicle) {
    this.#cloud = cloud;
    this.#world = world;
    this.#chronicle = chronicle;
  }

  /** Plans the acts that don't depend on notices. */
  begin(): void {
    for (const report of this.#world.reports) {
      const at = later(beginOf(report.day), 4 + 6 * this.#chance('uploads', report.n), AGENCY_SECOND);
      this.#act(at, () => this.#file(report, report.handsets, false));
      // Somebody sends the report once more.
      if (report.n % 6 === 4) this.#act(at + 30 * HOUR, () => this.#sendAgain(report));
    }
    for (const [n, day] of [10, 95, 185, 275].entries())
      if (day < this.#world.days) this.#act(later(beginOf(day), 5, APPROVER_SECOND), () => this.#exempt(n, day));
  }

  /** Takes a notice as it is published. */
  hear(told: Told): void {
    const { kind, batchId, agency, approver } = told;
    const filed = this.#filed.get(String(batchId));
    if (filed === undefined) return;
    if (kind === 'decision_needed' && approver !== undefined) this.#decide(filed, told);
    if (agency === undefined || approver !== undefined) return;
    const now = this.#cloud.clock.now();
    if (kind === 'batch_lapsed' && !filed.lapsed) {
      filed.lapsed = true;
      this.#act(later(now, 5, AGENCY_SECOND), () => this.#upload(filed));
    }
    // Half of the refused reports come again, without the handsets that should not have been in them.
    if (kind === 'batch_refused' && !filed.isCorrected && filed.report.n % 24 < 12) {
      const { report } = filed;
      const handsets = filed.handsets.filter((handset) => handset.kind !== 'mistaken');
      this.#act(later(now, 72, AGENCY_SECOND), () => this.#file(report, handsets, true));
    }
  }

  async #file(report: Report, handsets: readonly Handset[], isCorrected: boolean): Promise<void> {
    const { agency, n } = report;
    const name = `report ${n}${isCorrected ? ' corrected' : ''}`;
    const { text, rows } = reportFile(this.#world.seed, name, handsets);
    const batchId = `${agency}-${sha256(text).slice(0, 12)}`;
    const key = `reports/${agency}/${name}.csv`;
    const filed = { report, handsets, key, text, isCorrected, lapsed: false };
    this.#filed.set(batchId, filed);
    this.#chronicle.reports.push({ agency, batchId, key, handsets: handsets.map(({ imei }) => imei), rows, begun: [] });
    await this.#upload(filed);
  }

  async #upload({ key, text }: Filed): Promise<void> {
    this.#chronicle.reports.find((one) => one.key === key)?.begun.push(this.#cloud.clock.now());
    await this.#put(key, text);
  }

  async #sendAgain({ n }: Report): Promise<void> {
    for (const { report, text, key } of this.#filed.values())
      if (report.n === n) await this.#put(key.replace('.csv', ' (again).csv'), text);
  }

  /** Plans the decisions of two approvers, hours apart; their words on held handsets and on the batch go by the preview and their notes. */
  #decide(filed: Filed, told: Told): void {
    const { batchId, sha256: preview, held } = told as Told & Record<'batchId' | 'sha256', string>;
    if (this.#asked.has(`${batchId} ${preview}`)) return;
    this.#asked.add(`${batchId} ${preview}`);
    const { report, handsets, isCorrected, lapsed } = filed;
    const fate = isCorrected || lapsed ? 'approved' : fateOf(report.n);
    const now = this.#cloud.clock.now();
    if (fate === 'withdrawn')
      this.#act(now + HOUR / 2, () =>
        this.#put(`withdrawals/${report.agency}/${batchId}/by mistake.csv`, csv(['imei'])),
      );
    if (fate === 'nobody' || fate === 'withdrawn') return;
    for (const k of fate === 'one alone' ? [0] : [0, 1]) {
      const approver = APPROVERS[(report.n + k) % APPROVERS.length] as string;
      const at = later(
        now,
        k === 0 ? 1 + 8 * this.#chance('first', batchId) : 10 + 20 * this.#chance('second', batchId),
        APPROVER_SECOND,
      );
      this.#act(at, async () => {
        const words: Word[] = Number(held) > 0 ? await this.#ofHeld(batchId, k) : [];
        // One handset is struck since a hospital has called.
        const struck = handsets.find(({ kind }) => kind === 'mistaken') ?? handsets.at(-1);
        if (fate === 'handset struck' && k === 0 && struck !== undefined)
          words.push({ decision: 'strike', imei: struck.imei });
        words.push({ decision: fate === 'refused' && k === 1 ? 'refuse' : 'approve' });
        this.#chronicle.decisions.push({ approver, batchId, at, preview, words });
        const rows = words.map(({ decision, imei }) => {
          const remarks =
            decision === 'strike' ? 'a hospital' : decision === 'refuse' ? 'the list is that of another case' : '';
          return `${preview},${decision},${imei === undefined ? '' : written(imei)},${decision === 'approve' ? 'public_interest' : ''},${remarks}`;
        });
        if (k === 1 && fate !== 'refused') this.#planWithdrawal(filed, batchId);
        await this.#put(
          `decisions/${approver}/${batchId}/decision.csv`,
          csv(['preview,decision,imei,ground,remarks', ...rows]),
        );
      });
    }
  }

  /** Plans the withdrawal of what the agency shouldn't have reported, days after the decision. */
  #planWithdrawal({ report, handsets, isCorrected }: Filed, batchId: string): void {
    const plan = isCorrected ? undefined : withdrawalOf(report.n);
    if (plan === undefined) return;
    const at = later(this.#cloud.clock.now(), 24 * plan.days, AGENCY_SECOND);
    const mistaken = handsets.filter(({ kind }) => kind === 'mistaken');
    const named = [...new Set([...mistaken, ...handsets.toReversed()])].slice(0, Number(plan.handsets));
    const imeis = plan.handsets === 'all' ? undefined : named.map(({ imei }) => imei);
    this.#act(at, () =>
      fileAskedBack(
        this.#cloud,
        this.#chronicle,
        `withdrawals/${report.agency}/${batchId}/taken back.csv`,
        csv(['imei', ...(imeis ?? []).map(written)]),
        { uploader: report.agency, rows: [], withdraws: { batchId, imeis }, fate: 'granted' },
      ),
    );
  }

  /**
   * The words on held handsets. One whose numbers were all in one area is a SIM box, and is blocked; for some of them one of the two
   * approvers would have the numbers re-verified only, or says nothing. Handsets spread over the country are spared, by saying nothing.
   */
  async #ofHeld(batchId: string, k: number): Promise<Word[]> {
    const text = Buffer.from(
      await this.#cloud.get(bucketsOf(this.#cloud).outbox, `previews/${batchId}/held.csv`),
    ).toString('utf8');
    return text
      .trimEnd()
      .split('\n')
      .slice(1)
      .flatMap((line): Word[] => {
        const [imei = '', , , areas] = line.split(',');
        if (areas !== '1') return [];
        const dice = this.#chance('act', imei);
        if (k === 1 && dice < 0.1) return [];
        return [{ decision: k === 1 && dice < 0.25 ? 'reverify' : 'block', imei: imei.slice(0, 14) }];
      });
  }

  /**
   * Uploads exemptions for the months to come: two approvers exempt some subjects, one alone another, and one ends an earlier exemption.
   */
  async #exempt(n: number, day: number): Promise<void> {
    const soon = new Set(
      this.#world.reports
        .filter((report) => report.day > day && report.day < day + 80)
        .flatMap(({ handsets }) => handsets),
    );
    const uses = this.#world.uses.filter(({ handset }) => soon.has(handset));
    const of = (part: string, skip = 0) => uses.filter(({ person }) => person.part === part)[skip];
    const until = dateOf(day + 85);
    const numbers = [of('second-hand buyer'), of('borrower'), of('fraudster')].flatMap((use) =>
      use ? [use.number.digits] : [],
    );
    const single = of('second-hand buyer', 1)?.number.digits;
    const handset = [...soon].find(({ kind }) => kind === 'mistaken')?.imei;
    for (const [k, approver] of APPROVERS.slice(0, 2).entries()) {
      const at = this.#cloud.clock.now() + k * HOUR;
      this.#act(at, async () => {
        const said: string[] = [];
        const say = (subject: string, last: string) => {
          const isNumber = subject.startsWith('+');
          this.#chronicle.exemptions.push({ approver, at, subject, until: last });
          said.push(`${isNumber ? subject : ''},${isNumber ? '' : written(subject)},${last},on an order of the court`);
        };
        for (const digits of numbers) say(`+91${digits}`, until);
        if (handset !== undefined) say(handset, until);
        if (k === 0 && single !== undefined) say(`+91${single}`, until);
        const [before] = this.#chronicle.exemptions.filter(
          (one) => one.at < at - 24 * HOUR && one.approver === approver,
        );
        if (k === 1 && before !== undefined) say(before.subject, dateOf(day - 1));
        if (said.length > 0)
          await this.#put(`exemptions/${approver}/exemptions ${n}.csv`, csv(['msisdn,imei,until,reason', ...said]));
      });
    }
  }

  #put(key: string, text: string): Promise<void> {
    return this.#cloud.put(bucketsOf(this.#cloud).inbox, key, text);
  }

  #chance(...what: (string | number)[]): number {
    return fraction(hash(this.#world.seed, 'deciders'), ...what);
  }

  #act(at: number, run: () => Promise<void>): void {
    this.#cloud.outside(at, run);
  }
}
