import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { csvLine } from '../../lambdas/domain/csv-line.ts';
import type { Instant } from '../../lambdas/domain/days.ts';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { ADMITTED, type ApproverId, isApproverId } from '../../lambdas/domain/identifiers.ts';
import { INBOX } from '../../lambdas/domain/inbox.ts';
import { receiptKey } from '../../lambdas/domain/outbox.ts';

/** The credentials are of no approver's role. */
class NoApprover extends Error {
  override name = 'NoApprover';
}

/**
 * The approver as whose role a command runs.
 * @throws NoApprover
 */
export async function approverOf(sts: STSClient, stage: string): Promise<ApproverId> {
  const { Arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
  // arn:aws:sts::<account>:assumed-role/<stage>-<region>-approver-<id>/<session>
  const role = Arn.split('/')[1] ?? '';
  const [, id = ''] = role.startsWith(`${stage}-`) ? (/-approver-(.*)$/.exec(role) ?? []) : [];
  if (!isApproverId(id)) throw new NoApprover(`these credentials are of no approver's role of stage ${stage}: ${Arn}`);
  return id;
}

/** A file of admissions that lets one upload in, and where its receipt will lie. */
export interface AdmissionsFile {
  readonly key: string;
  readonly text: string;
  readonly receipt: string;
}

/**
 * The file by which an approver lets an upload in. It says when it was made, in a column that nobody reads, so that a second request gets
 * its own answer, and not that of the same bytes.
 */
export function admissionsFile(
  approver: ApproverId,
  upload: { readonly key: string; readonly version: string },
  at: Instant,
): AdmissionsFile {
  const name = `${sha256Of(`${upload.key}\n${upload.version}`).slice(0, 16)}-${at.replaceAll(/[-:]/g, '')}.csv`;
  const text = csvLine(['key', 'version', 'made_at']) + csvLine([upload.key, upload.version, at]);
  return {
    key: `${INBOX.admissions.prefix}${approver}/${name}`,
    text,
    receipt: receiptKey(approver, ADMITTED, name, sha256Of(text)),
  };
}
