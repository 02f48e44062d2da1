import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { whatToDoAbout } from '../domain/what-to-do.ts';
import { alike, holdsAnIdentifier, openWithLog, sha8, sha256, Tables, told } from './bad-files.ts';
import { HOUR, type Lab, START } from './lab.ts';

/**
 * Responses that no direction takes: another operator's, nobody's, one that has another file's name, and the file after the 500th.
 *
 * airtel saw A1 and A2 in H1, jio J1 and J2; mha reported H1.
 */
const H1 = '37000000000001';
const [A1, A2, J1, J2] = ['9800000001', '9800000002', '7000000001', '7000000002'] as const;
const NOW = '2026-06-01T00:00:00Z';
const FILES = 500;

let lab: Lab;
let tables: Tables;
let lines: string[];
let batchId: string;
let ofAirtel: string;
let ofJio: string;

const place = (key: string) => ({ bucket: bucketsOf(lab.cloud).outbox, key });

/** Uploads a response that must be refused whole, with no other effect than a receipt and two notices. */
async function expectRefusal(
  operator: string,
  directionId: string,
  content: string | Uint8Array,
  why: string,
  where = {},
) {
  const key = `receipts/${operator}/${directionId}/refused.csv.${sha8(content)}.json`;
  const [records, outbox] = [await tables.records(), await lab.everything()];
  await told(lab);
  await lab.upload(`responses/${operator}/${directionId}/refused.csv`, content);

  const { [key]: receipt = '', ...others } = await lab.everything();
  expect(JSON.parse(receipt)).toEqual({
    file: 'refused.csv',
    sha256: sha256(content),
    rows: 0,
    recorded: 0,
    alreadyRecorded: 0,
    rejected: {},
    rejects: [],
    refused: why,
    whatToDo: whatToDoAbout(why),
    ...where,
  });
  expect(others).toEqual(outbox);
  expect(await tables.records()).toEqual(records);
  expect(await told(lab)).toMatchObject({
    [`fraud-directions-${operator}`]: [{ kind: 'receipt', operator, ...place(key), refused: why }],
    'fraud-administrators': [
      { kind: 'response_refused', operator, why, receipt: place(key), uploadedAt: expect.any(String) },
    ],
  });
}

beforeAll(async () => {
  ({ lab, lines } = await openWithLog());
  tables = new Tables(lab);
  await lab.usage('airtel', [`${H1},${A1},2026-05-20,`, `${H1},${A2},2026-05-20,`]);
  await lab.usage('jio', [`${H1},${J1},2026-05-20,`, `${H1},${J2},2026-05-20,`]);
  await lab.report('mha', [H1]);
  batchId = `mha-${sha256(`imei\n${H1}\n`).slice(0, 12)}`;
  ofAirtel = await lab.direction(batchId, 'reverify', 'airtel');
  ofJio = await lab.direction(batchId, 'reverify', 'jio');
  return () => lab.close();
});

beforeEach(async () => {
  await told(lab);
});

describe("another operator's direction", () => {
  it('takes no answer, although its rows are there', async () => {
    await expectRefusal('jio', ofAirtel, `msisdn,outcome\n${A1},disconnected\n`, 'unknown_direction');
  });

  it("takes none for the operator's own row either", async () => {
    await expectRefusal('jio', ofAirtel, `msisdn,outcome\n${J1},verified\n`, 'unknown_direction');
  });

  it("takes none where the operator's own is one of the same batch", async () => {
    await expectRefusal('airtel', ofJio, `msisdn,outcome\n${A1},verified\n`, 'unknown_direction');
  });
});

describe('a direction that is none', () => {
  const content = `msisdn,outcome\n${A1},verified\n`;
  it.each([
    ['of no batch', () => `mha-0123456789ab.reverify.airtel.1-0-0`],
    ['of another agency', () => ofAirtel.replace('mha-', 'i4c-')],
    ['of a plan that never was', () => ofAirtel.replace(/\d+(-\d+-\d+)$/, '2$1')],
    ['of the plan 0, which no batch has', () => ofAirtel.replace(/\d+(-\d+-\d+)$/, '0$1')],
    ['of a shard that never was', () => ofAirtel.replace(/\d+(-\d+)$/, '7$1')],
    ['with a number that no direction of its shard has', () => ofAirtel.replace(/\d+$/, '1')],
    ['with a number that begins with 0', () => ofAirtel.replace(/\d+$/, '00')],
    ['of an unknown kind', () => ofAirtel.replace('.reverify.', '.unblock.')],
    ['in capitals', () => ofAirtel.toUpperCase()],
    ['and a space', () => `${ofAirtel} `],
    ["that is a batch's id", () => batchId],
    ['that is a word in Devanagari with a %', () => 'निर्देश 100%'],
    ['that is a key of the records', () => `DIR#${ofAirtel}`],
  ])('%s takes no answer', async (_, directionId) => {
    await expectRefusal('airtel', directionId(), content, 'unknown_direction');
  });

  it("takes no zip either, and says what's wrong first", async () => {
    await expectRefusal('airtel', 'none', Buffer.from('504b0304', 'hex'), 'unknown_direction');
  });
});

describe('a direction of the other kind', () => {
  it('has other columns', async () => {
    const block = await lab.direction(batchId, 'block', 'airtel');
    await expectRefusal('airtel', block, `msisdn,outcome\n${A1},verified\n`, 'missing_column:imei', {
      line: 1,
      header: 'msisdn,outcome',
    });
    await expectRefusal('airtel', ofAirtel, `imei,outcome\n${H1},blocked\n`, 'missing_column:msisdn', {
      line: 1,
      header: 'imei,outcome',
    });
  });
});

describe('a file of more than 4 MiB', () => {
  it('is refused without being read, be there a direction or not', async () => {
    const content = `msisdn,outcome\n${A1},verified\n`.padEnd(4 * 1024 * 1024 + 1, ' ');
    const [records, outbox] = [await tables.records(), await lab.everything()];
    for (const directionId of [ofAirtel, 'none']) {
      await told(lab);
      await lab.upload(`responses/airtel/${directionId}/refused.csv`, content);
      const key = `receipts/airtel/${directionId}/refused.csv.unread.json`;
      expect(await lab.json(key)).toMatchObject({
        file: 'refused.csv',
        sha256: null,
        rows: 0,
        refused: 'file_too_large',
      });
      expect(await told(lab)).toMatchObject({
        'fraud-directions-airtel': [{ kind: 'receipt', operator: 'airtel', ...place(key), refused: 'file_too_large' }],
        'fraud-administrators': [{ kind: 'response_refused', why: 'file_too_large', receipt: place(key) }],
      });
    }
    expect(await lab.everything()).toMatchObject(outbox);
    expect(await tables.records()).toEqual(records);
  });
});

describe('a response whose SHA-256 begins with the eight digits of another of its direction', () => {
  const failed = (number: string) => (n: number) => `msisdn,outcome,remarks\n${number},failed,${n}\n`;
  const [first, second] = alike(failed(J1), failed(J2));
  const upload = (content: string) => lab.upload(`responses/jio/${ofJio}/answer.csv`, content);
  const receipt = () => `receipts/jio/${ofJio}/answer.csv.${sha8(first)}.json`;
  const refusal = () => `receipts/jio/${ofJio}/answer.csv.${sha256(second)}.json`;
  const order = () => `orders/jio/${ofJio}/failed-${sha8(first)}-disconnect.csv`;

  it('is refused whole, with a receipt of its own, and leaves the order and the receipt of the other', async () => {
    expect(sha8(second)).toBe(sha8(first));
    await upload(first);
    const [records, outbox] = [await tables.records(), await lab.everything()];
    expect(JSON.parse(outbox[receipt()] ?? '')).toMatchObject({ sha256: sha256(first), recorded: 1, refused: null });
    expect(outbox[order()]).toContain(J1);
    await told(lab);
    await upload(second);

    const { [refusal()]: refused = '', ...others } = await lab.everything();
    expect(JSON.parse(refused)).toMatchObject({ file: 'answer.csv', sha256: sha256(second), refused: 'sha_taken' });
    expect(others).toEqual(outbox);
    expect(await tables.records()).toEqual(records);
    expect(await told(lab)).toMatchObject({
      'fraud-directions-jio': [{ kind: 'receipt', ...place(refusal()), refused: 'sha_taken' }],
      'fraud-administrators': [{ kind: 'response_refused', why: 'sha_taken', receipt: place(refusal()) }],
    });
    // The audit writes what was told to it within the hour.
    await lab.cloud.run(lab.cloud.clock.now() + HOUR);
    const audit = bucketsOf(lab.cloud).audit;
    const objects = await Promise.all(
      (await lab.cloud.list(audit, `batches/${batchId}/`)).map((key) => lab.cloud.get(audit, key)),
    );
    const entries = objects.flatMap((bytes) => Buffer.from(bytes).toString('utf8').trim().split('\n'));
    const facts = entries.map((entry) => JSON.parse(entry)).filter(({ id }) => id.startsWith(`response/${ofJio}/`));
    // Others were refused before.
    expect(facts.map(({ kind, facts: { why } }) => [kind, why]).slice(-2)).toEqual([
      ['response_recorded', undefined],
      ['response_refused', 'sha_taken'],
    ]);
  });

  it('has a receipt of its own also where it is refused for another reason', async () => {
    const [good, bad] = alike(
      (n) => `msisdn,outcome,remarks\n${J1},failed,again ${n}\n`,
      (n) => `msisdn,remarks\n${J1},${n}\n`,
    );
    await upload(good);
    const key = `receipts/jio/${ofJio}/answer.csv.${sha8(good)}.json`;
    const before = await lab.read(key);
    await upload(bad);
    expect(await lab.read(key)).toBe(before);
    expect(await lab.json(`receipts/jio/${ofJio}/answer.csv.${sha256(bad)}.json`)).toMatchObject({
      refused: 'missing_column:outcome',
      line: 1,
      header: 'msisdn,remarks',
    });
  });

  it('is taken once a byte of it is another, and gets its order', async () => {
    const mended = `${second}\n`;
    await upload(mended);
    expect(await lab.read(`orders/jio/${ofJio}/failed-${sha8(mended)}-disconnect.csv`)).toContain(J2);
    expect(await lab.read(order())).not.toContain(J2);
  });
});

describe('a direction with 500 files', () => {
  const part = (n: number) => `msisdn,outcome,part ${n}\n`;
  const last = `msisdn,outcome\n${A1},verified\n`;

  beforeAll(async () => {
    await lab.upload(`responses/airtel/${ofAirtel}/1.csv`, part(1));
    // All but the last one, as the ledger would hold them had they been uploaded like the first.
    const pk = `DIR#${ofAirtel}`;
    const { [pk]: ledger } = (await tables.records()) as Record<string, { files: { sha256: string }[] }>;
    const [first, ...others] = ledger?.files ?? [];
    expect([first?.sha256, others]).toEqual([sha256(part(1)), []]);
    const files = Array.from({ length: FILES - 1 }, (_, n) => ({ ...first, sha256: sha256(part(n + 1)) }));
    await tables.client.send(new PutCommand({ TableName: tables.cases, Item: { ...ledger, files } }));
    await lab.respond(ofAirtel, [`${A1},verified`]);
  });

  it('has taken the last one', async () => {
    expect((await tables.records())[`DIR#${ofAirtel}`]).toMatchObject({ files: { length: FILES } });
    expect(await lab.json(`receipts/airtel/${ofAirtel}/answer.csv.${sha8(last)}.json`)).toMatchObject({ recorded: 1 });
  });

  it('refuses the next', async () => {
    await expectRefusal('airtel', ofAirtel, `msisdn,outcome\n${A2},failed\n`, 'too_many_files');
  });

  it('still knows what it has taken, and says so', async () => {
    const before = await tables.records();
    const receipt = (name: string) =>
      lab.json<Record<string, unknown>>(`receipts/airtel/${ofAirtel}/${name}.${sha8(last)}.json`);
    await lab.upload(`responses/airtel/${ofAirtel}/again.csv`, last);
    const known = { file: 'again.csv', recorded: 0, alreadyRecorded: 1, repeats: 'answer.csv' };
    const { uploadedAt, recordedAt, late, open, overdue, next, ...others } = await receipt('answer.csv');
    expect(uploadedAt).toMatch(/Z$/);
    expect(await receipt('again.csv')).toEqual({ ...others, ...known });
    expect(await tables.records()).toEqual(before);
  });

  it('ends its ladder as any other', async () => {
    await lab.respond(ofJio, [`${J1},verified`, `${J2},verified`]);
    await lab.cloud.run();
    const { connections, startedAt, settledAt, unexplained } = await lab.summary('mha');
    expect(connections).toMatchObject({ linked: 4, directed: 4, verified: 3, overdue: 1 });
    expect([startedAt, settledAt, unexplained]).toEqual([NOW, '2026-06-17T00:00:00Z', 0]);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('refuses the next after its batch settled, too', async () => {
    expect(lab.cloud.clock.now()).toBeGreaterThan(START);
    await expectRefusal('airtel', ofAirtel, `msisdn,outcome\n${A2},disconnected\n`, 'too_many_files');
    expect((await lab.outbox('revocations/')).filter((key) => key.includes('.late-'))).toEqual([]);
  });
});

describe('after all of them', () => {
  it('no line of a log holds a phone number, an IMEI or an IMSI', () => {
    expect(lines.length).toBeGreaterThan(100);
    expect(lines.filter(holdsAnIdentifier)).toEqual([]);
  });
});
