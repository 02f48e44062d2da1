import { mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Template {
  Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
}

/**
 * A copy of a cloud assembly, in a folder of its own, with changes to some JSON files; each change gets the file's content, to alter it,
 * and the folder.
 */
export async function changedAssembly(
  assembly: string,
  files: Readonly<Record<string, (content: never, folder: string) => Promise<void> | void>>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'assembly-'));
  for (const name of await readdir(assembly))
    if (!(name in files)) await symlink(join(assembly, name), join(folder, name));
  for (const [name, change] of Object.entries(files)) {
    const content = JSON.parse(await readFile(join(assembly, name), 'utf8'));
    await change(content as never, folder);
    await writeFile(join(folder, name), JSON.stringify(content));
  }
  return folder;
}

/**
 * The one resource of a type whose logical id begins with `prefix`.
 * @throws an Error where there are none or several
 */
export function resourceOf(template: Template, type: string, prefix: string) {
  const found = Object.entries(template.Resources).filter(([id, { Type }]) => Type === type && id.startsWith(prefix));
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} of ${type} begin with ${prefix}`);
  const [id, { Properties: properties }] = only;
  return { id, properties };
}
