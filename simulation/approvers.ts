/** Simulated approvers: by default they approve at once whatever they are asked about, in the public interest. */
import type { BatchId, Imei } from '../lambdas/domain/identifiers.ts';
import { previewKeys } from '../lambdas/domain/outbox.ts';
import type { Act } from '../lambdas/domain/subjects.ts';
import { bucketsOf } from './buckets.ts';
import { messageOf, type OutsideCloud } from './desk.ts';
import { planSample, type SampleReport, sampleBatch } from './sample.ts';

/** A held handset, as `held.csv` shows it to the approvers. */
export interface Shown {
  /** 15 digits. */
  imei: Imei;
  connections: number;
}

/** The approvers' acts upon a batch's held handsets; they say nothing of a handset that is not among them. */
export type Acts = (held: readonly Shown[]) => readonly { imei: Imei; act: Act }[];

/** Re-verifies the numbers of the handset that was used with most numbers, and of no other. */
export const heaviestReverified: Acts = (held) =>
  [...held]
    .sort((a, b) => b.connections - a.connections)
    .slice(0, 1)
    .map(({ imei }) => ({ imei, act: 'reverify' }));

/** Blocks all held handsets, as if none were held. */
export const allBlocked: Acts = (held) => held.map(({ imei }) => ({ imei, act: 'block' }));

/** Whether the first approver lets in a usage file that is held up, by the rules that it broke. */
export type Admits = (rules: readonly unknown[]) => boolean;

/** Lets in a file that is all about one handset, known to be a clone, if it broke no other rule. */
export const clonesAdmitted: Admits = (rules) => rules.length === 1 && rules[0] === 'one_handset';

/** What happens to a batch: the approvers approve it, the first of them refuses it, or nobody says anything. */
export type Verdicts = (batchId: unknown) => 'approve' | 'refuse' | 'wait';

/** The verdicts on the sample's reports that go no further; a user's uploads beside the sample are approved. */
export function sampleVerdicts(settings: { seed: number; scale: number; start: number }): Verdicts {
  const sample = planSample(settings);
  const fates = new Map<unknown, SampleReport['fate']>(
    sample.reports.filter(({ fate }) => fate !== undefined).map((report) => [sampleBatch(sample, report), report.fate]),
  );
  return (batchId) =>
    (({ refused: 'refuse', withdrawn: 'wait', reversed: 'approve', none: 'approve' }) as const)[
      fates.get(batchId) ?? 'none'
    ];
}

export class SimulatedApprovers {
  readonly #ids: readonly string[];
  readonly #acts: Acts;
  readonly #admits: Admits;
  readonly #verdicts: Verdicts;
  readonly #answered = new Set<string>();

  /**
   * @param ids the approvers of the configuration; the first of them decide, as many as are needed
   * @param acts without it they say nothing of held handsets, which are then spared
   * @param admits without it they admit no usage file
   * @param verdicts without it they approve
   */
  constructor(
    ids: readonly string[],
    acts: Acts = () => [],
    admits: Admits = () => false,
    verdicts: Verdicts = () => 'approve',
  ) {
    this.#ids = ids;
    this.#acts = acts;
    this.#admits = admits;
    this.#verdicts = verdicts;
  }

  /**
   * Takes a notice as it is published. If it asks the approvers, they upload their decisions, or their admission, at this instant of the
   * cloud.
   */
  hear(cloud: OutsideCloud, text: string): void {
    const notice = messageOf(text);
    const { kind, approver, batchId, people, sha256, held } = notice;
    if (kind === 'usage_gated' && approver !== undefined) this.#admit(cloud, notice);
    const asked = `${batchId} ${sha256}`;
    // Notices go to the administrators, too, and may come twice.
    if (kind !== 'decision_needed' || approver === undefined || this.#answered.has(asked)) return;
    this.#answered.add(asked);
    const verdict = this.#verdicts(batchId);
    if (verdict === 'wait') return;
    if (verdict === 'refuse') {
      cloud.outside(cloud.clock.now(), async () => {
        const file = `preview,decision,remarks\n${sha256},refuse,the list is that of another case\n`;
        await cloud.put(bucketsOf(cloud).inbox, `decisions/${this.#ids[0]}/${batchId}/refuse.csv`, file);
      });
      return;
    }
    for (const id of this.#ids.slice(0, Number(people)))
      cloud.outside(cloud.clock.now(), async () => {
        const shown = Number(held) > 0 ? await shownOf(cloud, batchId as BatchId) : [];
        const acts = this.#acts(shown).map(({ imei, act }) => `${sha256},${act},,${imei}\n`);
        const file = `preview,decision,ground,imei\n${sha256},approve,public_interest,\n${acts.join('')}`;
        await cloud.put(bucketsOf(cloud).inbox, `decisions/${id}/${batchId}/approve.csv`, file);
      });
  }

  #admit(cloud: OutsideCloud, { key, versionId, rules }: Record<string, unknown>): void {
    const [id] = this.#ids;
    const upload = `${key} ${versionId}`;
    const broken = Array.isArray(rules) ? rules.map(({ rule }) => rule) : [];
    if (id === undefined || this.#answered.has(upload) || !this.#admits(broken)) return;
    this.#answered.add(upload);
    cloud.outside(cloud.clock.now(), async () => {
      const name = String(key).split('/').slice(1).join('-');
      await cloud.put(bucketsOf(cloud).inbox, `admissions/${id}/${name}`, `key,version\n${key},${versionId}\n`);
    });
  }
}

async function shownOf(cloud: OutsideCloud, batchId: BatchId): Promise<Shown[]> {
  const text = Buffer.from(await cloud.get(bucketsOf(cloud).outbox, previewKeys(batchId).held)).toString('utf8');
  return text
    .split('\n')
    .slice(1, -1)
    .map((line) => {
      const [imei, , connections] = line.split(',');
      return { imei: imei as Imei, connections: Number(connections) };
    });
}
