/**
 * One invocation of one function in a process of its own, for memory.ts: its handler's file and its event come as arguments, and its result
 * is told beside the memory.
 */
import { readFileSync } from 'node:fs';
import type { Context } from 'aws-lambda';

const [file = '', event = ''] = process.argv.slice(2);
const { handler } = (await import(file)) as { handler(event: unknown, context: Context): Promise<unknown> };
const result = await handler(JSON.parse(event), { awsRequestId: 'bench' } as Context);
if (typeof result === 'object' && result !== null && 'batchItemFailures' in result) {
  const { batchItemFailures } = result as { batchItemFailures: unknown[] };
  if (batchItemFailures.length > 0) throw new Error('the function gave its message back');
}
// This is not getrusage, which counts the memory that the starting process had before it became this one, too.
const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
process.stdout.write(`\n${JSON.stringify({ kilobytes: Number(peak), result })}\n`);
