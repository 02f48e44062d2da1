import { describe, expect, it } from 'vitest';
import { ConsumptionCounter, isApp } from '../src/consumption.ts';

const logical = (physical: string): string => physical.replace(/^app-/, '').replace(/-[0-9A-F]{4}$/, '');

describe('what the app used', () => {
  it('holds the calls of functions and state machines, and nobody else’s', () => {
    expect([isApp('ScreenFunction1234.7'), isApp('machine')]).toEqual([true, true]);
    expect([isApp('outsider'), isApp('x'), isApp('AKIAIOSFODNN7EXAMPLE')]).toEqual([false, false, false]);
  });

  it('counts calls by service and operation, in the operations’ order', () => {
    const usage = new ConsumptionCounter();
    usage.called('Screen.1', 's3', 'PutObject');
    usage.called('Screen.1', 's3', 'GetObject');
    usage.called('machine', 's3', 'PutObject');
    usage.called('machine', 'sns', 'Publish');
    usage.called('outsider', 's3', 'PutObject');
    usage.events = 4;
    const report = usage.report({}, logical);
    expect(report.operations).toEqual({
      dynamodb: {},
      s3: { GetObject: { calls: 1 }, PutObject: { calls: 2 } },
      sns: { Publish: { calls: 1 } },
      sqs: {},
      states: {},
    });
    expect(Object.keys(report.operations.s3 ?? {})).toEqual(['GetObject', 'PutObject']);
    expect(report.eventBridge).toEqual({ events: 4 });
  });

  it('adds up DynamoDB’s calls and units over the tables, and keeps them by table’s logical name', () => {
    const usage = new ConsumptionCounter();
    usage.dynamo = {
      'app-Cases-12AB': {
        GetItem: { calls: 2, readUnits: 3, writeUnits: 0 },
        PutItem: { calls: 1, readUnits: 0, writeUnits: 10 },
      },
      'app-Links-34CD': { GetItem: { calls: 5, readUnits: 0.5, writeUnits: 0 } },
    };
    const report = usage.report({}, logical);
    expect(report.operations.dynamodb).toEqual({
      GetItem: { calls: 7, readUnits: 3.5, writeUnits: 0 },
      PutItem: { calls: 1, readUnits: 0, writeUnits: 10 },
    });
    expect(Object.keys(report.tables)).toEqual(['Cases', 'Links']);
    expect(report.tables.Links).toEqual({ GetItem: { calls: 5, readUnits: 0.5, writeUnits: 0 } });
  });

  it('adds up state transitions and starts over the machines', () => {
    const usage = new ConsumptionCounter();
    for (let i = 0; i < 5; i++) usage.counted('transition', 'app-Batch-12AB');
    usage.counted('mapChildStart', 'app-Batch-12AB');
    usage.counted('executionStart', 'app-Batch-12AB');
    usage.counted('transition', 'app-Direction-34CD');
    usage.counted('nestedStart', 'app-Direction-34CD');
    expect(usage.report({}, logical).stepFunctions).toEqual({
      transitions: 6,
      mapChildStarts: 1,
      nestedStarts: 1,
      executionStarts: 1,
      byMachine: {
        Batch: { transitions: 5, mapChildStarts: 1, nestedStarts: 0, executionStarts: 1 },
        Direction: { transitions: 1, mapChildStarts: 0, nestedStarts: 1, executionStarts: 0 },
      },
    });
  });

  it('names functions by their logical names', () => {
    const used = { invocations: 3, milliseconds: 40, memoryMb: 256 };
    expect(new ConsumptionCounter().report({ 'app-Screen-12AB': used }, logical).lambda).toEqual({ Screen: used });
  });
});
