import type { Aside, Candidate } from '../domain/candidates.ts';
import { directionRowLine, type Run, subjectOfLine } from '../domain/directions.ts';
import { type Imei, type Msisdn, type OperatorId, partOf } from '../domain/identifiers.ts';
import { givesBack } from '../domain/kinds.ts';
import { OBJECTS_AT_ONCE } from '../domain/limits.ts';
import { parseListedLine } from '../domain/listed.ts';
import { mustAddUp, slices as sliceList } from '../domain/plans.ts';
import { numberOfGatheredLine, parseGatheredLine } from '../domain/sightings.ts';
import { blockSubject, type Decided, keepLink, type NumberLinks, numberSubject } from '../domain/subjects.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readHandsets } from '../stores/handsets.ts';
import { readSlice, readTextLines } from '../stores/objects.ts';

import { env } from './environment.ts';
import type { Listed, Shard } from './input.ts';

/** What a shard holds: what is to be decided, what people left out, and the number of links or handsets from which both were made. */
export interface Found {
  candidates: Candidate[];
  aside: Aside[];
  taken: number;
}

/** What people said of the batch's subjects, and who is exempt on the day of its turn. */
export interface Said {
  decided: Decided;
  isExempt(subject: Msisdn | Imei): boolean;
}

export async function connections(
  indexKey: string,
  { shard, links, slices, part }: Shard,
  { decided, isExempt }: Said,
): Promise<Found> {
  const line = await readSlice({ bucket: env.WORK, key: indexKey }, slices.start, slices.bytes);
  const kept = new Map<Msisdn, NumberLinks>();
  let read = 0;
  let taken = 0;
  await concurrently(sliceList.parse(JSON.parse(line)), OBJECTS_AT_ONCE, async ([key, start, bytes]) => {
    for await (const block of readTextLines({ bucket: env.WORK, key }, { start, end: start + bytes }))
      for (const text of block) {
        read += 1;
        if (part && partOf(numberOfGatheredLine(text), part.shards, part.of) !== part.part) continue;
        taken += 1;
        // A copy, since a piece of a block would keep all of that in memory.
        keepLink(kept, parseGatheredLine(Buffer.from(text).toString()), decided);
      }
  });
  mustAddUp(`links of shard ${shard}`, read, links);
  const found: Found = { candidates: [], aside: [], taken };
  for (const [identifier, numberLinks] of kept) {
    const subject = numberSubject(numberLinks, decided, isExempt(identifier));
    const { operator } = subject;
    if (subject.state !== 'toClaim') found.aside.push({ identifier, operator, line: '', state: subject.state });
    else {
      const { newestDay, seen, row } = subject;
      const line = directionRowLine('reverify', row);
      const { actedUpon: directedFor, remaining } = seen;
      found.candidates.push({ identifier, operator, newestDay, directedFor, remaining, line });
    }
  }
  return found;
}

export async function handsets(
  handsetsKey: string,
  operators: OperatorId[],
  run: Run,
  { decided, isExempt }: Said,
): Promise<Found> {
  const imeis = await readHandsets({ bucket: env.WORK, key: handsetsKey }, run);
  mustAddUp('handsets of a shard', imeis.length, run.count);
  const found: Found = { candidates: [], aside: [], taken: imeis.length };
  for (const imei of imeis) {
    const state = blockSubject(imei, decided, isExempt(imei));
    const line = directionRowLine('block', { imei });
    for (const operator of operators)
      if (state === 'toClaim')
        found.candidates.push({ identifier: imei, operator, newestDay: null, directedFor: null, line });
      else found.aside.push({ identifier: imei, operator, line, state });
  }
  return found;
}

/** The candidates of a list. Nobody is left out of what gives back; an exemption forbids to re-verify. */
export async function listed({ kind, shard, list }: Listed, { isExempt }: Pick<Said, 'isExempt'>): Promise<Found> {
  const found: Found = { candidates: [], aside: [], taken: 0 };
  const place = { bucket: env.WORK, key: list.key };
  for await (const block of readTextLines(place, { start: list.start, end: list.start + list.bytes }))
    for (const text of block) {
      const { operator, line, why, from, rungs } = parseListedLine(text);
      const { identifier, lastSeen: newestDay, directedFor } = subjectOfLine(kind, line);
      found.taken += 1;
      if (!givesBack(kind) && isExempt(identifier))
        found.aside.push({ identifier, operator, line, why, from, state: 'exempt' });
      else found.candidates.push({ identifier, operator, newestDay, directedFor, line, why, from, rungs });
    }
  mustAddUp(`listed subjects of shard ${shard}`, found.taken, list.subjects);
  return found;
}
