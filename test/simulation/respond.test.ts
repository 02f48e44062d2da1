import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { jsonText } from '../../lambdas/domain/json.ts';
import { CommandError } from '../../lib/commands/command-line.ts';
import { Desk } from '../../simulation/desk.ts';
import { Responder } from '../../simulation/respond.ts';
import { FakeCloud } from './fake-cloud.ts';

const START = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;
const OLD = 'mha-0123456789ab.reverify.jio.1-0-0';
const NEW = 'up-police-ba9876543210.reverify.jio.2-0-0';
const NEWEST = 'up-police-ba9876543210.reverify.jio.2-0-1';
const BLOCK = 'mha-0123456789ab.block.jio.1-0-0';
const [A, B, C, D] = ['+919000000001', '+919000000002', '+919000000003', '+919000000004'] as const;

let folder = '';
let cloud: FakeCloud;
let responder: Responder;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'respond-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  cloud = new FakeCloud(START);
  responder = new Responder(new Desk(cloud, { id: 'jio', mailboxes: ['fraud-directions-jio'] }));
});

async function respond(content: string | Buffer, name = 'r.csv', at = START): Promise<void> {
  const path = join(folder, name);
  cloud.outside(at, async () => {
    writeFileSync(path, content);
    await responder.respond({ kind: 'response', operator: 'jio', argument: `jio=${name}`, path, name, age: 0 });
  });
  await cloud.run();
}

/** Writes receipts as the system would: these lines rejected, the others recorded. */
function receipts(rejected: number[], refused: string | null = null): void {
  cloud.onUpload = (key, body) => {
    const sha8 = createHash('sha256').update(body).digest('hex').slice(0, 8);
    const receipt = { rejects: rejected.map((line) => ({ line, reason: 'bad_date' })), refused };
    void cloud.put('outbox', `${key.replace('responses/', 'receipts/')}.${sha8}.json`, jsonText(receipt));
  };
}

const order = (directionId: string, identifiers: readonly string[], deadline = START + 5 * DAY, rung = 1) =>
  cloud.order({
    directionId,
    rung,
    order: directionId.includes('block') ? 'block' : 'reverify',
    identifiers,
    deadline,
  });
const sent = () => cloud.uploads.map(({ key, text }) => [key.split('/')[2], text]);

describe('--respond', () => {
  it('sends a file that concerns one direction as it is, byte for byte, under its own name', async () => {
    await order(OLD, [A, B]);
    const text = `\uFEFFOutcome;,"MSISDN", outcome \r\n\r\nx,09000000002,failed\r\nx,"${A}",verified`;
    await respond(text, `नाम + %20 '.csv`);
    expect(cloud.uploads).toEqual([{ at: START, key: `responses/jio/${OLD}/नाम + %20 '.csv`, text }]);
  });

  it('of both columns sends each row to a direction of what it is about, as the system reads it', async () => {
    await order(OLD, [A, B]);
    await order(BLOCK, ['350000000000006', '350000000000014']);
    const [header, ...rows] = [
      'msisdn,imei,outcome\n',
      `${A},350000000000006,verified\n`,
      ',350000000000006,blocked\n',
      `${B},350000000000014,blocked\n`,
      `${B},,failed\n`,
    ];
    await respond([header, ...rows].join(''));
    expect(sent()).toEqual([
      [OLD, [header, rows[0], rows[3]].join('')],
      [BLOCK, [header, rows[1], rows[2]].join('')],
    ]);
  });

  it('splits a file by direction and keeps the order of the rows and their text', async () => {
    await order(OLD, [A, B]);
    await order(NEW, [C, D]);
    await respond(
      `msisdn,outcome,remarks\n${C},verified,\n${A},failed,"two\nlines"\n${D},failed,\n0${B.slice(3)},verified,x`,
    );
    expect(sent()).toEqual([
      [NEW, `msisdn,outcome,remarks\n${C},verified,\n${D},failed,\n`],
      [OLD, `msisdn,outcome,remarks\n${A},failed,"two\nlines"\n0${B.slice(3)},verified,x`],
    ]);
  });

  it('prefers the direction where a row is open or failed to a newer one where it is done', async () => {
    await order(NEW, [A, B]);
    receipts([]);
    await respond(`msisdn,outcome\n${A},verified\n${B},failed\n`, 'first.csv');
    await order(OLD, [A, B]);
    await respond(`msisdn,outcome\n${A},verified\n${B},disconnected\n`, 'second.csv', START + DAY);
    expect(sent().slice(1)).toEqual([
      [OLD, `msisdn,outcome\n${A},verified\n`],
      [NEW, `msisdn,outcome\n${B},disconnected\n`],
    ]);
  });

  it('goes by the receipt: a rejected row is still open, and a refused file changed nothing', async () => {
    await order(OLD, [A, C]);
    await order(NEW, [A, B]);
    receipts([2]);
    await respond(`msisdn,outcome\n${A},verified\n${B},verified\n`, 'first.csv');
    await respond(`msisdn,outcome\n${A},verified\n`, 'second.csv');
    receipts([], 'too_many_files');
    await respond(`msisdn,outcome\n${C},verified\n`, 'third.csv');
    await respond(`msisdn,outcome\n${C},not_found\n`, 'fourth.csv');
    expect(sent().map(([direction]) => direction)).toEqual([NEW, NEW, OLD, OLD]);
  });

  it('sends a row to the newest that carries it once no ladder runs any more', async () => {
    await order(OLD, [A]);
    await order(NEW, [A]);
    await order(NEWEST, [B]);
    await respond(`msisdn,outcome\n${A},verified\n`, 'r.csv', START + 6 * DAY);
    expect(sent().map(([direction]) => direction)).toEqual([NEW]);
  });

  it('counts a direction as running until the deadline of its latest order, that instant included', async () => {
    await order(OLD, [A]);
    await order(OLD, [A], START + 10 * DAY, 2);
    await order(NEW, [A], START + DAY);
    await respond(`msisdn,outcome\n${A},verified\n`, 'r.csv', START + 10 * DAY);
    expect(sent().map(([direction]) => direction)).toEqual([OLD]);
  });

  it('sends rows that no direction carries, or that can’t be read, to the newest of the kind', async () => {
    await order(OLD, [A]);
    await order(NEWEST, [C]);
    await order(NEW, [B]);
    await order(BLOCK, ['351234567890123']);
    await respond(`msisdn,outcome\n+919999999999,verified\n${A},verified\nnobody,verified\n${A},verified,extra\n`);
    expect(sent()).toEqual([
      [NEWEST, `msisdn,outcome\n+919999999999,verified\nnobody,verified\n${A},verified,extra\n`],
      [OLD, `msisdn,outcome\n${A},verified\n`],
    ]);
  });

  it('knows handsets by their first 14 digits', async () => {
    await order(OLD, [A]);
    await order(BLOCK, ['351234567890124', '351234567890132']);
    await respond('imei,outcome\n35-123456-789013-07,blocked\n35123456789012,not_found\n');
    expect(sent().map(([direction]) => direction)).toEqual([BLOCK]);
  });

  it.each<[string, string | Buffer, string]>([
    ['of no rows', 'msisdn,outcome\n', NEW],
    ['without the outcomes', `msisdn\n${A}\n`, NEW],
    ['of handsets without the outcomes', 'imei\n351234567890124\n', BLOCK],
    ['with an unclosed quote', `msisdn,outcome\n${A},verified\n"${A},verified\n`, NEW],
    ['that is not UTF-8 further on', Buffer.from(`msisdn,outcome\n${A},verified\n\xff\n`, 'latin1'), NEW],
  ])('sends a file %s whole to the newest direction of its kind', async (_, content, direction) => {
    await order(OLD, [A]);
    await order(BLOCK, ['351234567890124']);
    await order(NEW, [B]);
    await respond(content);
    expect(cloud.uploads.map(({ key }) => key)).toEqual([`responses/jio/${direction}/r.csv`]);
    expect(await cloud.get('inbox', `responses/jio/${direction}/r.csv`)).toEqual(Buffer.from(content));
  });

  it.each(['', 'PK\u0003\u0004zip', 'a;b\n1;2\n'])(
    'sends nothing of a file of which its columns don’t say whom it is about, and says so: %j',
    async (content) => {
      await order(BLOCK, ['351234567890124']);
      await order(OLD, [A]);
      const failing = respond(content);
      await expect(failing).rejects.toThrow(CommandError);
      await expect(failing).rejects.toThrow(
        '--respond jio=r.csv: its first line must have the column outcome and msisdn or imei',
      );
      expect(sent()).toEqual([]);
    },
  );

  it('is an error of the command when the operator has no direction of that kind', async () => {
    await order(BLOCK, ['351234567890124']);
    const failing = respond(`msisdn,outcome\n${A},verified\n`);
    await expect(failing).rejects.toThrow(CommandError);
    await expect(failing).rejects.toThrow('--respond jio=r.csv: jio has no re-verification direction at that time');
  });
});
