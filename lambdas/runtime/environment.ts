import * as z from 'zod';
import { fileForms } from '../domain/file-forms.ts';
import { gateLimits } from '../domain/gates.ts';
import { operatorIds } from './input.ts';

/** Ids in a variable of the environment, separated by commas. */
export const idList = z.string().transform((text) => text.split(','));

/** Operators in a variable of the environment. */
export const operatorList = idList.pipe(operatorIds);

/** A whole number in a variable of the environment. */
export const wholeNumber = z.string().regex(/^\d+$/).transform(Number);

/** The forms of files of operators, or agencies, that differ from the agreed one. */
export const formsOfFiles = z
  .string()
  .transform((json) => JSON.parse(json))
  .pipe(fileForms);

/** The limits of the gates for usage files, as a variable of the environment has them. */
export const limitsOfGates = z
  .string()
  .transform((json) => JSON.parse(json))
  .pipe(gateLimits);
