import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { synthesize } from '../../../lib/commands/local/synth.ts';
import { Served } from './served.ts';

// The app is synthesized once for all of them.
beforeAll(async () => void (await synthesize({ context: { stage: 'dev', ladder: 'flagged' } })));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'served-'));
});
const started: Served[] = [];
function serve(...args: string[]): Served {
  const served = new Served(folder, ...args);
  started.push(served);
  return served;
}
afterEach(async () => {
  for (const served of started.splice(0)) {
    served.child.kill('SIGKILL');
    await served.ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** The SDK's clients, as somebody outside the cloud has them. */
function clientsOf(endpoint: string) {
  const settings = { endpoint, region: 'ap-south-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };
  const clients = { dynamo: new DynamoDBClient(settings), s3: new S3Client(settings), sfn: new SFNClient(settings) };
  return { ...clients, destroy: () => Object.values(clients).forEach((client) => void client.destroy()) };
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
    const served = serve('--speed', '3600', '--start', '2026-06-01T00:00:00Z');
    const endpoint = await served.endpoint();
    const { said } = served;
    expect(said).toMatch(/Its clock stands at 2026-06-01T\d\d:\d\d:\d\dZ and runs 3600 times as fast as real time\./);
    const [, console = ''] = /in a browser: (http:\/\/127\.0\.0\.1:\d+)\n/.exec(said) ?? [];
    expect(await (await fetch(`${console}/api/cloud`)).json()).toMatchObject({ endpoint, clock: { speed: 3600 } });
    // Both CLIs' and the project's own commands find the region; of an AWS CLI 1, sqs doesn't look at the variable.
    expect(said).toContain(`export AWS_ENDPOINT_URL=${endpoint} AWS_DEFAULT_REGION=ap-south-1 AWS_REGION=ap-south-1\n`);
    // This machine's day may lie in the future there, or too far back: the self-check is told which day it is.
    expect(said).toContain('  npm run smoke -- --stage dev --day 2026-06-01\n');
    for (const line of said.split('\n').filter((text) => /^ *aws sqs /.test(text)))
      expect(line).toContain(`--endpoint-url ${endpoint}`);
    expect(said).toMatch(/aws sqs list-queues .*\n/);
    expect(said).toMatch(/aws dynamodb query --table-name \S*Cases/);
    expect(said).toMatch(/aws s3 cp report\.csv s3:\/\/\S*inbox\S*\/reports\/mha\//);

    const clients = clientsOf(endpoint);
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

  it('tells what happens with the time at which it does, and lets time pass, stand still and go on as it is told to', async () => {
    const served = serve('--speed', '1', '--start', '2026-06-01T00:00:00Z');
    const endpoint = await served.endpoint();
    const clients = clientsOf(endpoint);
    const { Buckets = [] } = await clients.s3.send(new ListBucketsCommand());
    const inbox = Buckets.find(({ Name }) => Name?.includes('inbox'))?.Name;
    const put = (Key: string, Body: string) => clients.s3.send(new PutObjectCommand({ Bucket: inbox, Key, Body }));
    await put('usage/airtel/9800000001.csv', 'imei,msisdn,last_seen\n351000000000019,9800000001,2026-05-20\n');
    await served.says(/^2026-06-01T00:\d\d:\d\dZ {2}usage imported: operator airtel, rows 1, imported 1, rejected 0$/m);
    served.type('pause');
    await served.says(/the clock stands still$/m);
    await put('reports/mha/9800000001.csv', 'imei\n35100000000001\n');
    served.type('advance 17d');
    // One handset at five operators and one number; block has two rungs, re-verification four.
    await served.says(/^2026-06-17T\S+Z {2}batch settled: batchId mha-[0-9a-f]{12}$/m);
    await served.says(/^2026-06-18T\S+Z {2}the clock is advanced$/m);
    expect(served.said.match(/order issued: /g)).toHaveLength(5 * 2 + 4);
    expect(served.said).toMatch(/^2026-06-06T\S+Z {2}order issued: order bar_outgoing, rows 1, directionId mha-\S+$/m);
    expect(served.said).toMatch(/notice batch_registered about mha: mha-/);
    served.type('resume', 'faster');
    await served.says(/the clock runs$/m);
    await served.says(/there is no such command\. Type advance 5d/, () => served.complained);
    expect(served.said).not.toMatch(/9800000001|35100000000001/);
    clients.destroy();
    served.child.kill('SIGINT');
    expect(await served.ended).toBe(0);
  }, 400_000);

  it('leaves no process when it is killed before it can clean up', async () => {
    const served = serve();
    await served.endpoint();
    const processes = served.descendants();
    expect(processes.length).toBeGreaterThan(0);
    served.child.kill('SIGKILL');
    await served.ended;
    await expect.poll(() => processes.filter(isAlive), { timeout: 60_000 }).toEqual([]);
  });

  it('ends with 2 and says which argument it is where the port is taken', async () => {
    const taken: Server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    const served = serve('--port', String(port));
    expect(await served.ended).toBe(2);
    expect(served.complained).toContain(`--port ${port}: something else listens there already`);
    taken.close();
  });

  it('ends with 2 for a command line that is wrong, and 0 for --help', async () => {
    const wrong = serve('--fast');
    expect(await wrong.ended).toBe(2);
    expect(wrong.complained).toBe("Unknown option '--fast'; see --help\n");
    const help = serve('--help');
    expect(await help.ended).toBe(0);
    expect(help.said).toContain('npm run local -- --speed 86400');
  });
});
