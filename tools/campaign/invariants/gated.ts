/** The usage files that were held up, those of them that were let in, and thus all that were imported. */
import { instant, linesOf } from '../../../test/reckoning/files.ts';
import { isGated, type Upload } from '../story.ts';
import type { Seen } from './seen.ts';

/** An instant as events tell it, in whole seconds. */
export const secondOf = (at: number) => instant(Math.floor(at / 1000) * 1000);

/** The versions under which notices told of an upload as held up; a second upload of the same key and second has another version. */
export function versionsOf({ notices }: Seen, { key, at }: Upload): Set<unknown> {
  const told = Object.values(notices).flat();
  const own = told.filter((one) => one.kind === 'usage_gated' && one.key === key && one.uploadedAt === secondOf(at));
  return new Set(own.map(({ versionId }) => versionId));
}

/** The file that each row of a file of admissions names. */
export const namedIn = (text: string) =>
  linesOf(text).lines.map(({ cells }) => cells && `${cells.key},${cells.version}`);

export function isAdmitted(seen: Seen, upload: Upload): boolean {
  const names = new Set([...versionsOf(seen, upload)].map((version) => `${upload.key},${version}`));
  return seen.uploads.some(
    ({ key, text }) => key.startsWith('admissions/') && namedIn(text).some((name) => name && names.has(name)),
  );
}

/** Whether an import was given up and its people were told, so that they uploaded the same file once more. */
export function isUploadedAgain(seen: Seen, upload: Upload): boolean {
  const versions = versionsOf(seen, upload);
  const told = Object.values(seen.notices).flat();
  const isGivenUp = told.some(({ kind, versionId }) => kind === 'quarantined' && versions.has(versionId));
  return (
    isGivenUp && seen.uploads.some(({ key, text, at }) => key === upload.key && text === upload.text && at > upload.at)
  );
}

/** The uploads, without usage files that are held up. */
export function importedIn(seen: Seen): Upload[] {
  return seen.uploads.filter((upload) => !isGated(upload) || isAdmitted(seen, upload));
}
