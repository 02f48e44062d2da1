import * as z from 'zod';
import { fileForms } from '../domain/file-forms.ts';
import { operatorIds } from './input.ts';

/** Ids in a variable of the environment, separated by commas. */
export const idList = z.string().transform((text) => text.split(','));

/** Operators in a variable of the environment. */
export const operatorList = idList.pipe(operatorIds);

/** A whole number in a variable of the environment. */
export const wholeNumber = z.string().regex(/^\d+$/).transform(Number);

/** How operators, or agencies, write their files, where that is not how everybody does. */
export const formsOfFiles = z
  .string()
  .transform((json) => JSON.parse(json))
  .pipe(fileForms);
