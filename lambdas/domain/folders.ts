/** A folder of a bucket, and the patterns by which policies name what lies in it: there `*` stands for any characters, also `/`. */
export interface Folder {
  /** What the keys of all that lies there begin with. */
  readonly prefix: string;
  readonly pattern: string;
  /** The pattern of what lies there in the folder of this id. */
  readonly patternOf: (id: string) => string;
}

/** @param name without a `/` at its end */
export function folder(name: string): Folder {
  return { prefix: `${name}/`, pattern: `${name}/*`, patternOf: (id) => `${name}/${id}/*` };
}
