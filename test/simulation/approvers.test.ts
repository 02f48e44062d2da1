import { describe, expect, it } from 'vitest';
import type { Imei } from '../../lambdas/domain/identifiers.ts';
import {
  allBlocked,
  heaviestReverified,
  type Shown,
  SimulatedApprovers,
  sampleVerdicts,
} from '../../simulation/approvers.ts';
import { planSample, sampleBatch } from '../../simulation/sample.ts';
import { FakeCloud } from './fake-cloud.ts';

const START = Date.UTC(2026, 5, 1);
const SHA = 'ab'.repeat(32);
const needed = (more: object = {}) =>
  JSON.stringify({
    kind: 'decision_needed',
    approver: '*',
    batchId: 'mha-0123456789ab',
    people: 2,
    sha256: SHA,
    ...more,
  });

describe('simulated approvers', () => {
  it('approve at once what they are asked about, as many as are needed, and say nothing of held handsets', async () => {
    const cloud = new FakeCloud(START);
    new SimulatedApprovers(['a-1', 'a-2', 'a-3']).hear(cloud, needed());
    await cloud.run();
    const text = `preview,decision,ground,imei\n${SHA},approve,public_interest,\n`;
    expect(cloud.uploads).toEqual(
      ['a-1', 'a-2'].map((id) => ({ at: START, key: `decisions/${id}/mha-0123456789ab/approve.csv`, text })),
    );
  });

  it('say of held handsets what they were told to say, by the IMEIs and numbers that they are shown', async () => {
    const cloud = new FakeCloud(START);
    const held = 'imei,why,connections,areas\n350000000000009,busy_day,70,2\n350000000000017,many_connections,512,8\n';
    await cloud.put('outbox', 'previews/mha-0123456789ab/held.csv', held);
    new SimulatedApprovers(['a-1', 'a-2'], heaviestReverified).hear(cloud, needed({ held: 2 }));
    await cloud.run();
    const text = `preview,decision,ground,imei\n${SHA},approve,public_interest,\n${SHA},reverify,,350000000000017\n`;
    expect(cloud.uploads.map((upload) => upload.text)).toEqual([text, text]);
    const shown: Shown[] = [{ imei: '350000000000009' as Imei, connections: 70 }];
    expect([allBlocked(shown), heaviestReverified([])]).toEqual([[{ imei: '350000000000009', act: 'block' }], []]);
  });

  it('refuse by the first of them, or say nothing, where they were told so', async () => {
    const cloud = new FakeCloud(START);
    const verdict = (batchId: unknown) => (batchId === 'mha-0123456789ab' ? 'refuse' : 'wait');
    const approvers = new SimulatedApprovers(['a-1', 'a-2'], undefined, undefined, verdict);
    approvers.hear(cloud, needed());
    approvers.hear(cloud, needed({ batchId: 'i4c-0123456789ab' }));
    await cloud.run();
    expect(cloud.uploads).toEqual([
      {
        at: START,
        key: 'decisions/a-1/mha-0123456789ab/refuse.csv',
        text: `preview,decision,remarks\n${SHA},refuse,the list is that of another case\n`,
      },
    ]);
  });

  it('take the sample’s reports as they are meant, and approve all others', () => {
    const settings = { seed: 1, scale: 0.0001, start: START };
    const sample = planSample(settings);
    const verdicts = sampleVerdicts(settings);
    expect(sample.reports.map((report) => verdicts(sampleBatch(sample, report)))).toEqual([
      'approve',
      'approve',
      'refuse',
      'wait',
      'approve',
    ]);
    expect(verdicts('i4c-0123456789ab')).toBe('approve');
  });

  it('answer once, however often they are asked, and again where the batch was begun anew; no other notice is theirs', async () => {
    const cloud = new FakeCloud(START);
    const approvers = new SimulatedApprovers(['a-1', 'a-2', 'a-3']);
    for (const notice of [
      needed({ approver: undefined }),
      needed(),
      needed(),
      needed({ kind: 'decision_reminder', sha256: 'ef'.repeat(32) }),
      'no JSON',
      needed({ sha256: 'cd'.repeat(32), people: 1 }),
    ])
      approvers.hear(cloud, notice);
    await cloud.run();
    expect(cloud.uploads.map(({ key, text }) => `${key.split('/')[1]} ${text.includes(SHA)}`)).toEqual([
      'a-1 true',
      'a-2 true',
      'a-1 false',
    ]);
  });
});
