import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  InvalidToken,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { sfn } from './clients.ts';

/**
 * Starts an execution once per name: a name that was used before is no error and starts nothing.
 * @returns whether it started one, or the same one runs
 */
export async function startOnce(stateMachineArn: string, name: string, input: unknown): Promise<boolean> {
  try {
    await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
    return true;
  } catch (error) {
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
    return false;
  }
}

/**
 * Starts an execution once per name, unless an earlier version of this code has started it under another name: an event from before a
 * deployment may come again after it.
 * @returns the ARN of the one that goes on with it, or went on
 */
export async function startOnceUnless(
  stateMachineArn: string,
  name: string,
  earlierName: string,
  input: unknown,
): Promise<string> {
  const earlier = executionArn(stateMachineArn, earlierName);
  if ((await executionStatus(earlier)) !== undefined) return earlier;
  await startOnce(stateMachineArn, name, input);
  return executionArn(stateMachineArn, name);
}

/**
 * Starts an execution once per name; if that one has failed, the next one, whose name has a number: a name stays taken, however its
 * execution ended. If one runs, or went well, it starts none.
 * @returns the ARN of the newest one
 */
export async function startUnlessDone(
  stateMachineArn: string,
  name: string,
  inputOf: (name: string) => unknown,
): Promise<string> {
  for (let n = 1; ; n++) {
    const execution = n === 1 ? name : `${name}-${n}`;
    const arn = executionArn(stateMachineArn, execution);
    if (await startOnce(stateMachineArn, execution, inputOf(execution))) return arn;
    if ((await failureOf(arn)) === undefined) return arn;
  }
}

/** The ARN of an execution of a state machine, which may be named by an alias. */
export function executionArn(stateMachineArn: string, name: string): string {
  const [arn, partition, service, region, account, , machine] = stateMachineArn.split(':');
  return [arn, partition, service, region, account, 'execution', machine, name].join(':');
}

/** The status of an execution: `RUNNING`, or how it ended; undefined if there is none. */
export async function executionStatus(executionArn: string): Promise<string | undefined> {
  try {
    return (await sfn.send(new DescribeExecutionCommand({ executionArn, includedData: 'METADATA_ONLY' }))).status;
  } catch (error) {
    if (!(error instanceof ExecutionDoesNotExist)) throw error;
    return undefined;
  }
}

const FAILURES = ['FAILED', 'TIMED_OUT', 'ABORTED'];

/** How an execution ended; undefined if it runs. */
export async function endingOf(executionArn: string): Promise<string | undefined> {
  const { status = '' } = await sfn.send(new DescribeExecutionCommand({ executionArn, includedData: 'METADATA_ONLY' }));
  return status === 'SUCCEEDED' || FAILURES.includes(status) ? status : undefined;
}

/** The status of an execution that is over without success; undefined for any other. */
export async function failureOf(executionArn: string): Promise<string | undefined> {
  const ending = await endingOf(executionArn);
  return ending === 'SUCCEEDED' ? undefined : ending;
}

/** The input of an execution, as JSON text, and the name of the error that ended it; undefined if there is none. */
export async function dataOf(executionArn: string): Promise<{ input: string | undefined; error: string | undefined }> {
  const { input, error } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  return { input, error };
}

/**
 * Wakes each machine that waits with one of these tokens, and tells it what it goes on with. A machine that ended meanwhile needs no
 * waking; any other failure is thrown after all were tried.
 */
export async function wake(tokens: readonly string[], output: object): Promise<void> {
  const wakings = tokens.map(async (taskToken) => {
    try {
      await sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));
    } catch (error) {
      const over = error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken;
      if (!over) throw error;
    }
  });
  const failed = (await Promise.allSettled(wakings)).find((waking) => waking.status === 'rejected');
  if (failed) throw failed.reason;
}
