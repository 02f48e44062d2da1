import type { z } from 'zod';

const WORDS: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'an object of fields',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

/**
 * The fault of a value, as the person who wrote it is told; given to a schema's parse for faults for which the schema itself has no words.
 * Anything else is left to zod.
 */
export const inPlainWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${WORDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values
        .map(String)
        .join(', ')
        .replace(/, ([^,]*)$/, ' or $1')}`;
    case 'too_small':
      return `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`;
    case 'unrecognized_keys':
      return issue.keys.map((key) => `${key} is no field`).join(', ');
    default:
      return undefined;
  }
};
