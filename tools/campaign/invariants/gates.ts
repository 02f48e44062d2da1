/** The gates of usage: the notices of a file that is held up, its admission, and its import, which comes then and not before. */
import { linesOf, refusedAt, sha256 } from '../../../test/reckoning/files.ts';
import { APPROVERS, isGated } from '../story.ts';
import { isAdmitted, isUploadedAgain, namedIn, secondOf, versionsOf } from './gated.ts';
import type { Known } from './known.ts';

/**
 * Checks that everybody concerned is told of a file that is held up, and that it is imported if it was admitted; expects the receipts of
 * admissions.
 */
export function checkGates(known: Known): void {
  const { seen, must } = known;
  const all = new Set<string>();
  for (const upload of seen.uploads.filter(isGated)) {
    const [, operator = '', name] = upload.key.split('/');
    const has = (queue: string, kinds: string[], of: (notice: Record<string, unknown>) => unknown) =>
      (seen.notices[queue] ?? []).some(
        (one) => kinds.includes(String(one.kind)) && one.uploadedAt === secondOf(upload.at) && of(one),
      );
    const versions = versionsOf(seen, upload);
    for (const version of versions) all.add(`${upload.key},${version}`);
    must(versions.size === 1, 'a usage file that is held up is told of, and once for each upload');
    const queues = [
      `fraud-directions-${operator}`,
      ...APPROVERS.map((id) => `fraud-approvals-${id}`),
      'fraud-administrators',
    ];
    for (const queue of queues)
      must(
        has(queue, ['usage_gated'], ({ key }) => key === upload.key),
        `${queue}: it is told of what is held up`,
      );
    const rejects = `rejects/${operator}/${name}`;
    const imported = has(
      `fraud-directions-${operator}`,
      ['usage_imported'],
      (one) => (one.rejects as { key: string }).key === rejects,
    );
    must(
      imported === isAdmitted(seen, upload) || (!imported && isUploadedAgain(seen, upload)),
      'a usage file that is held up is imported where it was admitted, and only there',
    );
  }
  for (const { key, text } of seen.uploads) {
    const [place, approver, name] = key.split('/');
    if (place !== 'admissions') continue;
    const digest = sha256(text);
    const missing = ['key', 'version'].find((column) => !linesOf(text).columns.includes(column));
    const named = missing === undefined ? namedIn(text) : [];
    const reasons = named.map((one) => (one === undefined ? 'wrong_cell_count' : all.has(one) ? '' : 'unknown_upload'));
    const rejects = reasons.flatMap((reason, n) => (reason === '' ? [] : [{ line: n + 2, reason }]));
    known.expected[`receipts/${approver}/admissions/${name}.${digest.slice(0, 8)}.json`] = {
      sha256: digest,
      rows: named.length,
      recorded: named.length - rejects.length,
      alreadyRecorded: 0,
      rejected: Object.fromEntries(rejects.map(({ reason }) => [reason, 1])),
      rejects,
      refused: missing === undefined ? null : `missing_column:${missing}`,
      ...(missing === undefined ? {} : refusedAt(text, `missing_column:${missing}`)),
    };
  }
}
