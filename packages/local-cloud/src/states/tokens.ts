import { createHash } from 'node:crypto';
import { AwsError } from '../errors.ts';
import { exceedsLimit, isObject, type Payload, parseJson } from './json.ts';

/** A task that waits for its token. */
export interface WaitingTask {
  succeed(output: Payload): void;
  fail(error: string, cause: string): void;
  heartbeat(): void;
}

/** The length of a token in characters: AWS's are 600 and more, and may be 1,024 (SendTaskSuccess: taskToken, "Maximum length of 1024"). */
const LENGTH = 768;

function checksum(executionArn: string, number: number): string {
  return createHash('sha256').update(`${executionArn}#${number}`).digest('base64url');
}

/** The task tokens of all executions. A token names its execution, so that a late one can be told from an unknown one. */
export class Tokens {
  readonly #waiting = new Map<string, WaitingTask>();
  readonly #known: (executionArn: string) => boolean;
  #count = 0;

  /** @param known whether there is, or was, such an execution */
  constructor(known: (executionArn: string) => boolean) {
    this.#known = known;
  }

  issue(executionArn: string): string {
    const number = this.#count++;
    const content = JSON.stringify({ e: executionArn, n: number, c: checksum(executionArn, number) });
    // Base64 makes four characters of three, and JSON may end in spaces.
    return Buffer.from(content.padEnd((LENGTH / 4) * 3)).toString('base64');
  }

  /** Connects the token with the waiting task; returns the call that disconnects them. */
  await(token: string, task: WaitingTask): () => void {
    this.#waiting.set(token, task);
    return () => {
      this.#waiting.delete(token);
    };
  }

  /**
   * Serves SendTaskSuccess.
   * @throws AwsError InvalidOutput, InvalidToken, TaskDoesNotExist or TaskTimedOut
   */
  success(token: unknown, output: unknown): void {
    const task = this.#find(token);
    const parsed = typeof output === 'string' && !exceedsLimit(output) ? parseJson(output) : null;
    if (parsed === null) throw new AwsError('InvalidOutput', "Invalid Task Output: 'Invalid output'");
    task.succeed({ value: parsed.value, text: output as string });
  }

  /**
   * Serves SendTaskFailure.
   * @throws AwsError InvalidToken, TaskDoesNotExist or TaskTimedOut
   */
  failure(token: unknown, error: unknown, cause: unknown): void {
    this.#find(token).fail(typeof error === 'string' ? error : '', typeof cause === 'string' ? cause : '');
  }

  /**
   * Serves SendTaskHeartbeat.
   * @throws AwsError InvalidToken, TaskDoesNotExist or TaskTimedOut
   */
  heartbeat(token: unknown): void {
    this.#find(token).heartbeat();
  }

  #find(token: unknown): WaitingTask {
    if (typeof token !== 'string') throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
    const task = this.#waiting.get(token);
    if (task !== undefined) return task;
    const content = parseJson(Buffer.from(token, 'base64').toString('utf8'))?.value;
    if (!isObject(content) || typeof content.e !== 'string' || content.c !== checksum(content.e, Number(content.n))) {
      throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'");
    }
    if (this.#known(content.e)) {
      throw new AwsError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
    }
    throw new AwsError('TaskDoesNotExist', "Task Does Not Exist: 'Provided task does not exist'");
  }
}
