/** Gathers what is stored of the subjects that a file of lookups asks about; each source is read once for all of them. */
import type { Instant } from '../domain/days.ts';
import { dayOf } from '../domain/days.ts';
import { exemptionOf } from '../domain/exemptions.ts';
import type { Facts, ReversalFacts, RowFacts } from '../domain/facts.ts';
import { type BatchId, type Imei, type Msisdn, parseDirectionId } from '../domain/identifiers.ts';
import type { LookupRow } from '../domain/lookups.ts';
import { factsSince } from '../domain/story-by-reference.ts';
import { readExemptions } from '../stores/cases/exemptions.ts';
import { asideOf } from './aside.ts';
import { Batches } from './batches.ts';
import { env } from './environment.ts';
import { reversalsOf } from './reversals.ts';
import { type Claimed, Rows } from './rows.ts';

/** A handset, or a number, as it is asked about. */
type Identifier = Imei | Msisdn;

/**
 * The facts of each of these rows, in their order; undefined for a reference that stands for no row.
 * @param inbox the bucket in which reports lie
 */
export async function gatherFacts(
  inbox: string,
  asked: readonly LookupRow[],
  now: Instant,
): Promise<(Facts | undefined)[]> {
  const batches = new Batches(inbox);
  const rows = new Rows(batches);
  const referred = await rows.referred(
    asked.flatMap(({ asked: one }) => (one.by === 'reference' ? [one.referred] : [])),
  );
  const subjectOf = ({ asked: one }: LookupRow): Identifier | undefined => {
    if (one.by === 'msisdn') return one.msisdn;
    return one.by === 'imei' ? one.imei : referred.get(one.referred)?.msisdn;
  };
  const subjects = new Set(asked.map(subjectOf).filter((subject) => subject !== undefined));

  const claimed = await rows.claimed(subjects);
  const aside = await asideOf(subjects);
  for (const { identifier, directionId } of aside) if (directionId !== null) claimed.add(identifier, { directionId });
  for (const { msisdn, pointer } of referred.values()) claimed.add(msisdn, pointer);
  const reversals = await reversalsOf(subjects, batches);
  for (const [subject, own] of reversals)
    for (const { directionIds } of own) for (const directionId of directionIds) claimed.add(subject, { directionId });
  const excepted = exceptedFrom(reversals);
  await addExceptions(rows, excepted, claimed);
  const rowsOf = await rows.read(claimed);

  const met = new Map<BatchId, Set<Identifier>>();
  const meets = (batchId: BatchId, subject: Identifier) =>
    met.set(batchId, (met.get(batchId) ?? new Set()).add(subject));
  // A handset from which a number is excepted may be read without being asked about.
  for (const subject of subjects) for (const { batchId } of rowsOf.get(subject) ?? []) meets(batchId, subject);
  for (const { batchId, identifier } of aside) meets(batchId, identifier);
  for (const [subject, own] of reversals) for (const { batchId } of own) meets(batchId, subject);
  const factsOf = await batches.facts(met);
  const { exemptions } = await readExemptions(env, dayOf(now));

  return asked.map((row) => {
    const identifier = subjectOf(row);
    if (identifier === undefined) return undefined;
    const facts: Facts = {
      subject: isNumber(identifier) ? { kind: 'number', msisdn: identifier } : { kind: 'handset', imei: identifier },
      batches: [...met].flatMap(([batchId, own]) => (own.has(identifier) ? (factsOf(batchId, identifier) ?? []) : [])),
      rows: rowsOf.get(identifier) ?? [],
      aside: aside.filter((one) => one.identifier === identifier),
      reversals: reversals.get(identifier) ?? [],
      blocks: [...excepted].flatMap(([imei, numbers]) =>
        isNumber(identifier) && numbers.has(identifier) ? (rowsOf.get(imei) ?? []).filter(isBlock) : [],
      ),
      exemption: exemptionOf(exemptions, identifier),
    };
    const pointer = row.asked.by === 'reference' ? referred.get(row.asked.referred)?.pointer : undefined;
    const at = facts.rows.find(
      ({ ledger, row }) => ledger.directionId === pointer?.directionId && row === pointer?.row,
    );
    return at === undefined ? facts : factsSince(facts, at);
  });
}

/** The numbers of the rows for which references stand, by the lines that name them. */
export async function numbersReferred(inbox: string, asked: readonly LookupRow[]): Promise<Map<number, Msisdn>> {
  const references = asked.flatMap(({ line, asked: one }) =>
    one.by === 'reference' ? [{ line, referred: one.referred }] : [],
  );
  const found = await new Rows(new Batches(inbox)).referred(references.map(({ referred }) => referred));
  return new Map(
    references.flatMap(({ line, referred }) => {
      const row = found.get(referred);
      return row === undefined ? [] : [[line, row.msisdn] as const];
    }),
  );
}

/** The handsets asked about from whose blocks numbers were to be excepted, each with these numbers. */
function exceptedFrom(reversals: ReadonlyMap<Identifier, readonly ReversalFacts[]>): Map<Imei, Set<Msisdn>> {
  const numbers = new Map<Imei, Set<Msisdn>>();
  for (const [subject, own] of reversals)
    for (const { imei, msisdn } of own)
      if (imei !== null && msisdn === subject) numbers.set(imei, (numbers.get(imei) ?? new Set()).add(msisdn));
  return numbers;
}

/**
 * Adds the directions that go on with the exception of a number from a handset's block, if nobody had answered, and the blocks of that
 * handset, since a later block excepts nobody: the handset's claim names them, and the number's doesn't.
 */
async function addExceptions(
  rows: Rows,
  excepted: ReadonlyMap<Imei, ReadonlySet<Msisdn>>,
  claimed: Claimed,
): Promise<void> {
  const { byDirection } = await rows.claimed(new Set(excepted.keys()));
  for (const [directionId, own] of byDirection) {
    const kind = parseDirectionId(directionId)?.kind;
    for (const handset of own.keys()) {
      if (isNumber(handset)) continue;
      if (kind === 'block') claimed.add(handset, { directionId });
      if (kind === 'unblock') for (const msisdn of excepted.get(handset) ?? []) claimed.add(msisdn, { directionId });
    }
  }
}

const isBlock = ({ ledger }: RowFacts) => ledger.kind === 'block';

function isNumber(identifier: Identifier): identifier is Msisdn {
  return identifier.startsWith('+');
}
