import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DIRECTION_KIND_NAMES } from '../../lambdas/domain/kinds.ts';
import { ORDERS } from '../../lambdas/domain/ladders.ts';
import {
  administratorNotice,
  agencyNotice,
  approverNotice,
  attributesOf,
  operatorNotice,
} from '../../lambdas/domain/notices.ts';
import { noticeSchemas } from '../../lib/commands/schemas.ts';

const docs = new URL('../../docs/', import.meta.url);
const page = readFileSync(new URL('notices.md', docs), 'utf8');

/** What the page says of a kind. */
interface Told {
  readonly fields: readonly string[];
  readonly example: unknown;
}
/** Of each section (`To operators`), what it says of each kind. */
const sections: Record<string, Record<string, Told>> = Object.fromEntries(
  page
    .split(/^## To /m)
    .slice(1)
    .map((section) => {
      const [title = '', ...kinds] = section.split(/^### /m);
      const told = kinds.map((text) => {
        const [, kind = ''] = /^`(\w+)`/.exec(text) ?? [];
        const cells = [...text.matchAll(/^\| (`[^|]*`) \|/gm)].map(([, cell = '']) => cell);
        const fields = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name));
        const [, example] = /```json\n([^`]*)```/.exec(text) ?? [];
        return [kind, { fields, example: example === undefined ? undefined : JSON.parse(example) }];
      });
      return [title.split('\n')[0], Object.fromEntries(told)];
    }),
);

const unions = {
  operators: operatorNotice,
  agencies: agencyNotice,
  approvers: approverNotice,
  administrators: administratorNotice,
};
const kindsOf = (union: (typeof unions)[keyof typeof unions]) => union.options.map(({ shape }) => shape.kind.value);

describe('docs/notices.md', () => {
  it.each(Object.entries(unions))('tells of each kind of notice, and of no other: %s', (whom, union) => {
    expect(Object.keys(sections[whom] ?? {}).sort()).toEqual(kindsOf(union).sort());
  });

  it.each(Object.entries(unions))('names each field of each kind, or says whose section does: %s', (whom, union) => {
    for (const { shape } of union.options) {
      const { fields = [], example } = sections[whom]?.[shape.kind.value] ?? {};
      if (example === undefined) {
        const elsewhere = Object.entries(unions).filter(
          ([other]) => other !== whom && sections[other]?.[shape.kind.value]?.example !== undefined,
        );
        expect(elsewhere.map(([, { options }]) => options.some((one) => one.shape === shape))).toContain(true);
      } else expect(['kind', ...fields].sort()).toEqual(Object.keys(shape).sort());
    }
  });

  it('names each order, and each kind of direction, of which operators hear: filters are made by these words', () => {
    const row = (field: string) => new RegExp(`^\\| \`${field}\` \\| (.*) \\|$`, 'm').exec(page)?.[1] ?? '';
    const words = (field: string) => [...row(field).matchAll(/`(\w+)`/g)].map(([, word]) => word).sort();
    expect(words('order')).toEqual([...ORDERS].sort());
    expect(words('directionKind')).toEqual([...DIRECTION_KIND_NAMES].sort());
  });

  it.each(Object.entries(unions))('gives an example of each, which is one: %s', (whom, union) => {
    for (const [kind, { example }] of Object.entries(sections[whom] ?? {}))
      if (example !== undefined) expect(union.parse(example)).toMatchObject({ kind });
  });

  it('is what the JSON Schemas say (npm run schemas)', () => {
    const schemas = noticeSchemas();
    expect(Object.keys(schemas)).toHaveLength(4);
    for (const [name, schema] of Object.entries(schemas))
      expect(readFileSync(new URL(`schemas/${name}`, docs), 'utf8')).toBe(schema);
  });

  it('leaves no room for a field that could hold a number: what is told has no other fields', () => {
    const order = operatorNotice.parse(sections.operators?.order?.example);
    expect(operatorNotice.safeParse({ ...order, msisdn: '+919876543210' }).success).toBe(false);
    for (const union of Object.values(unions))
      expect(JSON.stringify(z.toJSONSchema(union))).not.toMatch(/msisdn|imei"/);
  });
});

describe('the attributes by which subscriptions choose', () => {
  it('are the kind and whom it concerns, and of an order which', () => {
    const notice = operatorNotice.parse(sections.operators?.order?.example);
    expect(attributesOf({ topic: 'OPERATORS_TOPIC', notice })).toEqual({
      kind: 'order',
      operator: 'airtel',
      order: 'bar_outgoing',
    });
    const settled = agencyNotice.parse(sections.agencies?.settled?.example);
    expect(attributesOf({ topic: 'AGENCIES_TOPIC', notice: settled })).toEqual({ kind: 'settled', agency: 'mha' });
  });
});
