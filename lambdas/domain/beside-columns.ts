/** The columns beside that which names a row's handset or number, and whether a row has another one there: a row is about one. */
import { hasSecondHandset, hasSecondNumber } from './beside-handset.ts';
import { MAY_BE } from './beside-names.ts';
import { leavesOut } from './leaves-out.ts';
import type { RowReason } from './reasons.ts';
import { seenOf } from './unseen.ts';

/** The columns that name a handset or a number. */
type Named = 'imei' | 'msisdn';

/** The columns of a kind of file: whom its rows name, and where else somebody may stand. */
export interface NamingOne<Required extends string = string, Optional extends string = string> {
  readonly required: readonly Required[];
  /**
   * The columns by which each row names one handset or one number at most, and nobody else: what else of a row is a handset, or a number, must
   * not be left out unsaid.
   */
  readonly namesOneBy?: readonly Named[];
  /** Whether people write such files by hand, a few rows each: there it counts in a column of whatever name, as clerks call the same differently. */
  readonly byHand?: boolean;
  /**
   * The words of a column by which a row is about all that a file may name, or all numbers of a handset: there whoever else stands in it was
   * meant instead, whatever the column's name says, but for who wrote it, and whatever stands beside them, also in these columns of free words.
   * In a row about one, another one counts in these where nothing else stands there.
   */
  readonly aboutAll?: {
    readonly column: Required;
    readonly words: readonly string[];
    readonly free: readonly Optional[];
  };
}

/** What is a second handset, or number, of a row, and the reason for which it is a reject. */
const ANOTHER = {
  imei: { reason: 'second_handset', isIn: hasSecondHandset },
  msisdn: { reason: 'second_number', isIn: hasSecondNumber },
} as const;

/** The places of the columns that may hold another one than a row's own. */
interface Beside {
  readonly column: Named;
  /** -1 if the header lacks the column. */
  readonly own: number;
  readonly named: readonly number[];
  /** The places among `named` that count also where the row has none of its own. */
  readonly sure: readonly number[];
  readonly unnamed: readonly number[];
  /** The places of columns of any other name, where they count. */
  readonly others: readonly number[];
  /** The places of columns of free words, which count like `others` where the row has one of its own. */
  readonly free: readonly number[];
  /**
   * The places that count in a row about all: `named`, called after handsets or numbers; `within`, where one counts within any text;
   * `ofWriter`, of who wrote it, where one counts if the cell leaves somebody out.
   */
  readonly aboutAll: Readonly<Record<'named' | 'within' | 'ofWriter', readonly number[]>>;
}

/** The places in a row about all, where no row of the file is one. */
const NOWHERE: Beside['aboutAll'] = { named: [], within: [], ofWriter: [] };

/** Where, in the rows beneath a header, another handset or number may stand than a row's own. */
export class BesideColumns {
  readonly #columns: NamingOne;
  readonly #beside: readonly Beside[];
  /** The place of the column whose words say that a row is about all. */
  readonly #word: number;
  /** The names of the other columns of a file that has such rows, as they are written: a name may say whom one leaves out. */
  readonly #written: readonly string[];

  /**
   * @param names the columns for which a header's cells stand
   * @param unknown the places of those that aren't asked for
   * @param cells the header's cells
   */
  constructor(columns: NamingOne, names: readonly string[], unknown: readonly number[], cells: readonly string[]) {
    this.#columns = columns;
    this.#beside = besideIn(columns, names, unknown);
    const { aboutAll } = columns;
    this.#word = aboutAll === undefined ? -1 : names.indexOf(aboutAll.column);
    this.#written = aboutAll === undefined ? [] : unknown.map((at) => cells[at] as string);
  }

  /** The reason for which a row is a reject, if it has another handset or number than its own. `cellAt`: the text at a place of the row. */
  reasonOf(cellAt: (place: number) => string): (RowReason & ('second_handset' | 'second_number')) | undefined {
    const beside = this.#beside.find((one) => this.#hasAnother(one, cellAt));
    return beside && ANOTHER[beside.column].reason;
  }

  /** Whether a row holds another one than its own. One that lacks what it has to name is a reject for that. */
  #hasAnother(beside: Beside, cellAt: (place: number) => string): boolean {
    const { column, own: at, named, sure, unnamed, others, free, aboutAll } = beside;
    const own = at < 0 ? '' : seenOf(cellAt(at));
    if (own === '' && this.#columns.required.some((one) => one === column)) return false;
    const shared = { own, unnamed: unnamed.map(cellAt) };
    if (!this.#isAboutAll(cellAt)) {
      const places = own === '' ? { named: sure, others } : { named, others: [...others, ...free] };
      const [some, any] = [places.named.map(cellAt), places.others.map(cellAt)];
      return ANOTHER[column].isIn({ ...shared, named: some, others: any, within: [] });
    }
    const ofWriter = aboutAll.ofWriter.map(cellAt).filter(leavesOut);
    const within = [...aboutAll.within.map(cellAt), ...ofWriter, ...this.#written];
    return ANOTHER[column].isIn({ ...shared, named: aboutAll.named.map(cellAt), others: [], within });
  }

  /** Whether a row is about all that the file may name, or all numbers of a handset. */
  #isAboutAll(cellAt: (place: number) => string): boolean {
    const { words = [] } = this.#columns.aboutAll ?? {};
    return this.#word >= 0 && words.includes(seenOf(cellAt(this.#word)).toLowerCase());
  }
}

function besideIn(
  { namesOneBy = [], byHand = false, aboutAll }: NamingOne,
  names: readonly string[],
  unknown: readonly number[],
): Beside[] {
  // Where the name of the handset's column was written over two, the second has none.
  const nameAt = (at: number) => (names[at] === '' && names[at - 1] === 'imei' ? 'imei' : (names[at] ?? ''));
  const placesOf = (counts: (name: string) => boolean) => unknown.filter((at) => counts(nameAt(at)));
  const unnamed = placesOf((name) => name === '');
  const free = (aboutAll?.free ?? []).map((column) => names.indexOf(column)).filter((at) => at >= 0);
  return namesOneBy
    .map((column) => {
      const { named, sure, called, isOther, isWriters } = MAY_BE[column];
      const others = byHand ? placesOf((name) => !named.test(name) && !isOther.test(name)) : [];
      const placesCalled = (pattern: RegExp) => placesOf((name) => pattern.test(name));
      const ofWriter = aboutAll === undefined ? [] : placesOf(isWriters);
      const inRowAboutAll = unknown.filter((at) => !ofWriter.includes(at));
      const isCalled = (at: number) => called.test(names[at] ?? '');
      return {
        column,
        own: names.indexOf(column),
        named: placesCalled(named),
        sure: placesCalled(sure),
        unnamed,
        others,
        free,
        aboutAll:
          aboutAll === undefined
            ? NOWHERE
            : { named: inRowAboutAll.filter(isCalled), within: [...inRowAboutAll, ...free], ofWriter },
      };
    })
    .filter(({ named, others, aboutAll: all }) =>
      [named, unnamed, others, free, all.named, all.within, all.ofWriter].some((places) => places.length > 0),
    );
}
