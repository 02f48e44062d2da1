/** Screen, import and record: rows of a file read, checked and decided, compared with the CSV parser on the same bytes. */
import { parse } from 'csv-parse';
import { applyResponse } from '../../lambdas/domain/applying-responses.ts';
import { readCsv } from '../../lambdas/domain/csv.ts';
import type { CsvRow } from '../../lambdas/domain/csv-header.ts';
import type { Day, Instant } from '../../lambdas/domain/days.ts';
import type { BatchId, DirectionId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { newLedger } from '../../lambdas/domain/ledger.ts';
import { rejectLine } from '../../lambdas/domain/rejects.ts';
import { parseResponseRow, responseColumns } from '../../lambdas/domain/responses.ts';
import { REPORT_COLUMNS, Screening } from '../../lambdas/domain/screening.ts';
import { linkKey, parseSighting, USAGE_COLUMNS } from '../../lambdas/domain/sightings.ts';
import { imei, msisdn } from './embedded.ts';
import { check, compare, type Results, type Work } from './measure.ts';

const ROWS = 200_000;
const RESPONSE_ROWS = 1_000;
const RESPONSES = 100;
const CHUNK = 64 * 1024;
/** The day of every number's newest sighting: no answer is of an earlier one. */
const SEEN = '2026-05-01' as Day;

/** A file's bytes in chunks, as S3 hands them out. */
function chunksOf(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, n) => bytes.subarray(n * CHUNK, (n + 1) * CHUNK));
}

/** The parser with the options that RFC 4180 and the contract ask for, doing nothing with the rows. */
const parsing =
  (files: readonly Buffer[][], rows: number): Work =>
  async () => {
    for (const chunks of files) {
      const parser = parse({
        bom: true,
        record_delimiter: ['\r\n', '\n'],
        relax_column_count: true,
        trim: true,
        on_record: () => null,
      });
      parser.resume();
      for (const chunk of chunks) await new Promise((done) => parser.write(chunk, done));
      await new Promise<void>((done) => parser.end(() => done()));
    }
    return rows;
  };

async function count<Column extends string>(
  rows: AsyncIterable<CsvRow<Column>[]>,
  take: (row: CsvRow<Column>) => void,
): Promise<number> {
  let read = 0;
  for await (const some of rows) {
    read += some.length;
    for (const row of some) take(row);
  }
  return read;
}

export async function measureReading(runs: number): Promise<Results> {
  const report = chunksOf(
    `imei,reported_on,case_ref,category\n${Array.from(
      { length: ROWS },
      // Every hundredth row has too few digits, and every fiftieth repeats an earlier one.
      (_, n) => `${n % 100 === 0 ? '12345' : imei(n % 50 === 1 ? 2 : n)},2026-05-20,FIR-${n}/2026,"fraud, digital"\n`,
    ).join('')}`,
  );
  const usage = chunksOf(
    `imei,msisdn,last_seen,imsi,lsa,subscriber_type,point_of_sale\n${Array.from(
      { length: ROWS },
      (_, n) => `${imei(n % 3_000)},${n % 100 === 0 ? '12' : msisdn(n)},2026-05-20,,Delhi,individual,PS${n % 777}\n`,
    ).join('')}`,
  );
  const responses = Array.from({ length: RESPONSES }, (_, file) =>
    chunksOf(
      `msisdn,outcome,occurred_on\n${Array.from(
        { length: RESPONSE_ROWS },
        (_, n) => `${msisdn(n)},${n % 5 === 0 ? 'verified' : 'disconnected'},2026-05-${10 + (file % 20)}\n`,
      ).join('')}`,
    ),
  );
  const day = '2026-06-01' as Day;
  const ledger = newLedger({
    directionId: 'mha-0123456789ab.reverify.airtel.1-0-0' as DirectionId,
    batchId: 'mha-0123456789ab' as BatchId,
    operator: 'airtel' as OperatorId,
    kind: 'reverify',
    plan: 1,
    rows: RESPONSE_ROWS,
    rowsKey: 'rows.tsv',
    startedAt: '2026-06-01T00:00:00Z' as Instant,
    rungs: [],
  });
  const rowOf = new Map(
    Array.from({ length: RESPONSE_ROWS }, (_, n) => [String(msisdn(n)), { row: n, lastSeen: SEEN, directedFor: SEEN }]),
  );

  const things = [
    {
      name: 'screen',
      goal: 0.5,
      bare: parsing([report], ROWS),
      ours: async () => {
        const screening = new Screening();
        const rejects: string[] = [];
        const read = await count(readCsv(report, REPORT_COLUMNS), (row) => {
          const screened = screening.row(row);
          if ('reason' in screened) rejects.push(rejectLine(screened));
        });
        check('handsets and rejects', [...screening.handsets()].length + rejects.length, ROWS * 0.98);
        return read;
      },
    },
    {
      name: 'import',
      goal: 0.5,
      bare: parsing([usage], ROWS),
      ours: async () => {
        const rejects: string[] = [];
        const links: string[] = [];
        const read = await count(readCsv(usage, USAGE_COLUMNS), (row) => {
          const taken = parseSighting(row, 'airtel' as OperatorId, day);
          if ('reason' in taken) rejects.push(rejectLine(taken));
          else links.push(linkKey(taken.sighting));
        });
        check('rejects', rejects.length, ROWS / 100);
        check('links', links.length, ROWS * 0.99);
        return read;
      },
    },
    {
      name: 'record',
      goal: 0.5,
      bare: parsing(responses, RESPONSES * RESPONSE_ROWS),
      ours: async () => {
        let read = 0;
        for (const [n, response] of responses.entries()) {
          const rows: ReturnType<typeof parseResponseRow>[] = [];
          read += await count(readCsv(response, responseColumns('reverify')), (row) => {
            rows.push(parseResponseRow(row, ledger, day, (identifier) => rowOf.get(identifier), ['airtel', 'jio']));
          });
          const applied = applyResponse(ledger, rows, {
            sha256: String(n).padStart(64, '0'),
            attempt: 'bench',
            at: '2026-06-01T00:00:00Z' as Instant,
            committedAt: '2026-06-01T00:00:00Z' as Instant,
          });
          check('recorded rows', applied.kind === 'applied' ? applied.recorded : applied.kind, RESPONSE_ROWS);
        }
        return read;
      },
    },
  ];
  const results: Results = { measured: [], told: [] };
  for (const thing of things)
    results.measured.push(await compare({ ...thing, unit: 'rows/s', floor: 'the CSV parser alone' }, runs));
  return results;
}
