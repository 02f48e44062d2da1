/**
 * Random numbers that depend on what they are for and never on when they are asked for: hashes of the seed and of names. Not for anything
 * secret.
 */

/** Mixes a 32-bit integer so that each input bit changes about half of the output's (the finaliser of MurmurHash3). */
export function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit hash of strings and numbers, in order. */
export function hash(...parts: readonly (string | number)[]): number {
  let h = 0x811c9dc5;
  for (const part of parts) {
    const text = `${part}\u0000`;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  return mix(h);
}

/** A hash as a fraction: 0 ≤ x < 1. */
export function fraction(...parts: readonly (string | number)[]): number {
  return hash(...parts) / 2 ** 32;
}

/** The fraction for the pair of a 32-bit key and an index; as `fraction`, without strings and so faster. */
export function fractionAt(key: number, index: number): number {
  return mix(key ^ mix(index)) / 2 ** 32;
}

/** An endless series of fractions (mulberry32) from a 32-bit seed. */
export function series(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * A bijection of 0 … size − 1 (size ≤ 2^32) that looks random: four Feistel rounds over 32 bits, repeated until the value
 * falls inside (fast as long as size is not far below 2^32).
 */
export function scatter(key: number, index: number, size: number): number {
  let value = index >>> 0;
  do {
    let left = value >>> 16;
    let right = value & 0xffff;
    for (let round = 0; round < 4; round++) {
      const next = left ^ (mix(key ^ mix(right + round * 0x10000)) & 0xffff);
      left = right;
      right = next;
    }
    value = ((left << 16) | right) >>> 0;
  } while (value >= size);
  return value;
}
