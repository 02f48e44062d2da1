/** JSON Schemas of what the system tells, made from the types that the code itself uses. */
import { z } from 'zod';
import { administratorNotice, agencyNotice, approverNotice, operatorNotice } from '../../lambdas/domain/notices.ts';

const NOTICES = {
  'operator-notice.schema.json': { union: operatorNotice, title: 'A notice to an operator' },
  'agency-notice.schema.json': { union: agencyNotice, title: 'A notice to an agency' },
  'approver-notice.schema.json': { union: approverNotice, title: 'A notice to an approver' },
  'administrator-notice.schema.json': { union: administratorNotice, title: 'A notice to the administrators' },
};

/**
 * The text of each JSON Schema (draft 2020-12) of docs/schemas, by the file's name. The schemas let through fields that they don't know: a
 * reader must not fail on one that is added.
 */
export function noticeSchemas(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(NOTICES).map(([name, { union, title }]) => {
      const { $schema, ...schema } = z.toJSONSchema(union, {
        override: ({ jsonSchema }) => {
          delete jsonSchema.additionalProperties;
        },
      });
      return [name, `${JSON.stringify({ $schema, title, ...schema }, null, 2)}\n`];
    }),
  );
}
