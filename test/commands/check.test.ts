import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Day } from '../../lambdas/domain/days.ts';
import { type CheckedAs, checkedText, checkFile, isTaken } from '../../lib/commands/check.ts';
import { run } from './command.ts';

const today = '2026-06-05' as Day;
const check = (text: string, as: Partial<CheckedAs>) =>
  checkFile(() => [Buffer.from(text)], { kind: 'report', today, direction: undefined, ...as });
const H = '350000000000006';

describe('a file that is checked before its upload', () => {
  it('has its rows counted by reason, with the first lines of each and what to do', async () => {
    const checked = await check(`IMEI No.;note\n${H};a\n3.5E+14;b\n${'12;c\n'.repeat(12)}${H};again\n`, {});
    expect(isTaken(checked)).toBe(false);
    expect(checkedText(checked, { kind: 'report' })).toEqual([
      '15 rows: 2 would be taken, 13 rejected',
      '  rounded_by_spreadsheet: 1 (line 3): the digits are lost here, whatever format the column is given now: take them from the source with the column as text; a number that ends in zeros by itself has +91 before it',
      '  wrong_length: 12 (line 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, …): look it up again: 15 digits, without what stands behind a /; programs cut off leading zeros or put some before: 01… has 15 digits with its 0',
    ]);
  });

  it('is good where each row is', async () => {
    const usage = await check(`imei\tmsisdn\tlast_seen\n${H}\t9876543210\t2026-06-05\n`, { kind: 'usage' });
    expect([isTaken(usage), ...checkedText(usage, { kind: 'usage' })]).toEqual([
      true,
      '1 rows: 1 would be taken, 0 rejected',
    ]);
    expect(isTaken(await check('reference\nairtel-12-3-0-1-1\n', { kind: 'lookup' }))).toBe(true);
    expect(isTaken(await check('msisdn,ground\n9876543210,cloned\n', { kind: 'appeal' }))).toBe(true);
  });

  it('says where reading stops, with the header that lacks a column and never with a row', async () => {
    const told = async (text: string, kind: CheckedAs['kind']) =>
      checkedText(await check(text, { kind }), { kind }).slice(1);
    const remedy =
      'give a column that name; is the first line the header, each quote in it closed, and the separator a comma, a ; or a tab?; nothing of the file would be taken';
    expect(await told('Serial;Handset\n1;2\n', 'report')).toEqual([
      'line 1: missing_column:imei, the header is: Serial,Handset',
      `  ${remedy}`,
    ]);
    expect((await told('IMEI,MSISDN,Date\n1,2,3\n', 'usage'))[1]).toBe(`  ${remedy}`);
    expect(await told(`${H},x\n`, 'report')).toEqual(['line 1: missing_column:imei', `  ${remedy}`]);
    expect((await told(`imei,msisdn,last_seen\n${H},9876543210,2026-06-05\n"x`, 'usage'))[1]).toMatch(
      /only the rows before that line would be taken$/,
    );
  });

  it('as a response may be several copies of orders, one below the other', async () => {
    const [reverify, block] = ['mha-0123456789ab.reverify.jio.1-0-0', 'mha-0123456789ab.block.jio.1-0-0'];
    const joined = [
      'msisdn,imei,reason,order,direction,outcome',
      `9876543210,${H},linked_to_reported_handset,reverify,${reverify},verified`,
      'imei,reason,order,direction,outcome',
      `${H},reported_for_fraud,block,${block},blocked`,
      '',
    ].join('\n');
    const checked = await check(joined, { kind: 'response' });
    expect(checkedText(checked, { kind: 'response' })).toEqual(['2 rows: 2 would be taken, 0 rejected']);
  });

  it('as a response answers what each of its rows says, or what it is said to answer', async () => {
    const ofNumbers = 'msisdn,outcome,to\n9876543210,Verified,\n9876543210,ported,jio\n9876543210,restored,\n';
    expect(isTaken(await check(ofNumbers, { kind: 'response' }))).toBe(true);
    const [own, none] = ['mha-0123456789ab.block.jio.1-0-0', 'mha-0123456789ab.block.jio.1'];
    const combined = [
      'msisdn,imei,outcome,order,direction',
      `9876543210,${H},verified,,`,
      `,${H},blocked,,`,
      '9876543210,,blocked,,',
      `,${H},verified,block,${own}`,
      `,${H},blocked,block,${none}`,
      ',,verified,,',
    ].join('\n');
    expect([...(await check(combined, { kind: 'response' })).rejected]).toEqual([
      ['unknown_outcome', { rows: 2, lines: [4, 5] }],
      ['unknown_direction', { rows: 1, lines: [6] }],
      ['missing_msisdn', { rows: 1, lines: [7] }],
    ]);
    expect([...(await check(ofNumbers, { kind: 'response', direction: 'restore' })).rejected]).toEqual([
      ['unknown_outcome', { rows: 2, lines: [2, 3] }],
    ]);
    expect(isTaken(await check(`imei,outcome\n${H},blocked\n`, { kind: 'response' }))).toBe(true);
    expect((await check('outcome\n', { kind: 'response' })).fault?.reason).toBe('missing_column:msisdn');
  });

  it("is read as its operator writes files, by the stage's configuration", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'check-'));
    try {
      const file = join(folder, 'usage.csv');
      writeFileSync(file, `IMEI,IMSI,MSISDN,RAT,Date\n${H},404100000000001,919876543210,001,20260530\n`);
      const checked = async (...args: string[]) => {
        const { code, said, complained } = await run('check', [file, ...args], 'http://127.0.0.1:1');
        return [code, said.split('\n')[0], complained.split('\n')[0]];
      };
      const asUsage = ['--as', 'usage', '--stage', 'example', '--from'];
      expect(await checked(...asUsage, 'jio')).toEqual([0, '1 rows: 1 would be taken, 0 rejected', '']);
      expect((await checked(...asUsage, 'airtel'))[0]).toBe(1);
      const nobody = await checked(...asUsage, 'nobody');
      expect(nobody).toEqual([
        2,
        '',
        expect.stringContaining('is no operator of the stage example; there are airtel, jio'),
      ]);
      const typo = await checked('--as', 'usage', '--stage', 'exampel', '--from', 'jio');
      expect(typo).toEqual([2, '', expect.stringContaining('there is no config/exampel.json')]);
      expect((await checked('--as', 'appeal', '--from', 'mha'))[0]).toBe(2);
      const report = ['--as', 'report', '--stage', 'example', '--from'];
      expect(await checked(...report, 'up-police')).toEqual([0, '1 rows: 1 would be taken, 0 rejected', '']);
      const noAgency = await checked(...report, 'jio');
      expect(noAgency).toEqual([2, '', expect.stringContaining('is no agency of the stage example; there are mha')]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is a file: of a folder, or of nothing, the command line is wrong', async () => {
    for (const file of [import.meta.dirname, `${import.meta.filename}.none`]) {
      const { code, said, complained } = await run('check', [file, '--as', 'report'], 'http://127.0.0.1:1');
      expect([code, said, complained]).toEqual([2, '', expect.stringContaining('there is no such file')]);
    }
  });
});
