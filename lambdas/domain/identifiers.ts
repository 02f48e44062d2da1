/**
 * The identifiers of the domain, as branded strings that only their parsers make. A value of such a type has been
 * checked and normalised, so that code that takes one never checks again.
 */
import type { Branded } from './branded.ts';
import { sha256Of } from './hashes.ts';
import { DIRECTION_KIND_NAMES, type DirectionKind } from './kinds.ts';

/** A handset's key: the first 14 digits of its IMEI (TAC and serial number). */
export type Imei = Branded<'Imei'>;
/** An Indian mobile number in E.164: `+91` and ten digits that begin with 6 to 9. */
export type Msisdn = Branded<'Msisdn'>;
/** An agency that reports: up to 16 characters of `[a-z0-9-]`. */
export type AgencyId = Branded<'AgencyId'>;
/** A telecom service provider: up to 10 characters of `[a-z0-9-]`. */
export type OperatorId = Branded<'OperatorId'>;
/** An approver, who decides for the regulator: up to 16 characters of `[a-z0-9-]`. */
export type ApproverId = Branded<'ApproverId'>;
/** A caseworker, who answers subscribers: up to 16 characters of `[a-z0-9-]`. */
export type CaseworkerId = Branded<'CaseworkerId'>;
/** A batch: `<agency>-<first 12 hex digits of the report's SHA-256>`; a reversal's and a follow-up's have other digits. */
export type BatchId = Branded<'BatchId'>;
/** A direction: `<batchId>.<kind>.<operator>.<plan>-<shard>-<n>`. */
export type DirectionId = Branded<'DirectionId'>;

/** Whether a text is the key of a handset, as this system keeps it: 14 digits. */
export function isImei(text: string | undefined): text is Imei {
  return text !== undefined && /^[0-9]{14}$/.test(text);
}

/** Whether a text is a number as this system keeps it: E.164, of India. */
export function isMsisdn(text: string | undefined): text is Msisdn {
  return text !== undefined && /^\+91[0-9]{10}$/.test(text);
}

/** Whether a text has the form of an agency's id; whether there is such an agency, the configuration says. */
export function isAgencyId(text: string): text is AgencyId {
  return /^[a-z0-9-]{1,16}$/.test(text);
}

/** Whether a text has the form of an approver's id; whether there is such an approver, the configuration says. */
export function isApproverId(text: string): text is ApproverId {
  return /^[a-z0-9-]{1,16}$/.test(text);
}

/** Whether a text has the form of a caseworker's id; whether there is such a caseworker, the configuration says. */
export function isCaseworkerId(text: string): text is CaseworkerId {
  return /^[a-z0-9-]{1,16}$/.test(text);
}

/** The owner of the system's own batches: no participant may have this id. */
export const FOLLOW_UP = 'followup' as AgencyId;

/** Whether a batch, or a direction of one, is a follow-up's. */
export function isFollowUp(id: BatchId | DirectionId): boolean {
  return id.startsWith(`${FOLLOW_UP}-`);
}

/** Whether a text has the form of an operator's id; whether there is such an operator, the configuration says. */
export function isOperatorId(text: string): text is OperatorId {
  return /^[a-z0-9-]{1,10}$/.test(text);
}

/** A SHA-256 in hexadecimal was expected. */
export class NotASha256 extends Error {
  override name = 'NotASha256';
}

/**
 * The batch that a report starts. It follows from the agency and the report's bytes, so that the same file twice is
 * one batch.
 * @param sha256 the report's SHA-256, 64 lower-case hexadecimal digits
 * @throws NotASha256
 */
export function batchIdOf(agency: AgencyId, sha256: string): BatchId {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new NotASha256('a SHA-256 is 64 lower-case hexadecimal digits');
  return `${agency}-${sha256.slice(0, 12)}` as BatchId;
}

/**
 * The reversal that a file asks for. It follows from who filed it, where, and which upload it was: other bytes, or the same bytes from
 * another person, ask for another one.
 * @param key in the inbox
 * @param version the upload's own
 */
export function reversalIdOf(uploader: CaseworkerId | AgencyId, key: string, version: string): BatchId {
  return `${uploader}-${sha256Of(`${key}\n${version}`).slice(0, 12)}` as BatchId;
}

/** Whether a text has the form of a batch's id; whether there is such a batch, table Cases says. */
export function isBatchId(text: string): text is BatchId {
  return /^[a-z0-9-]{1,16}-[0-9a-f]{12}$/.test(text);
}

/** The chain of the audit that tells of erasures; no batch can have this id. */
export const ERASURES = 'erasures' as BatchId;

/** The chain of the audit that tells of exemptions. */
export const EXEMPTED = 'exemptions' as BatchId;

/** The chain of the audit that tells of usage files that were let in. */
export const ADMITTED = 'admissions' as BatchId;

/** The chain of the audit that tells of lookups. */
export const LOOKED_UP = 'lookups' as BatchId;

/** The chain of the audit that tells of appeals. */
export const APPEALED = 'appeals' as BatchId;

/** The parts of a direction's id. The plan, shard and number within the shard make its number. */
export interface DirectionIdParts {
  readonly batchId: BatchId;
  readonly kind: DirectionKind;
  readonly operator: OperatorId;
  readonly plan: number;
  readonly shard: number;
  readonly n: number;
}

/** The id of a direction. */
export function directionIdOf(parts: DirectionIdParts): DirectionId {
  const { batchId, kind, operator, plan, shard, n } = parts;
  return `${batchId}.${kind}.${operator}.${plan}-${shard}-${n}` as DirectionId;
}

const DIRECTION_ID = new RegExp(
  `^([a-z0-9-]{1,16}-[0-9a-f]{12})\\.(${DIRECTION_KIND_NAMES.join('|')})\\.([a-z0-9-]{1,10})\\.(0|[1-9][0-9]{0,8})-(0|[1-9][0-9]{0,8})-(0|[1-9][0-9]{0,8})$`,
);

/** Reads a direction's id; null for a text that `directionIdOf` never makes. */
export function parseDirectionId(text: string): ({ readonly id: DirectionId } & DirectionIdParts) | null {
  const parts = DIRECTION_ID.exec(text);
  if (parts === null) return null;
  return {
    id: text as DirectionId,
    batchId: parts[1] as BatchId,
    kind: parts[2] as DirectionKind,
    operator: parts[3] as OperatorId,
    plan: Number(parts[4]),
    shard: Number(parts[5]),
    n: Number(parts[6]),
  };
}

/**
 * The shard, 0 to `shards` − 1, of a connection or a handset: FNV-1a (32 bits) of its text. It must never change while
 * a batch is open, since it stands in the names of what was gathered.
 */
export function shardOf(identifier: Msisdn | Imei, shards: number): number {
  return hashOf(identifier) % shards;
}

/**
 * The part, 0 to `parts` − 1, of a number among those of one of `shards` shards, from the rest of its hash that the choice of the shard
 * left.
 */
export function partOf(identifier: Msisdn, shards: number, parts: number): number {
  return Math.floor(hashOf(identifier) / shards) % parts;
}

function hashOf(identifier: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < identifier.length; i++) {
    hash = Math.imul(hash ^ identifier.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** The handset with these 14 digits, which are counted as a number: what streams millions of them keeps numbers. */
export function imeiOfNumber(number: number): Imei {
  return String(number).padStart(14, '0') as Imei;
}

/** The connection with these ten digits, which are counted as a number, likewise. */
export function msisdnOfNumber(number: bigint): Msisdn {
  return `+91${String(number).padStart(10, '0')}` as Msisdn;
}
