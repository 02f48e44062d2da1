import { compareKeys } from '../fauxqs/keys.ts';
import type { StoredObject } from '../fauxqs/stores.ts';

/** A key, or, with a slash at its end, the beginning that several keys share. */
export interface Entry {
  name: string;
  /** Undefined for a folder. */
  object: StoredObject | undefined;
}

/**
 * The entries right under a prefix, in S3's order, after `after`, at most `most`. One pass over the keys sorts no more than a page, since a
 * bucket may hold millions.
 */
export function entriesUnder(
  objects: ReadonlyMap<string, StoredObject>,
  { prefix, after, most }: { prefix: string; after: string; most: number },
): { entries: Entry[]; isMore: boolean } {
  const page: string[] = [];
  let isMore = false;
  for (const key of objects.keys()) {
    if (!key.startsWith(prefix)) continue;
    const end = key.indexOf('/', prefix.length);
    const name = end < 0 ? key : key.slice(0, end + 1);
    if (after !== '' && compareKeys(name, after) <= 0) continue;
    const last = page.at(-1);
    if (page.length === most && last !== undefined && compareKeys(name, last) > 0) {
      isMore = true;
      continue;
    }
    const at = placeOf(page, name);
    if (page[at] === name) continue;
    page.splice(at, 0, name);
    if (page.length > most) {
      page.pop();
      isMore = true;
    }
  }
  // A key may end with a slash itself: it lies in the folder of that name.
  const isFolder = (name: string) => name.endsWith('/') && name !== prefix;
  const entries = page.map((name) => ({ name, object: isFolder(name) ? undefined : objects.get(name) }));
  return { entries, isMore };
}

/** The place where a name stands, or is to stand, in a sorted list. */
function placeOf(sorted: readonly string[], name: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(sorted[middle] as string, name) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
