/**
 * A line for each event, with the cloud's time, for a person who tries the local cloud by hand. No line names a number, a handset or an
 * uploader's file, since a file's name may hold one.
 */
import { parseInboxKey } from '../lambdas/domain/inbox.ts';
import { STRAYS } from '../lambdas/domain/reasons.ts';
import { messageOf } from './desk.ts';

/**
 * The line for an upload into the inbox.
 * @param known the ids of the agencies, operators, approvers and caseworkers that are configured; any other may be anything, and is not
 * repeated
 */
export function uploadText(key: string, size: number, known: readonly string[]): string {
  const place = parseInboxKey(key);
  const by = (id: string, what: string) =>
    known.includes(id) ? id : `${/^[aeio]/.test(what) ? 'an' : 'a'} ${what} that is not configured`;
  const bytes = `${size.toLocaleString('en-US')} bytes`;
  switch (place.kind) {
    case 'report':
      return `${by(place.agency, 'agency')} uploads a report, ${bytes}`;
    case 'usage':
      return `${by(place.operator, 'operator')} uploads usage, ${bytes}`;
    case 'response':
      return `${by(place.operator, 'operator')} uploads a response, ${bytes}`;
    case 'combined':
      return `${by(place.operator, 'operator')} uploads a response for all of its directions, ${bytes}`;
    case 'decision':
      return `${by(place.approver, 'approver')} uploads a decision, ${bytes}`;
    case 'exemption':
      return `${by(place.approver, 'approver')} uploads exemptions, ${bytes}`;
    case 'lookup':
      return `${by(place.caseworker, 'caseworker')} uploads lookups, ${bytes}`;
    case 'appeal':
      return `${by(place.caseworker, 'caseworker')} uploads appeals, ${bytes}`;
    case 'withdrawal':
      return `${by(place.agency, 'agency')} uploads a withdrawal, ${bytes}`;
    case 'admission':
      return `${by(place.approver, 'approver')} uploads admissions, ${bytes}`;
    default:
      return `an upload lies in no agreed place (${place.why}), ${bytes}`;
  }
}

/** The messages that functions log of their work, with the fields that are told: ids of batches and directions, and counts. */
const WORK: Readonly<Record<string, readonly string[]>> = {
  'usage imported': ['operator', 'rows', 'imported', 'rejected'],
  'usage gated': ['operator', 'rows', 'good', 'rejected'],
  'usage admitted': ['operator'],
  'report refused': ['agency', 'reason', 'line'],
  'same report again': ['batchId'],
  'batch registered': ['batchId', 'rows', 'handsets', 'rejected', 'repeats'],
  'decision recorded': ['batchId', 'approver', 'rows'],
  "approver's file refused": ['about', 'why'],
  'exemptions recorded': ['approver', 'rows'],
  'admissions recorded': ['approver', 'rows'],
  'lookups answered': ['caseworker', 'answered', 'rejected'],
  'appeal recorded': ['batchId', 'caseworker', 'subjects'],
  "caseworker's file refused": ['caseworker', 'why'],
  'report withdrawn': ['batchId', 'agency'],
  'withdrawal recorded': ['batchId', 'agency', 'handsets'],
  'withdrawal refused': ['batchId', 'agency', 'why'],
  'batch decided': ['batchId', 'state'],
  'plan directed': ['batchId', 'directions'],
  'order issued': ['order', 'rows', 'directionId'],
  'response recorded': ['rows', 'directionId'],
  'combined response recorded': ['operator', 'directions'],
  'response refused': ['operator', 'why'],
  'direction closed': ['directionId'],
  'batch settled': ['batchId'],
  'upload quarantined': ['why'],
  'batch released': ['batchId', 'status'],
  'execution ended': ['batchId', 'status'],
};

/** The text of a line that a function logged; undefined where it is none of these messages. */
export function workText(line: string): string | undefined {
  const start = line.indexOf('{');
  const logged = start < 0 ? {} : messageOf(line.slice(start));
  const fields = Object.hasOwn(WORK, String(logged.message)) ? WORK[String(logged.message)] : undefined;
  if (fields === undefined) return undefined;
  const told = fields
    .filter((field) => logged[field] !== undefined)
    .map((field) => `${field} ${String(logged[field])}`);
  return `${String(logged.message).replace(/^response/, 'receipt written: response')}: ${told.join(', ')}`;
}

/** The text of a notice that is published; its audience is the participant it names. */
export function noticeLine(message: string): string {
  const notice = messageOf(message);
  const whom = [notice.operator, notice.agency, notice.approver].find((id) => id !== undefined);
  const why = STRAYS.find((stray) => stray === notice.why);
  const what = [notice.order, notice.batchId, why].filter((id) => id !== undefined).map(String);
  return `notice ${String(notice.kind ?? 'without a kind')}${whom === undefined ? '' : ` about ${String(whom)}`}${what.length > 0 ? `: ${what.join(', ')}` : ''}`;
}
