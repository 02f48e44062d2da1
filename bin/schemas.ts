/** `npm run schemas`: writes the JSON Schemas of docs/schemas. See `--help`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { command } from '../lib/commands/command.ts';
import { readOptions } from '../lib/commands/command-line.ts';
import { noticeSchemas } from '../lib/commands/schemas.ts';

const HELP = `npm run schemas

Writes docs/schemas: the JSON Schemas of the notices, from the types in lambdas/domain/notices.ts. A test holds them to it.

  --help          this text

Exit code 0: written; 1: not, with the reason; 2: the command line is wrong.
`;

const folder = new URL('../docs/schemas/', import.meta.url);

async function run(): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(noticeSchemas())) {
    await writeFile(new URL(name, folder), text);
    process.stdout.write(`docs/schemas/${name}\n`);
  }
  return true;
}

await command({ help: HELP, settings: (args) => readOptions(args, {}), run });
