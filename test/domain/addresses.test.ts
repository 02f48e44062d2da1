import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { addressesGone, addressMark, addressMarks, addressMarksIn } from '../../lambdas/domain/addresses.ts';

const queue = (account: string, name = 'fraud-directions') => ({
  protocol: 'sqs',
  endpoint: `arn:aws:sqs:ap-south-1:${account}:${name}`,
});
const mail = (endpoint: string) => ({ protocol: 'email', endpoint });

describe('the mark of an address', () => {
  it('is of 4 characters, by the topic, the protocol and where it is', () => {
    const digest = createHash('sha256').update('OPERATORS_TOPIC sqs 333344445555:fraud-directions').digest('base64url');
    expect(addressMark('OPERATORS_TOPIC', queue('333344445555'))).toBe(digest.slice(0, 4));
    const marks = [
      addressMark('OPERATORS_TOPIC', queue('333344445555')),
      addressMark('AGENCIES_TOPIC', queue('333344445555')),
      addressMark('OPERATORS_TOPIC', queue('333344445556')),
      addressMark('OPERATORS_TOPIC', queue('333344445555', 'other')),
      addressMark('OPERATORS_TOPIC', mail('a@b.example')),
    ];
    expect(new Set(marks).size).toBe(5);
    expect(addressMark('OPERATORS_TOPIC', mail('A@b.example'))).toBe(marks[4]);
    expect(addressMarksIn(addressMarks(marks))).toEqual(marks);
    expect(addressMarksIn('')).toEqual([]);
    expect(() => addressMarksIn('abcde')).toThrow('not a list of marks');
  });
});

describe('the addresses that are gone', () => {
  const jio = addressMark('OPERATORS_TOPIC', queue('444455556666'));
  // As the configuration has who is not named yet: the stage's own account, in whatever region.
  const vi = addressMark('OPERATORS_TOPIC', queue('000000000000', 'fraud-directions-vi'));
  const desk = addressMark('AGENCIES_TOPIC', mail('desk@b.example'));
  const own = { protocol: 'sqs', endpoint: 'arn:aws:sqs:eu-west-1:123456789012:fraud-directions-vi' };

  it('are those that no topic of theirs has any more', () => {
    const all = { OPERATORS_TOPIC: [queue('444455556666'), own], AGENCIES_TOPIC: [mail('Desk@b.example')] };
    expect(addressesGone([jio, vi, desk], all, '123456789012')).toEqual([]);
    expect(addressesGone([jio, vi, desk], { ...all, OPERATORS_TOPIC: [own] }, '123456789012')).toEqual([jio]);
    expect(addressesGone([jio, vi, desk], { ...all, AGENCIES_TOPIC: [] }, '123456789012')).toEqual([desk]);
    // On another topic it is told of something else.
    expect(addressesGone([desk], { OPERATORS_TOPIC: [mail('desk@b.example')] }, '123456789012')).toEqual([desk]);
    // What others subscribed themselves is nobody's who is missed.
    expect(addressesGone([], all, '123456789012')).toEqual([]);
  });

  it("are the stage's own queues, where the account is another's", () => {
    expect(addressesGone([vi], { OPERATORS_TOPIC: [own] }, '999999999999')).toEqual([vi]);
  });
});
