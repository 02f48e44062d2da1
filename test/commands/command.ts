import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

/** The end of a command. */
export interface Ended {
  code: number | null;
  said: string;
  complained: string;
}

/** Runs one of the project's commands as a process of its own, against an endpoint, under the name of a role, with `read` as its input. */
export function run(command: string, args: readonly string[], endpoint: string, as = 'x', read = ''): Promise<Ended> {
  const { AWS_PROFILE: _, AWS_SESSION_TOKEN: __, ...env } = process.env;
  const child = spawn(process.execPath, [join(PROJECT, 'bin', `${command}.ts`), ...args], {
    env: {
      ...env,
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'ap-south-1',
      AWS_ACCESS_KEY_ID: as,
      AWS_SECRET_ACCESS_KEY: 'x',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A command that reads nothing may have ended before.
  child.stdin.on('error', () => {}).end(read);
  const ended: Ended = { code: null, said: '', complained: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    ended.said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    ended.complained += text;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ ...ended, code })));
}
