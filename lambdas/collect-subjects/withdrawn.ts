import type { Asked } from '../domain/appeals.ts';
import { type AskedSubject, isConditional } from '../domain/asked.ts';
import { planCounts } from '../domain/batches.ts';
import type { Pointer } from '../domain/claims.ts';
import { decidedBy } from '../domain/decisions.ts';
import { subjectOfLine } from '../domain/directions.ts';
import { parseElsewhereLine } from '../domain/elsewhere.ts';
import { type BatchId, type DirectionId, type Imei, type Msisdn, parseDirectionId } from '../domain/identifiers.ts';
import type { DirectionKind } from '../domain/kinds.ts';
import { currentOutcomes } from '../domain/ledger.ts';
import { isReversed } from '../domain/outcomes.ts';
import { gatheredForm, type Plan, type PlannedDirection } from '../domain/plans.ts';
import { parseGatheredLine } from '../domain/sightings.ts';
import { type Decided, NOTHING_DECIDED } from '../domain/subjects.ts';
import { heldImeis } from '../domain/weighing.ts';
import { SCREENED } from '../domain/work.ts';
import { readApproval } from '../stores/cases/approvals.ts';
import { type Batch, readBatch } from '../stores/cases/batches.ts';
import { readLedger } from '../stores/cases/ledgers.ts';
import { readHandsets } from '../stores/handsets.ts';
import { readText, readTextLines } from '../stores/objects.ts';
import { readPlan } from '../stores/plans.ts';
import { isWithdrawn, readWithdrawn, type Withdrawn } from '../stores/withdrawn-reports.ts';

interface Places {
  readonly WORK: string;
  readonly CASES: string;
}

/**
 * What an agency takes back of a report that is directed: the handsets that it names, or all, and the numbers that it directed and that
 * these link. A number that another handset links, too, which still stands, is conditional: another withdrawal may take that back before
 * this one is planned. In the order of the report's own directions, numbers first, so that who works on a piece of the list reads few of
 * these.
 * @throws Error where the report isn't directed: whoever hears of a withdrawal waits for that
 */
export async function withdrawnSubjects(
  env: Places,
  { batchId, imeis }: NonNullable<Asked['withdraws']>,
): Promise<{ each(): AsyncGenerator<AskedSubject>; count(): number; conditional(): number }> {
  const batch = await readBatch(env.CASES, batchId);
  if (batch?.planKey === undefined || !planCounts(batch.state)) throw new Error(`batch ${batchId} is not directed`);
  const plan = await readPlan(env.WORK, batch.planKey);
  const also = imeis === null ? await keptFor(env, plan) : [];
  const named = imeis === null ? null : await linkedBy(env, batch, new Set(imeis));
  let count = 0;
  let conditional = 0;
  const counted = (subject: AskedSubject) => {
    if (isConditional(subject)) conditional += 1;
    else count += 1;
    return subject;
  };
  return {
    async *each() {
      count = 0;
      conditional = 0;
      for (const kind of ['reverify', 'block'] as const) {
        const handsets = new Map<Imei, AskedSubject>();
        // A handset has a row at each operator.
        const add = (imei: Imei, pointer: Pointer) => {
          const known = handsets.get(imei);
          const rows = [
            ...(known && known.scope !== 'current' && 'rows' in known.scope ? known.scope.rows : []),
            pointer,
          ];
          handsets.set(imei, { imei, msisdn: null, scope: { rows }, ground: 'withdrawal', lines: [] });
        };
        for (const direction of plan.directions.filter((one) => parseDirectionId(one.directionId)?.kind === kind))
          for await (const { identifier, row } of rowsOf(env, kind, direction)) {
            const others = named === null ? [] : named.get(identifier);
            if (others === undefined) continue;
            const pointer = { directionId: direction.directionId, row };
            if (kind === 'block') add(identifier as Imei, pointer);
            else yield counted(numberOf(identifier as Msisdn, pointer, others));
          }
        for (const one of also) {
          if (one.kind !== kind) continue;
          if (kind === 'block') add(one.identifier as Imei, one.pointer);
          else yield counted(numberOf(one.identifier as Msisdn, one.pointer, []));
        }
        for (const handset of handsets.values()) yield counted(handset);
        if (kind === 'reverify') continue;
        // Those that the report didn't direct are asked for, too.
        for (const imei of imeis ?? (await handsetsOf(env, batch))) {
          if (handsets.has(imei)) continue;
          yield counted({ imei, msisdn: null, scope: { rows: [] }, ground: 'withdrawal', lines: [] });
        }
      }
    },
    count: () => count,
    conditional: () => conditional,
  };
}

/** A row of a report that was withdrawn before, and kept on this one's account. */
interface KeptRow {
  readonly kind: DirectionKind;
  readonly identifier: Imei | Msisdn;
  readonly pointer: Pointer;
}

/** What of reports that were withdrawn before stays since this one found it there: with this one it goes, too. */
async function keptFor(env: Places, { elsewhere }: Plan): Promise<KeptRow[]> {
  const found = new Map<DirectionId, Set<Imei | Msisdn>>();
  for (const { key, bytes } of elsewhere)
    for await (const block of readTextLines({ bucket: env.WORK, key }, { start: 0, end: bytes }))
      for (const { directionId, identifier } of block.map(parseElsewhereLine))
        if (directionId !== null) found.set(directionId, (found.get(directionId) ?? new Set()).add(identifier));
  const withdrawn = new Map<BatchId, Withdrawn>();
  const kept: KeptRow[] = [];
  for (const [directionId, identifiers] of found) {
    const direction = parseDirectionId(directionId);
    if (direction === null || (direction.kind !== 'reverify' && direction.kind !== 'block')) continue;
    const { batchId, kind } = direction;
    const of = withdrawn.get(batchId) ?? (await readWithdrawn(env, batchId));
    withdrawn.set(batchId, of);
    if (![...identifiers].some((identifier) => isWithdrawn(of, { kind, identifier }))) continue;
    const ledger = await readLedger(env.CASES, directionId);
    if (ledger === undefined) continue;
    const bytes = currentOutcomes(ledger);
    for await (const { identifier, row } of rowsOf(env, kind, ledger))
      if (identifiers.has(identifier) && isWithdrawn(of, { kind, identifier }) && !isReversed(bytes, row))
        kept.push({ kind, identifier, pointer: { directionId, row } });
  }
  return kept;
}

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

async function* rowsOf({ WORK }: Places, kind: 'reverify' | 'block', { rowsKey }: Pick<PlannedDirection, 'rowsKey'>) {
  const lines = (await readText({ bucket: WORK, key: rowsKey })).split('\n');
  for (const [row, line] of lines.entries())
    if (line !== '') yield { identifier: subjectOfLine(kind, line).identifier, row };
}

/**
 * The handsets that are withdrawn, and the numbers that they link: each with the other handsets that link it, and are acted upon, as
 * it is known by now.
 */
async function linkedBy(
  env: Places,
  batch: Batch,
  withdrawn: ReadonlySet<Imei>,
): Promise<ReadonlyMap<Imei | Msisdn, readonly Imei[]>> {
  const before = await readWithdrawn(env, batch.batchId);
  const { held, struck } = await decidedOf(env, batch);
  const stands = (imei: Imei) =>
    !withdrawn.has(imei) && !before.has(imei) && !struck.has(imei) && held.get(imei) !== 'spare';
  const linked = new Map<Msisdn, Set<Imei>>();
  for await (const { msisdn, imei } of linksOf(env, batch)) if (withdrawn.has(imei)) linked.set(msisdn, new Set());
  for await (const { msisdn, imei } of linksOf(env, batch)) if (stands(imei)) linked.get(msisdn)?.add(imei);
  const numbers = [...linked].map(([msisdn, others]): [Msisdn, readonly Imei[]] => [msisdn, [...others].sort()]);
  return new Map<Imei | Msisdn, readonly Imei[]>([...[...withdrawn].map((imei) => [imei, []] as const), ...numbers]);
}

/** What people decided of the report; nothing of one from before anybody did. */
async function decidedOf(env: Places, { decision: pointer, previewKey }: Batch): Promise<Decided> {
  if (pointer === undefined || previewKey === undefined) return NOTHING_DECIDED;
  const decision = await readApproval(env.WORK, pointer);
  return decidedBy(decision, heldImeis(await readText({ bucket: env.WORK, key: SCREENED.previews.held(previewKey) })));
}

/** The links that the report's decision was bound to. */
async function* linksOf({ WORK }: Places, { batchId, previewKey }: Batch) {
  if (previewKey === undefined) throw new Error(`batch ${batchId as BatchId} has no list of its links`);
  const { objects } = gatheredForm.parse(await readText({ bucket: WORK, key: SCREENED.previews.gathered(previewKey) }));
  for (const { key, bytes } of objects)
    for await (const block of readTextLines({ bucket: WORK, key }, { start: 0, end: bytes }))
      for (const line of block) yield parseGatheredLine(line);
}
