import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import * as z from 'zod';
import { type Instant, instantOf } from '../domain/days.ts';
import { s3 } from './clients.ts';

const dated = z.object({ headers: z.object({ date: z.string() }) });

/**
 * The time as S3 tells it with an answer, for a function that gets none with an event or a state's input and may not take it from its
 * caller. It asks for one key of those that begin with `prefix`, which must be allowed and has no other part in it.
 * @throws NotAnInstant if the answer has no date
 */
export async function timeOfS3(bucket: string, prefix: string): Promise<Instant> {
  const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: 1 });
  let date = '';
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      ({ date } = dated.parse(result.response).headers);
      return result;
    },
    { step: 'deserialize' },
  );
  await s3.send(command);
  return instantOf(Date.parse(date));
}
