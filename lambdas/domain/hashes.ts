import { createHash } from 'node:crypto';

/** The SHA-256 of some bytes, or of a text as UTF-8, in hexadecimal. */
export function sha256Of(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/**
 * The first 8 hexadecimal digits of a SHA-256, by which names tell the files of one direction apart: a direction takes no two files that
 * share them.
 */
export function sha8(sha256: string): string {
  return sha256.slice(0, 8);
}
