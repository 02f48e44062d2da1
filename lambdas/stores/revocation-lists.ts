/**
 * The lists of revocations and withdrawals that responses cause, as they are published. A list may go out long after it was committed, and
 * a number in it may be somebody else's by then. It is published as it was committed all the same: if the ledger of the moment left a
 * number out, each attempt would publish other bytes, and the audit would know one of them. So whoever has published a list reads the
 * ledgers once more, and publishes again, after it, each withdrawal of a number that it names. A withdrawal that is committed after that
 * reading is published after it, too, so that no withdrawal comes only before a list.
 */

import type { Day } from '../domain/days.ts';
import { parseDirectionRowLine } from '../domain/directions.ts';
import { sha8, sha256Of } from '../domain/hashes.ts';
import type { DirectionId, Msisdn } from '../domain/identifiers.ts';
import { type Ledger, type Recorded, type RecordedFile, reissuedBy, rowsInNoList } from '../domain/ledger.ts';
import { lateRevocationKeys, type RevocationKeys, withdrawalKeys } from '../domain/outbox.ts';
import { type Pointer, readPointer } from '../domain/pointers.ts';
import { readMark } from '../domain/reversal-marks.ts';
import {
  lateListForm,
  revocationCsv,
  revocationJson,
  revocationRows,
  withdrawalCsv,
  withdrawalJson,
  withdrawalRows,
  withdrawnListForm,
} from '../domain/revocations.ts';
import { PREPARED } from '../domain/work.ts';
import { audit } from './audit.ts';
import { readClaimsHoweverOld } from './cases/claims.ts';
import { readLedger } from './cases/ledgers.ts';
import { addToList } from './cases/shared-lists.ts';
import { readText, writeObject } from './objects.ts';
import { withdrawReversedAgain } from './taking-back.ts';

interface Places {
  WORK: string;
  OUTBOX: string;
  CASES: string;
  AUDIT_QUEUE: string;
}

/** A list in which a recorded file has a part, and so have those of other directions that share its name. */
interface SharedList {
  readonly kind: 'late' | 'withdrawn';
  /** The audit's word for its publication. */
  readonly fact: 'revoked' | 'withdrawn';
  readonly keys: RevocationKeys;
  readonly day: Day;
  /** The two forms of the list, from what each direction's file prepared. */
  readonly forms: (prepared: readonly string[], csvName: string) => { readonly csv: string; readonly json: string };
}

/** The list of connections that ended by answers of a batch that has settled. */
const lateList = ({ batchId }: Ledger, { sha256 }: RecordedFile, day: Day): SharedList => ({
  kind: 'late',
  fact: 'revoked',
  keys: lateRevocationKeys(day, batchId, sha256),
  day,
  forms: (prepared, csvName) => {
    const rows = revocationRows(prepared.flatMap((list) => [...lateListForm.parse(list).revocations]));
    return { csv: [...revocationCsv(rows)].join(''), json: [...revocationJson(csvName, rows)].join('') };
  },
});

/** The list of numbers that are somebody else's, and stand in no list any more. */
const withdrawnList = ({ batchId }: Ledger, { sha256 }: RecordedFile, day: Day): SharedList => ({
  kind: 'withdrawn',
  fact: 'withdrawn',
  keys: withdrawalKeys(day, batchId, sha256),
  day,
  forms: (prepared, csvName) => {
    const rows = withdrawalRows(prepared.flatMap((list) => [...withdrawnListForm.parse(list).withdrawals]));
    return { csv: [...withdrawalCsv(rows)].join(''), json: [...withdrawalJson(csvName, rows)].join('') };
  },
});

/**
 * Publishes a list: the parts of all directions that share its key as one, again until no other came in between.
 * @param beside what the same file has recorded in other directions that share it: written once for all of them
 * @returns the keys of those parts in the work bucket
 */
async function publishList(
  env: Places,
  { ledger, recorded }: Recorded,
  list: SharedList,
  beside: readonly Recorded[],
): Promise<string[]> {
  const { batchId, directionId } = ledger;
  const { kind, keys, day } = list;
  const add = ({ ledger, recorded }: Recorded) =>
    addToList(
      env.CASES,
      { kind, day, batchId, sha8: sha8(recorded.sha256) },
      PREPARED.response(ledger.directionId, recorded.sha256, recorded.attempt, `${kind}.json`),
    );
  let published: string[] = [];
  let csv = '';
  let json = '';
  for (const other of beside) await add(other);
  for (;;) {
    const prepared = await add({ ledger, recorded });
    if (prepared.length === published.length) break;
    const parts = await Promise.all(prepared.map((key) => readText({ bucket: env.WORK, key })));
    ({ csv, json } = list.forms(parts, keys.csv.split('/').at(-1) ?? ''));
    await writeObject({ bucket: env.OUTBOX, key: keys.csv }, csv);
    await writeObject({ bucket: env.OUTBOX, key: keys.json }, json);
    published = prepared;
  }
  await audit(env, {
    batchId,
    // The list of several directions grows with each of them.
    id: `${list.fact}/${keys.csv}/${published.length}`,
    kind: list.fact,
    at: recorded.at,
    facts: { direction: directionId, ledger: recorded.version, directions: published.length },
    files: { csv: { key: keys.csv, sha256: sha256Of(csv) }, json: { key: keys.json, sha256: sha256Of(json) } },
  });
  return published;
}

/**
 * Publishes the list of the connections that a recorded file ended after its batch had settled, on day `on`.
 * @param beside the same file's records in other directions of the batch, on that day
 */
export async function publishLate(
  env: Places,
  { ledger, recorded }: Recorded,
  on: Day,
  beside: readonly Recorded[] = [],
): Promise<void> {
  for (const part of await publishList(env, { ledger, recorded }, lateList(ledger, recorded, on), beside)) {
    const read = await readLedger(env.CASES, PREPARED.directionOf(part));
    const rows = read ? rowsInNoList(read) : [];
    if (!read || rows.length === 0) continue;
    const { revocations } = lateListForm.parse(await readText({ bucket: env.WORK, key: part }));
    const listed = new Set(revocations.map(({ msisdn }) => msisdn));
    await withdrawAgain(env, read, rows, (msisdn) => listed.has(msisdn));
  }
}

/**
 * Publishes the list of the numbers that are somebody else's, as a recorded file said on day `on`.
 * @param beside the same file's records in other directions of the batch, on that day
 */
export async function publishWithdrawn(
  env: Places,
  { ledger, recorded }: Recorded,
  on: Day,
  beside: readonly Recorded[] = [],
): Promise<void> {
  await publishList(env, { ledger, recorded }, withdrawnList(ledger, recorded, on), beside);
}

/**
 * Publishes again the withdrawals of the numbers of these rows (from 0) of a direction that were taken back, as far as a list that was just
 * published names them. The number's claim tells whose answer it was: of this direction or of another.
 */
export async function withdrawAgain(
  env: Places,
  { directionId, rowsKey }: Pick<Ledger, 'directionId' | 'rowsKey'>,
  rows: readonly number[],
  isListed: (msisdn: Msisdn) => boolean,
): Promise<void> {
  const lines = (await readText({ bucket: env.WORK, key: rowsKey })).split('\n');
  const own = new Map<Msisdn, Pointer>();
  for (const row of rows) {
    const { msisdn } = parseDirectionRowLine('reverify', lines[row] ?? '');
    if (isListed(msisdn)) own.set(msisdn, { directionId, row });
  }
  const claims = await readClaimsHoweverOld(env.CASES, 'reverify', [...own.keys()]);
  const ledgers = new Map<DirectionId, Ledger | undefined>();
  const again = new Map<RecordedFile, Ledger>();
  for (const [msisdn, pointer] of own) {
    const others = Object.values(claims.get(msisdn)?.pointers ?? {})
      .flat()
      .map(readPointer);
    for (const { directionId: id, row } of [pointer, ...others]) {
      if (!ledgers.has(id)) ledgers.set(id, await readLedger(env.CASES, id));
      const ledger = ledgers.get(id);
      const said = ledger && row < ledger.rows ? reissuedBy(ledger, row) : undefined;
      if (ledger && said) again.set(said, ledger);
    }
  }
  const reversals = [...own.keys()].flatMap((msisdn) => claims.get(msisdn)?.reversals ?? []);
  await withdrawReversedAgain(
    env,
    reversals.map((mark) => readMark(mark).batchId),
  );
  for (const [recorded, ledger] of again)
    if (recorded.withdrawnOn) await publishWithdrawn(env, { ledger, recorded }, recorded.withdrawnOn);
}
