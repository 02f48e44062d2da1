import type { Clock } from '../clock/clock.ts';
import { AwsError } from '../errors.ts';
import { qualified } from '../rights/qualified.ts';
import type { Machine, StartedBy } from './execution.ts';

/** A published version: the machine as it was at that time. */
interface Version {
  readonly arn: string;
  /** Its name in the templates. */
  readonly name: string;
  readonly machine: Machine;
  readonly createdAt: number;
}

/** A name for a version, which may be given to another one. */
interface Alias {
  readonly arn: string;
  readonly name: string;
  readonly versionArn: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The published versions of the state machines, and their aliases. */
export class Versions {
  readonly #clock: Clock;
  readonly #versions = new Map<string, Version>();
  readonly #aliases = new Map<string, Alias>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The number of the version with this name, or the number that it will have. */
  numberOf(machineArn: string, name: string): number {
    const versions = this.of(machineArn);
    const known = versions.findIndex((version) => version.name === name);
    return known < 0 ? versions.length + 1 : known + 1;
  }

  /** Publishes the machine as it is now, once under each name. */
  publish(machine: Machine, name: string): void {
    const arn = `${machine.arn}:${this.numberOf(machine.arn, name)}`;
    if (!this.#versions.has(arn)) this.#versions.set(arn, { arn, name, machine, createdAt: this.#clock.now() });
  }

  /** Makes an alias, or points it to another version. */
  name(aliasArn: string, versionArn: string): void {
    const name = qualified(aliasArn).qualifier ?? '';
    const updatedAt = this.#clock.now();
    const { createdAt = updatedAt } = this.#aliases.get(aliasArn) ?? {};
    this.#aliases.set(aliasArn, { arn: aliasArn, name, versionArn, createdAt, updatedAt });
  }

  /**
   * The machine that the ARN of a version or of an alias starts.
   * @throws AwsError where there is none
   */
  startable(arn: unknown): StartedBy & { machine: Machine } {
    const alias = this.#aliases.get(String(arn));
    const sought = alias?.versionArn ?? arn;
    const version = find(this.#versions, sought, 'StateMachineDoesNotExist', 'State Machine Does Not Exist');
    return { machine: version.machine, versionArn: version.arn, aliasArn: alias?.arn ?? null };
  }

  /** A machine's versions, in the order of their numbers. */
  of(machineArn: string): Version[] {
    return [...this.#versions.values()].filter(({ machine }) => machine.arn === machineArn);
  }

  /** A machine's aliases. */
  aliasesOf(machineArn: string): Alias[] {
    return [...this.#aliases.values()].filter((alias) => qualified(alias.arn).machineArn === machineArn);
  }

  /**
   * The alias with an ARN.
   * @throws AwsError where there is none
   */
  alias(arn: unknown): Alias {
    return find(this.#aliases, arn, 'ResourceNotFound', 'Resource not found');
  }
}

/**
 * The entry for an ARN.
 * @throws AwsError where it is not an ARN, or there is no entry for it
 */
export function find<T>(all: ReadonlyMap<string, T>, arn: unknown, code: string, message: string): T {
  if (typeof arn !== 'string' || !arn.startsWith('arn:')) {
    throw new AwsError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${String(arn)}'`);
  }
  const found = all.get(arn);
  if (found === undefined) throw new AwsError(code, `${message}: '${arn}'`);
  return found;
}
