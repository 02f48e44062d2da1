import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';

/** What Lambda answers where the function threw an error. */
const failure = z.object({ errorType: z.string().optional() });

/**
 * What a function answers, read by a schema.
 * @throws Error where the function failed, with the name of its error
 */
export async function invoke<T>(
  lambda: LambdaClient,
  functionName: string,
  input: object,
  schema: z.ZodType<T>,
): Promise<T> {
  const { FunctionError, Payload } = await lambda.send(
    new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(input)) }),
  );
  const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString('utf8'));
  if (FunctionError !== undefined) throw new Error(`the function failed: ${failure.parse(answer).errorType}`);
  return schema.parse(answer);
}
