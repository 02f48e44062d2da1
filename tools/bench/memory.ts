/** The most memory of functions whose work grows, at a small and at a large piece of it, compared with the memory in their template. */

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Environment as ClaimEnvironment } from '../../lambdas/claim-shard/handler.ts';
import type { Environment as CutEnvironment } from '../../lambdas/cut-usage/handler.ts';
import type { Instant } from '../../lambdas/domain/days.ts';
import type { AgencyId, BatchId, DirectionId, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { newLedger } from '../../lambdas/domain/ledger.ts';
import { PIECES_PER_STRETCH } from '../../lambdas/domain/limits.ts';
import type { Receipt } from '../../lambdas/domain/receipts.ts';
import type { Environment as GatherEnvironment } from '../../lambdas/gather-links/handler.ts';
import type { Environment as ImportPieceEnvironment } from '../../lambdas/import-piece/handler.ts';
import type { Environment as RecordEnvironment } from '../../lambdas/record-response/handler.ts';
import type { Environment as ScreenEnvironment } from '../../lambdas/screen-report/handler.ts';
import type { Environment as SettleEnvironment } from '../../lambdas/settle-batch/handler.ts';
import type { ImportedPiece } from '../../lambdas/stores/usage-files.ts';
import { DEFAULT_POLICY } from '../../lib/config/policy.ts';
import { designOf } from '../quotas/quotas-design.ts';
import { imei, msisdn, startEmbedded } from './embedded.ts';
import { expandOf } from './expanding.ts';
import { check, type Results } from './measure.ts';
import { elsewhereOf, gatheredOf, type Invocation } from './memory-at-size.ts';
import { settledOf } from './settling.ts';

const NOW = '2026-06-01T00:00:00Z' as Instant;
const BATCH = 'mha-00000000000c' as BatchId;
const DIRECTION = `${BATCH}.reverify.airtel.1-0-0` as DirectionId;
/** The benchmark of claiming, in the same tables, has the plans from 1 on, one for each of its runs. */
const FIRST_PLAN = 1_000_001;
/** The rows of a piece of a usage file, of the size that `usageRow` makes. */
const PIECE_ROWS = 140_000;

const ofRows = (rows: number) => `${rows.toLocaleString('en-GB')} rows`;

const reportRow = (n: number) => `${imei(n)},2026-05-20,FIR-${n}/2026,"fraud, digital"\n`;
const usageRow = (n: number) => `${imei(n % 3_000)},${msisdn(n)},2026-05-20,,Delhi,individual,PS${n % 777}\n`;
const answerRow = (n: number) => `${msisdn(n, 1)},${n % 5 === 0 ? 'failed' : 'verified'}\n`;

function* fileOf(header: string, row: (n: number) => string, rows: number): Generator<string> {
  yield header;
  for (let first = 0; first < rows; first += 1000)
    yield Array.from({ length: Math.min(1000, rows - first) }, (_, n) => row(first + n)).join('');
}

async function* each(pieces: Iterable<string>): AsyncGenerator<string> {
  yield* pieces;
}

/**
 * @param scale the part of the work that is measured, of which a test has little
 * @param sizes the most sizes of each function's work that are measured
 */
export async function measureMemory(scale = 1, sizes = Number.POSITIVE_INFINITY): Promise<Results> {
  const part = (n: number) => Math.ceil(n * scale);
  const { functions } = await designOf();
  const embedded = await startEmbedded();
  const environment: ClaimEnvironment &
    CutEnvironment &
    GatherEnvironment &
    ImportPieceEnvironment &
    RecordEnvironment &
    ScreenEnvironment &
    SettleEnvironment = {
    INBOX: embedded.work,
    WORK: embedded.work,
    OUTBOX: embedded.work,
    CASES: embedded.cases,
    LINKS: embedded.links,
    OPERATORS: 'airtel,bsnl,jio,mtnl,vi',
    OPERATORS_TOPIC: embedded.topic,
    AGENCIES_TOPIC: embedded.topic,
    APPROVERS_TOPIC: embedded.topic,
    ADMINISTRATORS_TOPIC: embedded.topic,
    AUDIT_QUEUE: embedded.queue,
    HIDDEN_SECONDS: '1800',
    FILE_FORMS: '{}',
    REPORT_FORMS: '{}',
    LOOK_BACK_DAYS: String(DEFAULT_POLICY.lookBackDays),
    HANDSETS_PER_CHILD: String(DEFAULT_POLICY.handsetsPerChild),
    LINKS_PER_HANDSET: String(DEFAULT_POLICY.linksPerHandset),
    LINKS_PER_SHARD: String(DEFAULT_POLICY.linksPerShard),
    LADDERS: JSON.stringify(DEFAULT_POLICY.ladders),
    BUSY_DAY: String(DEFAULT_POLICY.busyDay),
    MANY_CONNECTIONS: String(DEFAULT_POLICY.manyConnections),
    PEOPLE: String(DEFAULT_POLICY.people),
    DECIDE_WITHIN_HOURS: String(DEFAULT_POLICY.decideWithinHours),
    MOST_NUMBERS: String(DEFAULT_POLICY.mostNumbers),
    MOST_HANDSETS: String(DEFAULT_POLICY.mostHandsets),
    ROWS_PER_DIRECTION: String(DEFAULT_POLICY.rowsPerDirection),
    PORTING_DAYS: String(DEFAULT_POLICY.portingDays),
    MOST_EXTENDED_PERCENT: String(DEFAULT_POLICY.mostExtendedPercent),
    LINK_DAYS: '400',
    CASE_DAYS: '1096',
    APPROVERS: 'approver-1,approver-2',
    BYTES_PER_PIECE: String(DEFAULT_POLICY.bytesPerPiece),
    PIECES_PER_STRETCH: String(PIECES_PER_STRETCH),
  };
  Object.assign(process.env, environment);
  const { PutCommand } = await import('@aws-sdk/lib-dynamodb');
  const { dynamo } = await import('../../lambdas/stores/clients.ts');
  const { createLedger } = await import('../../lambdas/stores/cases/ledgers.ts');
  const { listObjects } = await import('../../lambdas/stores/listings.ts');
  const { readText, writeStream } = await import('../../lambdas/stores/objects.ts');
  const bucket = embedded.work;

  const put = async (key: string, text: Iterable<string>) => {
    await writeStream({ bucket, key }, each(text));
    return { bucket, key };
  };
  const screen = async (rows: number): Promise<Invocation> => {
    const place = await put(`reports/mha/${rows}.csv`, fileOf('imei,reported_on,case_ref,category\n', reportRow, rows));
    const report = { ...place, agency: 'mha' as AgencyId, name: `${rows}.csv`, uploadedAt: NOW };
    const event = { report, execution: `arn:bench:${rows}`, now: NOW };
    const done = async (result: unknown) =>
      check('handsets of the report', (result as { handsets: number }).handsets, rows);
    return { handler: 'screen-report', of: ofRows(rows), event, done };
  };
  const usageHeader = 'imei,msisdn,last_seen,imsi,lsa,subscriber_type,point_of_sale\n';
  const usage = async (rows: number) => ({
    ...(await put(`usage/airtel/${rows}.csv`, fileOf(usageHeader, usageRow, rows))),
    operator: 'airtel' as OperatorId,
    name: `${rows}.csv`,
    uploadedAt: NOW,
  });
  const bytesOf = (rows: number) =>
    [...fileOf('', usageRow, rows)].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const cut = async (rows: number): Promise<Invocation> => ({
    handler: 'cut-usage',
    of: ofRows(rows),
    event: { file: await usage(rows), folder: `imports/${rows}` },
    done: async (result) => {
      const cuts = (await readText({ bucket, key: (result as { manifestKey: string }).manifestKey }))
        .trimEnd()
        .split('\n');
      const bytes = cuts.reduce((sum, line) => {
        const { start, end } = JSON.parse(line) as { start: number; end: number };
        return sum + end - start;
      }, 0);
      check('bytes of all pieces', bytes, bytesOf(rows));
    },
  });
  const piece = async (rows: number): Promise<Invocation> => {
    const start = usageHeader.length;
    const end = start + bytesOf(rows);
    return {
      handler: 'import-piece',
      of: ofRows(rows),
      event: {
        file: await usage(rows),
        folder: `imports/${rows}`,
        header: { at: start, line: 2 },
        piece: { start, end, line: 2 },
      },
      done: async (result) => check('imported rows', (result as ImportedPiece).imported, rows),
    };
  };
  await dynamo.send(
    new PutCommand({
      TableName: embedded.cases,
      Item: {
        pk: `BATCH#${BATCH}`,
        format: 2,
        batchId: BATCH,
        kind: 'report',
        agency: 'mha',
        file: 'reports/mha/a.csv',
        sha256: '0'.repeat(64),
        execution: 'bench',
        state: 'directed',
        plan: 1,
        startedAt: NOW,
        uploadedAt: NOW,
        report: { rows: 0, rejected: 0, repeats: 0, handsets: 0 },
        handsetsKey: 'screened/bench',
      },
    }),
  );
  const size = DEFAULT_POLICY.rowsPerDirection;
  const { key: rowsKey } = await put(
    'rows.tsv',
    Array.from({ length: size }, (_, n) => `${msisdn(n, 1)}\t${imei(n)}\t2026-05-20\tDelhi\n`),
  );
  await createLedger(
    embedded.cases,
    newLedger({
      directionId: DIRECTION,
      batchId: BATCH,
      operator: 'airtel' as OperatorId,
      kind: 'reverify',
      plan: 1,
      rows: size,
      rowsKey,
      startedAt: '2026-06-01T00:00:00Z' as Instant,
      rungs: [{ order: 'reverify', deadline: '2026-06-06T00:00:00Z' as Instant }],
    }),
  );
  const record = async (rows: number): Promise<Invocation> => {
    const text = [...fileOf('msisdn,outcome\n', answerRow, rows)];
    const { key } = await put(`responses/airtel/${DIRECTION}/${rows}.csv`, text);
    const object = { key, size: Buffer.byteLength(text.join('')), 'version-id': 'null' };
    const body = JSON.stringify({ time: NOW, detail: { bucket: { name: bucket }, object } });
    const attributes = { ApproximateFirstReceiveTimestamp: String(Date.parse(NOW)), ApproximateReceiveCount: '1' };
    return {
      handler: 'record-response',
      of: ofRows(rows),
      event: { Records: [{ messageId: '1', body, attributes }] },
      done: async () => {
        const [found] = await Array.fromAsync(
          listObjects({ bucket, key: `receipts/airtel/${DIRECTION}/${rows}.csv.` }),
        );
        const receipt = JSON.parse(await readText({ bucket, key: found?.key ?? '' })) as Receipt;
        check('recorded rows', receipt.recorded + receipt.alreadyRecorded, rows);
      },
    };
  };

  const few = await gatheredOf(embedded, { plan: FIRST_PLAN, series: 2, links: part(10_000) });
  const many = await gatheredOf(embedded, { plan: FIRST_PLAN + 1, series: 3, links: part(10_000_000) });

  const delhi = () => 'Delhi';
  const long = 'द'.repeat(490);

  const told: Results['told'] = [];
  const work: Record<string, (() => Promise<Invocation>)[]> = {
    Screen: [() => screen(part(10_000)), () => screen(part(1_000_000))],
    Cut: [() => cut(part(5_000)), () => cut(part(500_000))],
    ImportPiece: [() => piece(part(1_000)), () => piece(part(PIECE_ROWS))],
    Record: [() => record(10), () => record(part(1_000))],
    Expand: [
      () => expandOf(embedded, '10,000 links', { handsets: 1, links: part(10_000), area: delhi }),
      () => expandOf(embedded, '10,000,000 links', { handsets: 1, links: part(10_000_000), area: delhi }),
      () => expandOf(embedded, '16 handsets of 1,000,000 links', { handsets: 16, links: part(1_000_000), area: delhi }),
      () =>
        expandOf(embedded, '450,000 links, each in an area of its own', {
          handsets: 1,
          links: part(450_000),
          area: (n) => long + n,
        }),
    ],
    Gather: [async () => few.gather, async () => many.gather],
    Claim: [() => few.claim(), () => many.claim()],
    Settle: [
      () => elsewhereOf(embedded, 1, part(10_000)),
      () => elsewhereOf(embedded, 2, part(5_000_000)),
      () => settledOf(embedded, 3, { handsets: part(141), numbers: part(10_000) }),
      () => settledOf(embedded, 4, { handsets: part(28_200), numbers: part(2_000_000) }),
      () => settledOf(embedded, 5, { handsets: part(141_000), numbers: part(10_000_000) }),
    ],
  };
  for (const [name, prepare] of Object.entries(work).flatMap(([name, all]) =>
    all.slice(0, sizes).map((prepare) => [name, prepare] as const),
  )) {
    const invocation = await prepare();
    const memoryMb = functions[name]?.memoryMb;
    if (memoryMb === undefined) throw new Error(`the templates have no function ${name}`);
    const { megabytes, result } = await peakOf(invocation, memoryMb);
    await invocation.done(result);
    told.push({
      name: `${name} of ${invocation.of}`,
      figures: { 'peak MB': Math.round(megabytes) },
      goal: { text: `within the ${memoryMb} MB of its template`, met: megabytes <= memoryMb },
    });
  }
  return { measured: [], told };
}

/** The resident memory, including Node, of a process with no more heap than the function, and the function's result. */
async function peakOf(
  { handler, event, environment }: Invocation,
  memoryMb: number,
): Promise<{ megabytes: number; result: unknown }> {
  const child = fileURLToPath(new URL('./memory-child.ts', import.meta.url));
  const file = fileURLToPath(new URL(`../../lambdas/${handler}/handler.ts`, import.meta.url));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [`--max-old-space-size=${memoryMb}`, child, file, JSON.stringify(event)],
    { env: { ...process.env, ...environment } },
  );
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  const { kilobytes, result } = JSON.parse(last) as { kilobytes: number; result: unknown };
  return { megabytes: kilobytes / 1024, result };
}
