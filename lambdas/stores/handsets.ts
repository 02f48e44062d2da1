import * as z from 'zod';
import type { Run } from '../domain/directions.ts';
import type { Imei } from '../domain/identifiers.ts';
import { HANDSET_LINE_BYTES } from '../domain/screening.ts';
import { fields } from '../domain/stored.ts';
import { type Place, readSlice } from './objects.ts';

const handset = z.object({ imei: fields.imei });

/** Reads some of the screened handsets, in their order, without the others. */
export async function readHandsets(file: Place, { first, count }: Run): Promise<Imei[]> {
  const text = await readSlice(file, first * HANDSET_LINE_BYTES, count * HANDSET_LINE_BYTES);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => handset.parse(JSON.parse(line)).imei);
}
