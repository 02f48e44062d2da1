import type { Day } from '../domain/days.ts';
import { directionRowLine, type Run } from '../domain/directions.ts';
import { type Imei, type Msisdn, type OperatorId, partOf } from '../domain/identifiers.ts';
import { OBJECTS_AT_ONCE } from '../domain/limits.ts';
import { mustAddUp, slices as sliceList } from '../domain/plans.ts';
import { type GatheredLink, keepNewest, numberOfGatheredLine, parseGatheredLine } from '../domain/sightings.ts';
import { concurrently } from '../stores/concurrently.ts';
import { readHandsets } from '../stores/handsets.ts';
import { readSlice, readTextLines } from '../stores/objects.ts';

import { env } from './environment.ts';
import type { Shard } from './input.ts';

/** A number, or a handset at an operator, for which something is to be decided. */
export interface Candidate {
  identifier: Msisdn | Imei;
  operator: OperatorId;
  newestDay: Day | null;
  /** The row of the direction, as the work bucket keeps it. */
  line: string;
}

export async function connections(indexKey: string, { shard, links, slices, part }: Shard) {
  const line = await readSlice({ bucket: env.WORK, key: indexKey }, slices.start, slices.bytes);
  const newest = new Map<Msisdn, GatheredLink>();
  let read = 0;
  let taken = 0;
  await concurrently(sliceList.parse(JSON.parse(line)), OBJECTS_AT_ONCE, async ([key, start, bytes]) => {
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

export async function handsets(handsetsKey: string, operators: OperatorId[], run: Run) {
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
