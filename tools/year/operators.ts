/**
 * The operators of the year's world. They carry out their orders, ask whoever has a number, and answer for those who came; they know their
 * own subscribers, and nothing of who is guilty. Some are late, some neglect some of it, and some files are wrong.
 */
import type { Desk, OrderNotice } from '../../simulation/desk.ts';
import { fraction, hash } from '../../simulation/random.ts';
import { dayAt, sha256 } from '../../test/reckoning/files.ts';
import type { Caseworkers, Subscriber } from './caseworkers.ts';
import type { AnswerRow, Chronicle, ToldOrder } from './chronicle.ts';
import { type Conduct, comesAfter, conductOf } from './conduct.ts';
import { beginOf, type Operator, type PhoneNumber, type Tenure } from './draw.ts';
import { csv } from './files.ts';
import { type Life, later } from './life.ts';

/** The second of a minute at which operators act, so that no two kinds of acts fall together. */
const SECOND = 43;
/** The hours after a re-verification was heard of at which its answers are collected: before each bar, and before the end. */
const ANSWERS_AFTER = [48, 108, 228, 345];
const BARS: Readonly<Record<string, 'no outgoing' | 'no incoming'>> = {
  bar_outgoing: 'no outgoing',
  bar_incoming: 'no incoming',
};

/** A row that an operator has to deal with. */
interface Task {
  readonly identifier: string;
  readonly digits: string;
  /** The reference that its subscriber was told; undefined for handsets. */
  readonly reference: string | undefined;
  /** The last answer about it and its instant; undefined where there is none. */
  said: { outcome: string; at: number } | undefined;
}

interface Case {
  readonly direction: string;
  readonly kind: OrderNotice['kind'];
  /** The instant at which its first order was heard of. */
  readonly heard: number;
  readonly tasks: Map<string, Task>;
}

export class YearOperator {
  readonly id: Operator;
  readonly #desk: Desk;
  readonly #life: Life;
  readonly #chronicle: Chronicle;
  readonly #caseworkers: Caseworkers;
  readonly #cases = new Map<string, Case>();
  /** The numbers and handsets that it was told to give back, with the instants at which it did. */
  readonly #gaveBack = new Map<string, number>();
  #looksAt = 0;

  constructor(desk: Desk, life: Life, chronicle: Chronicle, caseworkers: Caseworkers) {
    this.#desk = desk;
    this.id = desk.operator as Operator;
    this.#life = life;
    this.#chronicle = chronicle;
    this.#caseworkers = caseworkers;
  }

  /** Something was sent to it: it will look within hours. */
  wake(): void {
    const now = this.#now();
    if (this.#looksAt > now) return;
    this.#looksAt = later(now, 1 + 4 * this.#chance('looks', now), SECOND);
    this.#act(this.#looksAt, () => this.#look());
  }

  async #look(): Promise<void> {
    for (const notice of await this.#desk.read()) await this.#hear(notice);
  }

  async #hear(notice: OrderNotice): Promise<void> {
    const order = await this.#read(notice);
    if (notice.kind === 'restore' || notice.kind === 'unblock') {
      if (notice.rung === 1) this.#giveBack(order);
    } else if (notice.rung === 1 && notice.kind === 'reverify') this.#ask(order);
    else if (notice.rung === 1 && notice.kind === 'block') this.#block(order);
    else if (notice.order in BARS) this.#bar(order, BARS[notice.order] as 'no outgoing');
    else if (notice.order === 'disconnect') this.#disconnect(order);
    else if (notice.order === 'restore') for (const row of order.rows) this.#setService(row, 'full', notice.key);
  }

  /** Fetches an order's file, and notes its contents. */
  async #read(notice: OrderNotice): Promise<ToldOrder> {
    const text = Buffer.from(await this.#desk.cloud.get(notice.bucket, notice.key)).toString('utf8');
    const [header = '', ...lines] = text.split('\n').filter((line) => line !== '');
    const rows = lines
      .map((line) => line.split(',')[0] ?? '')
      .map((cell) => (notice.kind === 'block' || notice.kind === 'unblock' ? cell.slice(0, 14) : cell));
    const lastColumn = header.split(',').indexOf('disconnect_by');
    const last = lastColumn < 0 ? undefined : lines[0]?.split(',')[lastColumn];
    const told = this.#chronicle.notices.findLast(
      ({ key, sha256: digest }) => key === notice.key && digest === notice.sha256,
    );
    const column = header.split(',').indexOf('reference');
    const references = new Map(
      column < 0 ? [] : lines.map((line, n) => [line.split(',')[column] ?? '', rows[n] ?? '']),
    );
    const at = told?.toldAt ?? this.#now();
    const order = { notice, at, operator: this.id, rows, disconnectBy: last, references };
    this.#chronicle.orders.push(order);
    return order;
  }

  #caseOf({ notice, rows, references }: ToldOrder): Case {
    const { directionId: direction, kind } = notice;
    const told = new Map([...references].map(([reference, identifier]) => [identifier, reference]));
    const tasks = new Map(
      rows.map((identifier) => [
        identifier,
        { identifier, digits: identifier.slice(3), reference: told.get(identifier), said: undefined },
      ]),
    );
    const known = this.#cases.get(direction) ?? { direction, kind, heard: this.#now(), tasks };
    this.#cases.set(direction, known);
    return known;
  }

  /**
   * Gives everybody full service, asks them, and collects those who came; the file in which somebody fails also tells of those who came
   * meanwhile.
   */
  #ask(order: ToldOrder): void {
    const one = this.#caseOf(order);
    if (this.#chance('silent', one.direction) < 0.03) return;
    // The order says what service a connection is to have, whatever it had before.
    for (const row of order.rows) this.#setService(row, 'full', order.notice.key);
    for (const task of one.tasks.values()) {
      const who = this.#subscriberOf(one, task.identifier);
      const tenure = who && this.#life.tenureAt(who.number, this.#now());
      if (who === undefined || tenure?.operator !== this.id || who.person.isGuilty) continue;
      const until = Date.parse(order.disconnectBy ?? '');
      if (this.#conduct(one, tenure) === 'comes too late') this.#caseworkers.willBeLate(who, until);
    }
    for (const [n, hours] of ANSWERS_AFTER.entries())
      this.#act(later(one.heard, hours, SECOND), () => this.#collect(one, `answers ${n + 1}.csv`));
    if (this.#chance('mistakes', one.direction) < 0.1)
      this.#act(later(one.heard, 50, SECOND), () => this.#mistakes(one));
  }

  /** The present holder of a number, and the reference that they were told. */
  #subscriberOf(one: Case, identifier: string): Subscriber | undefined {
    const number = this.#life.number(identifier.slice(3));
    const tenure = number && this.#life.tenureAt(number, this.#now());
    const reference = one.tasks.get(identifier)?.reference;
    return number && tenure && { number, person: tenure.person, reference };
  }

  async #collect(one: Case, name: string): Promise<void> {
    const rows = [...one.tasks.values()].flatMap((task) => {
      if (task.said !== undefined && task.said.outcome !== 'failed') return [];
      // It no longer asks a subscriber to whom it gave service back.
      if (this.#gaveBackSince(task.identifier, one.heard)) return [];
      const outcome = this.#outcomeOf(one, task);
      return outcome === undefined || outcome.outcome === task.said?.outcome ? [] : [outcome];
    });
    await this.#answer(one, name, rows);
  }

  /** The answer about a row at this moment, before anybody is disconnected; undefined: nothing yet. */
  #outcomeOf(one: Case, { identifier, digits }: Task): AnswerRow | undefined {
    const now = this.#now();
    const number = this.#life.number(digits);
    const tenure = number && this.#life.tenureAt(number, now);
    const say = (outcome: string, on = dayAt(now)) => ({ identifier, outcome, on });
    if (number === undefined || tenure === undefined) return say('not_found');
    // A row that was moved here goes no further: a subscriber who was away comes back, and one who has left is not found.
    const isMovedHere = one.direction.startsWith('followup');
    if (tenure.operator !== this.id)
      return !isMovedHere && this.#chance('knows', one.direction, digits) < 0.85
        ? { ...say('ported', dayAt(tenure.from)), by: tenure.operator }
        : say('not_found');
    const conduct = this.#conduct(one, tenure);
    // Its own books say that the number had another holder when it was seen; some operators don't look, and ask.
    const isLater = !this.#life.isOfFirst(number, tenure);
    if (isLater && this.#chance('knows', one.direction, digits) < 0.85) return say('reissued', dayAt(tenure.from));
    const came = one.heard + comesAfter(conduct, this.#chance('comes', one.direction, digits));
    if (conduct === 'gone') {
      this.#life.end(number, now);
      return say('not_found');
    }
    if (conduct === 'surrenders') {
      this.#life.end(number, now);
      return say('surrendered');
    }
    if (came <= now) return say('verified', dayAt(came));
    if (conduct === 'is abroad') return { ...say('extended'), by: 'abroad' };
    return conduct === 'false papers' || conduct === 'wrong papers first' ? say('failed') : undefined;
  }

  #conduct(one: Case, { person }: Tenure): Conduct {
    const conduct = conductOf(person, this.#chance('conduct', one.direction, person.id), this.#life.world.tooLate);
    // More time is given once; the guilty let it pass.
    if (conduct === 'is abroad' && one.direction.startsWith('followup')) return person.isGuilty ? 'ignores' : 'comes';
    return conduct;
  }

  /** Takes some of the service of those in an order, except for those who it knows by now have come. */
  #bar(order: ToldOrder, service: 'no outgoing' | 'no incoming'): void {
    const one = this.#caseOf(order);
    if (this.#chance('silent', one.direction) < 0.03) return;
    for (const row of order.rows)
      if (!this.#cameSince(one, row, order)) this.#setService(row, service, order.notice.key);
  }

  /** Whether somebody in an order is known to have come since it was published; for others the operator does as it is ordered. */
  #cameSince(one: Case, identifier: string, order: ToldOrder): boolean {
    const task = one.tasks.get(identifier);
    if (task === undefined) return false;
    if (task.said !== undefined && task.said.outcome !== 'failed') return task.said.at > order.at;
    const outcome = this.#outcomeIfAsked(one, task);
    return outcome !== undefined;
  }

  /** The outcome of asking now, without acting on it. */
  #outcomeIfAsked(one: Case, { digits }: Task): string | undefined {
    const now = this.#now();
    const number = this.#life.number(digits);
    const tenure = number && this.#life.tenureAt(number, now);
    if (number === undefined || tenure === undefined) return undefined;
    if (tenure.operator !== this.id) return 'ported';
    if (!this.#life.isOfFirst(number, tenure)) return 'reissued';
    const came = one.heard + comesAfter(this.#conduct(one, tenure), this.#chance('comes', one.direction, digits));
    return came <= now ? 'verified' : undefined;
  }

  #disconnect(order: ToldOrder): void {
    const one = this.#caseOf(order);
    if (this.#chance('silent', one.direction) < 0.03) return;
    const after = later(this.#now(), 8 + 6 * this.#chance('disconnects', order.notice.key), SECOND);
    const name = order.notice.key.split('/').at(-1) ?? '';
    this.#act(after, async () => {
      const rows: AnswerRow[] = [];
      const late: AnswerRow[] = [];
      for (const identifier of order.rows) {
        const task = one.tasks.get(identifier);
        const number = this.#life.number(identifier.slice(3));
        if (task === undefined || number === undefined) continue;
        const isDone = task.said !== undefined && task.said.outcome !== 'failed';
        if (isDone && (task.said?.at ?? 0) > order.at) continue;
        const known = isDone ? undefined : this.#outcomeOf(one, task);
        if (known !== undefined && known.outcome !== 'failed') {
          rows.push(known);
          continue;
        }
        // It has heard since that the order is taken back.
        if (this.#gaveBackSince(identifier, order.at)) continue;
        const dice = this.#chance('neglects', one.direction, identifier);
        if (dice < NEGLECTED) continue;
        const cut = { identifier, outcome: 'disconnected', on: dayAt(this.#now()) };
        if (dice < NEGLECTED + LATE) late.push(cut);
        else {
          this.#cut(one, identifier, order.notice.key);
          rows.push(cut);
        }
      }
      await this.#answer(one, `after ${name}`, rows);
      if (late.length > 0) this.#act(later(order.notice.deadline, 70, SECOND), () => this.#cutLate(one, order, late));
    });
  }

  /** Disconnects, days after the end, those it had left, unless they came meanwhile. */
  async #cutLate(one: Case, order: ToldOrder, rows: readonly AnswerRow[]): Promise<void> {
    const now = this.#now();
    const cut = rows
      .filter(({ identifier }) => {
        const { said } = one.tasks.get(identifier) as Task;
        const number = this.#life.number(identifier.slice(3));
        const tenure = number && this.#life.tenureAt(number, now);
        return (
          (said === undefined || said.outcome === 'failed') &&
          !this.#gaveBackSince(identifier, order.at) &&
          tenure?.operator === this.id &&
          this.#life.isOfFirst(number as PhoneNumber, tenure)
        );
      })
      .map((row) => ({ ...row, on: dayAt(now) }));
    for (const { identifier } of cut) this.#cut(one, identifier, order.notice.key);
    await this.#answer(one, `late, after ${order.notice.key.split('/').at(-1)}`, cut);
  }

  /** Disconnects a number; some numbers are given to somebody else months later, and most operators tell of that. */
  #cut(one: Case, identifier: string, order: string): void {
    const now = this.#now();
    const number = this.#life.number(identifier.slice(3));
    if (number === undefined) return;
    const tenure = this.#life.tenureAt(number, now);
    if (tenure?.operator !== this.id) return;
    this.#life.setService(number, now, 'none', order);
    this.#life.keep(number, now);
    const { person } = tenure;
    if (!person.isGuilty) return;
    const reference = one.tasks.get(identifier)?.reference;
    // The number of somebody who says at once that it was wrong is kept until that is decided.
    if (this.#caseworkers.tries({ person, number, reference }) === 'soon') return;
    this.#life.end(number, now);
    if (this.#chance('given again', identifier) > 0.25) return;
    const again = later(now, 24 * (46 + 60 * this.#chance('given again after', identifier)), SECOND);
    this.#act(again, async () => {
      this.#life.giveAgain(number, this.id, again);
      this.#caseworkers.wasGivenAgain({ person, number, reference });
      if (this.#chance('tells of it', identifier) < 0.3) return;
      const row = { identifier, outcome: 'reissued', on: dayAt(again) };
      await this.#answer(one, `given again ${hash(identifier)}.csv`, [row]);
    });
  }

  #setService(identifier: string, service: 'full' | 'no outgoing' | 'no incoming', order: string): void {
    const number = this.#life.number(identifier.slice(3));
    const now = this.#now();
    if (number !== undefined && this.#life.tenureAt(number, now)?.operator === this.id)
      this.#life.setService(number, now, service, order);
  }

  /** Blocks handsets within a day, or days after the end, or not at all. */
  #block(order: ToldOrder): void {
    const one = this.#caseOf(order);
    const habit = this.#chance('blocks', one.direction);
    if (habit < 0.04) return;
    const after = habit < 0.1 ? 24 * 7 : 10 + 6 * habit;
    this.#act(later(one.heard, after, SECOND), async () => {
      const rows = [...one.tasks.keys()].flatMap((identifier) => {
        if (this.#gaveBackSince(identifier, order.at)) return [];
        const dice = this.#chance('block', one.direction, identifier);
        if (dice < 0.02) return [];
        if (dice >= 0.05) this.#life.block(identifier, this.id, this.#now());
        return [{ identifier, outcome: dice < 0.05 ? 'not_found' : 'blocked', on: dayAt(this.#now()) }];
      });
      await this.#answer(one, 'blocks.csv', rows);
    });
  }

  /**
   * Gives back within half a day what it is told to give back, and says so. Some operators hear nothing of it, or overlook a row: a night
   * tells them again. If there is no such connection any more, or somebody else has the number, the operator says that.
   */
  #giveBack(order: ToldOrder): void {
    const one = this.#caseOf(order);
    const isAgain = one.direction.startsWith('followup');
    if (!isAgain && this.#chance('is deaf', one.direction) < DEAF) return;
    this.#act(later(one.heard, 2 + 10 * this.#chance('gives back', one.direction), SECOND), async () => {
      const now = this.#now();
      const rows = [...one.tasks.keys()].flatMap((identifier) => {
        if (!isAgain && this.#chance('overlooks', one.direction, identifier) < OVERLOOKED) return [];
        const outcome = one.kind === 'restore' ? this.#restore(identifier, order) : this.#unblock(identifier);
        this.#gaveBack.set(identifier, now);
        return [{ identifier, outcome, on: dayAt(now) }];
      });
      await this.#answer(one, 'given back.csv', rows);
    });
  }

  #restore(identifier: string, { notice }: ToldOrder): string {
    const now = this.#now();
    const number = this.#life.number(identifier.slice(3));
    const tenure = number && this.#life.tenureAt(number, now);
    if (number === undefined || tenure?.operator !== this.id) return 'not_found';
    const lost = this.#life.changesOf(number).findLast(({ service }) => service !== 'full');
    if (lost !== undefined && lost.person !== tenure.person) return 'not_found';
    this.#life.setService(number, now, 'full', notice.key);
    return 'restored';
  }

  #unblock(imei: string): string {
    const isBlocked = this.#life.isBlocked(imei, this.id, this.#now());
    this.#life.unblock(imei, this.id);
    return isBlocked || this.#chance('never blocked', imei) < 0.7 ? 'unblocked' : 'not_found';
  }

  /** Whether it gave a number or a handset back after an instant: it no longer carries out earlier orders to take them. */
  #gaveBackSince(identifier: string, at: number): boolean {
    return (this.#gaveBack.get(identifier) ?? 0) > at;
  }

  /** Uploads a file for a direction that isn't there, and rows that are in none of its own or that say what nobody may. */
  async #mistakes(one: Case): Promise<void> {
    const [identifier = ''] = one.tasks.keys();
    const on = dayAt(this.#now());
    await this.#answer(
      { ...one, direction: `${one.direction}9` },
      'wrong direction.csv',
      [{ identifier, outcome: 'verified', on }],
      false,
    );
    const rows = [
      { identifier: '+916000000001', outcome: 'disconnected', on },
      { identifier, outcome: 'maybe', on },
    ];
    await this.#answer(one, 'wrong rows.csv', rows, false);
  }

  async #answer(one: Case, name: string, rows: readonly AnswerRow[], counts = true): Promise<void> {
    if (rows.length === 0) return;
    const at = this.#now();
    const lines = rows.map(({ identifier, outcome, on, by = '' }) => {
      if (one.kind !== 'reverify') return `${identifier},${outcome},${on}`;
      const [occurred, activated] = outcome === 'reissued' ? ['', on] : [on, ''];
      return `${identifier},${outcome},${occurred},${activated},${outcome === 'ported' ? by : ''},${outcome === 'extended' ? by : ''}`;
    });
    const text = csv([COLUMNS[one.kind], ...lines]);
    if (counts)
      for (const { identifier, outcome } of rows) {
        const task = one.tasks.get(identifier);
        if (task !== undefined) task.said = { outcome, at };
      }
    this.#chronicle.answers.push({ operator: this.id, direction: one.direction, name, sha256: sha256(text), at, rows });
    await this.#desk.answer(one.direction, name, text);
  }

  #chance(...what: (string | number)[]): number {
    return fraction(this.#life.world.seed, this.id, ...what);
  }

  #now(): number {
    return this.#desk.cloud.clock.now();
  }

  /** Registers an act, unless it would come after the year's end. */
  #act(at: number, run: () => Promise<void>): void {
    if (at < beginOf(this.#life.world.days)) this.#desk.cloud.outside(at, run);
  }
}

/** The columns of its answers, by the kind of direction. */
const COLUMNS = {
  block: 'imei,outcome,occurred_on',
  unblock: 'imei,outcome,occurred_on',
  restore: 'msisdn,outcome,occurred_on',
  reverify: 'msisdn,outcome,occurred_on,activated_on,to,ground',
} as const;

/** The shares of directions to give back of which an operator hears nothing, and of rows that it overlooks. */
const DEAF = 0.15;
const OVERLOOKED = 0.05;

/** The shares of rows to be disconnected that an operator never disconnects, and that it disconnects days after the end. */
const NEGLECTED = 0.03;
const LATE = 0.03;
