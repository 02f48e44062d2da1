/**
 * Whoever asks why is told, from what is stored.
 *
 * P was used with eight numbers: V, D, N, S, E and G of airtel, O and Q of jio. C looks cloned: it was used with H1, H2 and H3 of airtel
 * on one day. On 1 June mha reports both in case 12/2026. E is exempt until 30 June by two approvers; approver-1 strikes S, approver-1
 * and approver-2 approve, and nobody says anything of C. On 3 June airtel has blocked P, verified V, disconnected D, doesn't know N, and
 * says that G has been somebody else's since 25 May. jio is silent. up-police reports P on 21 June, when all that has ended, and nobody
 * answers: V, D and G were not seen since, E is exempt still.
 *
 * Of a file 12 rows are answered, of a day 20.
 */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { type Ended, run } from '../commands/command.ts';
import { APPROVE, Lab, type Summary } from './lab.ts';

const [P, C] = ['35100000000001', '35100000000002'];
const [V, D, N, S, E, G] = ['01', '02', '03', '04', '05', '06'].map((n) => `+9198000000${n}`);
const [O, Q] = ['+917000000001', '+917000000002'];
const [H1, H2, H3] = ['+919800000011', '+919800000012', '+919800000013'];
const UNKNOWN = '+919999999999';
const NUMBERS = [V, D, N, S, E, G, O, Q, H1, H2, H3].map(String);

interface Explained {
  line: number;
  story: { at: string; what: string; [more: string]: unknown }[];
  sentence: string;
}

let lab: Lab;
let batch: string;
let later: string;
/** By the file that asked, and by whom it asked about. */
const answers: Record<string, Record<string, Explained>> = {};
const sentence = (file: string, about = '') => answers[file]?.[about]?.sentence;
const story = (file: string, about = '') => answers[file]?.[about]?.story ?? [];

const at = (instant: string) => lab.cloud.run(Date.parse(instant));
const row = (about: string) =>
  about.startsWith('+') ? `${about},,` : /^\d+$/.test(about) ? `,${about},` : `,,${about}`;
const file = (about: readonly string[]) => `msisdn,imei,reference\n${about.map((one) => `${row(one)}\n`).join('')}`;
const keysOf = (caseworker: string, name: string, about: readonly string[]) => {
  const sha8 = sha256Of(file(about)).slice(0, 8);
  return {
    explanations: `explanations/${caseworker}/${name}.${sha8}.json`,
    receipt: `receipts/${caseworker}/lookups/${name}.csv.${sha8}.json`,
  };
};
async function ask(name: string, about: readonly string[], caseworker = 'caseworker-1'): Promise<void> {
  await lab.upload(`lookups/${caseworker}/${name}.csv`, file(about));
  const { lookups } = await lab.json<{ lookups: Explained[] }>(keysOf(caseworker, name, about).explanations);
  answers[name] = Object.fromEntries(lookups.map((one) => [about[one.line - 2], one]));
}
const receipt = (caseworker: string, name: string, about: readonly string[]) =>
  lab.json<Record<string, unknown>>(keysOf(caseworker, name, about).receipt);
/** What an operator tells the subscriber of a number, as its order has it. */
async function referenceOf(directionId: string, msisdn = ''): Promise<string> {
  const order = await lab.read(`orders/${directionId.split('.')[2]}/${directionId}/1-reverify.csv`);
  return (
    order
      .split('\n')
      .find((line) => line.startsWith(msisdn))
      ?.split(',')[4] ?? ''
  );
}

const REPORT = `imei,case_ref,reported_on,category\n${P},12/2026,2026-05-30,upi\n${C},12/2026,2026-05-30,\n`;
let references: string[];

beforeAll(async () => {
  lab = await Lab.open({
    telling: true,
    context: { operators: 'airtel,jio', people: '2', busyDay: '3', lookupsPerFile: '12', lookupsPerDay: '20' },
  });
  await lab.usage('airtel', [
    ...[V, D, N, S, E, G].map((msisdn, n) => `${P},${msisdn},2026-05-${16 + n},Delhi`),
    ...[H1, H2, H3].map((msisdn) => `${C},${msisdn},2026-05-15,Delhi`),
  ]);
  await lab.usage('jio', [`${P},${O},2026-05-12,Mumbai`, `${P},${Q},2026-05-13,Mumbai`]);
  for (const approver of ['approver-1', 'approver-2'])
    await lab.upload(`exemptions/${approver}/june.csv`, `msisdn,until,reason\n${E},2026-06-30,a trial\n`);
  await lab.upload('reports/mha/report.csv', REPORT);
  batch = `mha-${sha256Of(REPORT).slice(0, 12)}`;
  await ask('waiting', [String(V)]);
  await lab.decide('approver-1', batch, [`strike,,${S},,my doctor's`, APPROVE]);
  await lab.decide('approver-2', batch, [APPROVE]);
  // Its name is used again.
  await lab.upload('reports/mha/report.csv', 'no report\n');
  await at('2026-06-02T00:00:00Z');
  await ask('asked', [...NUMBERS.slice(0, 9), UNKNOWN, String(P), String(C)]);

  await at('2026-06-03T00:00:00Z');
  await lab.respond(await lab.direction(batch, 'block', 'airtel'), [`${P},blocked`]);
  const airtel = await lab.direction(batch, 'reverify', 'airtel');
  await lab.upload(
    `responses/airtel/${airtel}/answer.csv`,
    `msisdn,outcome,activated_on\n${V},verified,\n${D},disconnected,\n${N},not_found,\n${G},reissued,2026-05-25\n`,
  );
  const jio = await lab.direction(batch, 'reverify', 'jio');
  references = [await referenceOf(airtel, V), await referenceOf(airtel, G), await referenceOf(jio, O), 'jio-9-0-0-1-9'];
  await ask('answered', [...NUMBERS.slice(0, 9), String(P)]);
  await ask('references', references);
  await ask('again', [...NUMBERS.slice(0, 9), String(P)]);
  await ask('many', [...NUMBERS.slice(0, 9), ...NUMBERS.slice(0, 4), String(P)]);
  await ask('other', [...NUMBERS.slice(0, 9), String(P)], 'caseworker-2');

  await lab.quietly(Date.parse('2026-06-21T00:00:00Z'));
  await ask('settled', NUMBERS);
  await lab.report('up-police', [String(P)], 'again.csv');
  later = (await lab.outbox('previews/up-police')).map((key) => key.split('/')[1] ?? '')[0] ?? '';
  for (const approver of ['approver-1', 'approver-2']) await lab.decide(approver, later, [APPROVE]);
  await lab.toTheEnd();
  await ask('later', [...NUMBERS.slice(0, 8), String(P)]);
  await ask('old reference', [String(references[0]), String(references[1]), String(references[2])]);
  return () => lab.close();
});

describe('the story', () => {
  it('has the report with its case, the sighting, the decision, the direction, the orders and the answer with its file', () => {
    const directionId = expect.stringMatching(/^mha-[0-9a-f]{12}\.reverify\.airtel\.1-0-0$/);
    expect(story('answered', V)).toEqual([
      { at: '2026-05-16', what: 'seen', batchId: batch, imei: '351000000000013', operator: 'airtel', area: 'Delhi' },
      {
        at: '2026-06-01T00:00:00Z',
        what: 'reported',
        batchId: batch,
        agency: 'mha',
        file: 'reports/mha/report.csv',
        cases: [{ imei: '351000000000013', line: 2, caseRef: '12/2026', reportedOn: '2026-05-30', category: 'upi' }],
      },
      {
        at: '2026-06-01T00:00:00Z',
        what: 'decided',
        batchId: batch,
        by: ['approver-1', 'approver-2'],
        grounds: ['public_interest'],
      },
      {
        at: '2026-06-01T00:00:00Z',
        what: 'directed',
        batchId: batch,
        directionId,
        kind: 'reverify',
        operator: 'airtel',
        row: 1,
        reference: references[0],
        rungs: [
          { order: 'reverify', deadline: '2026-06-06T00:00:00Z' },
          { order: 'bar_outgoing', deadline: '2026-06-11T00:00:00Z' },
          { order: 'bar_incoming', deadline: '2026-06-16T00:00:00Z' },
          { order: 'disconnect', deadline: '2026-06-17T00:00:00Z' },
        ],
      },
      {
        at: '2026-06-01T00:00:00Z',
        what: 'ordered',
        directionId,
        order: 'reverify',
        deadline: '2026-06-06T00:00:00Z',
        file: expect.stringMatching(/^orders\/airtel\/mha-.*\/1-reverify\.csv$/),
      },
      {
        at: '2026-06-03T00:00:00Z',
        what: 'answered',
        directionId,
        outcome: 'verified',
        on: '2026-06-03',
        file: 'answer.csv',
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
  });

  it.each([
    [D, 'settled', 'seen reported decided directed ordered answered listed'],
    [O, 'settled', 'seen reported decided directed ordered ordered ordered ordered overdue'],
    [G, 'answered', 'seen reported decided directed ordered answered withdrawn'],
    [S, 'answered', 'seen reported struck decided left_out'],
    [E, 'answered', 'seen exempted exempted reported decided left_out'],
    [H1, 'answered', 'seen reported held decided left_out'],
    [P, 'asked', 'reported decided directed ordered directed ordered ordered ordered'],
    [C, 'asked', 'reported held decided left_out left_out'],
    [UNKNOWN, 'asked', ''],
    [V, 'waiting', ''],
  ])('of %s as %s says what happened, and in its order', (about, asked, whats) => {
    expect(
      story(asked, about)
        .map(({ what }) => what)
        .join(' '),
    ).toBe(whats);
  });

  it('names the list that has the number, and who left it out', async () => {
    const [listed] = story('settled', D).filter(({ what }) => what === 'listed');
    expect(await lab.read(String(listed?.list))).toContain(`${D},airtel,Delhi,2026-06-03`);
    expect(story('answered', S)).toContainEqual(
      expect.objectContaining({ what: 'struck', of: 'number', by: 'approver-1' }),
    );
    expect(story('answered', H1)).toContainEqual(
      expect.objectContaining({ what: 'held', why: 'busy_day', act: 'spare' }),
    );
  });

  it('names nobody else', () => {
    for (const explained of Object.values(answers).flatMap((one) => Object.entries(one)))
      for (const number of NUMBERS)
        if (explained[0] !== number) expect(JSON.stringify(explained[1])).not.toContain(number.slice(-10));
  });
});

describe('the sentence', () => {
  it.each([
    ['waiting', V, /^Nothing is known of this number/],
    ['asked', UNKNOWN, /^Nothing is known of this number/],
    [
      'asked',
      V,
      /^The operator airtel has been asked to have .* by 6 June 2026, 05:30 IST\..* by 16 June 2026, 05:30 IST keeps the number; else the operator is asked then to disconnect it, by 17 June/,
    ],
    ['answered', V, /^The operator airtel says that the subscriber proved who they are on 3 June 2026/],
    [
      'answered',
      D,
      /^The operator airtel disconnected it on 3 June 2026\. Who holds .* appeal until 1 September 2026\.$/,
    ],
    ['settled', D, /told by a revocation list/],
    ['answered', N, /^The operator airtel says that it has no such number/],
    ['answered', G, /^The operator airtel says that somebody else has had the number since 25 May 2026/],
    ['settled', O, /^The operator jio has not said by 17 June 2026, 05:30 IST what became of it/],
    ['answered', S, /left it out, as an approver had asked/],
    ['answered', H1, /only in handsets that look cloned/],
    ['answered', E, /since it was exempt.* Until 30 June 2026 it is exempt/],
    ['later', E, /since it was exempt: nothing is done about it there\.$/],
    ['asked', P, /^This handset is to be blocked by 3 June 2026, 05:30 IST at airtel and jio\./],
    ['answered', P, /^This handset is blocked since 3 June 2026 at airtel; to be blocked, without an answer, at jio\./],
    [
      'asked',
      C,
      /^This handset is not blocked, since it looks cloned and approvers had it left alone, at airtel and jio\.$/,
    ],
  ])('as %s says where %s stands, and what may be done by when', (asked, about, expected) => {
    expect(sentence(asked, about)).toMatch(expected);
  });

  const ENDS: Record<string, RegExp> = {
    verified: /^The operator \w+ says that the subscriber proved/,
    disconnected: /^The operator \w+ disconnected it on/,
    notFound: /^The operator \w+ says that it has no such number/,
    reissued: /^The operator \w+ says that somebody else has had/,
    overdue: /^The operator \w+ has not said by/,
    struck: /left it out, as an approver had asked/,
    held: /only in handsets that look cloned/,
    exempt: /left it out, since it was exempt/,
    alreadyVerified: /left it alone, since its subscriber had been verified/,
    alreadyDisconnected: /left it alone, since it had been disconnected/,
    reissuedBefore: /left it alone, since somebody else has had the number/,
  };
  it.each([
    ['settled', () => batch],
    ['later', () => later],
  ])("of each number of a batch agrees with the batch's books, as %s", async (asked, id) => {
    const { connections, unexplained } = await lab.json<Summary>(`batches/${id()}/summary.json`);
    const told = Object.values(answers[asked] ?? {}).map((one) =>
      Object.keys(ENDS).filter((name) => ENDS[name]?.test(one.sentence)),
    );
    const numbers = asked === 'settled' ? told : told.slice(0, 8);
    for (const names of numbers) expect(names).toHaveLength(1);
    const counted = Object.fromEntries(
      Object.keys(ENDS).map((name) => [name, numbers.flat().filter((one) => one === name).length]),
    );
    expect(connections).toMatchObject(counted);
    expect([connections.linked, unexplained]).toEqual([numbers.length, 0]);
  });
});

describe('a reference', () => {
  it('leads to its row, and from there on', () => {
    expect(sentence('references', references[0])).toBe(sentence('answered', V));
    expect(story('references', references[0])).toEqual(story('answered', V));
    expect(sentence('references', references[2])).toMatch(/^The operator jio has been asked/);
    // That it was asked anew by a later report, is another row's story.
    expect(sentence('old reference', references[2])).toBe(sentence('settled', O));
    expect(story('old reference', references[2])).toEqual(story('settled', O));
  });

  it('stands for the number as it was then: who has it since has no part in its story', () => {
    expect(story('old reference', references[1])).toEqual(story('answered', G));
    expect(story('later', G).length).toBeGreaterThan(story('answered', G).length);
  });

  it('that no order has is told to be none', () => {
    expect(sentence('references', references[3])).toMatch(/^No order has a row with this reference/);
    expect(story('references', references[3])).toEqual([]);
  });
});

describe('a file of lookups', () => {
  it('gets a receipt, which has a reason for each row that is not answered', async () => {
    const asked = [...NUMBERS.slice(0, 9), String(P)];
    expect(await receipt('caseworker-1', 'answered', asked)).toMatchObject({
      file: 'answered.csv',
      rows: 10,
      recorded: 10,
      alreadyRecorded: 0,
      rejects: [],
      refused: null,
    });
    // Ten rows and four are answered on that day, the ten again count nothing: six are left.
    const many = [...NUMBERS.slice(0, 9), ...NUMBERS.slice(0, 4), String(P)];
    const { rows, recorded, rejected } = await receipt('caseworker-1', 'many', many);
    expect([rows, recorded, rejected]).toEqual([14, 6, { too_many_in_file: 2, too_many_today: 6 }]);
    expect(Object.keys(answers.other ?? {})).toHaveLength(10);
  });

  it('of the same bytes again is answered under its name, and counts nothing', () => {
    expect(answers.again).toEqual(answers.answered);
  });

  it('that cannot be read, or names nobody rightly, is told why', async () => {
    const text = 'msisdn,imei,reference\n12,,\n,12,\n,,jio-1-0-0-1-1\n9800000001,35100000000001,\n,,\n9800000001\n';
    await lab.upload('lookups/caseworker-2/wrong.csv', text);
    const [wrong = ''] = await lab.outbox('receipts/caseworker-2/lookups/wrong.csv');
    expect(await lab.json(wrong)).toMatchObject({
      recorded: 0,
      rejects: [
        { line: 2, reason: 'bad_msisdn' },
        { line: 3, reason: 'wrong_length' },
        { line: 4, reason: 'bad_reference' },
        { line: 5, reason: 'several_subjects' },
        { line: 6, reason: 'missing_msisdn' },
        { line: 7, reason: 'wrong_cell_count' },
      ],
    });
    await lab.upload('lookups/caseworker-2/none.csv', new Uint8Array());
    const [none = ''] = await lab.outbox('receipts/caseworker-2/lookups/none.csv');
    expect(await lab.json(none)).toMatchObject({ refused: 'empty_file' });
    expect(await lab.outbox('explanations/caseworker-2/none')).toEqual([]);
  });

  it('of nobody who is configured stays where it lies', async () => {
    await lab.upload('lookups/caseworker-9/x.csv', file([String(V)]));
    const strays = (await lab.notices('fraud-administrators')).filter(({ why }) => why === 'unknown_caseworker');
    expect(strays).toMatchObject([{ kind: 'stray_object', key: 'lookups/caseworker-9/x.csv' }]);
    expect(await lab.outbox('explanations/caseworker-9/')).toEqual([]);
  });

  it('is what npm run explain asks, waits for and prints', async () => {
    const word = String(references[2]);
    const asking = run('explain', ['--caseworker', 'caseworker-2', '--wait', '60', word], lab.cloud.endpoint);
    let ended: Ended | undefined;
    void asking.then((one) => {
      ended = one;
    });
    while (ended === undefined) await Promise.race([asking, lab.cloud.rest()]);
    const lines = ended.said.split('\n');
    expect(ended).toMatchObject({ code: 0, complained: '' });
    expect(lines.slice(0, 2)).toEqual([word, `  ${sentence('old reference', word)}`]);
    expect(lines).toHaveLength(story('old reference', word).length + 4);
  });

  it('is told to the audit with a keyed hash for each line, and nobody is named', async () => {
    // The audit gathers for a minute.
    await lab.quietly();
    const { audit } = bucketsOf(lab.cloud);
    const keys = (await lab.cloud.list(audit)).filter((key) => key.startsWith('batches/lookups/'));
    const texts = await Promise.all(keys.map((key) => lab.cloud.get(audit, key)));
    const entries = texts.flatMap((text) => Buffer.from(text).toString().trimEnd().split('\n'));
    const facts = entries.map((entry) => JSON.parse(entry)).filter(({ kind }) => kind === 'lookups_answered');
    const asked = facts.map(({ facts: { uploader, answered } }) => `${uploader} ${answered}`);
    expect(asked.sort()).toEqual(
      ['1', '12', '10', '4', '10', '6', '11', '9', '3']
        .map((n) => `caseworker-1 ${n}`)
        .concat('caseworker-2 10', 'caseworker-2 0', 'caseworker-2 1')
        .sort(),
    );
    const ofLine2 = facts.map(({ facts: one }) => one['line 2']).filter((hash) => hash !== undefined);
    // V by its number, whichever file asks; V and O by their references.
    expect(new Set(ofLine2).size).toBe(3);
    // Beside a reference stands its row's number, hashed as where it is asked about itself; one of no row has none.
    const byReference = facts.find(({ facts: one }) => String(one.answered) === '4')?.facts;
    const byNumber = facts.find(({ facts: one }) => String(one.answered) === '12')?.facts;
    expect(byReference['line 2 number']).toBe(byNumber['line 2']);
    expect(Object.keys(byReference).filter((name) => name.endsWith(' number'))).toEqual(
      [2, 3, 4].map((line) => `line ${line} number`),
    );
    for (const entry of entries) expect(entry).not.toMatch(/98000000|3510000000|airtel-1-0/);
    expect(lab.cloud.failures()).toEqual([]);
  });
});

/**
 * F failed on 2 June and was verified on 4 June. L was overdue when its batch settled; on 22 June it was disconnected, and on 24 June
 * it was somebody else's since the 23rd. B failed and was verified in one file.
 */
describe('a word that another one has replaced', () => {
  const [F = '', L = '', B = ''] = [V, D, N].map(String);
  let words: Lab;
  const told: Record<string, Explained> = {};
  let newer: string;

  /** The event of an earlier upload of the same bytes comes once more. */
  async function redrive(versionId: string): Promise<void> {
    const { endpoint, region, names } = words.cloud;
    const bucket = { name: bucketsOf(words.cloud).inbox };
    const object = { key: 'lookups/caseworker-1/words.csv', size: 9, 'version-id': versionId };
    const MessageBody = JSON.stringify({ time: '2026-06-02T00:00:00Z', detail: { bucket, object } });
    const queues = new SQSClient({ endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
    await queues.send(new SendMessageCommand({ QueueUrl: names.queues.LookupsQueue, MessageBody }));
    await words.cloud.rest();
  }

  beforeAll(async () => {
    words = await Lab.open({ context: { operators: 'airtel,jio' } });
    await words.usage(
      'airtel',
      [F, L, B].map((msisdn) => `${P},${msisdn},2026-05-20,Delhi`),
    );
    await words.report('mha', [String(P)]);
    const id = (await words.directions('airtel')).find((one) => one.includes('.reverify.')) ?? '';
    await words.at(1);
    await words.respond(id, [`${F},failed`, `${B},failed`, `${B},verified`], 'failed.csv');
    await words.upload('lookups/caseworker-1/words.csv', file([F, L, B]));
    const earlier = await words.cloud.version(bucketsOf(words.cloud).inbox, 'lookups/caseworker-1/words.csv');
    await words.at(3);
    await words.respond(id, [`${F},verified`], 'verified.csv');
    await words.quietly(Date.parse('2026-06-22T00:00:00Z'));
    await words.respond(id, [`${L},disconnected`], 'late.csv');
    await words.at(23);
    const text = `msisdn,outcome,activated_on\n${L},reissued,2026-06-23\n`;
    await words.upload(`responses/airtel/${id}/reissued.csv`, text);
    const asked = [F, L, B];
    await words.upload('lookups/caseworker-1/words.csv', file(asked));
    const { explanations } = keysOf('caseworker-1', 'words', asked);
    newer = await words.read(explanations);
    await redrive(String(earlier));
    const { lookups } = await words.json<{ lookups: Explained[] }>(explanations);
    for (const one of lookups) told[asked[one.line - 2] ?? ''] = one;
    return () => words.close();
  });
  const since = (about = '') =>
    (told[about]?.story ?? []).filter(({ what }) => !['seen', 'reported', 'decided'].includes(what));
  const inWords = (about = '') =>
    since(about).map(({ at, what, outcome = '', order = '', file: name }) =>
      [at.slice(0, 10), what, outcome, order, what === 'answered' ? name : ''].filter((word) => word !== '').join(' '),
    );

  it('is explained as it stood last, also where an earlier upload of the same bytes is worked on once more', async () => {
    const { explanations } = keysOf('caseworker-1', 'words', [F, L, B]);
    expect(await words.read(explanations)).toBe(newer);
    expect(newer).toContain('"outcome": "reissued"');
  });

  it('stays in the story: that it failed', () => {
    expect(inWords(F)).toEqual([
      '2026-06-01 directed',
      '2026-06-01 ordered reverify',
      '2026-06-02 ordered disconnect',
      '2026-06-02 answered failed failed.csv',
      '2026-06-04 ordered restore',
      '2026-06-04 answered verified verified.csv',
    ]);
    expect(since(F).find(({ outcome }) => outcome === 'failed')).toMatchObject({ on: '2026-06-02' });
    expect(inWords(B).slice(-2)).toEqual([
      '2026-06-02 answered failed failed.csv',
      '2026-06-02 answered verified failed.csv',
    ]);
  });

  it('stays in the story: that its ladder ended, and that it stood in a late list', async () => {
    expect(inWords(L).slice(-6)).toEqual([
      '2026-06-17 overdue',
      '2026-06-22 answered disconnected late.csv',
      '2026-06-22 listed',
      '2026-06-24 ordered restore',
      '2026-06-24 answered reissued reissued.csv',
      '2026-06-24 withdrawn',
    ]);
    const listed = since(L).find(({ what }) => what === 'listed');
    expect(listed).toMatchObject({ disconnectedOn: '2026-06-22', reason: 'linked_to_reported_handset' });
    expect(await words.read(String(listed?.list))).toContain(L);
  });
});
