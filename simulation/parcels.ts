/** The files of a run: those uploaded first, and those that come while it is under way. */
import { createReadStream, statSync } from 'node:fs';
import { parseInboxKey } from '../lambdas/domain/inbox.ts';
import type { OwnReport, OwnResponse, OwnUpload, RunSettings } from './arguments.ts';
import { reissuedOf, sampleAppeal, sampleWithdrawals } from './reversals.ts';
import { EXEMPTED_AGE, operatorShare, planSample, sampleExemptions, sampleReport } from './sample.ts';
import { sampleUsage } from './usage.ts';

/** A file to upload: its key, and its bytes whenever they are asked for. */
export interface Parcel {
  key: string;
  /** Its size in proportion to its neighbours: bytes, or a share. */
  weight: number;
  content(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * A file that comes while the run is under way, with the agency if it is a report. `fills`: it came by `--upload`, and its placeholders are
 * filled.
 */
export type Sent = Omit<Parcel, 'weight'> & { kind: 'file'; agency?: string; age: number; fills?: boolean };

/** The uploads of the generated sample, and those beside it; and the numbers that their operators have given to somebody else. */
export function sampleParcels(
  { seed, start, operators, approvals }: RunSettings,
  { scale, reports, uploads = [] }: Extract<RunSettings['material'], { kind: 'sample' }>,
): { usage: Parcel[]; sent: Sent[]; reissued: ReadonlySet<string> } {
  const sample = planSample({ seed, scale, start });
  // Nights would ask for ever from operators who never give back, and a reversal upon which nobody decides never lapses.
  const areOver = operators !== 'silent' && approvals !== 'none';
  const withdrawn = sample.reports.slice(0, reports).filter(({ fate }) => areOver || fate !== 'reversed');
  return {
    reissued: new Set([`+91${reissuedOf(sample)}`]),
    usage: sample.usage.map((file) => ({
      key: `usage/${file.operator}/${file.name}`,
      weight: operatorShare(file.operator),
      content: () => encoded(sampleUsage(sample, file)),
    })),
    sent: [
      ...sample.reports.slice(0, reports).map((report) => ({
        kind: 'file' as const,
        agency: report.agency,
        age: report.age,
        key: `reports/${report.agency}/${report.name}`,
        content: () => encoded([sampleReport(sample, report)]),
      })),
      // Exemptions bind the reports after the first one, where there are any.
      ...(reports === undefined ? ['approver-1', 'approver-2'] : []).map((approver) => ({
        kind: 'file' as const,
        age: EXEMPTED_AGE,
        key: `exemptions/${approver}/exempt-${sample.day}.csv`,
        content: () => encoded([sampleExemptions(sample)]),
      })),
      ...[
        ...sampleWithdrawals(sample, withdrawn),
        ...(reports === undefined && areOver ? [sampleAppeal(sample)] : []),
      ].map(({ key, age, text }) => ({ kind: 'file' as const, age, key, content: () => encoded([text]) })),
      ...uploads.map(sentOf),
    ],
  };
}

/** The uploads of the user's own files. */
export function ownParcels({ usage, uploads }: Extract<RunSettings['material'], { kind: 'files' }>): {
  usage: Parcel[];
  sent: (Sent | OwnResponse)[];
  reissued: ReadonlySet<string>;
} {
  return {
    reissued: new Set(),
    usage: usage.map(({ operator, name, path }) => ({
      key: `usage/${operator}/${name}`,
      weight: statSync(path).size,
      content: () => createReadStream(path),
    })),
    sent: uploads.map((one) => (one.kind === 'response' ? one : sentOf(one))),
  };
}

function sentOf(one: OwnReport | OwnUpload): Sent {
  const file = { kind: 'file' as const, age: one.age, content: () => createReadStream(one.path) };
  if (one.kind === 'report') return { ...file, agency: one.agency, key: `reports/${one.agency}/${one.name}` };
  const place = parseInboxKey(one.key);
  return { ...file, key: one.key, fills: true, ...(place.kind === 'report' && { agency: place.agency }) };
}

function* encoded(texts: Iterable<string>): Generator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}
