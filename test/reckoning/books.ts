/** What the second reckoning knows at an instant: rows and their directions, who holds which number, and what is exempt or taken back. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dayAt, daysBefore, linesOf } from './files.ts';
import type { Subject } from './reversals.ts';
import {
  type Batch,
  type Direction,
  endOf,
  freshRungs,
  isOfHandset,
  knownAs,
  order,
  type Row,
  type Rungs,
} from './rows.ts';
import type { AnyKind, Kind } from './tables.ts';

/** The days during which no other port may follow one. */
const PORTING_DAYS = 90;

/** A port of a number, and the day on which the other operator said that it has no such number. */
interface Port {
  from: string;
  to: string;
  on: string;
  disputedOn: string | undefined;
}

export class Books {
  readonly operators: readonly string[];
  readonly directions = new Map<string, Direction>();
  /** The numbers and handsets that were taken back. */
  readonly reversed = new Set<string>();
  readonly #folder: string;
  readonly #rows: Row[] = [];
  /** Rows by kind, identifier and, for a handset, operator. */
  readonly #known = new Map<string, Row[]>();
  /** The day since when a number is known to be somebody else's, and the instant from which on it is known. */
  readonly #reissued = new Map<string, { on: string; at: number }>();
  /** The day until which each approver exempts a number or a handset. */
  readonly #exemptions = new Map<string, Map<string, string>>();

  /** @param folder the folder with a run's inbox and outbox */
  constructor(folder: string, operators: readonly string[]) {
    this.#folder = folder;
    this.operators = operators;
  }

  upload(key: string): Buffer {
    return readFileSync(join(this.#folder, 'inbox', key));
  }

  /** Reads which row stands in which direction: the one thing that only the system can say. */
  readDirections(batch: Batch): void {
    for (const operator of this.operators)
      for (const direction of readdirSync(join(this.#folder, 'outbox/orders', operator))) {
        if (!direction.startsWith(`${batch.id}.`)) continue;
        const kind = direction.split('.')[1] as AnyKind;
        const key = `orders/${operator}/${direction}/1-${kind}.csv`;
        const rows = new Map<string, Row>();
        const ladders = new Map<string, Rungs>();
        for (const { cells } of linesOf(readFileSync(join(this.#folder, 'outbox', key), 'utf8')).lines) {
          const identifier = isOfHandset(kind) ? (cells?.imei ?? '').slice(0, 14) : (cells?.msisdn ?? '');
          const plan = batch.plans.get(`${kind} ${operator} ${identifier}`);
          const { lastSeen = '', imei = '', rungs = freshRungs(kind, batch.at) } = plan ?? {};
          ladders.set(JSON.stringify(rungs), rungs);
          const answer = { outcome: 'open', on: '', at: 0, failedAt: Infinity, terminalAt: Infinity };
          const place = { direction, kind, operator, identifier, lastSeen, imei };
          const row: Row = { ...place, to: '', goesOnAt: '', reversed: false, ...answer };
          rows.set(identifier, row);
          this.#rows.push(row);
          // A row that is given back hinders nobody.
          if (kind === 'restore' || kind === 'unblock') continue;
          const known = this.#known.get(knownAs(kind, operator, identifier)) ?? [];
          this.#known.set(knownAs(kind, operator, identifier), [...known, row]);
        }
        const [rungs, ...more] = ladders.values();
        if (rungs === undefined || more.length > 0) throw new Error(`${direction} has no ladder, or several`);
        this.directions.set(direction, { batch, rows, rungs });
      }
  }

  directionOf(id: string): Direction {
    const direction = this.directions.get(id);
    if (!direction) throw new Error(`there is no ${id}`);
    return direction;
  }

  /** The rows that a batch directed. */
  rowsIn(batch: string): Row[] {
    return this.#rows.filter(({ direction }) => direction.startsWith(`${batch}.`));
  }

  /** The rows of a number, or of a handset at an operator, newest first. */
  earlier(kind: Kind, operator: string, identifier: string): Row[] {
    return [...(this.#known.get(knownAs(kind, operator, identifier)) ?? [])].reverse();
  }

  /** All rows of a number or of a handset, newest first. */
  rowsOf({ kind, identifier }: Subject): Row[] {
    if (kind === 'restore') return this.earlier('reverify', '', identifier);
    return this.operators
      .flatMap((operator) => this.#known.get(knownAs('block', operator, identifier)) ?? [])
      .reverse();
  }

  isOpen({ direction, outcome }: Row, at: number): boolean {
    return ['open', 'failed'].includes(outcome) && at < endOf(this.directionOf(direction).rungs);
  }

  /** Whether a row is open, its time is over without an answer, or an order took service before its operator answered something else. */
  standing(row: Row, at: number): 'open' | 'overdue' | 'cut' | 'else' {
    const { rungs } = this.directionOf(row.direction);
    if (['open', 'failed'].includes(row.outcome)) return at < endOf(rungs) ? 'open' : 'overdue';
    const [first] = rungs;
    const isBarred = row.terminalAt > (first?.[1] ?? 0) || row.failedAt < row.terminalAt;
    return row.kind === 'reverify' && isBarred ? 'cut' : 'else';
  }

  /** Takes note that a row's number is somebody else's. */
  reissue({ identifier }: Row, on: string, at: number): void {
    this.#reissued.set(identifier, { on, at });
  }

  /** Whether a number is somebody else's by then, as another row says, and was not seen on a later day. */
  isSomebodyElses({ kind, identifier, lastSeen }: Row, at: number): boolean {
    const reissued = kind === 'reverify' ? this.#reissued.get(identifier) : undefined;
    return reissued !== undefined && reissued.at <= at && lastSeen <= reissued.on;
  }

  /** The ports of a number, by its rows other than this one. */
  portsOf(msisdn: string, but?: Row): Port[] {
    const rows = (this.#known.get(msisdn) ?? []).filter((row) => row !== but);
    return rows.flatMap(({ outcome, operator: from, to, on, at }) => {
      if (outcome !== 'ported') return [];
      const dispute = rows.find((row) => row.operator === to && row.outcome === 'not_found' && row.at >= at);
      return [{ from, to, on, disputedOn: dispute?.on }];
    });
  }

  /** A number's operator: that of its newest sighting, or the one that it was ported to since, if nobody disputes the port. */
  operatorOf(msisdn: string, sighted: string, day: string): string {
    const since = this.portsOf(msisdn).filter(({ on, disputedOn }) => disputedOn === undefined && day <= on);
    return since.sort((a, b) => order(a.on, b.on)).at(-1)?.to ?? sighted;
  }

  /** The reason why a number can't be ported there; '' where it can. */
  badPort(row: Row, to: string, on: string): string {
    if (to === row.operator || !this.operators.includes(to)) throw new Error('nobody in the sample says so');
    const isLately = (day: string | undefined) => day !== undefined && day > daysBefore(on, PORTING_DAYS);
    const ports = this.portsOf(row.identifier, row);
    if (ports.some((port) => port.to === to && isLately(port.disputedOn))) return 'disputed';
    return ports.some((port) => port.disputedOn === undefined && isLately(port.on)) ? 'ported_lately' : '';
  }

  exempt(identifier: string, approver: string, until: string): void {
    const by = this.#exemptions.get(identifier) ?? new Map<string, string>();
    this.#exemptions.set(identifier, by.set(approver, until));
  }

  /** Whether two approvers' exemptions last until the day or longer. */
  isExempt(identifier: string, at: number): boolean {
    return [...(this.#exemptions.get(identifier)?.values() ?? [])].filter((until) => until >= dayAt(at)).length >= 2;
  }
}
