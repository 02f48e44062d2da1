import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { FaultPlan } from 'local-cloud';
import { beforeAll, describe, expect, it } from 'vitest';
import { bucketsOf } from '../../simulation/buckets.ts';
import { withWhatToDo } from '../domain/what-to-do.ts';
import { Tables } from './bad-files.ts';
import { Lab } from './lab.ts';

/**
 * Usage files in pieces of some 60 bytes, beside the same files in one piece. Everything happens at the clock's beginning,
 * on 1 June 2026.
 */
const H1 = '35400000000001';
const H2 = '35400000000002';
const NOW = '2026-06-01T00:00:00Z';

/** Everything that makes cutting awkward. 14 rows, 7 of them good; the sighting of line 10 comes again on line 17. */
const AWKWARD = [
  '\ufeffimei,MSISDN,last_seen,lsa,subscriber_type\r\n', // 1
  `${H1},9840000001,2026-05-01,Delhi,\r\n`, // 2
  `${H1},9840000002,2026-05-02,"Uttar Pradesh\n(East)",\r\n`, // 3 and 4
  '\r\n', // 5
  `${H1},9840000003,2026-05-03,"ओडिशा, ""तट""","individual"\n`, // 6
  'no-imei,9840000004,2026-05-04,,\n', // 7
  `${H2},12345,2026-05-04,,\n`, // 8
  `${H2},9840000005,2026-06-02,,\n`, // 9
  `${H2},9840000005,2026-05-05,first,\n`, // 10
  'too,few\n', // 11
  `${H2},9840000006,2026-05-06,,wholesale\n`, // 12, taken without its last cell
  '"=SUM(1)",9840000006,2026-05-06,,\n', // 13
  '   \n', // 14
  `${H2},"98400\n00006",2026-05-06,,\n`, // 15 and 16
  `${H2},9840000005,2026-05-05,last,business\n`, // 17
  `${H2},09840000007,2026-05-07,é😀,bulk`, // 18
].join('');
const AWKWARD_REJECTS = withWhatToDo(
  [
    'line,value,reason\n',
    '7,no-imei,not_digits\n',
    '8,12345,bad_msisdn\n',
    '9,2026-06-02,bad_date\n',
    '11,"too,few",wrong_cell_count\n',
    "13,'=SUM(1),not_digits\n",
    '14,,wrong_cell_count\n',
    '15,"98400\n00006",bad_msisdn\n',
  ].join(''),
);
/** A link may go 180 days of look-back and 30 more after its sighting. */
const link = (pk: string, sk: string, optional: object) => ({
  pk,
  sk,
  expires: Date.parse(sk.slice(0, 10)) / 1000 + 210 * 24 * 3600,
  ...optional,
});
const AWKWARD_LINKS = [
  link(H1, '2026-05-01#+919840000001#airtel', { lsa: 'Delhi' }),
  link(H1, '2026-05-02#+919840000002#airtel', { lsa: 'Uttar Pradesh\n(East)' }),
  link(H1, '2026-05-03#+919840000003#airtel', { lsa: 'ओडिशा, "तट"', subscriberType: 'individual' }),
  link(H2, '2026-05-05#+919840000005#airtel', { lsa: 'last', subscriberType: 'business' }),
  link(H2, '2026-05-06#+919840000006#airtel', {}),
  link(H2, '2026-05-07#+919840000007#airtel', { lsa: 'é😀', subscriberType: 'bulk' }),
];
const AWKWARD_COUNTS = { rows: 14, imported: 7, rejected: 7, warnings: { unknown_subscriber_type: 1 } };

/** A file that can't be read beyond line 5: two good rows and a bad one before it, one after it. */
const H3 = '35400000000003';
const STOPPED = [
  'imei,msisdn,last_seen,lsa\n',
  `${H3},9840000001,2026-05-01,"a place with a long name"\n`, // 2
  `${H3},984000000,2026-05-01,"a place with a long name"\n`, // 3
  `${H3},9840000002,2026-05-01,"a place with a long name"\n`, // 4
  `${H3},9840000003,2026-05-01,"a place" with a short name\n`, // 5
  `${H3},9840000004,2026-05-01,"a place with a long name"\n`, // 6
].join('');
const STOPPED_REJECTS = withWhatToDo('line,value,reason\n3,984000000,bad_msisdn\n5,,unclosed_quote\n');
const STOPPED_LINKS = ['2026-05-01#+919840000001#airtel', '2026-05-01#+919840000002#airtel'].map((sk) =>
  link(H3, sk, { lsa: 'a place with a long name' }),
);

/** A handset's links with all that they carry, sorted. */
async function links(lab: Lab, ...imeis: string[]): Promise<Record<string, unknown>[]> {
  const { client } = new Tables(lab);
  const pages = imeis.map(async (imei) => {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: lab.cloud.names.tables.Links,
        KeyConditionExpression: 'pk = :imei',
        ExpressionAttributeValues: { ':imei': imei },
      }),
    );
    return Items;
  });
  return (await Promise.all(pages)).flat();
}

const byPieces = (lab: Lab) =>
  lab.cloud.consumption().stepFunctions.byMachine.ImportByPieces ?? { executionStarts: 0, mapChildStarts: 0 };
const rejects = (lab: Lab, name: string) => lab.read(`rejects/airtel/${name}`);
const noticeOf = (lab: Lab, name: string, counts: object) => ({
  operator: 'airtel',
  file: `usage/airtel/${name}`,
  ...counts,
  rejects: { bucket: bucketsOf(lab.cloud).outbox, key: `rejects/airtel/${name}` },
  uploadedAt: NOW,
});

const context = { bytesPerPiece: '60' };
let inOne: Lab;
let inPieces: Lab;

beforeAll(async () => {
  inPieces = await Lab.open({ context });
  inOne = await Lab.open();
  return async () => {
    await inPieces.close();
    await inOne.close();
  };
});

describe('a usage file in pieces', () => {
  it('has the rejects, the links and the notice of one that is read in one piece', async () => {
    for (const lab of [inPieces, inOne]) {
      await lab.upload('usage/airtel/awkward.csv', AWKWARD);
      expect(await rejects(lab, 'awkward.csv')).toBe(AWKWARD_REJECTS);
      expect(await links(lab, H1, H2)).toEqual(AWKWARD_LINKS);
      expect(await lab.notices('fraud-directions-airtel')).toEqual([
        noticeOf(lab, 'awkward.csv', { kind: 'usage_imported', ...AWKWARD_COUNTS }),
      ]);
    }
    expect(byPieces(inPieces).executionStarts).toBe(1);
    expect(byPieces(inPieces).mapChildStarts).toBeGreaterThan(6);
    expect(byPieces(inOne).executionStarts).toBe(0);
  });

  it('stops at its fault: the rows before it stay, those after it are not read, and the administrators are told', async () => {
    for (const lab of [inPieces, inOne]) {
      await lab.upload('usage/airtel/stopped.csv', STOPPED);
      expect(await rejects(lab, 'stopped.csv')).toBe(STOPPED_REJECTS);
      expect(await links(lab, H3)).toEqual(STOPPED_LINKS);
      const counts = { rows: 3, imported: 2, rejected: 1, line: 5, reason: 'unclosed_quote' };
      const notice = noticeOf(lab, 'stopped.csv', { kind: 'usage_stopped', ...counts });
      expect(await lab.notices('fraud-directions-airtel')).toEqual([{ ...notice, operator: 'airtel' }]);
      expect(await lab.notices('fraud-administrators')).toEqual([notice]);
    }
  });

  it('that has no piece, for its header is at fault, has its rejects all the same', async () => {
    const content = `imei,last_seen,lsa\n${H1},2026-05-01,"a place with a long name"\n`;
    for (const lab of [inPieces, inOne]) {
      await lab.upload('usage/airtel/headless.csv', content);
      expect(await rejects(lab, 'headless.csv')).toBe(
        withWhatToDo(`line,value,reason\n1,"imei,last_seen,lsa",missing_column:msisdn\n`),
      );
      const counts = { rows: 0, imported: 0, rejected: 0, line: 1, reason: 'missing_column:msisdn' };
      const notice = noticeOf(lab, 'headless.csv', { kind: 'usage_stopped', ...counts });
      expect(await lab.notices('fraud-directions-airtel')).toEqual([{ ...notice, operator: 'airtel' }]);
      expect(await lab.notices('fraud-administrators')).toEqual([notice]);
    }
  });

  it.each([
    ['none', 0, 4, true],
    ['less than half', 2, 3, true],
    ['half', 2, 2, false],
    ['all', 1, 0, false],
    ['no row because it has none', 0, 0, true],
  ])(
    'of which %s was taken: told to the administrators by a notice of its own or not',
    async (_, good, bad, noticed) => {
      // False last digits and unknown subscriber types among the good rows: they are taken, one warning a row in two pieces or one.
      const goodRows = Array.from(
        { length: good },
        (_, n) => `354000000000041,${9840002000 + n},2026-05-01,,prepaid,\n`,
      );
      const badRows = Array.from({ length: bad }, (_, n) => `35400000000004,${5840002000 + n},2026-05-01,,,\n`);
      const header =
        'imei,msisdn,last_seen,lsa,subscriber_type,a column that nobody asked for so that there is a piece\n';
      for (const lab of [inPieces, inOne]) {
        await lab.upload('usage/airtel/mostly.csv', [header, ...badRows, ...goodRows].join(''));
        const counts = { rows: good + bad, imported: good, rejected: bad };
        const warnings = good > 0 ? { warnings: { unknown_subscriber_type: good } } : {};
        const told = { kind: 'usage_imported', ...counts, ...warnings };
        expect(await lab.notices('fraud-directions-airtel')).toEqual([noticeOf(lab, 'mostly.csv', told)]);
        expect(await lab.notices('fraud-administrators')).toEqual(
          noticed ? [noticeOf(lab, 'mostly.csv', { ...told, kind: 'usage_mostly_rejected' })] : [],
        );
      }
    },
  );

  it('of more pieces than are listed at once is cut stretch by stretch', async () => {
    // 260 rows of over 60 bytes, each a piece of its own; at most 256 pieces are listed at once.
    const imei = (n: number) => (n % 20 === 7 ? 'none' : '35400000000009');
    const numbers = Array.from({ length: 260 }, (_, n) => n);
    const lines = numbers.map((n) => `${imei(n)},${9840001000 + n},2026-05-01,"a place, ${'x'.repeat(30)}"\n`);
    const before = byPieces(inPieces).mapChildStarts;
    await inPieces.upload('usage/airtel/long.csv', `imei,msisdn,last_seen,lsa\n${lines.join('')}`);
    expect(byPieces(inPieces).mapChildStarts - before).toBe(260);

    const bad = numbers.filter((n) => n % 20 === 7);
    const told = { kind: 'usage_imported', rows: 260, imported: 247, rejected: 13 };
    expect(bad).toHaveLength(13);
    expect(await rejects(inPieces, 'long.csv')).toBe(
      withWhatToDo(`line,value,reason\n${bad.map((n) => `${n + 2},none,not_digits\n`).join('')}`),
    );
    expect((await links(inPieces, '35400000000009')).map(({ sk }) => sk)).toEqual(
      numbers.filter((n) => n % 20 !== 7).map((n) => `2026-05-01#+91${9840001000 + n}#airtel`),
    );
    expect(await inPieces.notices('fraud-directions-airtel')).toEqual([noticeOf(inPieces, 'long.csv', told)]);
  });

  it('that comes again writes the same rejects and the same links', async () => {
    const before = byPieces(inPieces).executionStarts;
    const allLinks = await links(inPieces, H1, H2);
    await inPieces.upload('usage/airtel/awkward.csv', AWKWARD);
    expect(byPieces(inPieces).executionStarts - before).toBe(1);
    expect(await rejects(inPieces, 'awkward.csv')).toBe(AWKWARD_REJECTS);
    expect(await links(inPieces, H1, H2)).toEqual(allLinks);
  });

  it('that fails for good is told of to the administrators, and imported when it is uploaded again', async () => {
    let broken = true;
    const afterWrite: FaultPlan['afterWrite'] = ({ functionName }) =>
      broken && functionName.includes('ImportPiece') ? 'fail' : undefined;
    await using lab = await Lab.open({ context, faults: { afterWrite } });
    await lab.cloud.put(bucketsOf(lab.cloud).inbox, 'usage/airtel/awkward.csv', AWKWARD);
    await lab.cloud.run();
    expect(await lab.outbox()).toEqual([]);
    const execution = expect.stringMatching(/:execution:[^:]*ImportByPieces[^:]*:airtel-[0-9a-f]{32}$/);
    const notice = {
      kind: 'quarantined',
      why: 'States.ExceedToleratedFailureThreshold',
      bucket: bucketsOf(lab.cloud).inbox,
      key: 'usage/airtel/awkward.csv',
      versionId: expect.any(String),
    };
    expect(await lab.notices('fraud-administrators')).toEqual([{ ...notice, execution }]);
    expect(await lab.notices('fraud-directions-airtel')).toEqual([{ ...notice, operator: 'airtel' }]);

    broken = false;
    await lab.upload('usage/airtel/awkward.csv', AWKWARD);
    expect(await rejects(lab, 'awkward.csv')).toBe(AWKWARD_REJECTS);
    expect(await links(lab, H1, H2)).toEqual(AWKWARD_LINKS);
  });

  it('whose execution failed is imported by another one when its event is sent again', async () => {
    let broken = true;
    const afterWrite: FaultPlan['afterWrite'] = ({ functionName }) =>
      broken && functionName.includes('ImportPiece') ? 'fail' : undefined;
    await using lab = await Lab.open({ context, faults: { afterWrite } });
    const { inbox } = bucketsOf(lab.cloud);
    const key = 'usage/airtel/awkward.csv';
    await lab.cloud.put(inbox, key, AWKWARD);
    await lab.cloud.run();
    expect(await lab.outbox()).toEqual([]);

    broken = false;
    const versionId = await lab.cloud.version(inbox, key);
    const object = { key, size: Buffer.byteLength(AWKWARD), 'version-id': versionId };
    const MessageBody = JSON.stringify({ time: NOW, detail: { bucket: { name: inbox }, object } });
    const { endpoint, region, names } = lab.cloud;
    const queues = new SQSClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
    const send = () => queues.send(new SendMessageCommand({ QueueUrl: names.queues.UsageQueue, MessageBody }));
    await send();
    await lab.cloud.rest();
    expect(await rejects(lab, 'awkward.csv')).toBe(AWKWARD_REJECTS);
    expect(await links(lab, H1, H2)).toEqual(AWKWARD_LINKS);
    expect(byPieces(lab).executionStarts).toBe(2);
    await send();
    await lab.cloud.rest();
    expect(byPieces(lab).executionStarts).toBe(2);
  });

  it.each(['fail', 'zombie'] as const)(
    'changes nothing where events come twice and each function has a %s',
    async (fault) => {
      // Of each function's first three invocations the first write is the last that its caller hears nothing of.
      const invocations: Record<string, Set<string>> = {};
      const afterWrite: FaultPlan['afterWrite'] = ({ functionName, requestId, n }) => {
        invocations[functionName] ??= new Set();
        const known = invocations[functionName].add(requestId);
        return n === 1 && known.size <= 3 ? fault : undefined;
      };
      await using lab = await Lab.open({ context, faults: { deliverTwice: true, afterWrite } });
      await lab.cloud.put(bucketsOf(lab.cloud).inbox, 'usage/airtel/awkward.csv', AWKWARD);
      await lab.cloud.run();
      expect(await rejects(lab, 'awkward.csv')).toBe(AWKWARD_REJECTS);
      expect(await links(lab, H1, H2)).toEqual(AWKWARD_LINKS);
      expect(byPieces(lab).executionStarts).toBe(1);
      expect(lab.cloud.failures()).toEqual([]);
      const broken = Object.entries(invocations).filter(([, { size }]) => size > 3);
      // The three that work on the file, and Import, which notes the execution to which it hands it on.
      expect(broken.map(([name]) => name)).toHaveLength(4);
      for (const notice of await lab.notices('fraud-directions-airtel'))
        expect(notice).toEqual(noticeOf(lab, 'awkward.csv', { kind: 'usage_imported', ...AWKWARD_COUNTS }));
    },
  );
});
