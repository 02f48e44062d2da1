import * as z from 'zod';

/** Ids in a variable of the environment, separated by commas. */
export const idList = z.string().transform((text) => text.split(','));

/** A whole number in a variable of the environment. */
export const wholeNumber = z.string().regex(/^\d+$/).transform(Number);
