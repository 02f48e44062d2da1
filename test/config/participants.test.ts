import { describe, expect, it } from 'vitest';
import { unnamed } from '../../lib/config/participants.ts';
import { ConfigError, checkStage, stageFromContext } from '../../lib/config/stage.ts';

const good = stageFromContext(() => undefined);
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
  it('are agencies, operators, readers, auditors and administrators, each with a principal and an external id of its own', () => {
    const all = [...good.agencies, ...good.operators, ...good.readers, ...good.auditors, ...good.administrators];
    expect(all.length).toBeGreaterThan(12);
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

  it('may not be an agency and an operator of the same id, which would read the same rejects', () => {
    expect(complaint({ operators: [unnamed('operator', 'i4c')] })).toContain('operators[0].id: is an agency too');
  });

  it('may not be an agency or an operator of the name of the self-check, of whose files no row counts', () => {
    const says = 'is that of the self-check';
    expect(complaint({ agencies: [unnamed('agency', 'self-check')] })).toContain(`agencies[0].id: ${says}`);
    expect(complaint({ operators: [unnamed('operator', 'self-check')] })).toContain(`operators[0].id: ${says}`);
    expect(complaint({ readers: [{ ...reader, externalId: 'handset-fraud-self-check' }] })).toContain(
      "readers[0].externalId: is another participant's too",
    );
  });

  it('may be agencies of which one id begins with the other, whose batches stay apart by the length of their ids', () => {
    const apart = ['up', 'up-police'].map((id) => ({ ...agency, id, externalId: `x-${id}` }));
    expect(complaint({ agencies: apart })).toBe('no error');
  });

  it('are given once in their kind', () => {
    const twice = [reader, { ...reader, externalId: 'another' }];
    expect(complaint({ readers: twice })).toContain('readers: every id must be given once');
  });
});

describe('the retention', () => {
  it.each([
    ['linkMarginDays', 14, 'an event may wait 14 days'],
    ['inboxDays', 14, 'an event may wait 14 days'],
    ['workDays', 365, 'a ladder may take a year'],
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

  it('protects what lasts in prod, and only there', () => {
    const stage = (name: string) => stageFromContext((asked) => (asked === 'stage' ? name : undefined));
    expect([stage('prod').protect, stage('dev').protect, stage('test').protect]).toEqual([true, false, false]);
  });
});
