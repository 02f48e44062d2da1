import * as z from 'zod';
import { asInstant, type Instant } from '../domain/days.ts';
import { fields } from '../domain/stored.ts';

/** An instant as a state machine hands it in, fractions cut. */
export const instant = z.string().transform((text): Instant => asInstant(text));

/** Operators as a state machine hands them on. */
export const operatorIds = z.array(fields.operator);
