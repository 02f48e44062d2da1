/** The preview of a batch: what it would do, written before it does anything. */
import * as z from 'zod';
import type { Instant } from './days.ts';
import type { AgencyId, BatchId, OperatorId } from './identifiers.ts';
import { jsonText } from './json.ts';
import type { PreviewCounts } from './preview-count.ts';
import { reportFigures } from './preview-figures.ts';
import type { ScreeningTotals } from './screening.ts';
import { fields } from './stored.ts';

/** An operator's part in a batch. */
interface OperatorPreview {
  /** Distinct numbers whose newest sighting on any of the batch's handsets is the operator's. */
  readonly linked: number;
  /** The instant of its latest upload of usage of which rows were imported, as of before the batch's links were read; null if there was none. */
  readonly latestImport: Instant | null;
  /** Its usage files that are neither admitted nor imported. */
  readonly gated: number;
}

/** The preview of a report's batch, keys in the agreed order. */
export interface Preview {
  readonly batchId: BatchId;
  readonly kind: 'report';
  readonly agency: AgencyId;
  /** The report's inbox key. */
  readonly file: string;
  /** The report's SHA-256. */
  readonly sha256: string;
  readonly report: ScreeningTotals;
  /** Handsets that are held. */
  readonly held: number;
  /** Distinct numbers on any of the batch's handsets. */
  readonly linked: number;
  /** Distinct numbers that were seen on held handsets only. */
  readonly linkedOnlyByHeld: number;
  readonly operators: Readonly<Record<OperatorId, OperatorPreview>>;
  /** The number of different approvers who must approve. */
  readonly people: number;
  /** The instant after which the batch lapses; null if nobody has to decide upon it, and it goes on at once. */
  readonly decideBy: Instant | null;
}

/** What the preview takes from elsewhere than the count. */
interface PreviewInput
  extends Pick<Preview, 'batchId' | 'agency' | 'file' | 'sha256' | 'report' | 'people' | 'decideBy'> {
  readonly held: number;
  readonly counts: PreviewCounts;
  /** The operators that are configured, each with what is known of its usage. */
  readonly operators: ReadonlyMap<OperatorId, Omit<OperatorPreview, 'linked'>>;
}

/** The preview of a report's batch. An operator that links numbers and is not configured any more is listed with the others, by id. */
export function previewOf({ counts, ...input }: PreviewInput): Preview {
  const { batchId, agency, file, sha256, report, held, people, decideBy } = input;
  const { rows, rejected, repeats, handsets } = report;
  const names = [...new Set([...input.operators.keys(), ...counts.byOperator.keys()])].sort();
  const operators = names.map((name): [OperatorId, OperatorPreview] => {
    const { latestImport, gated } = input.operators.get(name) ?? { latestImport: null, gated: 0 };
    return [name, { linked: counts.byOperator.get(name) ?? 0, latestImport, gated }];
  });
  return {
    batchId,
    kind: 'report',
    agency,
    file,
    sha256,
    report: { rows, rejected, repeats, handsets },
    held,
    linked: counts.linked,
    linkedOnlyByHeld: counts.linkedOnlyByHeld,
    operators: Object.fromEntries(operators) as Record<OperatorId, OperatorPreview>,
    people,
    decideBy,
  };
}

/** The bytes of `preview.json`; decisions are bound to their SHA-256. */
export function previewText(preview: Preview): string {
  return jsonText(preview);
}

/** What is read back of the bytes of a report's preview. */
const told = reportFigures.extend({
  operators: z.record(
    z.string(),
    // A preview from before there were gates has no count of gated files.
    z.object({ latestImport: fields.instant.nullable(), gated: fields.count.default(0) }),
  ),
});

/** What a report's preview tells of its batch, from its bytes. */
export function readPreview(text: string): z.output<typeof told> {
  return told.parse(JSON.parse(text));
}
