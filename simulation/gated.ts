/** The usage files that were held up in a run, and their ends, from the notices to operators. */
import { keyOf } from './desk.ts';

/** A usage file that was held up. */
export interface GatedFile {
  /** Its key in the inbox. */
  key: string;
  operator: string;
  /** The rules that it broke, in words: `one_handset (540 of 540 rows, 108 at most)`. */
  why: string;
  isOwn: boolean;
  /** Its end: an approver let it in, its operator later sent another one that was imported, or neither. */
  ending: 'admitted' | 'corrected' | 'waiting';
}

/**
 * Each file that was held up, once, in the order in which its operator was told.
 * @param isOwn whether a file is the user's own, by the notice of it
 */
export function gatedFiles(
  notices: readonly Record<string, unknown>[],
  isOwn: (notice: Record<string, unknown>) => boolean,
): GatedFile[] {
  const files = new Map<string, GatedFile>();
  for (const [n, notice] of notices.entries()) {
    const { kind, key, versionId, operator, rules, rejects, uploadedAt } = notice;
    if (kind !== 'usage_gated') continue;
    const later = notices.slice(n + 1).filter((one) => one.operator === operator && IMPORTED.has(one.kind));
    // The notice of an import names no upload, but its rejects and its instant.
    const isIt = (one: Record<string, unknown>) =>
      keyOf(one.rejects) === keyOf(rejects) && one.uploadedAt === uploadedAt;
    const ending = later.some(isIt) ? 'admitted' : later.length > 0 ? 'corrected' : 'waiting';
    const why = (Array.isArray(rules) ? rules : []).map(ruleText).join(', ');
    files.set(`${key} ${versionId}`, {
      key: String(key),
      operator: String(operator),
      why,
      isOwn: isOwn(notice),
      ending,
    });
  }
  return [...files.values()];
}

const IMPORTED: ReadonlySet<unknown> = new Set(['usage_imported', 'usage_stopped']);

const number = (value: unknown): string => Number(value).toLocaleString('en-US');

function ruleText({ rule, limit, found, of }: Record<string, unknown>): string {
  if (rule === 'too_few_rows') return `too_few_rows (${number(found)}, ${number(limit)} at least)`;
  if (rule === 'too_many_rows') return `too_many_rows (${number(found)}, ${number(limit)} at most)`;
  return `${rule} (${number(found)} of ${number(of)} rows, ${number(limit)} at most)`;
}
