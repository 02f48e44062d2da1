/** The part of the second reckoning that is about what operators answer: which rows take it, and what comes of them. */
import type { Books } from './books.ts';
import { dayAt, imeiIn, instant, isDay, linesOf, msisdnIn, refusedAt, sha256 } from './files.ts';
import { type Direction, endOf, extended, isEnded, isOfHandset, type Moved, order, type Row, takes } from './rows.ts';
import { ANSWERS, type AnyKind } from './tables.ts';

/** A file of answers, as an operator uploads it. */
interface AnswersFile {
  operator: string;
  name: string;
  text: string;
  /** The instant of the upload. */
  at: number;
}

/** The receipt of a file, and the rows that failed by it, go back to their people, are disconnected, are somebody else's, or move. */
interface Answered {
  receipt: Record<string, unknown>;
  failed: Set<Row>;
  givenBack: Set<Row>;
  disconnected: Set<Row>;
  reissued: Set<Row>;
  moved: Moved[];
}
const nobody = (): Omit<Answered, 'receipt'> => ({
  ...{ failed: new Set(), givenBack: new Set(), disconnected: new Set(), reissued: new Set(), moved: [] },
});

export class Responses {
  readonly #books: Books;
  /** The receipt of each file that was recorded: the receipt of the same bytes again repeats its counts. */
  readonly #recorded = new Map<string, Record<string, unknown> & { recorded: number; alreadyRecorded: number }>();

  constructor(books: Books) {
    this.#books = books;
  }

  /** Records the file of one direction, and says what comes of it. */
  record(direction: string, { operator, name, text, at }: AnswersFile): Answered {
    const digest = sha256(text);
    const receipt = { file: name, sha256: digest, rows: 0, recorded: 0, alreadyRecorded: 0, rejected: {}, rejects: [] };
    const known = this.#books.directions.get(direction);
    if (known === undefined) return { ...nobody(), receipt: { ...receipt, refused: 'unknown_direction' } };
    const column = isOfHandset(direction.split('.')[1] as AnyKind) ? 'imei' : 'msisdn';
    const { columns } = linesOf(text);
    const missing = [column, 'outcome'].find((required) => !columns.includes(required));
    if (missing !== undefined) {
      const refused = `missing_column:${missing}`;
      return { ...nobody(), receipt: { ...receipt, refused, ...refusedAt(text, refused) } };
    }
    const before = this.#recorded.get(`${direction} ${digest}`);
    if (before !== undefined) {
      const { file, recorded, alreadyRecorded, uploadedAt, open, overdue, next, ...others } = before;
      const again = { recorded: 0, alreadyRecorded: recorded + alreadyRecorded, repeats: file };
      return { ...nobody(), receipt: file === name ? before : { ...others, file: name, ...again } };
    }
    const { counts, ...answered } = this.#takeRows(direction, known, operator, text, at);
    const done = { ...receipt, ...counts, refused: null, ...this.#standingOf(direction, known, at) };
    this.#recorded.set(`${direction} ${digest}`, done);
    return { ...answered, receipt: done };
  }

  /** Takes the file row by row. */
  #takeRows(direction: string, { rows, rungs }: Direction, operator: string, text: string, at: number) {
    const books = this.#books;
    const kind = direction.split('.')[1] as AnyKind;
    const { lines } = linesOf(text);
    const ended = at >= endOf(rungs);
    // Each order but the first takes service, and is issued when the rung before it ends.
    const isBarred = rungs.slice(0, -1).some(([, end]) => at > end);
    const rejects: { line: number; reason: string }[] = [];
    const { failed, givenBack, disconnected, reissued, moved } = nobody();
    let recorded = 0;
    let alreadyRecorded = 0;
    for (const { line, cells } of lines) {
      const identifier = isOfHandset(kind) ? imeiIn(cells?.imei) : msisdnIn(cells?.msisdn);
      const row = 'reason' in identifier ? undefined : rows.get(Object.values(identifier)[0] ?? '');
      const outcome = cells?.outcome ?? '';
      const on = cells?.occurred_on || dayAt(at);
      const activated = cells?.activated_on ?? '';
      const reject = (reason: string) => rejects.push({ line, reason });
      if (!cells) reject('wrong_cell_count');
      else if ('reason' in identifier) reject(identifier.reason);
      else if (!row) reject('not_in_direction');
      else if (!ANSWERS[kind].includes(outcome)) reject('unknown_outcome');
      else if (!isDay(on) || on > dayAt(at)) reject('bad_date');
      else if ((isEnded(outcome) || ['failed', 'ported'].includes(outcome)) && on < row.lastSeen)
        reject('before_sighting');
      else if (outcome === 'reissued' && (!isDay(activated) || activated > dayAt(at))) reject('bad_activated_on');
      else if (outcome === 'reissued' && activated <= row.lastSeen) reject('not_after_sighting');
      else if (outcome === 'ported' && books.badPort(row, cells.to ?? '', on) !== '')
        reject(books.badPort(row, cells.to ?? '', on));
      else if (takes(row.outcome, outcome, ended)) {
        // A failed row was ordered to be disconnected at once, or was barred before.
        if (['verified', 'extended', 'reissued'].includes(outcome) && (row.outcome === 'failed' || isBarred))
          givenBack.add(row);
        const [from] = books
          .portsOf(row.identifier, row)
          .filter(({ to, disputedOn }) => outcome === 'not_found' && to === operator && disputedOn === undefined)
          .sort((a, b) => order(b.on, a.on));
        Object.assign(row, { outcome, on: outcome === 'reissued' ? activated : on, at });
        if (outcome === 'failed') row.failedAt = at;
        else row.terminalAt = at;
        recorded++;
        failed.delete(row);
        if (outcome === 'failed' && !books.isSomebodyElses(row, at)) failed.add(row);
        if (isEnded(outcome) && !row.reversed && !books.isSomebodyElses(row, at)) disconnected.add(row);
        if (outcome === 'reissued') {
          reissued.add(row);
          books.reissue(row, activated, at);
        }
        if (outcome === 'ported') row.to = cells.to ?? '';
        if (outcome === 'ported' && !ended) moved.push({ row, why: outcome, to: row.to });
        if (outcome === 'extended') moved.push({ row, why: outcome, to: operator, rungs: extended(rungs, at) });
        if (outcome === 'extended' || (outcome === 'ported' && !ended)) row.goesOnAt = row.to || operator;
        if (from) moved.push({ row, why: 'porting_disputed', to: from.from });
      } else if (row.outcome === outcome || (isEnded(row.outcome) && outcome === 'failed')) alreadyRecorded++;
      else if (['verified', 'withdrawn'].includes(row.outcome) && outcome === 'disconnected')
        throw new Error('nobody in the sample says so');
      else reject('conflicts_with_recorded');
    }
    const rejected: Record<string, number> = {};
    for (const { reason } of rejects) rejected[reason] = (rejected[reason] ?? 0) + 1;
    const counts = { rows: lines.length, recorded, alreadyRecorded, rejected, rejects };
    // One that failed once its time was over is in no order.
    return { counts, failed: ended ? new Set<Row>() : failed, givenBack, disconnected, reissued, moved };
  }

  /** What is left of a direction, and the order that comes next, once a file was recorded. */
  #standingOf(directionId: string, { rows, rungs }: Direction, at: number) {
    const ended = at >= endOf(rungs);
    const unanswered = [...rows.values()].filter((row) => ['open', 'failed'].includes(row.outcome));
    const open = ended ? [] : unanswered;
    // A failed row is in no order but the last one, and a row that was taken back is in none, nor is it owed when the ladder has ended.
    const isAsked = (row: Row) => !row.reversed && !this.#books.isSomebodyElses(row, at);
    const carried = open.filter(isAsked);
    const overdue = ended ? unanswered.filter(isAsked).length : 0;
    const isCarrying = (order: string) => carried.some((row) => order === 'disconnect' || row.outcome === 'open');
    const here = rungs.findIndex(([, end]) => end > at);
    const next = here < 0 ? undefined : rungs.slice(here + 1).find(([order]) => isCarrying(order));
    return {
      ...{ directionId, uploadedAt: instant(at), open: open.length, overdue },
      next: next === undefined ? null : { order: next[0], deadline: instant(next[1]) },
    };
  }

  /**
   * Records a file for several directions, whose rows name theirs, and returns its receipt; in the sample only rows that were given back
   * are answered so.
   */
  recordCombined({ operator, name, text, at }: AnswersFile): Record<string, unknown> {
    const { lines } = linesOf(text);
    const counts = new Map<string, number>();
    for (const { cells } of lines) {
      const { imei = '', msisdn = '', outcome = '', direction = '' } = cells ?? {};
      const row = this.#books.directionOf(direction).rows.get(imei.slice(0, 14) || msisdn);
      if (row?.outcome !== 'open' || row.operator !== operator || !['restored', 'unblocked'].includes(outcome))
        throw new Error('nobody in the sample says so');
      Object.assign(row, { outcome, on: dayAt(at), at, terminalAt: at });
      counts.set(direction, (counts.get(direction) ?? 0) + 1);
    }
    const directions = [...counts].map(([directionId, count]) => {
      const { rows, rungs } = this.#books.directionOf(directionId);
      const [here, next] = rungs.filter(([, end]) => end > at);
      const open = [...rows.values()].filter((row) => row.outcome === 'open').length;
      return {
        ...{ directionId, rows: count, recorded: count, alreadyRecorded: 0, rejected: 0 },
        ...{ order: here?.[0], late: false, open, overdue: here === undefined ? open : 0 },
        next: open > 0 && next ? { order: next[0], deadline: instant(next[1]) } : null,
      };
    });
    return {
      ...{ file: name, sha256: sha256(text), rows: lines.length, recorded: lines.length, alreadyRecorded: 0 },
      ...{ rejected: {}, rejects: [], refused: null, uploadedAt: instant(at), directions },
    };
  }
}
