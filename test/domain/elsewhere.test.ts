import { describe, expect, test } from 'vitest';
import { type Elsewhere, elsewhereHeader, elsewhereLines } from '../../lambdas/domain/elsewhere.ts';
import type { OperatorId } from '../../lambdas/domain/identifiers.ts';
import { airtel, directionId, imei, jio, msisdn } from './example.ts';

const csv = (entries: Elsewhere[]) => [elsewhereHeader, ...elsewhereLines(entries).map((line) => `${line}\n`)].join('');

describe('the list of what stands elsewhere', () => {
  test('is sorted by kind, identifier and operator; IMEIs in 15 digits', () => {
    const open = directionId('reverify', '1-3-2');
    const blocking = directionId('block', '1-0-1', jio);
    const entries: Elsewhere[] = [
      {
        kind: 'reverify',
        identifier: msisdn('9876543211'),
        operator: airtel,
        state: 'alreadyDisconnected',
        directionId: open,
      },
      {
        kind: 'block',
        identifier: imei('35693803564380'),
        operator: jio,
        state: 'alreadyBlocked',
        directionId: blocking,
      },
      { kind: 'reverify', identifier: msisdn('9876543210'), operator: jio, state: 'alreadyOpen', directionId: open },
      {
        kind: 'block',
        identifier: imei('35693803564380'),
        operator: airtel,
        state: 'alreadyOpen',
        directionId: blocking,
      },
    ];
    expect(csv(entries)).toBe(
      [
        'kind,identifier,operator,state,directionId',
        'block,356938035643809,airtel,alreadyOpen,mha-0123456789ab.block.jio.1-0-1',
        'block,356938035643809,jio,alreadyBlocked,mha-0123456789ab.block.jio.1-0-1',
        'reverify,+919876543210,jio,alreadyOpen,mha-0123456789ab.reverify.airtel.1-3-2',
        'reverify,+919876543211,airtel,alreadyDisconnected,mha-0123456789ab.reverify.airtel.1-3-2',
        '',
      ].join('\n'),
    );
  });

  test('has an operator before one whose id begins with its own, so that lists can be merged by their lines', () => {
    const operators = ['air-tel', 'airtel', 'air', 'air0', 'aira'] as OperatorId[];
    const entries = operators.map(
      (operator): Elsewhere => ({
        kind: 'block',
        identifier: imei('35693803564380'),
        operator,
        state: 'alreadyOpen',
        directionId: directionId('block', '1-0-1', operator),
      }),
    );
    const sorted = elsewhereLines(entries).map((line) => line.split(',')[2]);
    expect(sorted).toEqual(['air', 'air-tel', 'air0', 'aira', 'airtel']);
  });

  test('of nothing is its header', () => {
    expect(csv([])).toBe('kind,identifier,operator,state,directionId\n');
  });
});
