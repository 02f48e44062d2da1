import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stageFromContext } from '../../lib/config/context.ts';
import { unnamed } from '../../lib/config/participants.ts';
import { ConfigError, checkStage } from '../../lib/config/stage.ts';

const good = stageFromContext({ config: 'none' });
const agency = unnamed('agency', 'mha');
const reader = unnamed('reader', 'banks');

/** The message of the ConfigError that a configuration with these changes causes. */
function complaint(changes: Partial<typeof good>): string {
  try {
    checkStage({ ...good, ...changes });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no error';
}

describe('the participants', () => {
  it('are agencies, operators, approvers, caseworkers, readers, auditors, administrators and those who look after the machine, each with a principal and an external id of its own', () => {
    const { agencies, operators, approvers, caseworkers, readers, auditors, administrators } = good;
    const { onCall, breakGlass, erasers } = good;
    const outside = [agencies, operators, approvers, caseworkers, readers, auditors];
    const all = [...outside, administrators, onCall, breakGlass, erasers].flat();
    expect(all.length).toBeGreaterThan(17);
    expect(approvers.map(({ id }) => id)).toEqual(['approver-1', 'approver-2', 'approver-3']);
    expect(caseworkers.map(({ id }) => id)).toEqual(['caseworker-1', 'caseworker-2']);
    expect(new Set(all.map(({ externalId }) => externalId)).size).toBe(all.length);
    for (const { principal } of all) expect(principal).toBe('000000000000');
  });

  it.each([
    '000000000000',
    'arn:aws:iam::123456789012:role/fraud-desk',
    'arn:aws:iam::123456789012:role/team/fraud-desk',
  ])('may be trusted as %s', (principal) => {
    expect(complaint({ readers: [{ ...reader, principal }] })).toBe('no error');
  });

  it.each([
    '12345678901',
    '1234567890123',
    '*',
    'arn:aws:iam::123456789012:root',
    'arn:aws:iam::123456789012:user/someone',
    'arn:aws:iam::123456789012:role/*',
    'arn:aws:sts::123456789012:assumed-role/fraud-desk/session',
  ])('may not be trusted as %s, and the error names the field', (principal) => {
    expect(complaint({ agencies: [{ ...agency, principal }] })).toContain(
      'agencies[0].principal: must be an AWS account id of 12 digits or the ARN of a role',
    );
  });

  it('may be operators that write files in a form of their own, and an error names the column', () => {
    const operator = unnamed('operator', 'jio');
    const said = (own: object) => complaint({ operators: [{ ...operator, ...own }] });
    expect(
      said({ columns: { usage: { last_seen: 'Date' }, response: { outcome: 'Result' } }, dates: 'YYYYMMDD' }),
    ).toBe('no error');
    for (const [own, why] of [
      [
        { dates: 'YYMMDD' },
        'operators[0].dates: must be YYYYMMDD, YYYY/MM/DD, DD-MM-YYYY, DD/MM/YYYY, DD.MM.YYYY or MM/DD/YYYY',
      ],
      [
        { columns: { usage: { seen: 'Date' } } },
        'operators[0].columns.usage.seen: is no column of such files; there are imei, msisdn,',
      ],
      [{ columns: { usage: { lsa: 'IMEI No.' } } }, 'operators[0].columns.usage.lsa: is the name of imei already'],
      [{ columns: { usage: { lsa: 7 } } }, 'operators[0].columns.usage.lsa: must be a text'],
      [{ columns: { response: { lsa: 'Circle' } } }, 'operators[0].columns.response.lsa: is no column of such files'],
      [{ columns: { report: { imei: 'Handset' } } }, 'operators[0].columns: report is no field'],
    ] as const)
      expect(said(own)).toContain(why);
    const long = { usage: Object.fromEntries(['imei', 'imsi'].map((name) => [name, `${name} ${'क'.repeat(50)}`])) };
    const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => ({ ...unnamed('operator', id), columns: long }));
    expect(complaint({ operators: many })).toMatch(/operators: say \d+ bytes of columns and dates together/);
  });

  it('may be agencies that write reports in a form of their own, and an error names the column', () => {
    const said = (own: object) => complaint({ agencies: [{ ...agency, ...own }] });
    expect(said({ columns: { report: { imei: 'Handset', reported_on: 'Date' } }, dates: 'DD/MM/YYYY' })).toBe(
      'no error',
    );
    for (const [own, why] of [
      [{ dates: 'YYMMDD' }, 'agencies[0].dates: must be YYYYMMDD,'],
      [
        { columns: { report: { msisdn: 'Number' } } },
        'agencies[0].columns.report.msisdn: is no column of such files; there are imei, reported_on, case_ref, category',
      ],
      [
        { columns: { report: { case_ref: 'IMEI No.' } } },
        'agencies[0].columns.report.case_ref: is the name of imei already',
      ],
      [{ columns: { usage: { imei: 'Handset' } } }, 'agencies[0].columns: usage is no field'],
    ] as const)
      expect(said(own)).toContain(why);
    const long = {
      report: Object.fromEntries(['imei', 'category'].map((name) => [name, `${name} ${'क'.repeat(50)}`])),
    };
    const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => ({ ...unnamed('agency', id), columns: long }));
    expect(complaint({ agencies: many })).toMatch(/agencies: say \d+ bytes of columns and dates together/);
  });

  const told = (notify: unknown) => complaint({ agencies: [{ ...agency, notify } as typeof agency] });

  it.each([
    { protocol: 'sqs', endpoint: 'arn:aws:sqs:ap-south-1:111122223333:fraud-batches' },
    { protocol: 'email', endpoint: 'fraud-desk@example.org' },
    { protocol: 'https', endpoint: 'https://desk.example.org/fraud?of=mha' },
  ])('may be told by $protocol at $endpoint', (address) => {
    expect(told([address])).toBe('no error');
  });

  it.each([
    ['sqs', 'https://sqs.ap-south-1.amazonaws.com/111122223333/desk', 'the ARN of a queue that is not FIFO'],
    // A standard topic delivers to no such queue.
    ['sqs', 'arn:aws:sqs:ap-south-1:111122223333:desk.fifo', 'the ARN of a queue that is not FIFO'],
    ['sqs', 'arn:aws:sns:ap-south-1:111122223333:desk', 'the ARN of a queue that is not FIFO'],
    ['email', 'fraud-desk', 'an e-mail address'],
    ['https', 'http://desk.example.org', 'a URL that begins with https://'],
    ['https', 'desk.example.org', 'a URL that begins with https://'],
  ])('are not told by %s at %s', (protocol, endpoint, what) => {
    expect(told([{ protocol, endpoint }])).toContain(
      `agencies[0].notify[0].endpoint: must be ${what}, by its protocol ${protocol}`,
    );
  });

  it.each(['caseworkers', 'readers', 'auditors', 'onCall'])(
    'of the %s are told nowhere, and none is named in vain',
    (kind) => {
      const notify = [{ protocol: 'email', endpoint: 'a@example.org' }];
      expect(complaint({ [kind]: [{ ...reader, notify }] })).toContain(`${kind}[0].notify: must be empty`);
      expect(complaint({ [kind]: [reader] })).not.toContain('notify');
    },
  );

  it('have no field that there is not, nor any other protocol, and the error names it', () => {
    expect(told([{ protocol: 'sms', endpoint: '+911' }])).toContain(
      'agencies[0].notify[0].protocol: must be sqs, email or https',
    );
    expect(told([{ protocol: 'email', endpoint: 'a@example.org', adress: '' }])).toContain(
      'agencies[0].notify[0]: adress is no field',
    );
    const misspelt = { ...reader, exernalId: 'agreed' };
    expect(complaint({ readers: [misspelt] })).toContain('readers[0]: exernalId is no field');
  });

  it('need an external id of at least two characters', () => {
    expect(complaint({ auditors: [{ ...agency, externalId: 'x' }] })).toContain('auditors[0].externalId: must be');
    expect(complaint({ administrators: [{ ...agency, externalId: '' }] })).toContain('administrators[0].externalId:');
  });

  it('may not share an external id', () => {
    const { externalId } = agency;
    expect(complaint({ readers: [{ ...reader, externalId }] })).toContain(
      "readers[0].externalId: is another participant's too",
    );
  });

  it('may not have the id of one of another kind, for each reads rejects and receipts by its id', () => {
    const says = 'is one of the agencies, too, and each reads what lies under its id';
    expect(complaint({ operators: [unnamed('operator', 'i4c')] })).toContain(`operators[0].id: ${says}`);
    expect(complaint({ approvers: [unnamed('approver', 'mha')] })).toContain(`approvers[0].id: ${says}`);
    expect(complaint({ erasers: [unnamed('eraser', 'caseworker-2')] })).toContain(
      'erasers[0].id: is one of the caseworkers, too',
    );
  });

  it("may not have the id that is kept for the system's own batches", () => {
    for (const kind of ['agencies', 'approvers', 'readers'] as const)
      for (const id of ['followup', 'followup-cell'])
        expect(complaint({ [kind]: [unnamed('any', id)] })).toContain(
          `${kind}[0].id: is kept for the system's own batches`,
        );
    expect(complaint({ agencies: [unnamed('agency', 'followups')] })).not.toContain("the system's own batches");
  });

  it('may not be of the name of the self-check, of whose files no row counts', () => {
    const says = 'is that of the self-check';
    expect(complaint({ agencies: [unnamed('agency', 'self-check')] })).toContain(`agencies[0].id: ${says}`);
    expect(complaint({ operators: [unnamed('operator', 'self-check')] })).toContain(`operators[0].id: ${says}`);
    expect(complaint({ approvers: [unnamed('approver', 'self-check')] })).toContain(`approvers[0].id: ${says}`);
    expect(complaint({ readers: [{ ...reader, externalId: 'handset-fraud-self-check' }] })).toContain(
      "readers[0].externalId: is another participant's too",
    );
  });

  it('may be agencies of which one id begins with the other, whose batches stay apart by the length of their ids', () => {
    const apart = ['up', 'up-police'].map((id) => ({ ...agency, id, externalId: `x-${id}` }));
    expect(complaint({ agencies: apart })).toBe('no error');
  });

  it('are, as approvers, taken on by one role each, which is nobody else', () => {
    const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
    const approvers = (...principals: string[]) =>
      complaint({
        approvers: principals.map((principal, n) => ({ ...unnamed('approver', `a-${n}`), principal })),
        administrators: [{ ...unnamed('administrator', 'desk'), principal: role('desk') }],
      });
    expect(approvers(role('one'), role('two'))).toBe('no error');
    expect(approvers('111122223333')).toContain('approvers[0].principal: must be the ARN of one role');
    expect(approvers(role('one'), role('one'))).toContain('approvers[0].principal: is that of a-1, too');
    expect(approvers(role('one'), role('desk'))).toContain('approvers[1].principal: is that of desk, too');
    // Whoever may let in their account's roles may let in this one, for another participant.
    const agencies = (principal: string) =>
      complaint({
        approvers: [{ ...unnamed('approver', 'a-0'), principal: role('one') }, unnamed('approver', 'a-1')],
        agencies: [{ ...agency, principal }],
      });
    expect(agencies('111122223333')).toContain('approvers[0].principal: is a role of the account that is');
    expect(agencies('444455556666')).toBe('no error');
  });

  it('are given once in their kind', () => {
    const twice = [reader, { ...reader, externalId: 'another' }];
    expect(complaint({ readers: twice })).toContain('readers: every id must be given once');
  });
});

describe('participants whose account nobody has named', () => {
  const refusal = (context: Record<string, unknown>): string[] => {
    try {
      stageFromContext(context);
    } catch (error) {
      if (error instanceof ConfigError) return error.message.split('\n');
      throw error;
    }
    return [];
  };
  const FILE = 'config/example.json';

  it('are refused in a protected stage for AWS, each by name, and the error says where they are named', () => {
    const said = refusal({ stage: 'prod', config: 'none' });
    const all = (
      [
        'agencies',
        'operators',
        'approvers',
        'caseworkers',
        'readers',
        'auditors',
        'administrators',
        'onCall',
        'breakGlass',
        'erasers',
      ] as const
    ).flatMap((kind) =>
      good[kind].map(
        ({ id }, n) => `  ${kind}[${n}]: nobody has named the account of ${id} (000000000000 stands there)`,
      ),
    );
    expect(said.slice(1, -1)).toEqual(all);
    expect(all).toHaveLength(4 + 5 + 3 + 2 + 2 + 1 + 1 + 1 + 1 + 1);
    expect(said.at(0)).toBe('the configuration is wrong:');
    expect(said.at(-1)).toBe(
      `  Name them in config/prod.json, or in the file of -c config=FILE; ${FILE} is an example.`,
    );
  });

  it.each([
    { stage: 'dev', config: 'none' },
    { stage: 'blue', config: 'none' },
    { stage: 'prod', cloud: 'local', config: 'none' },
    { stage: 'prod', config: FILE },
  ])('are nothing to complain of in $stage $cloud $config', (context) => {
    expect(refusal(context)).toEqual([]);
  });

  it('are refused where only a role or a queue of theirs is named so', () => {
    const [mha] = good.agencies;
    const named = { ...mha, principal: '111122223333', notify: [] };
    const at = (one: object): string[] => {
      const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'p.json');
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(FILE, 'utf8')), agencies: [one] }));
      return refusal({ stage: 'prod', config: file });
    };
    expect(at(named)).toEqual([]);
    for (const change of [
      { principal: 'arn:aws:iam::000000000000:role/desk' },
      { notify: [{ protocol: 'sqs', endpoint: 'arn:aws:sqs:ap-south-1:000000000000:desk' }] },
    ])
      expect(at({ ...named, ...change })[1]).toContain('agencies[0]: nobody has named the account of mha');
  });
});

describe("a stage's file", () => {
  const from = (content: object | string, context: object = {}) => {
    const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'p.json');
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return () => stageFromContext({ ...context, config: file });
  };

  it('names the participants of the kinds that it lists, and leaves the others as they are', () => {
    const readers = [{ id: 'npci', principal: '111122223333', externalId: 'agreed', notify: [] }];
    expect(from({ readers })()).toEqual({ ...good, readers });
  });

  it('says what it says, a command line more, and of the rest holds what the code has', () => {
    const { policy, retention, operations, protect } = from(
      {
        about: 'for whoever reads it',
        ladder: 'normal',
        policy: { lookBackDays: 90, rowsPerDirection: 1500 },
        retention: { logDays: 30 },
        operations: { surveyHours: 12 },
        protect: true,
      },
      { cloud: 'local', rowsPerDirection: '500' },
    )();
    expect(policy.ladders.reverify.map(({ days }) => days)).toEqual([30, 15, 15, 1]);
    expect(policy).toMatchObject({ ...good.policy, ladders: policy.ladders, lookBackDays: 90, rowsPerDirection: 500 });
    expect(retention).toEqual({ ...good.retention, logDays: 30 });
    expect(operations).toEqual({ ...good.operations, surveyHours: 12 });
    expect(protect).toBe(true);
    expect(from({ ladder: 'normal' }, { ladder: 'flagged' })().policy.ladders).toEqual(good.policy.ladders);
  });

  it.each([
    ['no JSON', '{', "p\\.json can't be read"],
    ['a list', '[]', 'p\\.json: the whole: '],
    ['a name that is none', '{"operator":[]}', 'p\\.json: operator: is no field; there are about, ladder,'],
    ['a number that is none', '{"policy":{"rowPerDirection":1}}', 'p\\.json: policy\\.rowPerDirection: is no field; '],
    ['a ladder that is none', '{"ladder":"fast"}', 'p\\.json: ladder: must be flagged or normal'],
    ['a policy that is none', '{"policy":[]}', 'p\\.json: policy: must be an object of fields'],
  ])('is refused where it holds %s, by its name', (_, text, why) => {
    expect(from(text)).toThrow(ConfigError);
    expect(from(text)).toThrow(new RegExp(why));
  });

  it('is refused where it is not there, and where a field in it is wrong', () => {
    expect(() => stageFromContext({ config: 'missing.json' })).toThrow("missing.json can't be read (ENOENT");
    const wrong = '{"auditors":[{"id":"a","principal":"1","externalId":"agreed","notify":[]}]}';
    expect(from(wrong)).toThrow(/p\.json: auditors\[0\]\.principal: must be an AWS account id of 12 digits/);
    expect(from('{"operators":{}}')).toThrow(/p\.json: operators: must be a list/);
    expect(from('{"operators":[{"id":"jio"}]}')).toThrow(/p\.json: operators\[0\]\.notify: is missing/);
    expect(from('{"policy":{"lookBackDays":0}}')).toThrow(/p\.json: policy\.lookBackDays: must be more than 0/);
    expect(from('{"policy":{"lookBackDays":3651}}')).toThrow(/p\.json: policy\.lookBackDays: must be at most 3650/);
    expect(from('{"policy":{"busyDay":1.5}}')).toThrow(/p\.json: policy\.busyDay: must be a whole number/);
    expect(from('{"protect":"yes"}')).toThrow(/p\.json: protect: must be true or false/);
    expect(from('{"retention":{"logDays":4}}')).toThrow(/p\.json: retention\.logDays: must be one of 1, 3, 5, 7/);
  });

  it('is, as an example that an administrator may copy, right', () => {
    const example = stageFromContext({ stage: 'prod', config: 'config/example.json' });
    expect(example.operators.map(({ id }) => id)).toEqual(['airtel', 'jio']);
    expect(example.policy).toEqual(good.policy);
  });
});

describe('the policy', () => {
  const said = (policy: Partial<typeof good.policy>) => complaint({ policy: { ...good.policy, ...policy } });

  it('compares usage files with no more than it keeps: else it would compare none', () => {
    expect(said({ gateFiles: 10, gateFewestFiles: 10 })).toBe('no error');
    expect(said({ gateFiles: 10, gateFewestFiles: 11 })).toContain(
      'policy.gateFewestFiles: must be policy.gateFiles (10) at most',
    );
  });

  it('gives nobody more time than an execution and what it reads are there for', () => {
    // The flagged ladder takes 16 days.
    expect(said({ extensionDays: 284 })).toBe('no error');
    expect(said({ extensionDays: 285 })).toContain(
      'policy.extensionDays: and the ladder of re-verification may take 300 days',
    );
  });

  it('takes from a command line only what is a number: a variable that is not set decides nothing', () => {
    for (const people of ['', ' ', '0x2', '-1', '1e3'])
      expect(() => stageFromContext({ config: 'none', people }), people).toThrow('policy.people: must be a number');
    expect(stageFromContext({ config: 'none', people: '2' }).policy.people).toBe(2);
  });
});

describe('the retention', () => {
  it.each([
    ['linkMarginDays', 14, 'an event may wait 14 days'],
    ['inboxDays', 14, 'an event may wait 14 days'],
    ['workDays', 365, 'an execution may run for a year'],
    ['caseDays', 454, 'an execution may run for a year, and who was disconnected may contest it for 90 days'],
    ['logDays', 364, 'must be one of'],
    ['auditDays', 0, ''],
  ])('refuses %s of %i, and names the field', (field, days, why) => {
    const said = complaint({ retention: { ...good.retention, [field]: days } });
    expect(said).toContain(`retention.${field}: ${why}`);
  });

  it('keeps the marks of uploads as long as the uploads and their old versions, which S3 removes days after their time', () => {
    const kept = (workDays: number) =>
      complaint({ retention: { ...good.retention, inboxDays: 400, oldVersionDays: 90, workDays } });
    expect(kept(497)).toBe('no error');
    expect(kept(496)).toContain('retention.workDays: must be inboxDays, oldVersionDays and 7 together at least');
  });

  it('keeps what tells of a number as long as its links, and three years where nobody says otherwise', () => {
    const kept = (lookBackDays: number, linkMarginDays = 30) =>
      complaint({
        policy: { ...good.policy, lookBackDays },
        retention: { ...good.retention, linkMarginDays },
      });
    const why = 'retention.caseDays: must be policy.lookBackDays and retention.linkMarginDays together at least';
    // 1,096 days less 30, or less 45.
    expect(kept(1066)).toBe('no error');
    expect(kept(1067)).toContain(why);
    expect(kept(1051, 45)).toBe('no error');
    expect(kept(1052, 45)).toContain(why);
  });

  it('protects what lasts in prod, and only there', () => {
    const stage = (name: string) => stageFromContext({ config: 'none', stage: name, cloud: 'local' });
    expect([stage('prod').protect, stage('dev').protect, stage('test').protect]).toEqual([true, false, false]);
  });
});
