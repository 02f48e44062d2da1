import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { Tables } from './bad-files.ts';
import { DAY, Lab, START } from './lab.ts';
import { A1, A2, H1 } from './story.ts';

/**
 * One handset with two numbers at airtel; mha reports it on 1 June 2026. The ladder of re-verification ends on day 16, on 17
 * June; a claim counts on late answers for 30 days more, to 17 July, and is kept for 1,096 days after that, to 17 July 2029. A2 is disconnected on day 3, A1 never answered for.
 */
const seconds = (day: string) => Date.parse(day) / 1000;

async function told(): Promise<{ lab: Lab; tables: Tables; direction: string }> {
  const lab = await Lab.open({ context: { operators: 'airtel,jio' } });
  await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`, `${H1},${A2},2026-05-21,Delhi`]);
  await lab.report('mha', [H1]);
  await lab.at(3);
  const direction = (await lab.directions('airtel')).find((id) => id.includes('.reverify.')) ?? '';
  await lab.respond(direction, [`${A2},disconnected`]);
  return { lab, tables: new Tables(lab), direction };
}

describe('a claim', () => {
  let lab: Lab;
  let tables: Tables;
  let direction = '';
  const expires = async (pk: string) => ((await tables.records())[pk] as { expires: number } | undefined)?.expires;
  beforeAll(async () => {
    ({ lab, tables, direction } = await told());
    return () => lab.close();
  });

  it('is kept for three years after the month of late answers that follows its ladder', async () => {
    expect(await expires(`CONN#${A1}`)).toBe(seconds('2029-07-17'));
    expect(await expires(`CONN#${A2}`)).toBe(seconds('2029-07-17'));
    // A block's ladder ends on day 2.
    expect(await expires(`HANDSET#${H1}`)).toBe(seconds('2029-07-03'));
  });

  it('is of all records the only one that goes: ledgers, batches and the turn name nobody', async () => {
    const going = Object.entries(await tables.records()).filter(([, item]) => 'expires' in (item as object));
    expect(going.map(([pk]) => pk).sort()).toEqual([`CONN#${A1}`, `CONN#${A2}`, `HANDSET#${H1}`].sort());
  });

  it('is kept as long for an answer in that month, which it counts on', async () => {
    await lab.at(45);
    await lab.respond(direction, [`${A1},failed`], 'a-little-late.csv');
    expect(await expires(`CONN#${A1}`)).toBe(seconds('2029-07-17'));
  });

  it('is kept longer after an answer that came later, and only its own', async () => {
    await lab.at(47);
    await lab.respond(direction, [`${A1},verified`], 'late.csv');
    // 18 July 2026 and 1,096 days, at whatever second the answer was taken.
    const until = (await expires(`CONN#${A1}`)) ?? 0;
    expect(new Date(until * 1000).toISOString()).toMatch(/^2029-07-18T00:0/);
    expect(await expires(`CONN#${A2}`)).toBe(seconds('2029-07-17'));
  });

  it('is kept by the next batch that directs it, and never shorter than before', async () => {
    await lab.at(48);
    await lab.usage('airtel', [`${H1},${A1},2026-07-19,Delhi`], 'again.csv');
    await tables.client.send(
      new UpdateCommand({
        TableName: tables.cases,
        Key: { pk: `HANDSET#${H1}` },
        UpdateExpression: 'SET expires = :later',
        ExpressionAttributeValues: { ':later': seconds('2031-01-01') },
      }),
    );
    await lab.report('up-police', [H1], 'other.csv');
    await lab.at(49);
    // Day 48, a ladder of 16 days and a month: 3 September.
    expect(new Date(((await expires(`CONN#${A1}`)) ?? 0) * 1000).toISOString()).toMatch(/^2029-09-03T00:/);
    expect(await expires(`HANDSET#${H1}`)).toBe(seconds('2031-01-01'));
  });
});

describe('a claim whose time is up', () => {
  /** What up-police's batch makes of the numbers once that of A2 is up, and what it publishes. */
  async function onceUp(end: (tables: Tables) => Promise<unknown>) {
    const { lab, tables } = await told();
    await using _ = lab;
    await lab.at(20);
    await end(tables);
    await lab.report('up-police', [H1]);
    await lab.cloud.run(START + 40 * DAY);
    return { summary: await lab.summary('up-police'), outbox: await lab.everything() };
  }

  it('is as one that the table has let go, which it does some days later: the same bytes come of it', async () => {
    const key = { pk: `CONN#${A2}` };
    const [kept, up, gone] = [
      await onceUp(async () => {}),
      await onceUp(({ client, cases }) =>
        client.send(
          new UpdateCommand({
            TableName: cases,
            Key: key,
            UpdateExpression: 'SET expires = :now',
            ExpressionAttributeValues: { ':now': START / 1000 + (20 * DAY) / 1000 },
          }),
        ),
      ),
      await onceUp(({ client, cases }) => client.send(new DeleteCommand({ TableName: cases, Key: key }))),
    ];
    expect(kept.summary.connections).toMatchObject({ linked: 2, alreadyDisconnected: 1, directed: 1 });
    expect(up.summary.connections).toMatchObject({ linked: 2, alreadyDisconnected: 0, directed: 2 });
    expect(up.summary.unexplained).toBe(0);
    expect(up.outbox).toEqual(gone.outbox);
  });
});
