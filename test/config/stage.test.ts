import { describe, expect, it } from 'vitest';
import { ConfigError, checkStage, stageFromContext } from '../../lib/config/stage.ts';

const nothing = () => undefined;
const good = stageFromContext(nothing);

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
    const elsewhere = stageFromContext((name) => (name === 'runbookUrl' ? url : undefined));
    expect(elsewhere.operations.runbookUrl).toBe(url);
    expect(complaint(() => stageFromContext((name) => (name === 'runbookUrl' ? `${url}#top` : undefined)))).toContain(
      'operations.runbookUrl: must be a URL or a path without a fragment',
    );
  });

  it('sweeps every six hours, or as often as the context says, but at least once a day', () => {
    expect(good.operations.sweepHours).toBe(6);
    const every = (hours: string) => stageFromContext((name) => (name === 'sweepHours' ? hours : undefined));
    expect(every('12').operations.sweepHours).toBe(12);
    for (const wrong of ['25', '0', '1.5', 'often'])
      expect(complaint(() => every(wrong))).toContain('operations.sweepHours:');
  });

  it("has CloudFormation's own role create the tables, or the roles that the context names, of which no name begins open", () => {
    expect(good.deployers).toEqual(['cdk-*-cfn-exec-role-*']);
    const named = (deployers: string) => stageFromContext((name) => (name === 'deployers' ? deployers : undefined));
    expect(named('team/deployer,dba-*').deployers).toEqual(['team/deployer', 'dba-*']);
    for (const wrong of ['*', '?dm*', 'ad*', 'arn:aws:iam::123456789012:role/admin'])
      expect(complaint(() => named(wrong))).toContain('deployers[0]: must be the name of a role');
    expect(complaint(() => named(','))).toContain('deployers: somebody must be able to create the tables');
  });

  it('takes the normal ladder of 30, 15, 15 and 1 days from the context', () => {
    const normal = stageFromContext((name) => (name === 'ladder' ? 'normal' : undefined));
    expect(normal.policy.ladders.reverify.map(({ days }) => days)).toEqual([30, 15, 15, 1]);
  });

  it('refuses an unknown ladder, and names the field', () => {
    expect(complaint(() => stageFromContext((name) => (name === 'ladder' ? 'fast' : undefined)))).toContain('ladder:');
  });

  it('refuses an empty list of operators, and names the field', () => {
    expect(complaint(() => checkStage({ ...good, operators: [] }))).toContain('operators: at least one operator');
    expect(complaint(() => stageFromContext((name) => (name === 'operators' ? '' : undefined)))).toContain(
      'operators:',
    );
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

  it('refuses a ladder without rungs, and names which', () => {
    const policy = { ...good.policy, ladders: { ...good.policy.ladders, reverify: [] } };
    expect(complaint(() => checkStage({ ...good, policy }))).toContain('policy.ladders.reverify: a ladder needs');
  });

  it('refuses a time-out over a year, and names the rung', () => {
    const ladders = { ...good.policy.ladders, block: [{ order: 'block', days: 366 }] };
    expect(complaint(() => checkStage({ ...good, policy: { ...good.policy, ladders } }))).toContain(
      'policy.ladders.block[0].days: a task may wait a year at most',
    );
  });

  it('refuses rungs that take more than a year together', () => {
    const block = [
      { order: 'block', days: 200 },
      { order: 'block', days: 166 },
    ];
    const ladders = { ...good.policy.ladders, block };
    expect(complaint(() => checkStage({ ...good, policy: { ...good.policy, ladders } }))).toContain(
      'policy.ladders.block: all rungs together',
    );
  });

  it('refuses a number of rows that is none', () => {
    const asked = stageFromContext.bind(null, (name: string) => (name === 'rowsPerDirection' ? 'many' : undefined));
    expect(complaint(asked)).toContain('policy.rowsPerDirection:');
  });

  it('warms the tables for what the context says, and refuses less than a new table bears', () => {
    const asked = (writes: number) => stageFromContext((name) => (name === 'warmWrites' ? writes : undefined));
    expect(asked(16_000).policy).toMatchObject({ warmWrites: 16_000, warmReads: 16_500 });
    expect(complaint(() => asked(3999))).toContain('policy.warmWrites: a new table bears 4,000 writes');
    expect(complaint(() => stageFromContext((name) => (name === 'warmReads' ? 1000 : undefined)))).toContain(
      'policy.warmReads:',
    );
  });
});
