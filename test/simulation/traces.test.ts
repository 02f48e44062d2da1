import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FailedExecution } from 'local-cloud';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failuresText, Traces } from '../../simulation/traces.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'traces-'));
  for (const place of ['logs', 'executions']) mkdirSync(join(folder, place));
});
afterEach(() => rmSync(folder, { recursive: true }));
const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');

const failed: FailedExecution = {
  machine: 'Batch',
  name: 'mha-1',
  arn: 'arn:aws:states:ap-south-1:000000000000:execution:Batch:mha-1',
  status: 'FAILED',
  error: 'TypeError',
  cause: '{"errorType":"TypeError","errorMessage":"at sum (/app/lambdas/gather-links/handler.ts:33:24)","trace":[]}',
  state: 'Gather the links by shard',
  calledFunction: 'Gather',
  events: [{ type: 'ExecutionStarted' }],
};
/** A child of a Map Run, whose name has a slash as Map Runs' machines have. */
const child: FailedExecution = {
  ...failed,
  machine: 'Batch/Expand',
  name: 'c-1',
  status: 'TIMED_OUT',
  error: 'States.Timeout',
  cause: '',
  state: null,
  calledFunction: null,
};

describe('what a run leaves for whoever looks for the reason of a failure', () => {
  it('are the lines that each function wrote, in their order, and the executions that failed', async () => {
    const traces = new Traces();
    for (let n = 0; n < 2500; n++) traces.log('dev-Gather1', `line ${n}\n`);
    traces.log('dev-Claim2', 'another');
    await traces.write(folder, [failed, child], { Gather: 'dev-Gather1', Claim: 'dev-Claim2', Order: 'dev-Order3' });
    traces.discard();
    const lines = read('logs', 'Gather.log').split('\n');
    expect(lines).toHaveLength(2501);
    expect([lines[0], lines[1000], lines[2499], lines[2500]]).toEqual(['line 0', 'line 1000', 'line 2499', '']);
    expect(read('logs', 'Claim.log')).toBe('another\n');
    expect(JSON.parse(read('executions', 'Batch', 'mha-1.json'))).toEqual(failed);
    expect(JSON.parse(read('executions', 'Batch~Expand', 'c-1.json'))).toEqual(child);
  });

  it('stays in a folder of its own where the run is not saved', async () => {
    const traces = new Traces();
    expect(traces.any).toBe(false);
    traces.log('dev-Order3', 'line 0');
    expect(traces.any).toBe(true);
    const kept = await traces.keep([failed], { Order: 'dev-Order3' });
    traces.discard();
    expect(readFileSync(join(kept, 'logs', 'Order.log'), 'utf8')).toBe('line 0\n');
    expect(JSON.parse(readFileSync(join(kept, 'executions', 'Batch', 'mha-1.json'), 'utf8'))).toEqual(failed);
    rmSync(kept, { recursive: true });
  });

  it('is told in words: the state, the execution, the error, its place and where more stands; the last one first', () => {
    expect(failuresText([failed, child], 'out', '/app')).toEqual([
      'Batch/Expand c-1 ran out of time',
      '  see out/executions/Batch~Expand/c-1.json',
      '"Gather the links by shard" of Batch mha-1 failed: TypeError at sum (lambdas/gather-links/handler.ts:33:24)',
      '  see out/executions/Batch/mha-1.json, out/logs/Gather.log',
    ]);
    expect(failuresText([failed], undefined, '/elsewhere')).toEqual([
      '"Gather the links by shard" of Batch mha-1 failed: TypeError at sum (/app/lambdas/gather-links/handler.ts:33:24)',
    ]);
  });
});
