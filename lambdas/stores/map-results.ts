import * as z from 'zod';
import { readLines, readText } from './objects.ts';

/** The place where a Map Run's ResultWriter put its manifest, as the Map state's result tells it. */
export const writtenResults = z.object({
  ResultWriterDetails: z.object({ Bucket: z.string(), Key: z.string() }),
});
type WrittenResults = z.output<typeof writtenResults>;

const manifest = z.object({
  DestinationBucket: z.string(),
  ResultFiles: z.object({ SUCCEEDED: z.array(z.object({ Key: z.string() })) }),
});

/**
 * The outputs of a Map Run's children, one a line (JSONL, FLATTEN), as they come from the result files.
 * @param result the form of what a child returns
 */
export async function* readResults<T>(
  { ResultWriterDetails: { Bucket, Key } }: WrittenResults,
  result: z.ZodType<T>,
): AsyncGenerator<T> {
  const { DestinationBucket, ResultFiles } = manifest.parse(JSON.parse(await readText({ bucket: Bucket, key: Key })));
  for (const file of ResultFiles.SUCCEEDED)
    for await (const line of readLines({ bucket: DestinationBucket, key: file.Key }))
      if (line !== '') yield result.parse(JSON.parse(line));
}
