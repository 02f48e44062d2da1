import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ADMISSION_COLUMNS } from '../../lambdas/domain/admissions.ts';
import { APPEAL_COLUMNS } from '../../lambdas/domain/appeal-rows.ts';
import { APPEAL_GROUNDS, type Asked } from '../../lambdas/domain/appeals.ts';
import { balance, summaryText } from '../../lambdas/domain/books.ts';
import { combinedPart, combinedReceipt, partReceipt } from '../../lambdas/domain/combined-receipts.ts';
import type { Day, Instant } from '../../lambdas/domain/days.ts';
import { DECISION_COLUMNS, DECISIONS, GROUNDS } from '../../lambdas/domain/decision-rows.ts';
import { ENDINGS } from '../../lambdas/domain/decisions.ts';
import { orderCsv, restoreCsv } from '../../lambdas/domain/directions.ts';
import { EXEMPTION_COLUMNS } from '../../lambdas/domain/exemption-rows.ts';
import { GATE_RULES } from '../../lambdas/domain/gates.ts';
import { HandsetRows } from '../../lambdas/domain/handset-rows.ts';
import { OTHER_NAMES } from '../../lambdas/domain/headers.ts';
import type { AgencyId, BatchId, DirectionId, Imei, Msisdn, OperatorId } from '../../lambdas/domain/identifiers.ts';
import { parseImei } from '../../lambdas/domain/imeis.ts';
import { parseInboxKey } from '../../lambdas/domain/inbox.ts';
import { LOOKUP_COLUMNS } from '../../lambdas/domain/lookups.ts';
import { type Preview, previewText } from '../../lambdas/domain/preview.ts';
import { FILE_REASONS, isFileReason, ROW_REASONS } from '../../lambdas/domain/reasons.ts';
import { receiptText, responseReceipt } from '../../lambdas/domain/receipts.ts';
import { responseColumns } from '../../lambdas/domain/responses.ts';
import { reversalPreviewOf, reversalPreviewText } from '../../lambdas/domain/reversal-preview.ts';
import { revocationCsv, revocationJson, withdrawalCsv, withdrawalJson } from '../../lambdas/domain/revocations.ts';
import { combinedColumns } from '../../lambdas/domain/routing.ts';
import { REPORT_COLUMNS } from '../../lambdas/domain/screening.ts';
import { USAGE_COLUMNS } from '../../lambdas/domain/sightings.ts';
import { HAPPENINGS } from '../../lambdas/domain/story-events.ts';
import { HELD_WHYS, heldCsv } from '../../lambdas/domain/weighing.ts';
import { WHAT_TO_DO } from '../../lambdas/domain/what-to-do.ts';
import { answered, fresh } from '../domain/example.ts';

const page = readFileSync(new URL('../../docs/formats.md', import.meta.url), 'utf8');

/** The text of a section, from its heading to the next one of its level or above. */
function section(heading: string): string {
  const [, marks = ''] = new RegExp(`^(#+) ${heading.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, 'm').exec(page) ?? [];
  if (marks === '') throw new Error(`docs/formats.md has no section "${heading}"`);
  const from = page.slice(page.indexOf(`${marks} ${heading}`) + marks.length + 1);
  const end = from.search(new RegExp(`^#{1,${marks.length}} `, 'm'));
  return end < 0 ? from : from.slice(0, end);
}

/** The words in backticks in the first cell of each row of a section's tables, their `:<name>` left out. */
function firstCells(heading: string): string[] {
  return [...section(heading).matchAll(/^\| ((?:`[^`]+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`:]+)[^`]*`/g)].map(([, word = '']) => word),
  );
}

const sorted = (words: readonly string[]) => [...words].sort();

describe('docs/formats.md', () => {
  it('says of each reason for which a row or a file is not taken what it means, and of no other', () => {
    const agreed = (of: string) => firstCells(`Why ${of} not taken`);
    expect(sorted(agreed('a row was'))).toEqual(sorted(ROW_REASONS));
    expect(sorted(agreed('a file was'))).toEqual(sorted(FILE_REASONS));
  });

  it('says of each reason what to do, in the words of rejects and receipts', () => {
    for (const of of ['row', 'file']) {
      const rows = [...section(`Why a ${of} was not taken`).matchAll(/^\| `([a-z_0-9]+)[^|]*\|.*\| ([^|]+) \|$/gm)];
      const told = rows.map(([, reason = '', what = '']) => [reason, what.replaceAll('`', '')]);
      const reasons: readonly (keyof typeof WHAT_TO_DO)[] = of === 'row' ? ROW_REASONS : FILE_REASONS;
      expect(Object.fromEntries(told)).toEqual(
        Object.fromEntries(reasons.map((reason) => [reason, WHAT_TO_DO[reason]])),
      );
    }
  });

  it('says why an object is left where it lies', () => {
    const strays = [
      'a'.repeat(1000),
      'nowhere/x.csv',
      'reports/mha/x.txt',
      'reports/MHA/x.csv',
      'usage/JIO/x.csv',
      'exemptions/X/x.csv',
      'lookups/X/x.csv',
    ].map((key) => {
      const place = parseInboxKey(key);
      return place.kind === 'stray' ? place.why : 'taken';
    });
    expect(strays).toEqual([
      'key_too_long',
      'unknown_place',
      'not_a_csv_name',
      'bad_agency',
      'bad_operator',
      'bad_approver',
      'bad_caseworker',
    ]);
    // The last four are known only with the configuration at hand.
    expect(firstCells('Why an object was left where it lies')).toEqual([
      ...strays,
      'unknown_agency',
      'unknown_operator',
      'unknown_approver',
      'unknown_caseworker',
    ]);
  });

  it('says what else columns are called, and no other name', () => {
    const [, told = ''] = /with `_` or a blank between words; ([\s\S]*?)\. Unknown columns/.exec(page) ?? [];
    const named = told
      .split(', and ')
      .map((part) => [...part.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name.toLowerCase()));
    expect(named.map(([column = '', ...names]) => [column, sorted(names)])).toEqual(
      Object.entries(OTHER_NAMES).map(([column, names]) => [column, sorted(names)]),
    );
  });

  it('names the columns of the files that come in', () => {
    const all = ({ required, optional }: { required: readonly string[]; optional: readonly string[] }) =>
      sorted([...required, ...optional]);
    expect(sorted(firstCells('Report: `reports/<agency>/<name>.csv`'))).toEqual(all(REPORT_COLUMNS));
    const usage = firstCells('Usage: `usage/<operator>/<name>.csv`');
    expect(sorted(usage)).toEqual(sorted([...all(USAGE_COLUMNS), ...GATE_RULES]));
    expect(sorted(firstCells('Response: `responses/<operator>/<direction id>/<name>.csv`'))).toEqual(
      all(responseColumns('reverify')),
    );
    expect(responseColumns('block').required).toEqual(['imei', 'outcome']);
    expect(sorted(firstCells('Combined response: `responses/<operator>/<name>.csv`'))).toEqual(all(combinedColumns));
  });

  it('names all that people decide by, and how a batch ends by it', () => {
    const all = ({ required, optional }: { required: readonly string[]; optional: readonly string[] }) =>
      sorted([...required, ...optional]);
    const without = ENDINGS.filter((state) => state !== 'approved');
    const decision = section('Decision: `decisions/<approver>/<batch id>/<name>.csv`');
    expect(sorted(firstCells('Decision: `decisions/<approver>/<batch id>/<name>.csv`'))).toEqual(
      sorted([...DECISION_COLUMNS.required, ...DECISION_COLUMNS.optional, ...DECISIONS, ...without]),
    );
    for (const word of [...DECISIONS, ...GROUNDS]) expect(decision).toContain(`\`${word}\``);
    expect(sorted(firstCells('Exemptions: `exemptions/<approver>/<name>.csv`'))).toEqual(all(EXEMPTION_COLUMNS));
    expect(sorted(firstCells('Admissions: `admissions/<approver>/<name>.csv`'))).toEqual(all(ADMISSION_COLUMNS));
  });

  it('names by what a caseworker asks, and all that a story may tell', () => {
    expect(sorted(firstCells('Lookups: `lookups/<caseworker>/<name>.csv`'))).toEqual(sorted(LOOKUP_COLUMNS.optional));
    expect(sorted(firstCells('Explanation: `explanations/<caseworker>/<name>.<sha8>.json`'))).toEqual(
      sorted(HAPPENINGS),
    );
  });

  it('names by what a caseworker appeals, and the grounds', () => {
    const appeal = section('Appeal: `appeals/<caseworker>/<name>.csv`');
    const { required, optional } = APPEAL_COLUMNS;
    expect(sorted(firstCells('Appeal: `appeals/<caseworker>/<name>.csv`'))).toEqual(sorted([...required, ...optional]));
    for (const ground of APPEAL_GROUNDS) expect(appeal).toContain(`\`${ground}\``);
    const caseworkers = readFileSync(new URL('../../docs/caseworkers.md', import.meta.url), 'utf8');
    const [, table = ''] = caseworkers.split(/^\| `ground` .*$/m);
    const told = [...(table.split('\n\n')[0] ?? '').matchAll(/^\| `(\w+)` \|/gm)].map(([, word]) => word);
    expect(told).toEqual([...APPEAL_GROUNDS]);
  });

  it('shows what became of handsets as it is written, each operator by where its block stands', () => {
    const [seen, unseen] = ['35000000000001', '35000000000002'] as [Imei, Imei];
    const operators = ['airtel', 'bsnl', 'jio', 'mtnl', 'vi'] as [
      OperatorId,
      OperatorId,
      OperatorId,
      OperatorId,
      OperatorId,
    ];
    const [airtel, bsnl, jio, mtnl, vi] = operators;
    const rows = new HandsetRows([seen, unseen]);
    for (const [n, outcome] of (['verified', 'disconnected', 'overdue'] as const).entries()) {
      const msisdn = `+91987654321${n}` as Msisdn;
      rows.link(seen, msisdn);
      rows.connection(msisdn, outcome);
    }
    const on = '2026-06-02' as Day;
    rows.block(seen, airtel, 'blocked', { on });
    rows.block(seen, bsnl, 'not_found', { on });
    for (const operator of [jio, mtnl]) rows.block(seen, operator, 'overdue');
    rows.block(seen, vi, 'alreadyBlocked');
    for (const operator of [airtel, jio, mtnl, vi]) rows.block(unseen, operator, 'blocked', { on });
    rows.block(unseen, bsnl, 'blocked', { on: '2026-06-03' as Day });
    const usage = {
      since: '2025-12-03' as Day,
      operators,
      silent: [bsnl, mtnl],
      gated: [],
    };
    const caseRefs = new Map([seen, unseen].map((imei) => [imei, 'FIR-12/2026']));
    const csv = [...rows.csv({ caseRefs, held: new Map(), usage })].join('');
    expect(section('Handsets')).toContain(csv.replace(/^/gm, '    ').trimEnd());
  });

  it('shows orders, receipt and summary as they are written', () => {
    const deadline = '2026-06-02T00:00:00Z' as Instant;
    const parsed = parseImei('350000000000006');
    const imei = 'value' in parsed ? parsed.value : ('' as Imei);
    const head = {
      directionId: 'mha-0123456789ab.block.airtel.1-0-0' as DirectionId,
      order: 'block' as const,
      deadline,
      disconnectBy: deadline,
    };
    const block = orderCsv('block', head, [{ place: 0, row: { imei } }]);
    expect(section('Order')).toContain(block.replace(/^/gm, '    ').trimEnd());
    const row = { msisdn: '+919876543210' as Msisdn, imei, lastSeen: '2026-06-01' as Day, lsa: '' };
    const of = {
      directionId: 'mha-0123456789ab.reverify.airtel.12-3-0' as DirectionId,
      order: 'reverify' as const,
      deadline: '2026-06-06T00:00:00Z' as Instant,
      disconnectBy: '2026-06-17T00:00:00Z' as Instant,
    };
    const reverify = orderCsv('reverify', of, [{ place: 0, row }]);
    expect(section('Order')).toContain(reverify.replace(/^/gm, '    ').trimEnd());
    const back = restoreCsv({ ...of, deadline: '2026-06-13T10:00:00Z' as Instant }, [{ place: 0, row }]);
    expect(section('Order')).toContain(back.replace(/^/gm, '    ').trimEnd());
    const response = { name: 'x', uploadedAt: deadline, now: deadline };
    for (const key of Object.keys(responseReceipt(response, '', answered(fresh(1), []))))
      expect(section('Receipt')).toContain(`"${key}"`);
    const own = { directionId: head.directionId, lines: [2] };
    const routing = {
      ...{ upload: 'v', file: 'x', uploadedAt: deadline, routedAt: deadline },
      directions: [own],
      rejects: [],
    };
    const receipt = receiptText(partReceipt(response, '', { ...answered(fresh(1), [[0, 'verified']]), rows: 1 }, 'v'));
    const combined = combinedReceipt('x', '', { routing, earlier: [] }, [combinedPart('x', routing, own, { receipt })]);
    for (const key of [...Object.keys(combined), ...Object.keys(combined.directions[0] ?? {})])
      expect(section('Combined receipt')).toContain(`"${key}"`);

    const [heldHeader = ''] = heldCsv([]).split('\n');
    expect(section('Preview')).toContain(`    ${heldHeader}\n`);
    for (const why of HELD_WHYS) expect(section('Preview')).toContain(`\`${why}\``);
    const told: Preview = {
      batchId: 'mha-0' as BatchId,
      kind: 'report',
      agency: '' as AgencyId,
      file: '',
      sha256: '',
      report: { rows: 0, rejected: 0, repeats: 0, handsets: 0 },
      held: 0,
      linked: 0,
      linkedOnlyByHeld: 0,
      operators: { ['<operator>' as OperatorId]: { linked: 0, latestImport: null, gated: 0 } },
      people: 0,
      decideBy: null,
    };
    const previewKeys = (text: string) => [...text.matchAll(/"([\w<>]+)"[,:}\s]/g)].map(([, key = '']) => key);
    expect(previewKeys(section('Preview')).join()).toBe(previewKeys(previewText(told)).join());

    const asked = { batchId: 'caseworker-1-0', uploader: '', file: '', sha256: '' } as unknown as Asked;
    const reversal = reversalPreviewText(reversalPreviewOf(asked, 0, 1));
    const keysOf = (text: string) => [...text.matchAll(/"(\w+)"[,:}\s]/g)].map(([, key = '']) => key);
    expect(keysOf(section("Reversal's preview"))).toEqual(keysOf(reversal));

    const books = {
      batchId: 'mha-0' as BatchId,
      agency: 'mha' as AgencyId,
      file: '',
      report: { rows: 0, rejected: 0, repeats: 0, handsets: 0 },
      linked: {},
      operators: ['jio' as OperatorId],
      decisions: {},
      ported: {},
      ledgers: {},
      latestImports: {},
      startedAt: deadline,
      settledAt: deadline,
    };
    const summaries = [balance(books), balance({ ...books, kind: 'followup' })].map(summaryText).join('');
    const keys = [...summaries.matchAll(/"(\w+)":/g)].map(([, key = '']) => key);
    for (const key of new Set(keys)) if (key !== 'jio') expect(section('Summary')).toContain(`"${key}"`);
    const described = [...section('Summary').matchAll(/"(\w+)"[,:}\s]/g)].map(([, key = '']) => key);
    for (const key of new Set(described)) if (key !== 'settled') expect(keys).toContain(key);
  });

  it('shows the lists for banks as they are written, and nobody revoked in that of withdrawals', () => {
    const shown = (heading: string, ...files: string[]) => {
      for (const file of files) expect(section(heading)).toContain(file.trimEnd().replace(/^/gm, '    '));
    };
    const msisdn = '+919876543210' as Msisdn;
    const own = { operator: 'airtel' as OperatorId, lsa: 'Delhi', disconnectedOn: '2026-06-14' as Day };
    const revoked = [{ msisdn, ...own, reason: 'linked_to_reported_handset' as const }];
    const revocations = revocationJson('mha-0123456789ab.csv', revoked);
    shown('Revocation list', [...revocationCsv(revoked)].join(''), [...revocations].join(''));
    const withdrawn = [{ msisdn, withdrawnOn: '2026-06-21' as Day, ground: 'reissued' as const }];
    const withdrawals = [...withdrawalJson('mha-0123456789ab.withdrawn-9f86d081.csv', withdrawn)].join('');
    shown('Withdrawals', [...withdrawalCsv(withdrawn)].join(''), withdrawals);
    expect(JSON.parse(withdrawals).payload).toEqual([]);
  });

  it('takes no other reason for one of a file', () => {
    expect(['empty_file', 'missing_column:imei'].map(isFileReason)).toEqual([true, true]);
    expect(['missing_column', 'empty_file:imei', 'bad_date', ''].map(isFileReason)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
