import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../lambdas/domain/csv.ts';
import type { Day, Instant } from '../../lambdas/domain/days.ts';
import { DECISION_COLUMNS, DECISIONS, parseDecisionRow } from '../../lambdas/domain/decision-rows.ts';
import { applyDecision, decidedBy, openDecision } from '../../lambdas/domain/decisions.ts';
import { EXEMPTION_COLUMNS, parseExemptionRow } from '../../lambdas/domain/exemption-rows.ts';
import type { ApproverId, BatchId, Imei, Msisdn } from '../../lambdas/domain/identifiers.ts';
import { imeiOut } from '../../lambdas/domain/imeis.ts';
import { heldImeis } from '../../lambdas/domain/weighing.ts';

const page = readFileSync(new URL('../../docs/approvers.md', import.meta.url), 'utf8');

/** The examples of the page that begin with this header. */
const examples = (header: string) =>
  [...page.matchAll(/(?<=\n\n)(?: {4}.*\n)+/g)]
    .map(([block]) => block.replace(/^ {4}/gm, ''))
    .filter((text) => text.startsWith(`${header}\n`));

const PREVIEW = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const A = 'approver-1' as ApproverId;
const B = 'approver-2' as ApproverId;
const at = (time: string) => `2026-06-01T${time}:00Z` as Instant;

async function decisionRows(text: string) {
  const rows = (await Array.fromAsync(readCsv([Buffer.from(text)], DECISION_COLUMNS))).flat();
  return rows.map((row) => parseDecisionRow(row, { preview: PREVIEW, agency: 'mha' }));
}

describe('docs/approvers.md', () => {
  it('says of each decision what it does, and of no other', () => {
    const [, table = ''] = page.split(/^\| `decision` .*$/m);
    const told = [...(table.split('\n\n')[0] ?? '').matchAll(/^\| `(\w+)` \|/gm)].map(([, word]) => word);
    expect(told.sort()).toEqual([...DECISIONS].sort());
  });

  it('shows a decision by which two approvers spare the clone, and block nothing that is held', async () => {
    const [clone, box] = ['35000000000000', '35000000000001'] as Imei[];
    const held = heldImeis(
      examples('imei,why,connections,areas,busiest_day,connections_that_day,areas_that_day').join(),
    );
    expect(held).toEqual([clone, box]);
    const [decision = '', ...more] = examples('preview,decision,imei,msisdn,ground,remarks');
    expect(more).toEqual([]);
    const rows = await decisionRows(decision);
    let record = openDecision({
      batchId: 'mha-83065f2a6425' as BatchId,
      preview: PREVIEW,
      people: 2,
      openedAt: at('00:00'),
      decideBy: at('12:00'),
      overLimit: null,
    });
    for (const approver of [A, B]) {
      const applied = applyDecision(record, rows, {
        approver,
        sha256: '0'.repeat(64),
        upload: approver,
        uploadedAt: at('00:59'),
        attempt: approver,
        committedAt: at('01:00'),
        approvers: [A, B],
      });
      if (applied.kind !== 'applied') throw new Error(applied.kind);
      expect([applied.rows, applied.recorded, applied.rejects]).toEqual([4, 4, []]);
      record = applied.decision;
    }
    expect(record.ending).toMatchObject({ state: 'approved', by: [A, B] });
    const decided = decidedBy(record, held);
    expect([...decided.held]).toEqual([
      [clone, 'spare'],
      [box, 'reverify'],
    ]);
    expect([...decided.struck]).toEqual(['+919876543210' as Msisdn]);
    expect(held.map((imei) => imeiOut(imei))).toEqual(['350000000000006', '350000000000014']);
  });

  it('shows a refusal and exemptions that are taken', async () => {
    const [refusal = ''] = examples('preview,decision,remarks');
    expect(await decisionRows(refusal)).toEqual([expect.objectContaining({ line: 2, decision: 'refuse' })]);
    const [exemptions = ''] = examples('msisdn,imei,until,reason');
    const rows = (await Array.fromAsync(readCsv([Buffer.from(exemptions)], EXEMPTION_COLUMNS))).flat();
    const by = { uploadDay: '2026-06-01' as Day, mostDays: 90 };
    expect(rows.map((row) => parseExemptionRow(row, by))).toEqual([
      { line: 2, subjects: ['+919876543210'], until: '2026-08-15' },
      { line: 3, subjects: ['35000000000001'], until: '2026-07-31' },
    ]);
  });
});
