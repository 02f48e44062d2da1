import { type Ledger, LedgerDamaged, type RecordedFile } from '../domain/ledger.ts';
import { PREPARED } from '../domain/work.ts';

/** The key under which an attempt prepares what its commit will publish. */
export const preparedKey = (
  ledger: Ledger,
  { sha256, attempt }: Pick<RecordedFile, 'sha256' | 'attempt'>,
  name: string,
) => PREPARED.response(ledger.directionId, sha256, attempt, name);

/** A recorded file, as the ledger has it. */
export function recordedFileOf({ files, directionId }: Ledger, sha256: string): RecordedFile {
  const recorded = files.find((one) => one.sha256 === sha256);
  if (!recorded) throw new LedgerDamaged(directionId, 'it has lost a file');
  return recorded;
}
