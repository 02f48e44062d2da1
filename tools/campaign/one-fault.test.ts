import { describe, expect, it } from 'vitest';
import { type Mode, OneFault } from './one-fault.ts';

describe('an execution that is stopped', () => {
  const arn = (name: string) => `arn:aws:states:ap-south-1:111122223333:execution:Batch:${name}`;
  const state = 'Settle the books';
  const stopsOf = (mode: Mode) => {
    const fault = new OneFault(() => 0, { place: `Batch one: ${state} 1`, mode });
    const stops = (name: string, at = state) => fault.stops({ machine: 'Batch', execution: arn(name), state: at });
    const hears = (name: string) =>
      fault.deliveries({
        source: 'aws.states',
        detailType: 'Step Functions Execution Status Change',
        detail: { executionArn: arn(name), status: 'ABORTED' },
      });
    return { stops, hears };
  };

  it('twice, is so in its state, and once more in the first state of the one that goes on', () => {
    const { stops, hears } = stopsOf('stopped twice');
    expect(stops('mha-1_resumed_1', 'Resume')).toBeUndefined();
    expect([stops('one', 'Direct'), stops('one'), stops('one')]).toEqual([undefined, 0, undefined]);
    expect(hears('one')).toEqual([0]);
    expect([stops('mha-1_resumed_1', 'Resume'), stops('mha-1_resumed_2', 'Resume')]).toEqual([0, undefined]);
  });

  it('unheard, is so once, and only its own end is told to nobody', () => {
    const { stops, hears } = stopsOf('stopped unheard');
    expect(hears('one')).toEqual([0]);
    expect([stops('one'), stops('mha-1_resumed_1')]).toEqual([0, undefined]);
    expect([hears('one'), hears('mha-1_resumed_1')]).toEqual([[], [0]]);
  });
});
