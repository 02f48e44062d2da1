import { compile, ExpressionFault, isExpression, type Template } from './expression.ts';
import { IMPLEMENTED, type Kind, VALUES } from './implemented.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import { UnsupportedDefinition } from './world.ts';

/** The data that the readers of all parts of one definition share. */
export interface Reading {
  readonly machine: string;
  /** Whether a Task's resource is implemented. */
  knows(resource: string): boolean;
  /** The arguments that a resource takes, where they are known. */
  takes(resource: string): readonly string[] | undefined;
  /** The names of all states so far, which are unique in a machine. */
  readonly names: Set<string>;
}

/**
 * One JSON object of a definition, read field by field. A field that its kind doesn't have is not implemented.
 * @throws UnsupportedDefinition, in all its methods, that names the object and the field
 */
export class Fields {
  readonly reading: Reading;
  readonly where: string;
  readonly #content: JsonObject;

  /** @param kind null for an object whose keys are not fields, or whose kind `allow` tells later */
  constructor(reading: Reading, kind: Kind | null, where: string, content: unknown) {
    this.reading = reading;
    this.where = where;
    if (!isObject(content)) throw new UnsupportedDefinition(reading.machine, where, 'must be a JSON object');
    this.#content = content as JsonObject;
    if (kind !== null) this.allow(kind);
  }

  /** @throws UnsupportedDefinition for a field that objects of this kind don't have */
  allow(kind: Kind): void {
    const known: readonly string[] = IMPLEMENTED[kind];
    for (const field of Object.keys(this.#content)) {
      if (!known.includes(field)) throw this.fault(field, 'is not implemented');
    }
  }

  fault(field: string, what: string): UnsupportedDefinition {
    return new UnsupportedDefinition(this.reading.machine, this.where, `field ${field}: ${what}`);
  }

  has(field: string): boolean {
    return this.#content[field] !== undefined;
  }

  raw(field: string): Json | undefined {
    return this.#content[field];
  }

  text(field: string): string | null {
    const value = this.raw(field);
    if (value === undefined) return null;
    if (typeof value !== 'string') throw this.fault(field, 'must be a string');
    return value;
  }

  needText(field: string): string {
    const value = this.text(field);
    if (value === null || value === '') throw this.fault(field, 'is missing');
    return value;
  }

  /** Reads a field that takes only the values listed for it. */
  oneOf<F extends keyof typeof VALUES>(field: F): (typeof VALUES)[F][number] | null {
    const value = this.text(field);
    if (value === null) return null;
    const known: readonly (typeof VALUES)[F][number][] = VALUES[field];
    const found = known.find((option) => option === value);
    if (found === undefined) throw this.fault(field, `${value} is not implemented (only ${known.join(', ')})`);
    return found;
  }

  integer(field: string, least: number, most: number): number | null {
    const value = this.raw(field);
    if (value === undefined) return null;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      throw this.fault(field, `must be an integer from ${least} to ${most}`);
    }
    return value;
  }

  flag(field: string): boolean {
    const value = this.raw(field);
    if (value === undefined) return false;
    if (typeof value !== 'boolean') throw this.fault(field, 'must be true or false');
    return value;
  }

  list(field: string): Json[] | null {
    const value = this.raw(field);
    if (value === undefined) return null;
    if (!Array.isArray(value)) throw this.fault(field, 'must be an array');
    return value;
  }

  texts(field: string): string[] | null {
    const value = this.list(field);
    if (value === null) return null;
    return value.map((entry) => {
      if (typeof entry !== 'string') throw this.fault(field, 'must be an array of strings');
      return entry;
    });
  }

  /** Reads a field that takes any JSON with expressions in it. */
  template(field: string): Template | null {
    const value = this.raw(field);
    return value === undefined ? null : this.#compile(field, value);
  }

  /** Reads Assign: an object whose keys are variables' names. */
  assign(): Template | null {
    const value = this.raw('Assign');
    if (value === undefined) return null;
    if (!isObject(value)) throw this.fault('Assign', 'must be a JSON object');
    for (const name of Object.keys(value)) {
      if (name === 'states') throw this.fault(`Assign/${name}`, 'the name states is reserved');
      if (name.length > 80 || !/^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(name)) {
        throw this.fault(`Assign/${name}`, 'is no variable name');
      }
    }
    return this.#compile('Assign', value);
  }

  /** Reads a number, or an expression that gives one; a number's range is checked here, an expression's at run time. */
  number(field: string, check: (value: number) => boolean, expected: string): Template | null {
    const value = this.raw(field);
    if (value === undefined) return null;
    if (typeof value === 'number' ? !check(value) : !isExpression(value)) {
      throw this.fault(field, `must be ${expected}, or a JSONata expression`);
    }
    return this.#compile(field, value);
  }

  #compile(field: string, value: Json): Template {
    try {
      return compile(value, field);
    } catch (error) {
      if (error instanceof ExpressionFault) throw this.fault(error.field, error.message);
      throw error;
    }
  }
}
