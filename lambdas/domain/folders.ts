/** A folder of a bucket, and the patterns by which policies name its contents: `*` in them stands for any characters, also `/`. */
export interface Folder {
  /** The beginning of all keys in it. */
  readonly prefix: string;
  readonly pattern: string;
  /** The pattern of the keys in its folder of this id. */
  readonly patternOf: (id: string) => string;
}

/** @param name without a `/` at its end */
export function folder(name: string): Folder {
  return { prefix: `${name}/`, pattern: `${name}/*`, patternOf: (id) => `${name}/${id}/*` };
}
