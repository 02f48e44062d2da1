import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { ListStateMachinesCommand } from '@aws-sdk/client-sfn';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { synthesize } from '../../lib/local/synth.ts';
import { clientsOf } from './fixture/lab.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

// The app is synthesized once for all of them.
beforeAll(async () => void (await synthesize({ context: { stage: 'dev', ladder: 'flagged' } })));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'served-'));
});
const started: Served[] = [];
afterEach(async () => {
  for (const served of started.splice(0)) {
    served.child.kill('SIGKILL');
    await served.ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** `npm run local` as a process of its own, whose temporary files go to a folder of the test's. */
class Served {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  said = '';
  complained = '';

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [join(PROJECT, 'bin/local.ts'), ...args], {
      cwd: folder,
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.complained += text;
    });
    this.ended = new Promise((resolve) => this.child.on('close', (code) => resolve(code)));
    started.push(this);
  }

  /** Resolves with the endpoint once it is up and has said everything; rejects when it ends before. */
  endpoint(): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const endpoint = /The local cloud is up: (http:\/\/127\.0\.0\.1:\d+)/.exec(this.said)?.[1];
        if (endpoint !== undefined && this.said.includes('Ctrl-C stops everything')) resolve(endpoint);
      };
      this.child.stdout?.on('data', look);
      this.ended.then(() => reject(new Error(`it ended:\n${this.said}${this.complained}`)));
      look();
    });
  }

  /** The processes that it started, and those that they started. */
  descendants(): number[] {
    const pairs = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number) as [pid: number, parent: number]);
    const found = [this.child.pid ?? 0];
    for (const parent of found) found.push(...pairs.filter(([, of]) => of === parent).map(([pid]) => pid));
    return found.slice(1);
  }
}

/** The local cloud's temporary folders; tools that it runs may keep caches beside them. */
const ownFolders = () => readdirSync(folder).filter((name) => name.startsWith('local-cloud-'));

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('npm run local', () => {
  it('says where it is and how to use it, serves, and ends on Ctrl-C with nothing left', async () => {
    const served = new Served('--speed', '3600', '--start', '2026-06-01T00:00:00Z');
    const endpoint = await served.endpoint();
    const { said } = served;
    expect(said).toMatch(/Its clock stands at 2026-06-01T\d\d:\d\d:\d\dZ and runs 3600 times as fast as real time\./);
    expect(said).toContain(`export AWS_ENDPOINT_URL=${endpoint} AWS_DEFAULT_REGION=ap-south-1`);
    expect(said).toMatch(/aws s3 cp report\.csv s3:\/\/\S*inbox\S*\/reports\/mha\//);

    const clients = clientsOf({ endpoint, region: 'ap-south-1' });
    const { Buckets = [] } = await clients.s3.send(new ListBucketsCommand());
    const { TableNames = [] } = await clients.dynamo.send(new ListTablesCommand());
    const { stateMachines = [] } = await clients.sfn.send(new ListStateMachinesCommand());
    clients.destroy();
    // What it told is what it has.
    for (const { Name = '' } of Buckets) expect(said).toContain(`s3://${Name}`);
    for (const name of TableNames) expect(said).toContain(name);
    for (const { stateMachineArn = '' } of stateMachines) expect(said).toContain(stateMachineArn);
    expect([Buckets.length > 2, TableNames.length > 1, stateMachines.length > 1]).toEqual([true, true, true]);

    const processes = served.descendants();
    expect(processes.length).toBeGreaterThan(0);
    expect(ownFolders()).not.toEqual([]);
    served.child.kill('SIGINT');
    expect(await served.ended).toBe(0);
    expect(served.complained).toBe('');
    expect(processes.filter(isAlive)).toEqual([]);
    expect(ownFolders()).toEqual([]);
    await expect(fetch(endpoint)).rejects.toThrow('fetch failed');
  });

  it('leaves no process when it is killed before it can clean up', async () => {
    const served = new Served();
    await served.endpoint();
    const processes = served.descendants();
    expect(processes.length).toBeGreaterThan(0);
    served.child.kill('SIGKILL');
    await served.ended;
    await expect.poll(() => processes.filter(isAlive), { timeout: 60_000 }).toEqual([]);
  });

  it('ends with 1 and says why where the port is taken', async () => {
    const taken: Server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const served = new Served('--port', String(port));
    expect(await served.ended).toBe(1);
    expect(served.complained).toContain('EADDRINUSE');
    taken.close();
  });

  it('ends with 2 for a command line that is wrong, and 0 for --help', async () => {
    const wrong = new Served('--fast');
    expect(await wrong.ended).toBe(2);
    expect(wrong.complained).toBe('unknown option --fast; see --help\n');
    const help = new Served('--help');
    expect(await help.ended).toBe(0);
    expect(help.said).toContain('npm run local -- --speed 86400');
  });
});
