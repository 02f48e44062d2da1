/**
 * Counts the usage of the design of one execution per connection: as many connections as it takes to see every way through its ladder are
 * run on the local cloud, answered as the operators of a counted batch answered. Its counts grow with the connections by construction: no
 * two of them share anything.
 */
import { SendTaskSuccessCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { type LocalCloud, startCloud } from 'local-cloud';
import { synthesize } from '../../lib/commands/local/synth.ts';
import type { Progress } from '../../simulation/progress.ts';
import { type BatchCount, CountFailed } from './counts.ts';

const START = Date.parse('2026-06-01T00:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const AT_ONCE = 16;

/** The answer for one connection: the rung on which it comes (undefined: never), and whether it failed and was then disconnected. */
export interface Answer {
  rung: number | undefined;
  failed: boolean;
}

/** The usage of this many connections in that design. */
export interface PerConnectionCount {
  connections: number;
  transitions: number;
  putUnits: number;
  updateUnits: number;
  messages: number;
}

/**
 * Answers for `many` connections in the proportions of a counted batch: connections that a rung's orders no longer carried had been
 * answered on the rung before, and overdue ones never; as many failed first as the disconnect orders carried, evenly among the answered.
 */
export function answersLike({ drivers, ladder }: BatchCount, many: number): Answer[] {
  const { connections, orderRows, outcomes } = drivers;
  const carried = [
    ...ladder.map(({ order }, rung) => orderRows[`${rung + 1}-${order}`] ?? 0),
    Math.min(outcomes.overdue ?? 0, connections),
  ];
  const answered = connections - (carried.at(-1) ?? 0);
  const failing = Math.min(1, (orderRows['failed-disconnect'] ?? 0) / Math.max(1, answered));
  let failed = 0;
  let seen = 0;
  return Array.from({ length: many }, (_, n) => {
    const place = ((n + 0.5) / many) * connections;
    // All connections lie in a line in the order in which they are answered; its later part is what later rungs carry.
    const rung = carried.findLastIndex((rows) => place > connections - rows) + 1;
    if (rung > ladder.length) return { rung: undefined, failed: false };
    seen++;
    const fails = Math.round(seen * failing) > failed;
    if (fails) failed++;
    return { rung: Math.max(1, rung), failed: fails };
  });
}

/**
 * Runs one execution for each of the answers, to its end.
 * @throws CountFailed when one of them did not succeed
 */
export async function countPerConnection(
  ladder: BatchCount['ladder'],
  answers: readonly Answer[],
  progress: Progress,
  started: (cloud: LocalCloud) => void = () => {},
): Promise<PerConnectionCount> {
  progress.stage('Synthesizing the design of one execution per connection');
  const assembly = await synthesize({ app: 'tools/cost/per-connection/app.ts' });
  const cloud = await startCloud({ assembly, start: START });
  started(cloud);
  const client = new SFNClient({
    endpoint: cloud.endpoint,
    region: cloud.region,
    credentials: { accessKeyId: 'outsider', secretAccessKey: 'none' },
  });
  try {
    progress.stage(`Running it for ${answers.length} connections`);
    const [stateMachineArn] = Object.values(cloud.names.machines);
    const [queue] = Object.values(cloud.names.queues);
    if (stateMachineArn === undefined || queue === undefined)
      throw new CountFailed('the design has no machine or queue');
    await each(answers, async (_, n) => {
      const input = JSON.stringify({ msisdn: `${n}`, operator: 'jio', rungs: ladder, rung: 1 });
      await client.send(new StartExecutionCommand({ stateMachineArn, name: `connection-${n}`, input }));
    });

    /** The number of orders that each connection has had. */
    const had = new Map<string, number>();
    const lookInto = async () => {
      const messages = await cloud.receive(queue);
      await each(messages, async ({ body }) => {
        const { msisdn, token } = JSON.parse(body) as { msisdn: string; token: string };
        const { rung, failed } = answers[Number(msisdn)] as Answer;
        const order = (had.get(msisdn) ?? 0) + 1;
        had.set(msisdn, order);
        if (rung === undefined || order < rung) return;
        const outcome = order > rung ? 'disconnected' : failed ? 'failed' : 'verified';
        await client.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify({ outcome }) }));
      });
    };
    // There are two looks after each rung's beginning: at the first a failure is answered, at the second the disconnect order that it
    // causes.
    let begins = START;
    for (const { days } of ladder) {
      for (const hours of [1, 2]) cloud.outside(begins + hours * HOUR, lookInto);
      begins += days * DAY;
    }
    await cloud.run();
    const failures = cloud.failures();
    if (failures.length > 0) throw new CountFailed(failures.join('; '));
    const { stepFunctions, operations, tables } = cloud.consumption();
    const { PutItem, UpdateItem } = Object.values(tables)[0] ?? {};
    return {
      connections: answers.length,
      transitions: stepFunctions.transitions,
      putUnits: PutItem?.writeUnits ?? 0,
      updateUnits: UpdateItem?.writeUnits ?? 0,
      messages: operations.sqs?.SendMessage?.calls ?? 0,
    };
  } finally {
    client.destroy();
    await cloud.stop();
  }
}

async function each<T>(items: readonly T[], run: (item: T, n: number) => Promise<void>): Promise<void> {
  const next = items.entries();
  const work = async () => {
    for (const [n, item] of next) await run(item, n);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
