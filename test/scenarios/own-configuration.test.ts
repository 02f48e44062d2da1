import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stageFromContext } from '../../lib/config/context.ts';
import { UNNAMED } from '../../lib/config/participants.ts';
import { messageOf } from '../../simulation/desk.ts';
import { participantsOf } from '../../simulation/participants.ts';
import { Lab } from './lab.ts';

/**
 * As an administrator may change it: airtel has an e-mail address, jio another queue, and there are a sixth operator and another agency, both of
 * which write their files in a form of their own.
 */
const OWN = {
  agencies: [
    ...UNNAMED.agencies,
    {
      id: 'cert-in',
      principal: '111122223333',
      externalId: 'agreed-with-cert-in',
      notify: [{ protocol: 'https', endpoint: 'https://desk.example.org/fraud' }],
      columns: { report: { imei: 'Stolen handset', case_ref: 'FIR No', reported_on: 'reporting_date' } },
      dates: 'YYYYMMDD',
    },
  ],
  operators: [
    ...UNNAMED.operators.map((one) => {
      if (one.id === 'airtel') return { ...one, notify: [{ protocol: 'email', endpoint: 'orders@example.org' }] };
      if (one.id !== 'jio') return one;
      return { ...one, notify: [{ protocol: 'sqs', endpoint: 'arn:aws:sqs:ap-south-1:444455556666:their-own' }] };
    }),
    {
      id: 'sixth',
      principal: '222233334444',
      externalId: 'agreed-with-sixth',
      notify: [],
      columns: { usage: { last_seen: 'Date' }, response: { outcome: 'Result' } },
      dates: 'YYYYMMDD',
    },
  ],
};

describe('a stage with a file of its own', () => {
  let folder = '';
  let lab: Lab;
  const file = () => join(folder, 'dev.json');
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'own-'));
    writeFileSync(file(), JSON.stringify(OWN));
    lab = await Lab.open({ context: { config: file() } });
    lab.cloud.confirmSubscriptions();
  });
  afterAll(async () => {
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  it('runs on the local cloud: who has an address gets mail, who has another queue reads that, and all are directed', async () => {
    const rows = ['350000000000014,404100000000001,919876543210,001,20260530', '35000000000001,,919876543211,001,2026'];
    await lab.upload('usage/sixth/2026-05.csv', ['IMEI,IMSI,MSISDN,RAT,Date', ...rows, ''].join('\n'));
    expect((await lab.read('rejects/sixth/2026-05.csv')).split('\n')[1]).toMatch(
      /^3,2026,bad_date,"write 2026-05-30 or 20260530,/,
    );
    const list = [
      'stolen_handset,reporting_date,status,FIR No',
      '35000000000001,20260530,blacklist,17/2026',
      '1,,,',
      '',
    ];
    await lab.upload('reports/cert-in/stolen.csv', list.join('\n'));
    expect(await lab.read('rejects/cert-in/stolen.csv')).toMatch(/\n3,1,wrong_length,/);
    const kinds = async (mailbox: string) => (await lab.notices(mailbox)).map(({ kind }) => kind);
    const [mail, ...more] = await lab.cloud.receive('orders@example.org');
    expect([mail?.subject, more]).toEqual(['Order to block handsets: 1 row', []]);
    expect(mail?.body).toMatch(/^An order was published: block handsets, 1 row\. Fetch the file, carry it out,/);
    expect(messageOf(mail?.body ?? '')).toMatchObject({ kind: 'order', operator: 'airtel' });
    expect(await kinds('their-own')).toEqual(['order']);
    expect(await kinds('https://desk.example.org/fraud')).toEqual(['batch_registered']);
    const direction = (await lab.directions('sixth')).find((id) => id.includes('.reverify.'));
    await lab.upload(`responses/sixth/${direction}/a.csv`, 'MSISDN,Result\n919876543210,verified\n');
    const [receipt = ''] = await lab.outbox(`receipts/sixth/${direction}/`);
    expect(await lab.json(receipt)).toMatchObject({ recorded: 1, rejected: {} });
    await lab.upload(`responses/sixth/${direction}/b.csv`, 'MSISDN,Result,occurred_on\n919876543210,verified,2026\n');
    const other = (await lab.outbox(`receipts/sixth/${direction}/`)).find((key) => key.includes('/b.csv.')) ?? '';
    expect(await lab.json(other)).toMatchObject({
      rejected: { bad_date: 1 },
      whatToDo: { bad_date: expect.stringMatching(/^write 2026-05-30 or 20260530,/) },
    });
    const blocks = (await lab.outbox()).filter((key) => key.endsWith('1-block.csv')).map((key) => key.split('/')[1]);
    expect(blocks).toEqual(['airtel', 'bsnl', 'jio', 'mtnl', 'sixth', 'vi']);
    expect(lab.cloud.failures()).toEqual([]);
  });

  it('tells its agency what became of its handsets, beside what it calls them', async () => {
    await lab.cloud.run();
    const [key = ''] = (await lab.outbox('batches/')).filter((one) => one.endsWith('/handsets.csv'));
    expect((await lab.read(key)).split('\n')[1]).toMatch(/^350000000000014,17\/2026,1,1,/);
  });

  it('takes a handset back that its agency names as its reports do', async () => {
    const [batchId = ''] = (await lab.batches()).filter((id) => id.startsWith('cert-in-'));
    await lab.upload(`withdrawals/cert-in/${batchId}/back.csv`, 'Stolen handset,FIR No\n35000000000001,17/2026\n');
    const [receipt = ''] = await lab.outbox('receipts/cert-in/withdrawals/');
    expect(await lab.json(receipt)).toMatchObject({
      rows: 1,
      recorded: 1,
      refused: null,
      reversal: expect.any(String),
    });
  });

  it('names to a run all the places where its participants read', () => {
    const { agencies, operators } = participantsOf(stageFromContext({ config: file(), cloud: 'local' }));
    const mailboxes = Object.fromEntries([...agencies, ...operators].map(({ id, mailboxes }) => [id, mailboxes]));
    expect(mailboxes).toMatchObject({
      'cert-in': ['https://desk.example.org/fraud'],
      mha: ['fraud-batches-mha'],
      airtel: ['orders@example.org'],
      jio: ['their-own'],
      sixth: [],
    });
  });
});
