import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type * as z from 'zod';
import { logFailure, withoutMessage } from './failures.ts';

/**
 * The handler of a state machine's task: checks the input, works, logs a failure and throws it.
 * `attempt` is this invocation's own id; what it prepares goes under it.
 */
export function task<I extends z.ZodType, O>(input: I, work: (input: z.output<I>, attempt: string) => Promise<O>) {
  return middy<unknown, O>()
    .onError((request) => {
      logFailure(request.error);
      request.error = withoutMessage(request.error);
    })
    .handler((event: unknown, context: Context) => work(input.parse(event), context.awsRequestId));
}
