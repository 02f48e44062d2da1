import type { Asked } from '../domain/appeals.ts';
import { type AskedSubject, isConditional } from '../domain/asked.ts';
import { planCounts } from '../domain/batches.ts';
import { type Imei, type Msisdn, parseDirectionId } from '../domain/identifiers.ts';
import type { Plan } from '../domain/plans.ts';
import type { Pointer } from '../domain/pointers.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { readHandsets } from '../stores/handsets.ts';
import { readText } from '../stores/objects.ts';
import { readPlan } from '../stores/plans.ts';
import { actedUponLinks, readWithdrawn } from '../stores/withdrawn-reports.ts';
import { addFoundByNights } from './nights.ts';
import { HANDSETS, NUMBERS, type Places, type RowKind, rowsIn } from './rows.ts';
import { type FoundElsewhere, foundElsewhere, rowsElsewhere } from './rows-elsewhere.ts';

/** A report that is withdrawn is not directed. */
class NotDirected extends Error {
  override readonly name = 'NotDirected';
}

/** The subjects that a file asks to be taken back, with their numbers, which are counted beside the list. */
export interface AskedSubjects {
  /** The subjects, to be listed once: the counts stand when it has ended. */
  each(): AsyncGenerator<AskedSubject>;
  /** The number of subjects, without those that are asked for only if what they depend on is withdrawn by the time when this is planned. */
  count(): number;
  /** The number of subjects that depend on other handsets of the report, or on another report. */
  conditional(): number;
  /** The number of conditional subjects that other handsets link. */
  onOtherHandsets(): number;
}

/** A report of which an agency takes back something. */
interface WithdrawnReport {
  readonly batch: Batch;
  readonly plan: Plan;
  /** The handsets that the agency names; null for the whole report. */
  readonly imeis: readonly Imei[] | null;
  /** These, and the numbers that they link, each with the other handsets that link it; null for the whole report. */
  readonly named: ReadonlyMap<Imei | Msisdn, readonly Imei[]> | null;
  readonly found: FoundElsewhere;
}

/**
 * What an agency takes back of a report that is directed: the handsets that it names, or all of them, and the numbers that it directed and
 * that these link. A number that another handset links, too, which still stands, is conditional: another withdrawal may take that handset
 * back before this one is planned. A row of another report in which this one found the number, without directing it again, is conditional,
 * too: that report may be withdrawn before. The order is that of the report's own directions, numbers first, so that whoever works on a
 * piece of the list reads few of these.
 * @throws NotDirected if the report isn't directed: whoever hears of a withdrawal waits for that
 */
export async function withdrawnSubjects(
  env: Places,
  { batchId, imeis }: NonNullable<Asked['withdraws']>,
): Promise<AskedSubjects> {
  const batch = await readBatch(env.CASES, batchId);
  if (batch?.planKey === undefined || !planCounts(batch.state))
    throw new NotDirected(`batch ${batchId} is not directed`);
  const plan = await readPlan(env.WORK, batch.planKey);
  const named = imeis === null ? null : await linkedBy(env, batch, new Set(imeis));
  const found = await foundElsewhere(env, plan, named);
  await addFoundByNights(env, plan, named, found);
  return new WithdrawnSubjects(env, { batch, plan, imeis, named, found });
}

/** The list of what is taken back of a report, and the counts of what it has listed so far. */
class WithdrawnSubjects implements AskedSubjects {
  readonly #env: Places;
  readonly #report: WithdrawnReport;
  #count = 0;
  #onOtherHandsets = 0;
  #onOtherReports = 0;

  constructor(env: Places, report: WithdrawnReport) {
    this.#env = env;
    this.#report = report;
  }

  async *each(): AsyncGenerator<AskedSubject> {
    yield* this.#numbers();
    yield* this.#handsets();
  }

  count(): number {
    return this.#count;
  }

  conditional(): number {
    return this.#onOtherHandsets + this.#onOtherReports;
  }

  onOtherHandsets(): number {
    return this.#onOtherHandsets;
  }

  /** The numbers in rows of the report, and then in rows of other batches, each row a subject of its own. */
  async *#numbers(): AsyncGenerator<AskedSubject> {
    const { named, found } = this.#report;
    for await (const { identifier, pointer, others } of this.#ownRows(NUMBERS))
      yield this.#counted(numberOf(identifier, pointer, others));
    for await (const { identifier, pointer, isWithdrawn } of rowsElsewhere(this.#env, found, NUMBERS)) {
      const number = numberOf(identifier, pointer, named?.get(identifier) ?? []);
      if (isWithdrawn) yield this.#counted(number);
      else {
        this.#onOtherReports += 1;
        yield number;
      }
    }
  }

  /** The handsets in rows of the report and of other batches, each with all of its rows; then those that have none. */
  async *#handsets(): AsyncGenerator<AskedSubject> {
    const { batch, imeis, found } = this.#report;
    // A handset has a row at each operator.
    const rows = new Map<Imei, Pointer[]>();
    const add = (imei: Imei, pointer: Pointer) => rows.set(imei, [...(rows.get(imei) ?? []), pointer]);
    for await (const { identifier, pointer } of this.#ownRows(HANDSETS)) add(identifier, pointer);
    for await (const { identifier, pointer } of rowsElsewhere(this.#env, found, HANDSETS)) add(identifier, pointer);
    for (const [imei, pointers] of rows) yield this.#counted(handsetOf(imei, pointers));
    // Handsets that the report didn't direct are asked for, too.
    for (const imei of imeis ?? (await handsetsOf(this.#env, batch)))
      if (!rows.has(imei)) yield this.#counted(handsetOf(imei, []));
  }

  /** The rows of the report's own directions that are withdrawn, each with the other handsets that link it and stand. */
  async *#ownRows<Identifier extends Imei | Msisdn>(
    rows: RowKind<Identifier>,
  ): AsyncGenerator<{ identifier: Identifier; pointer: Pointer; others: readonly Imei[] }> {
    const { plan, named } = this.#report;
    for (const { directionId, rowsKey } of plan.directions) {
      if (parseDirectionId(directionId)?.kind !== rows.kind) continue;
      const lines = (await readText({ bucket: this.#env.WORK, key: rowsKey })).split('\n');
      for (const { identifier, row } of rowsIn(rows, lines)) {
        const others = named === null ? [] : named.get(identifier);
        if (others !== undefined) yield { identifier, pointer: { directionId, row }, others };
      }
    }
  }

  /** Counts a subject that depends on no other report. */
  #counted(subject: AskedSubject): AskedSubject {
    if (isConditional(subject)) this.#onOtherHandsets += 1;
    else this.#count += 1;
    return subject;
  }
}

/** The handsets of a report, all of them. */
async function handsetsOf({ WORK }: Places, { handsetsKey, report }: Batch): Promise<Imei[]> {
  if (handsetsKey === undefined) return [];
  return await readHandsets({ bucket: WORK, key: handsetsKey }, { first: 0, count: report.handsets });
}

const numberOf = (msisdn: Msisdn, row: Pointer, others: readonly Imei[]): AskedSubject => ({
  imei: null,
  msisdn,
  scope: { rows: [row] },
  ground: 'withdrawal',
  lines: [],
  ...(others.length > 0 && { unless: others }),
});

const handsetOf = (imei: Imei, rows: readonly Pointer[]): AskedSubject => ({
  imei,
  msisdn: null,
  scope: { rows },
  ground: 'withdrawal',
  lines: [],
});

/**
 * The handsets that are withdrawn, and the numbers that they link, each with the other handsets that link it and are acted upon, as far as
 * is known by now.
 */
async function linkedBy(
  env: Places,
  batch: Batch,
  withdrawn: ReadonlySet<Imei>,
): Promise<ReadonlyMap<Imei | Msisdn, readonly Imei[]>> {
  const before = await readWithdrawn(env, batch.batchId);
  const linked = new Map<Msisdn, Set<Imei>>();
  for await (const { msisdn, imei } of actedUponLinks(env, batch))
    if (withdrawn.has(imei)) linked.set(msisdn, new Set());
  for await (const { msisdn, imei } of actedUponLinks(env, batch))
    if (!withdrawn.has(imei) && !before.has(imei)) linked.get(msisdn)?.add(imei);
  const numbers = [...linked].map(([msisdn, others]): [Msisdn, readonly Imei[]] => [msisdn, [...others].sort()]);
  return new Map<Imei | Msisdn, readonly Imei[]>([...[...withdrawn].map((imei) => [imei, []] as const), ...numbers]);
}
