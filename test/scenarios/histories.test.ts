import {
  DescribeExecutionCommand,
  type ListExecutionsCommandInput,
  ListMapRunsCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from 'vitest';
import { leaks } from '../../tools/campaign/leaks.ts';
import { Lab } from './lab.ts';
import { A1, A2, A3, H1, H2, H3, H4, J1, tellStory } from './story.ts';

let lab: Lab;
/** By machine, or label of a Map: all that its executions' inputs, outputs and histories hold. */
const told = new Map<string, string[]>();

beforeAll(async () => {
  lab = await Lab.open({ context: { handsetsPerChild: '2' } });
  await tellStory(lab);
  const client = new SFNClient({
    endpoint: lab.cloud.endpoint,
    region: lab.cloud.region,
    credentials: { accessKeyId: 'outsider', secretAccessKey: 'none' },
  });
  const read = async (whose: string, of: ListExecutionsCommandInput): Promise<void> => {
    const texts = told.get(whose) ?? [];
    told.set(whose, texts);
    for await (const { executions = [] } of paginateListExecutions({ client }, of))
      for (const { executionArn } of executions) {
        texts.push(JSON.stringify(await client.send(new DescribeExecutionCommand({ executionArn }))));
        const all = { executionArn, includeExecutionData: true };
        for await (const { events } of paginateGetExecutionHistory({ client }, all)) texts.push(JSON.stringify(events));
        if (whose === 'Direction' || of.mapRunArn) continue;
        const { mapRuns = [] } = await client.send(new ListMapRunsCommand({ executionArn }));
        for (const { mapRunArn = '' } of mapRuns)
          await read(/\/(\w+):/.exec(mapRunArn)?.[1] ?? 'no label', { mapRunArn });
      }
  };
  for (const [machine, stateMachineArn] of Object.entries(lab.cloud.names.machines))
    await read(machine, { stateMachineArn });
  client.destroy();
  return () => lab.close();
});

describe('what Step Functions keeps of the executions of two batches', () => {
  it.each(['Batch', 'Expand', 'Claim', 'Direction'])('is told of %s', (whose) => {
    expect(told.get(whose)?.length).toBeGreaterThan(2);
  });

  it('holds no IMEI and no number', () => {
    const identifiers = [H1, H2, H3, H4, ...[A1, A2, A3, J1].map((number) => number.slice('+91'.length))];
    for (const [whose, texts] of told) expect(leaks(texts, identifiers), whose).toEqual([]);
  });
});
