/** The gates of usage: who is told of a file that is held up, who lets it in, and that it is imported then and not before. */
import { instant, linesOf, sha256 } from '../../../test/reckoning/files.ts';
import { APPROVERS, isGated, type Upload } from '../story.ts';
import type { Known } from './known.ts';
import type { Seen } from './seen.ts';

/** As events tell it, in whole seconds. */
const secondOf = (at: number) => instant(Math.floor(at / 1000) * 1000);

/** The versions under which an upload was told of as held up; a second one of its second and its key is another. */
function versionsOf({ notices }: Seen, { key, at }: Upload): Set<unknown> {
  const told = Object.values(notices).flat();
  const own = told.filter((one) => one.kind === 'usage_gated' && one.key === key && one.uploadedAt === secondOf(at));
  return new Set(own.map(({ versionId }) => versionId));
}

/** What each row of a file of admissions names. */
const namedIn = (text: string) => linesOf(text).lines.map(({ cells }) => cells && `${cells.key},${cells.version}`);

function isAdmitted(seen: Seen, upload: Upload): boolean {
  const names = new Set([...versionsOf(seen, upload)].map((version) => `${upload.key},${version}`));
  return seen.uploads.some(
    ({ key, text }) => key.startsWith('admissions/') && namedIn(text).some((name) => name && names.has(name)),
  );
}

/** Whether an import was given up, of which its people were told, so that they uploaded the same once more. */
function isUploadedAgain(seen: Seen, upload: Upload): boolean {
  const versions = versionsOf(seen, upload);
  const told = Object.values(seen.notices).flat();
  const isGivenUp = told.some(({ kind, versionId }) => kind === 'quarantined' && versions.has(versionId));
  return (
    isGivenUp && seen.uploads.some(({ key, text, at }) => key === upload.key && text === upload.text && at > upload.at)
  );
}

/** What was uploaded, without usage files that are held up. */
export function importedIn(seen: Seen): Upload[] {
  return seen.uploads.filter((upload) => !isGated(upload) || isAdmitted(seen, upload));
}

/** A file that is held up is told of to whom it concerns, and imported where it was admitted; admissions have their receipts. */
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
    };
  }
}
