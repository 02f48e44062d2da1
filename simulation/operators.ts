/**
 * Simulated operators. They know only what is on their desk, and their acts depend on the seed, the operator, the direction and the
 * identifier, never on the order in which notices arrive: the same seed gives the same answers.
 */
import { dayOf, instantOf } from '../lambdas/domain/days.ts';
import { type BatchId, isFollowUp, parseDirectionId } from '../lambdas/domain/identifiers.ts';
import { columnOf } from '../lambdas/domain/kinds.ts';
import { EXTENSION_GROUNDS } from '../lambdas/domain/outcome-rules.ts';
import type { OperatorManner } from './arguments.ts';
import type { Desk, OrderNotice } from './desk.ts';
import { fraction, hash } from './random.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** An operator's way of dealing with one direction. */
type Habit = 'whole' | 'parts' | 'mistakes' | 'late' | 'never';
/** The habits, in an order in which neighbours fall to neighbouring operators, so that five operators show all five. */
const HABITS: readonly Habit[] = ['whole', 'never', 'parts', 'mistakes', 'late'];

/** The shares of connections disconnected in comparable drives. */
const DISCONNECTED = [0.76, 0.84, 0.9] as const;

/** The shares of connections that are not to be re-verified where they stand: the operator no longer has them, or gives more time. */
const MOVES = [
  ['reissued', 0.003],
  ['surrendered', 0.003],
  ['ported', 0.02],
  ['extended', 0.02],
] as const;
/** The share of the numbers said to be ported to an operator of which that operator knows nothing. */
const DISPUTED = 0.3;
/** The shares of a direction's rows that are answered within some hours, by habit. */
const FIRST_DAY: Readonly<Record<Habit, number>> = { whole: 1, parts: 1 / 4, mistakes: 1 / 2, late: 0, never: 0 };

/** The most rows of a file for several directions, whose rows may be more than one file takes. */
const ROWS_PER_FILE = 100_000;

/** The fate of one row at its operator; `stays_failed` is never disconnected. */
type Fate =
  | (typeof MOVES)[number][0]
  | 'unanswered'
  | 'verified'
  | 'not_found'
  | 'failed'
  | 'stays_failed'
  | 'disconnected'
  | 'blocked'
  | 'restored'
  | 'unblocked';
/** A response's cells for a row, by columns; the identifier is in the column of its kind. */
interface Answer {
  readonly identifier: string;
  readonly outcome: string;
  readonly to?: string;
  readonly ground?: string;
  readonly activated_on?: string;
}
const OPTIONAL = ['to', 'ground', 'activated_on'] as const;

export class SimulatedOperator {
  readonly #desk: Desk;
  readonly #manner: OperatorManner;
  readonly #seed: number;
  readonly #rank: number;
  readonly #others: readonly string[];
  readonly #moving: number;
  readonly #reissued: ReadonlySet<string>;
  /** The numbers that it said go on elsewhere, or later: it knows them when they come back. */
  readonly #moved = new Set<string>();
  /** The batches whose orders to give back it has dealt with. */
  readonly #givingBack = new Set<string>();

  /**
   * @param rank the operator's place among all operators, from 0
   * @param others the operators to which numbers are ported, when mixed; without any, nothing is moved, reissued or surrendered
   * @param moving how many times as often that happens as usual
   * @param reissued numbers that are somebody else's, as it says within hours, whatever its habit
   */
  constructor(
    desk: Desk,
    settings: {
      manner: OperatorManner;
      seed: number;
      rank: number;
      others?: readonly string[];
      moving?: number;
      reissued?: ReadonlySet<string>;
    },
  ) {
    this.#desk = desk;
    this.#manner = settings.manner;
    this.#seed = settings.seed;
    this.#rank = settings.rank;
    this.#others = settings.others ?? [];
    this.#moving = settings.moving ?? 1;
    this.#reissued = settings.reissued ?? new Set();
  }

  /** Reads new notices and plans what to do about them. */
  async attend(): Promise<void> {
    if (this.#manner === 'silent') return;
    for (const notice of await this.#desk.read()) this.#consider(notice);
  }

  #consider(notice: OrderNotice): void {
    if (isGivenBack(notice)) {
      this.#giveBack(notice);
      return;
    }
    if (notice.rung === 1 && notice.kind === 'reverify') this.#sayWhoseNow(notice);
    const habit = this.#habitOf(notice);
    if (habit === 'never') return;
    if (notice.rung === 'failed') {
      this.#disconnect(notice);
    } else if (notice.rung === 1) {
      if (habit === 'whole') this.#file(notice, 'answers.csv', this.#soon(notice.key, 2, 5), () => true);
      if (habit === 'parts') this.#inParts(notice);
      if (habit === 'mistakes') this.#withMistakes(notice);
      if (habit === 'late' && notice.kind === 'reverify')
        this.#file(notice, 'answers-late.csv', notice.deadline + 6 * HOUR, (part) => part < 0.6);
    } else if (habit === 'late' && notice.kind === 'block') {
      this.#file(notice, 'answers-too-late.csv', notice.deadline + DAY, () => true);
    } else if (habit === 'late' && notice.order === 'disconnect') {
      this.#file(notice, 'answers-last.csv', notice.deadline - 6 * HOUR, (part) => part >= 0.6 && part < 0.8);
      this.#file(notice, 'answers-after-the-end.csv', notice.deadline + 2 * DAY, (part) => part >= 0.8);
    }
  }

  /**
   * Gives back whatever it is ordered to, whatever the operator's habit: within hours, all of a batch's directions in one file, or in
   * several if they are many; rows name their direction.
   */
  #giveBack({ batchId, deadline }: OrderNotice): void {
    if (this.#givingBack.has(batchId)) return;
    this.#givingBack.add(batchId);
    const at = Math.max(this.#soon(batchId, 2, 5, deadline - DAY), this.#now());
    this.#act(at, async () => {
      const lines: string[] = [];
      for (const order of this.#desk.orders.filter((one) => one.batchId === batchId && isGivenBack(one)))
        for (const { identifier, outcome } of await this.#answersTo(order, () => true, at)) {
          const whom = columnOf(order.kind) === 'imei' ? `${identifier},` : `,${identifier}`;
          lines.push([whom, outcome, order.directionId].join(','));
        }
      for (let n = 0; n * ROWS_PER_FILE < lines.length; n++) {
        const part = lines.slice(n * ROWS_PER_FILE, (n + 1) * ROWS_PER_FILE);
        const name = n === 0 ? `given back ${batchId}` : `given back ${batchId} ${n + 1}`;
        await this.#desk.answerAll(`${name}.csv`, `${['imei,msisdn,outcome,direction', ...part].join('\n')}\n`);
      }
    });
  }

  #sayWhoseNow(notice: OrderNotice): void {
    if (this.#reissued.size === 0) return;
    const at = this.#soon(notice.directionId, 2, 5);
    this.#act(at, async () => {
      const theirs = (await this.#desk.identifiersOf(notice)).filter((identifier) => this.#reissued.has(identifier));
      const answers = theirs.map((identifier) => this.#answerOf(notice, identifier, 'reissued', at));
      if (answers.length > 0) await this.#desk.answer(notice.directionId, 'new holders.csv', csv(notice, answers));
    });
  }

  #inParts(notice: OrderNotice): void {
    const ends =
      notice.kind === 'block'
        ? [this.#soon(notice.key, 3, 5), this.#now() + 40 * HOUR]
        : [this.#soon(notice.key, 3, 5), this.#now() + 30 * HOUR, this.#now() + 60 * HOUR, notice.deadline + 12 * HOUR];
    ends.forEach((at, n) => {
      const of = (part: number) => Math.floor(part * ends.length) === n;
      this.#file(notice, `answers part ${n + 1} of ${ends.length}.csv`, at, of);
    });
  }

  /** Uploads a file without its columns, one for no direction, one in bad shape, the same again, one that contradicts it, and the rest. */
  #withMistakes(notice: OrderNotice): void {
    const desk = this.#desk;
    const first = (part: number) => part < 0.5;
    const at = this.#soon(notice.key, 3, 5);
    const draft = async () => {
      const answers = await this.#answersTo(notice, first, at);
      return answers.length > 0 ? this.#badlyShaped(notice, answers) : undefined;
    };
    this.#act(at - HOUR, () => desk.answer(notice.directionId, 'draft.csv', 'number;result\n1;ok\n'));
    this.#act(at - HOUR / 2, () =>
      desk.answer(
        `${notice.directionId}9`,
        'answers.csv',
        csv(notice, [{ identifier: '+919000000000', outcome: 'verified' }]),
      ),
    );
    for (const [name, delay] of [
      ['answers.csv', 0],
      ['answers (again).csv', HOUR],
    ] as const)
      this.#act(at + delay, async () => {
        const text = await draft();
        if (text !== undefined) await desk.answer(notice.directionId, name, text);
      });
    this.#act(at + 2 * HOUR, async () => {
      const wrong = (await this.#answersTo(notice, first, at))
        .filter(({ outcome }) => outcome === 'verified' || outcome === 'blocked')
        .slice(0, 3)
        .map(({ identifier }): Answer => ({ identifier, outcome: 'not_found' }));
      if (wrong.length > 0) await desk.answer(notice.directionId, 'corrections.csv', csv(notice, wrong));
    });
    this.#file(notice, 'answers-rest.csv', at + 20 * HOUR, (part) => !first(part));
  }

  /** A file with a BOM, CRLF, capitals, columns in another order, remarks, and rows that can't be recorded, each for its own reason. */
  #badlyShaped(notice: OrderNotice, answers: readonly Answer[]): string {
    const stranger =
      notice.kind === 'block'
        ? '35000000000009'
        : `+916${String(hash(this.#seed, 'stranger', notice.directionId) % 1_000_000_000).padStart(9, '0')}`;
    const known = answers[0]?.identifier ?? stranger;
    const more = columnsOf(answers);
    const row = (remarks: string, answer: Answer, occurredOn = '') =>
      [remarks, answer.outcome, answer.identifier, occurredOn, ...more.map((column) => answer[column] ?? '')].join(',');
    const bad = (identifier: string, outcome = 'not_found', occurredOn = '') =>
      row('', { identifier, outcome }, occurredOn);
    const rows = [
      ...answers.map((answer, n) => row(n % 9 ? '' : '"see paper, shelf 4"', answer)),
      bad(stranger, notice.kind === 'block' ? 'blocked' : 'verified'),
      bad(known, 'maybe'),
      bad(''),
      bad('12345'),
      bad(known, 'not_found', 'tomorrow'),
      `,not_found,${known}`,
      '',
    ];
    const header = ['Remarks', 'Outcome', columnOf(notice.kind).toUpperCase(), 'Occurred_On', ...more];
    return `\uFEFF${header.join(',')}\r\n${rows.join('\r\n')}`;
  }

  /** Plans the answer to the disconnect order that failed rows caused. */
  #disconnect(notice: OrderNotice): void {
    const name = `disconnected ${notice.key.split('/').at(-1)}`;
    this.#act(this.#soon(notice.key, 3, 9), async () => {
      const done = (await this.#desk.identifiersOf(notice))
        .filter((identifier) => this.#fateOf(notice, identifier) !== 'stays_failed')
        .map((identifier): Answer => ({ identifier, outcome: 'disconnected' }));
      if (done.length > 0) await this.#desk.answer(notice.directionId, name, csv(notice, done));
    });
  }

  /** Plans a file with the answers to those of the order's rows whose part (0 to 1) `takes` accepts. */
  #file(notice: OrderNotice, name: string, at: number, takes: (part: number) => boolean): void {
    this.#act(at, async () => {
      const answers = await this.#answersTo(notice, takes, at);
      const dated = hash(this.#seed, 'dated', notice.directionId) % 2 === 0;
      const day = dated ? dayOf(instantOf(this.#now())) : undefined;
      if (answers.length > 0) await this.#desk.answer(notice.directionId, name, csv(notice, answers, day));
    });
  }

  /** @param at the instant for which the answers are planned: whatever happens then happens on that day, whenever it is said */
  async #answersTo(notice: OrderNotice, takes: (part: number) => boolean, at: number): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const identifier of await this.#desk.identifiersOf(notice)) {
      if (this.#reissued.has(identifier)) continue;
      if (!takes(fraction(this.#seed, 'part', this.#desk.operator, notice.directionId, identifier))) continue;
      const fate = this.#fateOf(notice, identifier);
      if (fate !== 'unanswered') answers.push(this.#answerOf(notice, identifier, fate, at));
    }
    return answers;
  }

  #answerOf({ directionId }: OrderNotice, identifier: string, fate: Fate, at: number): Answer {
    const pick = <T>(what: string, from: readonly T[]): T =>
      from[hash(this.#seed, what, this.#desk.operator, directionId, identifier) % from.length] as T;
    if (fate === 'ported' || fate === 'extended') this.#moved.add(identifier);
    if (fate === 'ported') return { identifier, outcome: fate, to: pick('to', this.#others) };
    if (fate === 'extended') return { identifier, outcome: fate, ground: pick('ground', EXTENSION_GROUNDS) };
    if (fate === 'reissued') return { identifier, outcome: fate, activated_on: dayOf(instantOf(at)) };
    return { identifier, outcome: fate === 'stays_failed' ? 'failed' : fate };
  }

  #fateOf(notice: OrderNotice, identifier: string): Fate {
    const { operator } = this.#desk;
    const draw = (what: string) => fraction(this.#seed, what, operator, notice.directionId, identifier);
    if (notice.kind === 'restore') return 'restored';
    if (notice.kind === 'unblock') return 'unblocked';
    const chance = draw('fate');
    const mixed = this.#manner === 'mixed';
    if (mixed && chance < 0.03) return 'unanswered';
    const kind = draw('kind');
    if (notice.kind === 'block') return kind < 0.05 ? 'not_found' : 'blocked';
    // Only rows that are answered on the first day are moved, so that few nights have anything to go on with.
    const moves = mixed && this.#others.length > 0 && draw('part') < FIRST_DAY[this.#habitOf(notice)];
    if (moves && !isFollowUp(notice.batchId as BatchId)) {
      let move = draw('move') / this.#moving;
      for (const [fate, share] of MOVES) {
        if (move < share) return fate;
        move -= share;
      }
    } else if (moves && !this.#moved.has(identifier) && draw('disputed') < DISPUTED) return 'not_found';
    if (mixed && chance < 0.05) return 'stays_failed';
    const share = DISCONNECTED[hash(this.#seed, 'share', operator) % DISCONNECTED.length] as number;
    if (chance < 0.05 + 0.95 * share) return kind < 0.1 ? 'disconnected' : 'failed';
    return kind < 0.2 ? 'not_found' : 'verified';
  }

  #habitOf(notice: OrderNotice): Habit {
    if (this.#manner === 'prompt') return 'whole';
    const n = parseDirectionId(notice.directionId)?.n ?? 0;
    const shift = hash(this.#seed, 'habits', notice.batchId, notice.kind);
    return HABITS[(this.#rank + n + (shift % HABITS.length)) % HABITS.length] as Habit;
  }

  /** An instant some hours from now, or from `from`; its minute depends on `what`: an order's key, or a batch. */
  #soon(what: string, fromHours: number, toHours: number, from = this.#now()): number {
    const hours = fromHours + (toHours - fromHours) * fraction(this.#seed, 'soon', what);
    return from + Math.round(hours * 60) * MINUTE;
  }

  #now(): number {
    return this.#desk.cloud.clock.now();
  }

  #act(at: number, run: () => Promise<void>): void {
    this.#desk.cloud.outside(at, run);
  }
}

/** Whether an order of a direction's own ladder gives service, or a handset, back. */
const isGivenBack = ({ kind }: OrderNotice): boolean => kind === 'restore' || kind === 'unblock';

/** The columns that any of these answers needs beside the usual ones. */
function columnsOf(answers: readonly Answer[]): (typeof OPTIONAL)[number][] {
  return OPTIONAL.filter((column) => answers.some((answer) => answer[column] !== undefined));
}

/** A response file. */
function csv(notice: OrderNotice, answers: readonly Answer[], occurredOn?: string): string {
  const more = columnsOf(answers);
  const dated = occurredOn === undefined ? [] : [occurredOn];
  const header = [columnOf(notice.kind), 'outcome', ...dated.map(() => 'occurred_on'), ...more];
  const rows = answers.map((answer) => [
    answer.identifier,
    answer.outcome,
    ...dated,
    ...more.map((column) => answer[column] ?? ''),
  ]);
  return `${[header, ...rows].map((cells) => cells.join(',')).join('\n')}\n`;
}
