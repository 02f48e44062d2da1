import type { ListedObjects, ListOptions, StoredObject } from './stores.ts';

/** The UTF-16 units whose order may differ from that of their bytes in UTF-8. */
const HIGH = /[\ud800-\uffff]/;
const inOrder = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** S3's order of keys: that of their bytes. */
export function compareKeys(a: string, b: string): number {
  return HIGH.test(a) && HIGH.test(b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : inOrder(a, b);
}

/** S3's ListObjects: keys in the order of their bytes, at most `maxKeys` keys and prefixes together. */
export function list(all: Map<string, StoredObject>, options: ListOptions): ListedObjects {
  const { prefix = '', delimiter = '', maxKeys = 1000 } = options;
  const after = options.startAfter ?? options.marker ?? '';
  const keys = [...all.keys()].filter((key) => key.startsWith(prefix));
  keys.sort(keys.some((key) => HIGH.test(key)) ? compareKeys : inOrder);
  const objects: StoredObject[] = [];
  const commonPrefixes: string[] = [];
  for (const key of keys) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const entry = end < 0 ? key : key.slice(0, end + delimiter.length);
    if (compareKeys(entry, after) <= 0 || (end >= 0 && commonPrefixes.at(-1) === entry)) continue;
    if (objects.length + commonPrefixes.length >= maxKeys) {
      // The next page begins after the last object where there is one: prefixes behind it come then.
      const last = objects.at(-1)?.key;
      const before =
        last === undefined ? commonPrefixes : commonPrefixes.filter((prefix) => compareKeys(prefix, last) < 0);
      return { objects, commonPrefixes: before, isTruncated: true };
    }
    if (end >= 0) commonPrefixes.push(entry);
    else objects.push(all.get(key) as StoredObject);
  }
  return { objects, commonPrefixes, isTruncated: false };
}
