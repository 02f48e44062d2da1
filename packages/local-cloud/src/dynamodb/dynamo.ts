import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AwsError } from '../errors.ts';
import { authorization } from '../signature.ts';
import { type DynamoConsumption, OUTSIDER } from './dynamo-host.ts';

/** The fields that an operation's request may have, as dynalite lists them; the process refuses any other. */
export function fieldsOf(action: string): readonly string[] {
  const require = createRequire(import.meta.url);
  const file = action.charAt(0).toLowerCase() + action.slice(1);
  return Object.keys((require(`dynalite/validations/${file}`) as { types: object }).types);
}

/** The definition of a table, as CreateTable takes it. */
export interface TableSpec {
  TableName: string;
  KeySchema: readonly { AttributeName: string; KeyType: string }[];
  [field: string]: unknown;
}

/** The parent's side of the DynamoDB process. */
export class Dynamo {
  readonly endpoint: string;
  readonly #child: ChildProcess;
  readonly #region: string;
  readonly #account: string;
  /** The folder in which the process keeps its tables. */
  readonly folder: string;
  /** The names of the partition keys, by table. */
  readonly #partitionKeys = new Map<string, string>();
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 });

  /** Rejects when the process ends by itself. */
  readonly lost: Promise<never>;
  #stopping = false;

  private constructor(
    child: ChildProcess,
    port: number,
    folder: string,
    { region, account }: { region: string; account: string },
  ) {
    this.#child = child;
    this.folder = folder;
    this.lost = new Promise((_, reject) => {
      child.once('exit', (code, signal) => {
        if (!this.#stopping) reject(new Error(`the DynamoDB process ended (${signal ?? code})`));
      });
    });
    this.lost.catch(() => {});
    this.endpoint = `http://127.0.0.1:${port}`;
    this.#region = region;
    this.#account = account;
  }

  /** Starts the process with a fresh folder; it listens on a free loopback port. */
  static async start(settings: { region: string; account: string }): Promise<Dynamo> {
    const folder = await mkdtemp(join(tmpdir(), 'local-cloud-dynamodb-'));
    const child = fork(fileURLToPath(new URL('./dynamo-host.ts', import.meta.url)), [folder], {
      execArgv: ['--max-old-space-size=384'],
      env: { AWS_REGION: settings.region, AWS_ACCOUNT_ID: settings.account },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    try {
      const { port } = await answerOf<{ port: number }>(child, 'port');
      return new Dynamo(child, port, folder, settings);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * Makes a table, as CreateTable describes it, and waits until it is there, as CloudFormation does.
   * @throws AwsError where the process refuses it
   */
  async createTable(table: TableSpec): Promise<void> {
    await this.call('CreateTable', table, OUTSIDER);
    while (!(await this.#isActive(table.TableName))) await setTimeout(10);
    const key = table.KeySchema.find(({ KeyType }) => KeyType === 'HASH');
    if (key !== undefined) this.#partitionKeys.set(table.TableName, key.AttributeName);
  }

  async #isActive(TableName: string): Promise<boolean> {
    const { Table } = await this.call('DescribeTable', { TableName }, OUTSIDER);
    return (Table as { TableStatus?: string }).TableStatus === 'ACTIVE';
  }

  /** The name of a table's partition key; undefined where there is no such table. */
  partitionKeyOf(table: string): string | undefined {
    return this.#partitionKeys.get(table);
  }

  arnOf(table: string): string {
    return `arn:aws:dynamodb:${this.#region}:${this.#account}:table/${table}`;
  }

  /**
   * Calls an operation as `caller`.
   * @throws AwsError where it is refused
   */
  async call(action: string, body: unknown, caller: string): Promise<Record<string, unknown>> {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${action}`,
      authorization: authorization(caller, 'dynamodb', this.#region),
    };
    const { status, bytes } = await this.forward(headers, Buffer.from(JSON.stringify(body)));
    const answer = JSON.parse(bytes.toString()) as Record<string, unknown>;
    if (status === 200) return answer;
    const code = String(answer.__type ?? 'InternalServerError').replace(/^.*#/, '');
    throw new AwsError(code, String(answer.message ?? answer.Message ?? ''), status);
  }

  /** Passes a request on as it came. */
  forward(
    headers: Record<string, string | string[] | undefined>,
    body: Buffer,
  ): Promise<{ status: number; headers: IncomingMessage['headers']; bytes: Buffer }> {
    return new Promise((resolve, reject) => {
      const kept = { ...headers, 'content-length': String(body.length) };
      for (const name of ['host', 'connection', 'transfer-encoding', 'expect']) delete (kept as typeof headers)[name];
      const request = httpRequest(this.endpoint, { method: 'POST', headers: kept, agent: this.#agent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 500, headers: response.headers, bytes: Buffer.concat(chunks) }),
        );
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The consumption of functions and state machines so far, by table and operation. */
  async consumption(): Promise<DynamoConsumption> {
    return this.#ask<DynamoConsumption>('consumption');
  }

  /** The most memory that the process has had so far, in bytes. */
  async memory(): Promise<number> {
    return this.#ask<number>('memory');
  }

  /** Removes all tables and counts. */
  async clear(): Promise<void> {
    await this.#ask('clear');
  }

  /**
   * Asks the process a question; its answer is the field of the question's name.
   * @throws an Error where the process is gone
   */
  async #ask<T>(question: 'consumption' | 'memory' | 'clear'): Promise<T> {
    if (!this.#child.connected) throw new Error('the DynamoDB process has ended');
    const answer = answerOf<Record<typeof question, T>>(this.#child, question);
    // If the question can't be sent, the process is about to end, and the answer rejects for that.
    this.#child.send(question, () => {});
    return (await answer)[question];
  }

  /** Ends the process and removes its folder. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#agent.destroy();
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
      if (this.#child.connected) this.#child.send('end');
      await exited;
    }
    // A process that was killed has left its folder behind.
    await rm(this.folder, { recursive: true, force: true });
  }
}

function answerOf<T extends object>(child: ChildProcess, field: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const clear = (): void => {
      child.off('message', heard);
      child.off('exit', gone);
    };
    const heard = (message: unknown): void => {
      if (typeof message !== 'object' || message === null || !(field in message)) return;
      clear();
      resolve(message as T);
    };
    const gone = (code: number | null): void => {
      clear();
      reject(new Error(`the DynamoDB process ended (${code})`));
    };
    child.on('message', heard);
    child.on('exit', gone);
  });
}
