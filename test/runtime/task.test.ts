import type { Context } from 'aws-lambda';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';

let task: typeof import('../../lambdas/runtime/task.ts').task;
beforeAll(async () => {
  vi.stubEnv('STAGE', 'dev');
  ({ task } = await import('../../lambdas/runtime/task.ts'));
});
afterEach(() => vi.restoreAllMocks());

/** What a task writes to its log while it fails with an error of this name. */
async function written(name: string, message = '+919800000001 is not allowed'): Promise<Record<string, unknown>[]> {
  const lines: string[] = [];
  const catching = (chunk: unknown) => lines.push(...String(chunk).trim().split('\n')) > 0;
  vi.spyOn(process.stdout, 'write').mockImplementation(catching);
  vi.spyOn(process.stderr, 'write').mockImplementation(catching);
  const failing = task(z.unknown(), async () => {
    throw Object.assign(new Error(message), { name });
  });
  await expect(failing({}, { awsRequestId: 'one' } as Context)).rejects.toThrow();
  vi.restoreAllMocks();
  return lines.map((line) => JSON.parse(line));
}

describe('a task that fails', () => {
  it.each([
    ['AccessDenied', 'S3'],
    ['AccessDeniedException', 'DynamoDB and Step Functions'],
    ['AuthorizationErrorException', 'SNS'],
    ['KMSAccessDeniedException', "SNS, of a topic's key"],
    ['KMSDisabledException', 'SNS, of a key that is disabled'],
    ['KMS.DisabledException', 'S3, of a key that is disabled'],
    ['DisabledException', 'KMS'],
  ])('is counted as denied where the error is %s, as %s says it', async (name) => {
    const denied = (await written(name)).filter((line) => 'Denied' in line);
    expect(denied).toEqual([expect.objectContaining({ Denied: 1, stage: 'dev' })]);
  });

  it.each([
    'ResourceNotFoundException',
    'KMSThrottlingException',
    'KmsThrottled',
    'KMS.ThrottlingException',
    'KMSInternalException',
    'Error',
  ])('is not for %s', async (name) => {
    expect((await written(name)).filter((line) => 'Denied' in line)).toEqual([]);
  });

  it("is logged by the error's name, never by its message, which may quote what was sent", async () => {
    const lines = await written('AccessDenied');
    expect(lines).toContainEqual(expect.objectContaining({ level: 'ERROR', error: 'AccessDenied' }));
    expect(JSON.stringify(lines)).not.toContain('9800000001');
  });

  it('is logged without those lines of its message that look like frames', async () => {
    const lines = await written('Error', 'no such key\n    at 9800000001\n    at x (9800000001:1:1)');
    expect(JSON.stringify(lines)).not.toContain('9800000001');
    const [{ frames = [] } = {}] = lines as { frames?: string[] }[];
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames) expect(frame).toMatch(/^\s+at /);
  });

  /** What leaves the handler, as Lambda logs it and Step Functions keeps it. */
  async function left(work: () => unknown): Promise<Error> {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const failing = task(z.unknown(), async () => work());
    return await failing({}, { awsRequestId: 'one' } as Context).then(
      () => expect.unreachable(),
      (error) => error,
    );
  }

  it('ends with an error that has its name and its place, and quotes nothing that was read', async () => {
    const error = await left(() => JSON.parse('{"msisdn":"+919800000001",}'));
    expect(error).toMatchObject({ name: 'SyntaxError', message: expect.stringMatching(/^at .*JSON\.parse/) });
    expect(error.stack).toMatch(/^SyntaxError\n\s+at /);
    expect(error.stack).toContain('task.test.ts');
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain('98000');
  });

  it('keeps the name that a state machine goes by, also where its message was the reason', async () => {
    class TooEarly extends Error {
      override name = 'TooEarly';
    }
    const error = await left(() => {
      throw new TooEarly('+919800000001 is open');
    });
    expect(error.name).toBe('TooEarly');
    expect(`${error.message}${error.stack}`).not.toContain('98000');
  });
});
