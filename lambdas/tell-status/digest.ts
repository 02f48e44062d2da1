import { addSeconds, DAY_SECONDS, type Day, type Instant } from '../domain/days.ts';
import { digestedAt, digestFigures, digestOf, digestText, type ToldBatch } from '../domain/digest.ts';
import { digestHtml } from '../domain/digest-page.ts';
import type { BatchId, OperatorId } from '../domain/identifiers.ts';
import { toAdministrators } from '../domain/notices.ts';
import { digestKeys } from '../domain/outbox.ts';
import { figuresIn } from '../domain/preview-figures.ts';
import { SCREENED } from '../domain/work.ts';
import { log } from '../runtime/log.ts';
import { countGated } from '../stores/cases/imports.ts';
import { ChangedMeanwhile } from '../stores/errors.ts';
import { tell } from '../stores/notices.ts';
import { type Place, readTagged, readText, replaceObject } from '../stores/objects.ts';
import { countMessages } from '../stores/queues.ts';
import { countQuarantined, countStrays } from '../stores/upload-marks.ts';
import { env } from './environment.ts';
import type { Standing } from './status.ts';

/** Seconds for which an upload in quarantine is told of. */
const QUARANTINED_FOR = 30 * DAY_SECONDS;

/** The digest of a day that lies there, with its page, each with its tag; undefined where there is none; and the places of both. */
export async function readDigest(day: Day) {
  const { json, html } = digestKeys(day);
  const [place, page] = [json, html].map((key) => ({ bucket: env.OUTBOX, key })) as [Place, Place];
  const [there, drawn] = await readTagged(env.OUTBOX, json, html);
  return { place, page, there, drawn };
}

/**
 * Writes a day's digest over the one that was read before anything else, unless that is a later word, and tells the administrators.
 * @param all what was told of each batch
 * @param untold the batches of which nothing could be told
 * @throws ChangedMeanwhile if somebody else wrote the digest's page meanwhile
 */
export async function tellDigest(
  { place, page, there, drawn }: Awaited<ReturnType<typeof readDigest>>,
  all: readonly Standing[],
  untold: readonly BatchId[],
  now: Instant,
): Promise<void> {
  const later = there && digestedAt(there.text);
  if (later !== undefined && later > now) return;
  const batches: ToldBatch[] = [];
  for (const { status, ledgers, previewKey } of all)
    batches.push({ status, ledgers, held: status.status === 'waiting' ? await heldOf(previewKey) : null });
  const gated = new Map<OperatorId, number>();
  for (const operator of env.OPERATORS) gated.set(operator, await countGated(env.CASES, operator));
  const deadLetters = new Map<string, number>();
  for (const [queue, url] of Object.entries(env.DEAD_LETTERS)) deadLetters.set(queue, await countMessages(url));
  const quarantined = await countQuarantined(env.WORK, addSeconds(now, -QUARANTINED_FOR));
  const strays = await countStrays(env.WORK, addSeconds(now, -DAY_SECONDS));
  const digest = digestOf({ batches, untold, gated, quarantined, strays, deadLetters, now });
  const text = digestText(digest);
  if (text !== there?.text && !(await replaceObject(place, text, there))) return;
  const told = digestHtml(digest);
  // The event comes again, and finds both as they are then.
  if (told !== drawn?.text && !(await replaceObject(page, told, drawn)))
    throw new ChangedMeanwhile(`the page of the digest of ${digest.day} changed while it was made`);
  const { day, asOf } = digest;
  await tell(
    env,
    toAdministrators({
      kind: 'daily_digest',
      day,
      asOf,
      ...place,
      page,
      ...digestFigures(digest),
      untold: untold.length,
    }),
  );
  log.info('digest told', { day });
}

/** The number of handsets that a batch to decide upon holds, from its preview. A reversal gives back, and holds none. */
async function heldOf(previewKey: string | undefined): Promise<number | null> {
  if (previewKey === undefined) return null;
  const figures = figuresIn(await readText({ bucket: env.WORK, key: SCREENED.previews.json(previewKey) }));
  return 'held' in figures ? figures.held : null;
}
