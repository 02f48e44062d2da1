import { z } from 'zod';
import { addDecision, type Decisions, type Elsewhere, elsewhereLines } from '../domain/books.ts';
import {
  type CountedPointer,
  decideClaim,
  keptUntil,
  nextPointers,
  type Pointer,
  slotOf,
  writePointer,
} from '../domain/claims.ts';
import { type Day, type Instant, laterOf } from '../domain/days.ts';
import { cutEvenly, directionRowLine, type Run, subjectOfLine } from '../domain/directions.ts';
import { directionIdOf, type Imei, type Msisdn, type OperatorId, partOf } from '../domain/identifiers.ts';
import type { DirectionKind } from '../domain/kinds.ts';
import { deadlinesOf, type RungPolicy } from '../domain/ladders.ts';
import { newLedger } from '../domain/ledger.ts';
import {
  mustAddUp,
  type PlannedDirection,
  type ShardDecision,
  shardDecisionForm,
  slices as sliceList,
} from '../domain/plans.ts';
import { type GatheredLink, keepNewest, numberOfGatheredLine, parseGatheredLine } from '../domain/sightings.ts';
import { fields } from '../domain/stored.ts';
import { instant, log, operatorIds, task, wholeNumber } from '../shell.ts';
import { type Claim, putClaim, readClaims } from '../stores/cases/claims.ts';
import { readDecision, registerDecision } from '../stores/cases/decisions.ts';
import { createLedger } from '../stores/cases/ledgers.ts';
import { Conflict } from '../stores/cases/table.ts';
import { concurrently } from '../stores/concurrently.ts';
import { EarlierDirections } from '../stores/earlier-directions.ts';
import { readHandsets } from '../stores/handsets.ts';
import { readSlice, readText, readTextLines, writeObject } from '../stores/objects.ts';

const environment = z.object({
  WORK: z.string(),
  CASES: z.string(),
  LADDERS: z.string().transform((json) => JSON.parse(json) as Record<DirectionKind, RungPolicy[]>),
  ROWS_PER_DIRECTION: wholeNumber,
  /** For how many days after the last word on it a number or a handset stays claimed. */
  CASE_DAYS: wholeNumber,
});
export type Environment = z.input<typeof environment>;
const env = environment.parse(process.env);

const shardItem = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('reverify'),
    shard: z.number(),
    links: z.number(),
    slices: z.object({ start: z.number(), bytes: z.number() }),
    part: z.object({ part: z.number(), of: z.number(), shards: z.number() }).nullable(),
  }),
  z.object({ kind: z.literal('block'), shard: z.number(), run: z.object({ first: z.number(), count: z.number() }) }),
]);
const input = z.object({
  batchId: fields.batch,
  plan: z.number(),
  startedAt: instant,
  handsetsKey: z.string(),
  /** What Gather returned. */
  gathered: z.object({ indexKey: z.string(), operators: operatorIds }),
  item: shardItem,
});
type Input = z.output<typeof input>;
type Shard = Extract<Input['item'], { kind: 'reverify' }>;

/** A number, or a handset at an operator, for which something is to be decided. */
interface Candidate {
  identifier: Msisdn | Imei;
  operator: OperatorId;
  newestDay: Day | null;
  /** The row of the direction, as the work bucket keeps it. */
  line: string;
}

const CLAIMS_AT_ONCE = 32;

const SLICES_AT_ONCE = 8;

async function connections(indexKey: string, { shard, links, slices, part }: Shard) {
  const line = await readSlice({ bucket: env.WORK, key: indexKey }, slices.start, slices.bytes);
  const newest = new Map<Msisdn, GatheredLink>();
  let read = 0;
  let taken = 0;
  await concurrently(sliceList.parse(JSON.parse(line)), SLICES_AT_ONCE, async ([key, start, bytes]) => {
    for await (const block of readTextLines({ bucket: env.WORK, key }, { start, end: start + bytes }))
      for (const text of block) {
        read += 1;
        if (part && partOf(numberOfGatheredLine(text), part.shards, part.of) !== part.part) continue;
        taken += 1;
        // A copy, since a piece of a block would keep all of that in memory.
        keepNewest(newest, parseGatheredLine(Buffer.from(text).toString()));
      }
  });
  mustAddUp(`links of shard ${shard}`, read, links);
  const candidates = Array.from(
    newest.values(),
    ({ msisdn, imei, operator, lastSeen, lsa }): Candidate => ({
      identifier: msisdn,
      operator,
      newestDay: lastSeen,
      line: directionRowLine('reverify', { msisdn, imei, lastSeen, lsa }),
    }),
  );
  return { candidates, taken };
}

async function handsets(handsetsKey: string, operators: OperatorId[], run: Run) {
  const imeis = await readHandsets({ bucket: env.WORK, key: handsetsKey }, run);
  mustAddUp('handsets of a shard', imeis.length, run.count);
  const candidates = imeis.flatMap((imei) =>
    operators.map(
      (operator): Candidate => ({
        identifier: imei,
        operator,
        newestDay: null,
        line: directionRowLine('block', { imei }),
      }),
    ),
  );
  return { candidates, taken: imeis.length };
}

/** Decides what becomes of every candidate, cuts what is to be directed, and writes all that under the attempt's own name. */
async function decide(
  { batchId, plan, startedAt, item: { kind, shard } }: Input,
  { candidates, taken }: { candidates: Candidate[]; taken: number },
  claims: Map<string, Claim>,
  earlier: EarlierDirections,
  folder: string,
): Promise<string> {
  const directed = new Map<OperatorId, Candidate[]>();
  const elsewhere: Elsewhere[] = [];
  const counts = new Map<string, { operator: OperatorId; state: Elsewhere['state'] | 'directed'; count: number }>();
  for (const candidate of candidates) {
    const { identifier, operator, newestDay } = candidate;
    const stored = claims.get(identifier)?.pointers[slotOf(kind, operator)] ?? [];
    const decision = decideClaim(kind, operator, newestDay, stored.length > 0 ? await earlier.counted(stored) : []);
    if (decision.state === 'directed') {
      const rows = directed.get(operator) ?? [];
      directed.set(operator, rows);
      rows.push(candidate);
    } else elsewhere.push({ kind, identifier, operator, ...decision });
    const count = counts.get(`${operator} ${decision.state}`) ?? { operator, state: decision.state, count: 0 };
    count.count += 1;
    counts.set(`${operator} ${decision.state}`, count);
  }

  const directions: PlannedDirection[] = [];
  for (const operator of [...directed.keys()].sort()) {
    const rows = (directed.get(operator) ?? []).sort((a, b) => (a.identifier < b.identifier ? -1 : 1));
    for (const [n, piece] of cutEvenly(rows, env.ROWS_PER_DIRECTION).entries()) {
      const directionId = directionIdOf({ batchId, kind, operator, plan, shard, n });
      const rowsKey = `${folder}/${operator}-${n}.tsv`;
      await writeObject({ bucket: env.WORK, key: rowsKey }, piece.map(({ line }) => `${line}\n`).join(''));
      directions.push({ directionId, operator, rows: piece.length, rowsKey });
    }
  }
  const list = Buffer.from(
    elsewhereLines(elsewhere)
      .map((line) => `${line}\n`)
      .join(''),
  );
  const elsewhereKey = `${folder}/elsewhere.csv`;
  if (list.length > 0) await writeObject({ bucket: env.WORK, key: elsewhereKey }, list);
  const decision: ShardDecision = {
    kind,
    shard,
    taken,
    rungs: deadlinesOf(env.LADDERS[kind], startedAt),
    decisions: [...counts.values()].reduce<Decisions>(
      (all, { operator, state, count }) => addDecision(all, kind, operator, state, count),
      {},
    ),
    directions,
    elsewhere: list.length > 0 ? { key: elsewhereKey, bytes: list.length } : null,
  };
  const decisionKey = `${folder}/decision.json`;
  await writeObject({ bucket: env.WORK, key: decisionKey }, JSON.stringify(shardDecisionForm.write(decision)));
  return decisionKey;
}

/** Claims one number, or one handset at all of its operators, for the rows of this plan. */
async function claim(
  kind: DirectionKind,
  identifier: Msisdn | Imei,
  own: Map<string, Pointer>,
  seen: Claim | undefined,
  earlier: EarlierDirections,
  { startedAt, until }: { startedAt: Instant; until: Instant },
): Promise<void> {
  let current = seen;
  for (;;) {
    const stored = current?.pointers ?? {};
    if ([...own].every(([slot, pointer]) => stored[slot]?.[0] === writePointer(pointer))) return;
    const pointers: Claim['pointers'] = { ...stored };
    for (const [slot, pointer] of own) {
      const counted: CountedPointer[] = await earlier.counted(stored[slot] ?? []);
      pointers[slot] = nextPointers(pointer, counted);
    }
    try {
      const kept = laterOf(until, current?.keptUntil ?? until);
      await putClaim(env.CASES, kind, identifier, { pointers, keptUntil: kept }, current?.version ?? 0);
      return;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      current = (await readClaims(env.CASES, kind, [identifier], startedAt)).get(identifier);
    }
  }
}

/**
 * Claim: sees each number once, under its newest sighting, decides what becomes of it, cuts what is to be directed into
 * even directions, and claims each row with one conditional write.
 */
export const handler = task(input, async (request, attempt) => {
  const { batchId, plan, startedAt, gathered, item } = request;
  const { kind, shard } = item;
  const earlier = new EarlierDirections(env.CASES, plan);

  let decisionKey = await readDecision(env.CASES, plan, kind, shard);
  let claims: Map<string, Claim> | undefined;
  if (decisionKey === undefined) {
    const found =
      item.kind === 'reverify'
        ? await connections(gathered.indexKey, item)
        : await handsets(request.handsetsKey, gathered.operators, item.run);
    const identifiers = [...new Set(found.candidates.map(({ identifier }) => identifier))];
    claims = await readClaims(env.CASES, kind, identifiers, startedAt);
    const folder = `plans/${plan}/decisions/${kind}-${shard}/${attempt}`;
    const mine = await decide(request, found, claims, earlier, folder);
    decisionKey = await registerDecision(env.CASES, plan, kind, shard, mine);
    if (decisionKey !== mine) claims = undefined;
  }
  const decision = shardDecisionForm.parse(await readText({ bucket: env.WORK, key: decisionKey }));

  const rows = new Map<Msisdn | Imei, Map<string, Pointer>>();
  for (const { directionId, operator, rowsKey } of decision.directions) {
    const lines = (await readText({ bucket: env.WORK, key: rowsKey })).split('\n');
    for (const [row, line] of lines.entries()) {
      if (line === '') continue;
      const { identifier } = subjectOfLine(kind, line);
      const own = rows.get(identifier) ?? new Map<string, Pointer>();
      rows.set(identifier, own.set(slotOf(kind, operator), { directionId, row }));
    }
  }
  const seen = claims ?? (await readClaims(env.CASES, kind, [...rows.keys()], startedAt));
  const until = keptUntil(decision.rungs.at(-1)?.deadline ?? startedAt, env.CASE_DAYS);
  await concurrently(rows, CLAIMS_AT_ONCE, ([identifier, own]) =>
    claim(kind, identifier, own, seen.get(identifier), earlier, { startedAt, until }),
  );
  for (const { directionId, operator, rows: count, rowsKey } of decision.directions)
    await createLedger(
      env.CASES,
      newLedger({ directionId, batchId, operator, kind, plan, rows: count, rowsKey, startedAt, rungs: decision.rungs }),
    );
  log.info('shard claimed', { batchId, plan, kind, shard, directions: decision.directions.length });
  return { decisionKey };
});
