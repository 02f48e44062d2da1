import { isEmpty } from '../domain/batches.ts';
import { settledForm } from '../domain/books.ts';
import type { Instant } from '../domain/days.ts';
import { type AgencyId, FOLLOW_UP } from '../domain/identifiers.ts';
import { parseInboxKey } from '../domain/inbox.ts';
import { BATCH_KINDS } from '../domain/kinds.ts';
import { toAdministrators, toAgency, toOperator } from '../domain/notices.ts';
import { rejectsKey, summaryKey } from '../domain/outbox.ts';
import type { PlannedDirection } from '../domain/plans.ts';
import { MADE_BOOKS, settledMark } from '../domain/work.ts';
import { audit } from '../stores/audit.ts';
import type { Batch } from '../stores/cases/batches.ts';
import { tell } from '../stores/notices.ts';
import { copyObject, readText, writeObject } from '../stores/objects.ts';
import { env } from './environment.ts';
import { withdrawSince } from './ledgers.ts';
import { keysOf, type Published } from './published.ts';

/** Publishes what the commit that settled a batch bound, and tells everybody; each attempt does it alike. */
export async function publish(
  {
    batchId,
    kind,
    agency,
    file: uploaded,
    report,
    settledAt,
    settledUnder,
  }: Batch & { settledAt: Instant; settledUnder: string },
  directions: PlannedDirection[],
): Promise<void> {
  const keys = keysOf(batchId, settledAt);
  const settled = settledForm.parse(await readText({ bucket: env.WORK, key: MADE_BOOKS.note(settledUnder) }));
  for (const name of BATCH_KINDS[kind].publishes) {
    // A batch that settled under an earlier version has only the files that that version prepared.
    if (settled.files[name] === undefined) continue;
    await copyObject({ bucket: env.WORK, key: `${settledUnder}/${name}` }, { bucket: env.OUTBOX, key: keys[name] });
  }
  if (settled.revoked > 0) await withdrawSince(directions);
  const file = (name: Published) => ({ key: keys[name], sha256: settled.files[name] ?? null });
  // A reversal revokes nobody.
  if (kind !== 'reversal')
    await audit(env, {
      batchId,
      id: 'revoked',
      kind: 'revoked',
      at: settledAt,
      facts: { rows: settled.revoked },
      files: { csv: file('revocations.csv'), json: file('revocations.json') },
    });
  await audit(env, {
    batchId,
    id: 'settled',
    kind: 'batch_settled',
    at: settledAt,
    facts: { directions: directions.length, unexplained: settled.unexplained, ledgers: settled.ledgers },
    files: {
      summary: file('summary.json'),
      ...(kind !== 'reversal' && { elsewhere: file('elsewhere.csv') }),
      ...(kind === 'followup' && { moved: file('moved.csv') }),
      ...(settled.files['handsets.csv'] !== undefined && { handsets: file('handsets.csv') }),
    },
  });
  const about = { batchId, agency, file: uploaded, bucket: env.OUTBOX, key: summaryKey(batchId) };
  const notice = isEmpty({ kind, report })
    ? { kind: 'batch_empty' as const, ...about, report, rejects: rejectsOf(agency, uploaded), endedAt: settledAt }
    : {
        kind: 'settled' as const,
        ...about,
        ...(settled.files['handsets.csv'] !== undefined && {
          handsets: { bucket: env.OUTBOX, key: keys['handsets.csv'] },
        }),
        settledAt,
      };
  // A night has no agency.
  if (agency !== FOLLOW_UP) await tell(env, toAgency(notice));
  await tell(env, toAdministrators(notice));
  // They are told again by an attempt that finds it settled: the one that settled it may have died before it told them.
  for (const operator of new Set(directions.map((direction) => direction.operator)))
    await tell(env, toOperator({ kind: 'settled', batchId, operator, settledAt }));
  // The mark comes last of all: until it is there the sweep lets the batch go on, and all of this is published and told again, alike.
  await writeObject({ bucket: env.WORK, key: settledMark(batchId) }, '');
}

/** The place of the rejected rows of a report. */
function rejectsOf(agency: AgencyId, file: string) {
  const place = parseInboxKey(file);
  if (place.kind !== 'report') throw new Error(`the file of a report of ${agency} is none`);
  return { bucket: env.OUTBOX, key: rejectsKey(agency, place.name) };
}
