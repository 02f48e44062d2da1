/** The preview of a reversal: how much it is asked to give back, written before it gives back anything. */
import { APPEAL_GROUNDS, type Appeal, type AppealGround, type Asked, nameOfSubject } from './appeals.ts';
import type { AgencyId, BatchId } from './identifiers.ts';
import { jsonText } from './json.ts';
import type { OverLimit } from './report-limits.ts';

/** The preview of a reversal's batch, keys in the agreed order. */
export interface ReversalPreview {
  readonly batchId: BatchId;
  readonly kind: 'reversal';
  /** The caseworker or the agency that filed it. */
  readonly agency: AgencyId;
  /** The inbox key of the appeal, or of the withdrawal, and its SHA-256. */
  readonly file: string;
  readonly sha256: string;
  /** The number of numbers, handsets and pairs that it is asked to give back, including those for which there is nothing to do. */
  readonly subjects: number;
  /** The number of different approvers who must approve. */
  readonly people: number;
  /** It never lapses. */
  readonly decideBy: null;
}

/** The preview of a reversal's batch. */
export function reversalPreviewOf(
  { batchId, uploader, file, sha256 }: Asked,
  subjects: number,
  people: number,
): ReversalPreview {
  const agency = uploader as AgencyId;
  return { batchId, kind: 'reversal', agency, file, sha256, subjects, people, decideBy: null };
}

/** The bytes of `preview.json`; decisions are bound to their SHA-256. */
export function reversalPreviewText(preview: ReversalPreview): string {
  return jsonText(preview);
}

/** The number of approvers that a reversal needs, and the most that one appeal may ask for. Policy. */
export interface ReversalLimits {
  readonly people: number;
  /** The number of approvers for a reversal with more subjects than `large`. */
  readonly peopleForLarge: number;
  readonly large: number;
  /** The most subjects of an appeal. */
  readonly mostSubjects: number;
}

/** The number of approvers that a reversal of `subjects` subjects needs. */
export function peopleFor(subjects: number, { people, peopleForLarge, large }: ReversalLimits): number {
  return subjects > large ? peopleForLarge : people;
}

/** The limit that an appeal of `found` subjects passes, or null. An agency may take back whatever it reported. */
export function overAppeal(
  { withdraws }: Pick<Asked, 'withdraws'>,
  found: number,
  { mostSubjects: limit }: ReversalLimits,
): OverLimit | null {
  return withdraws === null && found > limit ? { of: 'appeal', what: 'subjects', found, limit } : null;
}

/** What is asked on a ground. */
interface AskedOn {
  readonly ground: AppealGround;
  readonly numbers: number;
  readonly handsets: number;
  /** Handsets that are to serve one number again, and stay blocked for all others. */
  readonly pairs: number;
}

/** What an appeal asks, by ground. Each subject counts on the first of its grounds; grounds on which nothing is asked are left out. */
export function askedByGround(rows: readonly Appeal[]): AskedOn[] {
  const appeals = [...new Map(rows.toReversed().map((appeal) => [nameOfSubject(appeal), appeal])).values()];
  return APPEAL_GROUNDS.flatMap((ground) => {
    const own = appeals.filter((appeal) => appeal.ground === ground);
    if (own.length === 0) return [];
    const pairs = own.filter(({ msisdn, imei }) => msisdn !== null && imei !== null).length;
    const handsets = own.filter(({ msisdn }) => msisdn === null).length;
    return [{ ground, numbers: own.length - pairs - handsets, handsets, pairs }];
  });
}
