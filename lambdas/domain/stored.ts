/**
 * Records come back weeks later, perhaps to newer code than wrote them. So each kind of record has a form: a number that stands in the
 * record, and a schema by which it is read. No record is taken for what it should be without that check.
 */
import * as z from 'zod';
import { type Day, type Instant, isInstant, parseDay } from './days.ts';
import {
  ADMITTED,
  type AgencyId,
  APPEALED,
  type BatchId,
  type DirectionId,
  ERASURES,
  EXEMPTED,
  type Imei,
  isAgencyId,
  isBatchId,
  isImei,
  isMsisdn,
  isOperatorId,
  LOOKED_UP,
  type Msisdn,
  type OperatorId,
  parseDirectionId,
} from './identifiers.ts';

/** A record is of a form that this code doesn't know, or doesn't fit its form. The message tells no content. */
export class BadRecord extends Error {
  override readonly name = 'BadRecord';
}

/** A form in which a kind of record is kept. */
export interface Form<T> {
  /** The form's number, which stands in the record beside its content. A record without a number has the first form. */
  readonly format: number;
  /** The record, as an item or as the content of a JSON file. */
  write(content: T): T & { readonly format: number };
  /**
   * The content of a record, as `write` made it.
   * @throws BadRecord
   */
  read(record: unknown): T;
  /**
   * The content of a record that was written as JSON text.
   * @throws BadRecord
   */
  parse(text: string): T;
}

/** Turns the content of a record of an earlier form into one of the present form. */
type Upgrade = (content: Record<string, unknown>) => Record<string, unknown>;

/** The upgrade of a form that lacks only what the present one may do without. */
export const unchanged: Upgrade = (content) => content;

/**
 * The form number `format` of a kind of record. Fields that its schema doesn't name are an error: a form that gains one gets the next
 * number.
 * @param what the kind, for messages
 * @param earlier the forms before this one that are still read, by their numbers
 */
export function formOf<T extends object>(
  what: string,
  format: number,
  schema: z.ZodType<T>,
  earlier: Readonly<Record<number, Upgrade>> = {},
): Form<T> {
  const read = (record: unknown): T => {
    const { format: stated = 1, ...content } = object(what, record);
    const upgrade = stated === format ? unchanged : earlier[Number(stated)];
    if (!upgrade)
      throw new BadRecord(
        `a ${what} of form ${Number(stated)}: this code reads ${[...Object.keys(earlier), format].join(', ')}`,
      );
    const { data, error } = schema.safeParse(upgrade(content));
    if (error) throw new BadRecord(`a ${what} has not what its form says: ${placesOf(error)}`);
    return data;
  };
  return { format, write: (content) => ({ format, ...content }), read, parse: (text) => read(jsonOf(what, text)) };
}

/** A type with all of its optional fields. */
type Whole<T> = T extends string | number | boolean | null | Uint8Array
  ? T
  : T extends readonly (infer Element)[]
    ? Whole<Element>[]
    : { [Field in keyof T]-?: Whole<Exclude<T[Field], undefined>> };

/**
 * `true` if a schema knows every field of the type that it is to read, also the optional ones: a record with a field that the schema lacks
 * would be refused.
 */
export type Covers<Schema extends z.ZodType, T> = Whole<z.output<Schema>> extends Whole<T> ? true : false;

function object(what: string, record: unknown): Record<string, unknown> {
  const { data } = z.record(z.string(), z.unknown()).safeParse(record);
  if (!data) throw new BadRecord(`a ${what} is an object`);
  return data;
}

function jsonOf(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadRecord(`a ${what} is no JSON`);
  }
}

/** The places where a record differs from its form: names of fields, which are the code's, and no content. */
const placesOf = (error: z.ZodError): string =>
  error.issues
    .map(({ path, code }) => `${path.filter((part) => typeof part === 'string')[0] ?? ''} ${code}`)
    .join(', ');

const text = <T extends string>(is: (text: string) => boolean) =>
  z.custom<T>((value) => typeof value === 'string' && is(value));

/** Identifiers, days and instants as fields of records. */
export const fields = {
  agency: text<AgencyId>(isAgencyId),
  operator: text<OperatorId>(isOperatorId),
  batch: text<BatchId>(isBatchId),
  /** A batch, or the chain of erasures, of exemptions, of admissions, of lookups or of appeals. */
  chain: text<BatchId>(
    (id) => isBatchId(id) || [ERASURES, EXEMPTED, ADMITTED, LOOKED_UP, APPEALED].some((chain) => chain === id),
  ),
  direction: text<DirectionId>((id) => parseDirectionId(id) !== null),
  imei: text<Imei>(isImei),
  msisdn: text<Msisdn>(isMsisdn),
  day: text<Day>((day) => parseDay(day) !== null),
  instant: text<Instant>(isInstant),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  count: z.number().int().nonnegative(),
};
