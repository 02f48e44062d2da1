import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

/** `npm run local` as a process of its own; its temporary files go to a folder. */
export class Served {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  said = '';
  complained = '';

  constructor(folder: string, ...args: string[]) {
    this.child = spawn(process.execPath, [join(PROJECT, 'bin/local.ts'), ...args], {
      cwd: folder,
      env: { ...process.env, TMPDIR: folder },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.complained += text;
    });
    this.ended = new Promise((resolve) => this.child.on('close', (code) => resolve(code)));
  }

  /**
   * Resolves with the endpoint once it is up and has said everything.
   * @throws an Error when it ends before
   */
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

  /** Types lines into it. */
  type(...lines: string[]): void {
    this.child.stdin?.write(lines.map((line) => `${line}\n`).join(''));
  }

  /**
   * Resolves once its output, or the text of `where`, matches.
   * @throws an Error when it ends before
   */
  says(text: RegExp, where = () => this.said): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (text.test(where())) resolve();
      };
      this.child.stdout?.on('data', look);
      this.child.stderr?.on('data', look);
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
