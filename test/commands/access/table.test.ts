import { readFileSync } from 'node:fs';
import { Rights, resolveStacks } from 'local-cloud';
import { describe, expect, it } from 'vitest';
import { accessTables } from '../../../lib/commands/access/table.ts';
import { synthesized } from '../../stacks/synthesized.ts';

const place = { region: 'ap-south-1', account: '000000000000' };
const templates = Object.entries(synthesized()).map(([name, template]) => ({ name, template: template.toJSON() }));
const resources = resolveStacks(
  templates.map(({ name, template }) => ({ name: `dev-${name}`, template })),
  { ...place, endpoint: 'https://sqs' },
);
const page = readFileSync(new URL('../../../docs/access.md', import.meta.url), 'utf8');

describe('docs/access.md', () => {
  it('holds both access tables as the synthesized policies give them (npm run access prints them)', () => {
    const [participants = '', workers = ''] = accessTables(new Rights(resources, place), resources).split('\n\n');
    expect(participants.split('\n').length).toBeGreaterThan(15);
    expect(page).toContain(participants.trim());
    expect(page).toContain(workers.trim());
  });

  it('would not, were a right more in a role', () => {
    const more = resources.map((resource) => {
      if (resource.name !== 'dev-ap-south-1-operator-jio') return resource;
      const Statement = { Effect: 'Allow', Action: 'states:StartExecution', Resource: '*' };
      const Policies = [
        ...(resource.properties.Policies as unknown[]),
        { PolicyDocument: { Version: '2012-10-17', Statement } },
      ];
      return { ...resource, properties: { ...resource.properties, Policies } };
    });
    const [participants = ''] = accessTables(new Rights(more, place), more).split('\n\n');
    expect(participants).toContain('| every state machine |  | start: jio |');
    expect(page).not.toContain(participants.trim());
  });
});
