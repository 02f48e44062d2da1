/**
 * Subjects of a decided batch: what becomes of a number, and of a handset at an operator, before anybody looks at what earlier batches know
 * of it. Struck goes before held, and held before exempt; a subject that is none of them goes on to Claim.
 */
import type { Day } from './days.ts';
import type { ReverifyRow } from './directions.ts';
import type { Imei, Msisdn, OperatorId } from './identifiers.ts';
import type { LeftOut } from './kinds.ts';
import { type GatheredLink, isNewer } from './sightings.ts';

/** The acts on a held handset, the mildest first: on neither it nor its numbers, on its numbers only, on both. */
export const ACTS = ['spare', 'reverify', 'block'] as const;
/** One of these acts. */
export type Act = (typeof ACTS)[number];

/** What was decided of a batch, as far as it concerns its subjects. */
export interface Decided {
  /** Every held handset of the batch, and the act on it. */
  readonly held: ReadonlyMap<Imei, Act>;
  /** The handsets and numbers that an approver left out. */
  readonly struck: ReadonlySet<Imei | Msisdn>;
}

/** The decision of a batch upon which nobody decides. */
export const NOTHING_DECIDED: Decided = { held: new Map(), struck: new Set() };

/** The parts of a number's links on the batch's handsets that decide what becomes of it. */
export interface NumberLinks {
  /** Its newest sighting on any of them, struck and held ones included: the number counts at this sighting's operator. */
  readonly newest: GatheredLink;
  /** Its newest sighting on a handset that is acted upon: the row names this sighting's handset. Null if there is none. */
  readonly actedUpon: GatheredLink | null;
  /** The day of its newest sighting on a handset that isn't struck. Null if there is none. */
  readonly remainsOn: Day | null;
}

/**
 * Whether the numbers of a handset are re-verified: they are unless it is struck, or held and spared. An exemption of it has no part in
 * this.
 */
export function isActedUpon(imei: Imei, { held, struck }: Decided): boolean {
  return !struck.has(imei) && held.get(imei) !== 'spare';
}

/** Takes one more link of its number, in any order of the links. */
export function keepLink(kept: Map<Msisdn, NumberLinks>, link: GatheredLink, decided: Decided): void {
  const known = kept.get(link.msisdn);
  const actedUpon = isActedUpon(link.imei, decided) ? link : null;
  const remainsOn = decided.struck.has(link.imei) ? null : link.lastSeen;
  if (known === undefined) {
    kept.set(link.msisdn, { newest: link, actedUpon, remainsOn });
    return;
  }
  kept.set(link.msisdn, {
    newest: newerOf(known.newest, link),
    actedUpon:
      known.actedUpon === null || actedUpon === null
        ? (known.actedUpon ?? actedUpon)
        : newerOf(known.actedUpon, actedUpon),
    remainsOn: (known.remainsOn ?? '') > (remainsOn ?? '') ? known.remainsOn : remainsOn,
  });
}

function newerOf(a: GatheredLink, b: GatheredLink): GatheredLink {
  return isNewer(b, a) ? b : a;
}

/** What becomes of a number: the state under which its operator's books count it, or a row that Claim decides upon. */
export type NumberSubject =
  | { readonly state: LeftOut; readonly operator: OperatorId }
  | {
      readonly state: 'toClaim';
      readonly operator: OperatorId;
      /**
       * The row. Its handset is that of the newest sighting on one that is acted upon; day and area are those of the newest sighting on any
       * handset, at whose operator it counts.
       */
      readonly row: ReverifyRow;
      /** The day of its newest sighting on any of the batch's handsets. */
      readonly newestDay: Day;
      readonly seen: SeenOn;
    };

/** The days on which a number was seen last on the batch's handsets, by what was decided about these. */
interface SeenOn {
  /** The day on a handset that is acted upon: the number would be directed for it. */
  readonly actedUpon: Day;
  /** The day on a handset that isn't struck. */
  readonly remaining: Day;
}

/**
 * What becomes of a number that was activated for somebody else on a day: sightings until then belong to the holder before, and have no
 * part in that. Undefined if it was seen since on a handset that is acted upon, or on none at all: then Claim decides upon it as upon any.
 */
export function leftOutSince(activatedOn: Day, newestDay: Day, seen: SeenOn): LeftOut | undefined {
  if (newestDay <= activatedOn || seen.actedUpon > activatedOn) return undefined;
  return seen.remaining > activatedOn ? 'held' : 'struck';
}

/**
 * Decides what becomes of a number.
 * - struck: it was struck, or all the handsets that link it were;
 * - held: no handset that links it is acted upon;
 * - exempt: an exemption of the number is in force on the day of the turn.
 * @param exempt whether one is
 */
export function numberSubject(
  { newest, actedUpon, remainsOn }: NumberLinks,
  decided: Decided,
  exempt: boolean,
): NumberSubject {
  const { msisdn, operator, lastSeen, lsa } = newest;
  if (remainsOn === null || decided.struck.has(msisdn)) return { state: 'struck', operator };
  if (actedUpon === null) return { state: 'held', operator };
  if (exempt) return { state: 'exempt', operator };
  const seen = { actedUpon: actedUpon.lastSeen, remaining: remainsOn };
  const earlier = seen.actedUpon < lastSeen ? { actedUpon: seen.actedUpon } : {};
  return {
    state: 'toClaim',
    operator,
    row: { msisdn, imei: actedUpon.imei, lastSeen, lsa, ...earlier },
    newestDay: lastSeen,
    seen,
  };
}

/**
 * Decides what becomes of a handset's block rows, which is the same at each operator: struck, held (unless it is to be blocked),
 * exempt, or a row that Claim decides upon.
 * @param exempt whether an exemption of the handset is in force on the day of the turn
 */
export function blockSubject(imei: Imei, { held, struck }: Decided, exempt: boolean): LeftOut | 'toClaim' {
  if (struck.has(imei)) return 'struck';
  if ((held.get(imei) ?? 'block') !== 'block') return 'held';
  return exempt ? 'exempt' : 'toClaim';
}
