/**
 * The innocent who come too late, and the guilty who try the same: they go to a caseworker, who files an appeal by number, or by the
 * reference that their operator told them. Approvers decide upon it, as they do upon agencies' withdrawals.
 */
import { bucketsOf } from '../../simulation/buckets.ts';
import type { OutsideCloud } from '../../simulation/desk.ts';
import { fraction, hash } from '../../simulation/random.ts';
import { sha256, written } from '../../test/reckoning/files.ts';
import { LADDER_DAYS } from './books.ts';
import type { AppealRow, AskedBack, Chronicle, Told, Word } from './chronicle.ts';
import { beginOf, DAY, HOUR, type Person, type PhoneNumber } from './draw.ts';
import { csv } from './files.ts';
import { type Life, later } from './life.ts';

export const CASEWORKER = 'caseworker-1';
/** The seconds of a minute at which caseworkers file and approvers decide, so that no two kinds of acts fall together. */
const SECOND = 11;
const DECIDES_SECOND = 23;
/**
 * The time before the year's end after which nothing is filed: an appeal filed later isn't carried out in time if its operator is silent
 * first.
 */
const LAST_BEFORE_END = 8 * 24 * HOUR;
/** The number of subjects from which on a reversal needs two people. */
export const LARGE_REVERSAL = 100;
/** The number of guilty people who try each way in a year, and their largest share. */
const GUILTY_TRIES = 40;
const MOST_TRY = 0.05;

/** A subscriber with a row in a direction, and the reference that the operator told them. */
export interface Subscriber {
  readonly person: Person;
  readonly number: PhoneNumber;
  readonly reference: string | undefined;
}

/** The act of a guilty person who was cut off: they come soon with a story, when it is too late, or not at all. */
export type Tries = 'soon' | 'too late' | 'not';

export class Caseworkers {
  readonly #cloud: OutsideCloud;
  readonly #life: Life;
  readonly #chronicle: Chronicle;
  readonly #approvers: readonly string[];
  readonly #came = new Set<Person>();
  readonly #decided = new Set<string>();
  readonly #guiltyShare: number;

  constructor(cloud: OutsideCloud, life: Life, chronicle: Chronicle, approvers: readonly string[]) {
    this.#cloud = cloud;
    this.#life = life;
    this.#chronicle = chronicle;
    this.#approvers = approvers;
    const guilty = life.world.people.filter(({ isGuilty }) => isGuilty).length;
    this.#guiltyShare = Math.min(MOST_TRY, (3 * GUILTY_TRIES) / Math.max(1, guilty));
  }

  /**
   * Plans the appeal of an innocent person who was asked and doesn't come in time: some come while they are barred, others days or weeks
   * after the ladder.
   * @param until when the ladder ends: somebody with more time is asked weeks before it goes on
   */
  willBeLate(one: Subscriber, until: number): void {
    const dice = this.#chance('comes back', one.person.id);
    const begun = Math.max(this.#cloud.clock.now(), until - LADDER_DAYS.reverify * DAY);
    if (dice < 0.3) this.#act(later(begun, 160 + 450 * dice, SECOND), () => this.#appeal(one));
    this.#act(later(begun, 24 * (20 + 20 * dice), SECOND), () => this.#appeal(one));
  }

  /** Plans the appeal of a guilty person who is cut off now; the number of somebody who comes soon is not given to anybody meanwhile. */
  tries(one: Subscriber): Tries {
    const dice = this.#chance('tries', one.number.digits);
    const now = this.#cloud.clock.now();
    const file = (days: number, fate: AskedBack['fate']) =>
      this.#act(later(now, 24 * days, SECOND), () => this.#file(`${one.person.id} says`, this.#rowsOf(one), fate));
    if (dice < this.#guiltyShare) {
      const luck = this.#chance('luck', one.number.digits);
      file(
        1 + 28 * this.#chance('soon', one.number.digits),
        luck < 0.6 ? 'refused' : luck < 0.8 ? 'struck' : 'granted',
      );
      return 'soon';
    }
    if (dice >= 2 * this.#guiltyShare) return 'not';
    file(92 + 15 * this.#chance('long after', one.number.digits), 'granted');
    return 'too late';
  }

  /** Plans appeals after a number was given to somebody else: some of those who had it before ask for it by their reference. */
  wasGivenAgain({ number, reference, person }: Subscriber): void {
    if (reference === undefined || this.#chance('asks for it', number.digits) >= 4 * this.#guiltyShare) return;
    const at = later(this.#cloud.clock.now(), 24 * (1 + 4 * this.#chance('asks', number.digits)), SECOND);
    this.#act(at, () => this.#file(`${person.id} asks`, [{ reference, ground: 'wrong_number' }], 'granted'));
  }

  /** Takes a notice as it is published. */
  hear({ kind, approver, batchId, sha256: preview, subjects }: Told): void {
    if (kind !== 'decision_needed' || approver === undefined || this.#decided.has(String(batchId))) return;
    const asked = this.#chronicle.askedBack.find((one) => one.batchId === batchId);
    if (asked === undefined) return;
    this.#decided.add(asked.batchId);
    for (const k of Number(subjects) > LARGE_REVERSAL ? [0, 1] : [0]) {
      const hours = 2 + 28 * this.#chance('decides', asked.batchId) + 20 * k;
      // An appeal that is to be granted must be decided: its time has no end, but the year's has.
      this.#cloud.outside(later(this.#cloud.clock.now(), hours, DECIDES_SECOND), () =>
        this.#decide(asked, k, String(preview)),
      );
    }
  }

  async #decide({ batchId, fate, rows }: AskedBack, k: number, preview: string): Promise<void> {
    const approver = this.#approvers[(hash(batchId) + k) % this.#approvers.length] as string;
    const words: Word[] = [{ decision: fate === 'refused' ? 'refuse' : 'approve' }];
    const [first] = rows;
    if (fate === 'struck' && first !== undefined) words.unshift({ decision: 'strike', msisdn: this.#numberOf(first) });
    this.#chronicle.decisions.push({ approver, batchId, at: this.#cloud.clock.now(), preview, words });
    const lines = words.map(
      ({ decision, msisdn = '' }) =>
        `${preview},${decision},${msisdn},${decision === 'approve' ? 'public_interest' : ''},${decision === 'approve' ? '' : 'nothing speaks for it'}`,
    );
    await this.#put(
      `decisions/${approver}/${batchId}/decision.csv`,
      csv(['preview,decision,msisdn,ground,remarks', ...lines]),
    );
  }

  /** Files an appeal of somebody with less than full service of a number that is theirs. */
  async #appeal(one: Subscriber): Promise<void> {
    const { person, number } = one;
    const now = this.#cloud.clock.now();
    const isTheirs = this.#life.tenureAt(number, now)?.person === person;
    if (!isTheirs || this.#life.serviceAt(number, now) === 'full' || this.#came.has(person)) return;
    this.#came.add(person);
    const dice = this.#chance('is heard', person.id);
    const { refused } = this.#life.world;
    const fate = dice < refused / 2 ? 'refused' : dice < refused ? 'struck' : 'granted';
    await this.#file(`${person.id}`, [...this.#rowsOf(one), ...this.#handsetsOf(one)], fate);
  }

  #rowsOf({ person, number, reference }: Subscriber): AppealRow[] {
    const ground = person.part === 'on a cloned handset' ? 'cloned' : 'wrong_number';
    const isByReference = reference !== undefined && this.#chance('has kept it', person.id) < 0.5;
    return [isByReference ? { reference, ground } : { msisdn: `+91${number.digits}`, ground }];
  }

  /** The handset of a person who uses one that was reported by mistake, or that they bought. */
  #handsetsOf({ person, number }: Subscriber): AppealRow[] {
    if (!['reported by mistake', 'second-hand buyer'].includes(person.part)) return [];
    const use = this.#life.world.uses.find((one) => one.number === number && one.person === person);
    return use === undefined ? [] : [{ imei: use.handset.imei, ground: 'wrong_handset' }];
  }

  /** The number that a row names, or that its reference stands for. */
  #numberOf({ msisdn, reference = '' }: AppealRow): string {
    return msisdn ?? this.#chronicle.orders.flatMap(({ references }) => references.get(reference) ?? [])[0] ?? '';
  }

  async #file(who: string, rows: readonly AppealRow[], fate: AskedBack['fate']): Promise<void> {
    const name = `${this.#chronicle.askedBack.length} ${who}`;
    const lines = rows.map(
      ({ msisdn = '', imei, reference = '', ground }) =>
        `${msisdn},${imei === undefined ? '' : written(imei)},${reference},${ground},${name}`,
    );
    const text = csv(['msisdn,imei,reference,ground,case_ref', ...lines]);
    await fileAskedBack(this.#cloud, this.#chronicle, `appeals/${CASEWORKER}/${name}.csv`, text, {
      uploader: CASEWORKER,
      rows,
      withdraws: undefined,
      fate,
    });
  }

  #put(key: string, text: string): Promise<void> {
    return this.#cloud.put(bucketsOf(this.#cloud).inbox, key, text);
  }

  #chance(...what: (string | number)[]): number {
    return fraction(hash(this.#life.world.seed, 'caseworkers'), ...what);
  }

  #act(at: number, run: () => Promise<void>): void {
    if (at < beginOf(this.#life.world.days) - LAST_BEFORE_END) this.#cloud.outside(at, run);
  }
}

/** Uploads a request for a reversal, and notes its batch, by the key and the version that the file got. */
export async function fileAskedBack(
  cloud: OutsideCloud,
  chronicle: Chronicle,
  key: string,
  text: string,
  what: Pick<AskedBack, 'uploader' | 'rows' | 'withdraws' | 'fate'>,
): Promise<void> {
  const { inbox } = bucketsOf(cloud);
  const at = cloud.clock.now();
  await cloud.put(inbox, key, text);
  const version = await cloud.version(inbox, key);
  const batchId = `${what.uploader}-${sha256(`${key}\n${version}`).slice(0, 12)}`;
  chronicle.askedBack.push({ ...what, batchId, key, at, sha256: sha256(text) });
}
