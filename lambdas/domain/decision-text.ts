/** The record of a batch's decision as it is kept: written, and read with all that it must hold. */
import { z } from 'zod';
import { GROUNDS } from './decision-rows.ts';
import { type Decision, ENDINGS } from './decisions.ts';
import { jsonText } from './json.ts';
import { ACTS } from './subjects.ts';

/** A record of a decision can't be read. */
export class DecisionDamaged extends Error {
  override readonly name = 'DecisionDamaged';
  constructor() {
    super('a batch has a decision that is none');
  }
}

/** The record as it is kept. */
export function decisionText(decision: Decision): string {
  return jsonText(decision);
}

const instant = z.iso.datetime({ precision: 0 });
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const approver = z.string().regex(/^[a-z0-9-]{1,16}$/);
const stored = z.strictObject({
  format: z.literal(1),
  batchId: z.string().min(1),
  preview: sha256,
  people: z.int().nonnegative(),
  openedAt: instant,
  decideBy: instant.nullable(),
  remindAt: instant.nullable(),
  votes: z.record(
    approver,
    z.strictObject({
      batch: z
        .discriminatedUnion('decision', [
          z.strictObject({ decision: z.literal('approve'), ground: z.enum(GROUNDS) }),
          z.strictObject({ decision: z.literal('refuse') }),
        ])
        .nullable(),
      subjects: z.record(
        z.string().regex(/^(?:[0-9]{14}|\+91(?:00|[6-9][0-9])[0-9]{8})$/),
        z.enum([...ACTS, 'strike']),
      ),
    }),
  ),
  files: z.array(z.strictObject({ approver, sha256, attempt: z.string(), at: instant, version: z.int().positive() })),
  ending: z.strictObject({ state: z.enum(ENDINGS), at: instant, by: z.array(approver) }).nullable(),
  version: z.int().positive(),
});

/**
 * Reads a record that `decisionText` made.
 * @throws DecisionDamaged
 */
export function parseDecision(text: string): Decision {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes what it could not read.
    throw new DecisionDamaged();
  }
  const { success, data } = stored.safeParse(value);
  if (!success) throw new DecisionDamaged();
  return data as unknown as Decision;
}
