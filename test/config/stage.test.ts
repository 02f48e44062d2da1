import { describe, expect, it } from 'vitest';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { stageFromContext } from '../../lib/config/context.ts';
import { ConfigError, checkStage } from '../../lib/config/stage.ts';

const good = stageFromContext({ config: 'none' });

/** The message of the ConfigError that `make` throws. */
function complaint(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'no error';
}

describe("a stage's configuration", () => {
  it('is that of dev, with the flagged ladder of 5, 5, 5 and 1 days, where nothing else is said', () => {
    expect(good.stage).toBe('dev');
    expect(good.operators.map(({ id }) => id)).toEqual(['airtel', 'bsnl', 'jio', 'mtnl', 'vi']);
    expect(good.policy.ladders.reverify.map(({ order, days }) => `${order} ${days}`)).toEqual([
      'reverify 5',
      'bar_outgoing 5',
      'bar_incoming 5',
      'disconnect 1',
    ]);
    expect(good.policy.lookBackDays).toBe(180);
    expect(good.policy.rowsPerDirection).toBe(2000);
  });

  it('links its alarms to the runbook of this repository, or to the one that the context names', () => {
    expect(good.operations.runbookUrl).toBe('docs/runbook.md');
    const url = 'https://wiki.example/runbook';
    const elsewhere = stageFromContext({ config: 'none', runbookUrl: url });
    expect(elsewhere.operations.runbookUrl).toBe(url);
    expect(complaint(() => stageFromContext({ config: 'none', runbookUrl: `${url}#top` }))).toContain(
      'operations.runbookUrl: must be a URL or a path without a fragment',
    );
  });

  it('sweeps every hour, or as often as the context says, but at least once a day', () => {
    expect([good.operations.sweepHours, good.operations.surveyHours]).toEqual([1, 6]);
    const every = (hours: string) => stageFromContext({ config: 'none', sweepHours: hours });
    expect(every('12').operations.sweepHours).toBe(12);
    for (const wrong of ['25', '0', '1.5', 'often'])
      expect(complaint(() => every(wrong))).toContain('operations.sweepHours:');
  });

  it("has CloudFormation's own role create the tables, or the roles that the context names, of which no name begins open", () => {
    expect(good.deployers).toEqual(['cdk-*-cfn-exec-role-*']);
    const named = (deployers: string) => stageFromContext({ config: 'none', deployers });
    expect(named('team/deployer,dba-*').deployers).toEqual(['team/deployer', 'dba-*']);
    for (const wrong of ['*', '?dm*', 'ad*', 'arn:aws:iam::123456789012:role/admin'])
      expect(complaint(() => named(wrong))).toContain('deployers[0]: must be the name of a role');
    expect(complaint(() => named(','))).toContain('deployers: somebody must be able to create the tables');
  });

  it('takes the normal ladder of 30, 15, 15 and 1 days from the context', () => {
    const normal = stageFromContext({ config: 'none', ladder: 'normal' });
    expect(normal.policy.ladders.reverify.map(({ days }) => days)).toEqual([30, 15, 15, 1]);
  });

  it('refuses an unknown ladder, and names the field', () => {
    expect(complaint(() => stageFromContext({ config: 'none', ladder: 'fast' }))).toContain('ladder:');
  });

  it('refuses an empty list of operators, and names the field', () => {
    expect(complaint(() => checkStage({ ...good, operators: [] }))).toContain('operators: at least one operator');
    expect(complaint(() => stageFromContext({ config: 'none', operators: '' }))).toContain('operators:');
  });

  it('asks for as many approvers as a report needs, and for one at least where a stage is protected', () => {
    const needing = (people: number, more: object = {}) =>
      complaint(() => checkStage({ ...good, ...more, policy: { ...good.policy, people } }));
    expect(needing(3)).toBe('no error');
    expect(needing(4)).toContain('approvers: there are 3, and a report needs 4 (policy.people)');
    expect(needing(0)).toBe('no error');
    expect(needing(0, { protect: true })).toContain('policy.people: must be at least 1 where people rely on a stage');
    expect(needing(1, { protect: true })).toBe('no error');
    expect(needing(1, { approvers: [] })).toContain('approvers: there are 0, and a report needs 1');
    expect(stageFromContext({ config: 'none', people: '0', decideWithinHours: '1' }).policy).toMatchObject({
      people: 0,
      decideWithinHours: 1,
    });
  });

  it('asks for as many approvers as a reversal needs, a large one too, and never for fewer where there is more to give back', () => {
    const needing = (policy: object, more: object = {}) =>
      complaint(() => checkStage({ ...good, ...more, policy: { ...good.policy, people: 1, ...policy } }));
    expect(needing({ largeReversalPeople: 3 })).toBe('no error');
    expect(needing({ largeReversalPeople: 4 })).toContain(
      'approvers: there are 3, and a large reversal needs 4 (policy.largeReversalPeople)',
    );
    expect(needing({ reversalPeople: 4, largeReversalPeople: 4 })).toContain(
      'approvers: there are 3, and a reversal needs 4 (policy.reversalPeople)',
    );
    expect(needing({ reversalPeople: 0, largeReversalPeople: 0 })).toBe('no error');
    for (const [name, what] of [
      ['reversalPeople', 'a reversal'],
      ['largeReversalPeople', 'a large reversal'],
    ] as const)
      expect(needing({ reversalPeople: 0, [name]: 0 }, { protect: true })).toContain(
        `policy.${name}: must be at least 1 where people rely on a stage: nobody would decide on ${what}`,
      );
    expect(needing({ reversalPeople: 3, largeReversalPeople: 2 })).toContain(
      'policy.largeReversalPeople: must be policy.reversalPeople (3) at least',
    );
    expect(stageFromContext({ config: 'none' }).policy).toMatchObject({
      reversalPeople: 1,
      largeReversalPeople: 2,
      largeReversal: 100,
      mostSubjects: 10_000,
    });
  });

  it('takes some of the configured operators, and refuses one that is not configured by its name', () => {
    expect(stageFromContext({ config: 'none', operators: 'jio,airtel' }).operators.map(({ id }) => id)).toEqual([
      'jio',
      'airtel',
    ]);
    expect(complaint(() => stageFromContext({ config: 'none', operators: 'airtle,jio,x' }))).toBe(
      'the configuration is wrong:\n' +
        '  operators: airtle is none; there are airtel, bsnl, jio, mtnl, vi\n' +
        '  operators: x is none; there are airtel, bsnl, jio, mtnl, vi',
    );
  });

  it('refuses a context value that it does not know, by its name, and says which there are', () => {
    const said = complaint(() => stageFromContext({ config: 'none', rowPerDirection: '10', stage: 'dev' }));
    expect(said).toContain('  rowPerDirection: is no value of this app; there are busyDay, bytesPerPiece, ');
    for (const name of ['rowsPerDirection', 'operators', 'config', 'stage']) expect(said).toContain(name);
    expect(complaint(() => stageFromContext({ config: 'none', agencies: 'mha' }))).toContain(
      'agencies: is no value of this app',
    );
    expect(complaint(() => stageFromContext({ config: 'none', cloud: 'moon' }))).toContain(
      'cloud: must be aws or local',
    );
  });

  it("lets the CDK's own values pass: feature flags, what it looked up, and what its command says", () => {
    const own = { 'aws:cdk:bundling-stacks': [], 'availability-zones:account=1:region=x': ['a'], ...cdkJson.context };
    expect(stageFromContext({ ...own, config: 'none' })).toEqual(good);
  });

  it('refuses an empty list of agencies, and names the field', () => {
    expect(complaint(() => checkStage({ ...good, agencies: [] }))).toContain('agencies: at least one agency');
  });

  it('refuses an operator given twice, and an id that does not fit a direction id', () => {
    const [first] = good.operators;
    expect(complaint(() => checkStage({ ...good, operators: [first, first] }))).toContain('operators: every id');
    const long = [{ id: 'eleven-char', notify: [] }];
    expect(complaint(() => checkStage({ ...good, operators: long }))).toContain('operators[0].id:');
  });

  it('refuses a re-verification that begins with a bar', () => {
    const bars = good.policy.ladders.reverify.slice(1);
    const policy = { ...good.policy, ladders: { ...good.policy.ladders, reverify: bars } };
    expect(complaint(() => checkStage({ ...good, policy }))).toContain(
      'policy.ladders.reverify: must begin with reverify',
    );
  });

  it('refuses a ladder without rungs, and names which', () => {
    const policy = { ...good.policy, ladders: { ...good.policy.ladders, reverify: [] } };
    expect(complaint(() => checkStage({ ...good, policy }))).toContain('policy.ladders.reverify: a ladder needs');
  });

  it('refuses a rung that outlasts the longest ladder, and names it', () => {
    const ladders = { ...good.policy.ladders, block: [{ order: 'block', days: 301 }] };
    expect(complaint(() => checkStage({ ...good, policy: { ...good.policy, ladders } }))).toContain(
      'policy.ladders.block[0].days: must be at most 300 days',
    );
  });

  it('refuses a ladder that its execution could not outlive, with weeks to wait for its turn and to settle', () => {
    const of = (...days: number[]) => {
      const ladders = { ...good.policy.ladders, block: days.map((each) => ({ order: 'block', days: each })) };
      return complaint(() => checkStage({ ...good, policy: { ...good.policy, ladders } }));
    };
    expect(of(200, 100)).toBe('no error');
    expect(of(200, 101)).toContain(
      'policy.ladders.block: all rungs together may take 300 days, since an execution ends after 365',
    );
  });

  it('refuses more addresses of operators, or of agencies, than a topic takes filtered subscriptions', () => {
    const [operator] = good.operators;
    const many = (count: number, addresses: number) =>
      Array.from({ length: count }, (_, n) => ({
        ...operator,
        id: `o${n}`,
        externalId: `agreed-${n}`,
        notify: Array.from({ length: addresses }, (_, m) => ({ protocol: 'email', endpoint: `${m}@o${n}.example` })),
      }));
    const asked = (operators: unknown[]) => complaint(() => checkStage({ ...good, operators }));
    for (const [count, addresses] of [
      [200, 1],
      [100, 2],
      [200, 0],
    ] as const)
      expect(asked(many(count, addresses)), `${count} of ${addresses}`).toBe('no error');
    const said = 'addresses, and a topic of SNS takes 200 subscriptions with a filter';
    expect(asked(many(201, 1))).toContain(`operators: have 201 ${said}`);
    expect(asked(many(101, 2))).toContain(`operators: have 202 ${said}`);
    expect(asked(many(201, 0))).toContain(`operators: have 201 ${said}`);
    expect(complaint(() => checkStage({ ...good, agencies: many(201, 1) }))).toContain(`agencies: have 201 ${said}`);
  });

  it('refuses an address twice on a topic: SNS takes it once, with the filter of the first', () => {
    const at = (...endpoints: string[]) => endpoints.map((endpoint) => ({ protocol: 'email', endpoint }));
    const [first, second, third] = good.approvers;
    const asked = (...notify: unknown[][]) =>
      complaint(() =>
        checkStage({
          ...good,
          approvers: [first, second, third].map((one, n) => ({ ...one, notify: notify[n] ?? [] })),
        }),
      );
    const said = 'a topic of SNS takes an address once';
    expect(asked(at('a@b.example'), at('c@b.example'))).toBe('no error');
    expect(asked(at('desk@b.example'), at('c@b.example', 'Desk@b.example'))).toContain(
      `approvers[1].notify[1].endpoint: is where ${first?.id} is told already: ${said}`,
    );
    expect(asked(at('a@b.example', 'a@b.example'))).toContain(
      `approvers[0].notify[1].endpoint: is where it is told already: ${said}`,
    );
    const queue = (name: string) => ({ protocol: 'sqs', endpoint: `arn:aws:sqs:ap-south-1:111122223333:${name}` });
    expect(asked([queue('told')], [queue('Told')])).toBe('no error');
    expect(asked([queue('told')], [queue('told')])).toContain(said);
    // Topics are apart.
    const [administrator] = good.administrators;
    const administrators = [{ ...administrator, notify: at('a@b.example') }];
    const approvers = [{ ...first, notify: at('a@b.example') }, second, third];
    expect(complaint(() => checkStage({ ...good, administrators, approvers }))).toBe('no error');
  });

  it('refuses operators and administrators who are told by mail alone, where people rely on a stage', () => {
    const mail = { protocol: 'email', endpoint: 'desk@b.example' };
    const web = { protocol: 'https', endpoint: 'https://desk.b.example/' };
    const asked = (kind: 'operators' | 'administrators' | 'agencies', protect: boolean, ...notify: unknown[]) =>
      complaint(() => {
        const [one] = good[kind];
        return checkStage({ ...good, protect, policy: { ...good.policy, people: 2 }, [kind]: [{ ...one, notify }] });
      });
    for (const kind of ['operators', 'administrators'] as const) {
      expect(asked(kind, true, mail)).toContain(`${kind}[0].notify: must have a queue or a URL beside e-mail`);
      expect(asked(kind, true, mail, web)).toBe('no error');
      // Its own account may have subscribed a queue.
      expect(asked(kind, true)).toBe('no error');
      expect(asked(kind, false, mail)).toBe('no error');
    }
    expect(asked('agencies', true, mail)).toBe('no error');
  });

  it('refuses more addresses in all than a function can be told of', () => {
    const [agency] = good.agencies;
    const [operator] = good.operators;
    const of = <T extends object>(one: T | undefined, letter: string, count: number) =>
      Array.from({ length: count }, (_, n) => ({
        ...one,
        id: `${letter}${n}`,
        externalId: `agreed-${letter}${n}`,
        notify: [{ protocol: 'email', endpoint: `${letter}${n}@b.example` }],
      }));
    const { administrators, approvers } = good;
    const nobody = {
      approvers: approvers.map((one) => ({ ...one, notify: [] })),
      administrators: administrators.map((one) => ({
        ...one,
        notify: [{ protocol: 'email', endpoint: 'a@b.example' }],
      })),
    };
    const asked = (agencies: number, operators: number) =>
      complaint(() =>
        checkStage({
          ...good,
          ...nobody,
          agencies: of(agency, 'a', agencies),
          operators: of(operator, 'o', operators),
        }),
      );
    expect(asked(200, 199)).toBe('no error');
    expect(asked(200, 200)).toContain('and others have 401 addresses, and functions can be told of 400');
  });

  it('refuses a number of rows that is none', () => {
    const asked = () => stageFromContext({ config: 'none', rowsPerDirection: 'many' });
    expect(complaint(asked)).toContain('policy.rowsPerDirection: must be a number');
  });

  it('warms the tables for what the context says, and refuses less than a new table bears', () => {
    const asked = (writes: number) => stageFromContext({ config: 'none', warmWrites: writes });
    expect(asked(16_000).policy).toMatchObject({ warmWrites: 16_000, warmReads: 16_500 });
    expect(complaint(() => asked(3999))).toContain('policy.warmWrites: a new table bears 4,000 writes');
    expect(complaint(() => stageFromContext({ config: 'none', warmReads: 1000 }))).toContain('policy.warmReads:');
  });
});
