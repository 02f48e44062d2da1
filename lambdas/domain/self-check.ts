/** The self-check, which shows that a stage works, and the identifiers that are reserved for it. */
import type { Parsed } from './identifier-cells.ts';
import type { Imei, Msisdn } from './identifiers.ts';
import { type ImeiReason, imeiOut, parseImei, parseSentImei } from './imeis.ts';
import { type MsisdnReason, parseMsisdn } from './msisdns.ts';

/**
 * The sender of the marked files of a self-check, which shows that a stage works: its id stands where an agency's or an operator's does. It
 * has a handset and numbers of its own, which nobody else's files can name, and may name no others; so its batches direct itself alone, and
 * nobody else's batch meets them. They count in no metric, and are on no revocation list.
 */
export const SELF_CHECK = 'self-check';

/**
 * The self-check's handset. Its type allocation code, 77777777, is not assigned: no body that assigns codes has 77 (GSMA TS.06), and 14
 * equal digits are no device's, whoever names them.
 */
export const SELF_CHECK_HANDSET = '77777777777777' as Imei;

/** The self-check's numbers, in E.164: a mobile number's first digit is 6 to 9, and by the numbering plan never 0. */
const SELF_CHECK_NUMBER = /^\+9100[0-9]{8}$/;

/** The reason why the self-check may not name a handset or a number: it could be somebody's. */
type NotReserved = 'self_check';

/** The readers of the identifiers in a participant's files. */
export interface Identifiers {
  imei(cell: string): Parsed<Imei, ImeiReason | NotReserved>;
  /** Reads an IMEI as networks record it. */
  sentImei(cell: string): Parsed<Imei, ImeiReason | NotReserved>;
  msisdn(cell: string): Parsed<Msisdn, MsisdnReason | NotReserved>;
}

/**
 * The readers for this agency's or operator's files: the self-check's hold only the identifiers reserved for it, and all others hold none
 * of those.
 */
export const identifiersOf = (who: string): Identifiers => (who === SELF_CHECK ? RESERVED : ANYBODYS);

const ANYBODYS: Identifiers = { imei: parseImei, sentImei: parseSentImei, msisdn: parseMsisdn };

const reservedImei: Identifiers['imei'] = (cell) =>
  cell === SELF_CHECK_HANDSET || cell === imeiOut(SELF_CHECK_HANDSET)
    ? { value: SELF_CHECK_HANDSET }
    : notReserved(parseImei(cell));

const RESERVED: Identifiers = {
  imei: reservedImei,
  sentImei: reservedImei,
  msisdn: (cell) => (SELF_CHECK_NUMBER.test(cell) ? { value: cell as Msisdn } : notReserved(parseMsisdn(cell))),
};

function notReserved<R extends string>(read: Parsed<unknown, R>): { readonly reason: R | NotReserved } {
  return 'reason' in read ? read : { reason: 'self_check' };
}
