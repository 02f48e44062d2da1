/** Keys and ids, the lines of the work bucket, events of S3, and command lines. */
import fc from 'fast-check';
import { parseDirectionRowLine } from '../../../lambdas/domain/directions.ts';
import { directionIdOf, parseDirectionId } from '../../../lambdas/domain/identifiers.ts';
import { parseInboxKey } from '../../../lambdas/domain/inbox.ts';
import {
  combinedReceiptKey,
  explanationKey,
  receiptKey,
  rejectsKey,
  WITHDRAWALS,
} from '../../../lambdas/domain/outbox.ts';
import { BadPointer, readPointer, writePointer } from '../../../lambdas/domain/pointers.ts';
import { BadLinkKey, parseGatheredLine, parseLinkKey } from '../../../lambdas/domain/sightings.ts';
import { BadWorkLine, tabbedCells, tabbedLine } from '../../../lambdas/domain/tabbed.ts';
import { inboxKey } from '../inputs.ts';
import { must, target } from '../target.ts';
import { orSpoilt, spoilt } from '../texts.ts';

const STRAYS = [
  'key_too_long',
  'unknown_place',
  'not_a_csv_name',
  'bad_agency',
  'bad_operator',
  'bad_approver',
  'bad_caseworker',
];

/** Checks a key that the system writes under: it is in a place of one uploader, and leads nowhere else. */
export function mustStayInPlace(key: string, place: string, parts: number): void {
  const all = key.split('/');
  must(key.startsWith(place) && all.length === parts, 'what we write stays in its place');
  must(
    !all.some((part) => part === '' || part === '.' || part === '..'),
    'no part of a key that we write leads elsewhere',
  );
  must(Buffer.byteLength(key) <= 1024, 'a key that we write has at most 1,024 bytes');
  must(key.isWellFormed(), 'a key that we write can be written as UTF-8');
}

const keys = target({ name: 'key', what: 'object keys', share: 100 }, inboxKey, (key) => {
  const read = parseInboxKey(key);
  if (read.kind === 'stray') {
    must(STRAYS.includes(read.why), 'a stray object has a reason of the list');
    return;
  }
  must(/^[^/]+\.csv$/is.test(read.name), 'a file has a name');
  const sha256 = 'ab'.repeat(32);
  if (read.kind === 'decision' || read.kind === 'exemption' || read.kind === 'admission') {
    const about = read.kind === 'decision' ? read.batchId : `${read.kind}s`;
    must(/^[a-z0-9-]{1,16}$/.test(read.approver), 'an uploader has an id');
    const between = read.kind === 'decision' ? `/${about}/` : '/';
    must(key === `${read.kind}s/${read.approver}${between}${read.name}`, 'a key is what its parts say');
    mustStayInPlace(receiptKey(read.approver, about, read.name, sha256), `receipts/${read.approver}/`, 4);
  } else if (read.kind === 'withdrawal') {
    must(/^[a-z0-9-]{1,16}$/.test(read.agency), 'an uploader has an id');
    must(key === `withdrawals/${read.agency}/${read.batchId}/${read.name}`, 'a key is what its parts say');
    mustStayInPlace(receiptKey(read.agency, WITHDRAWALS, read.name, sha256), `receipts/${read.agency}/`, 4);
  } else if (read.kind === 'response') {
    must(key === `responses/${read.operator}/${read.directionId}/${read.name}`, 'a key is what its parts say');
    mustStayInPlace(receiptKey(read.operator, read.directionId, read.name, sha256), `receipts/${read.operator}/`, 4);
    const direction = parseDirectionId(read.directionId);
    must(direction === null || direction.id === read.directionId, "a direction's id is its own");
  } else if (read.kind === 'combined') {
    must(key === `responses/${read.operator}/${read.name}`, 'a key is what its parts say');
    mustStayInPlace(combinedReceiptKey(read.operator, read.name, sha256), `receipts/${read.operator}/`, 3);
  } else if (read.kind === 'lookup' || read.kind === 'appeal') {
    must(/^[a-z0-9-]{1,16}$/.test(read.caseworker), 'an uploader has an id');
    must(key === `${read.kind}s/${read.caseworker}/${read.name}`, 'a key is what its parts say');
    mustStayInPlace(receiptKey(read.caseworker, `${read.kind}s`, read.name, sha256), `receipts/${read.caseworker}/`, 4);
    mustStayInPlace(explanationKey(read.caseworker, read.name, sha256), `explanations/${read.caseworker}/`, 3);
  } else {
    const who = read.kind === 'report' ? read.agency : read.operator;
    must(/^[a-z0-9-]{1,16}$/.test(who), 'an uploader has an id');
    must(key === `${read.kind === 'report' ? 'reports' : 'usage'}/${who}/${read.name}`, 'a key is what its parts say');
    mustStayInPlace(rejectsKey(who, read.name), `rejects/${who}/`, 3);
  }
});

const id = orSpoilt(
  fc.constantFrom(
    ...['mha-0123456789ab.reverify.airtel.1-0-0', 'mha-0123456789ab.block.airtel.999999999-0-1:7'],
    ...['2026-05-20#+919800000001#airtel', '2026-05-20#+919800000001#airtel#'],
  ),
);
const ids = target({ name: 'ids', what: 'ids of directions, pointers and links', share: 40 }, id, (text) => {
  const direction = parseDirectionId(text);
  if (direction !== null) must(directionIdOf(direction) === text, "a direction's id says what it was made of");
  try {
    must(writePointer(readPointer(text)).length <= text.length, 'a pointer is what it was written as');
  } catch (error) {
    if (!(error instanceof BadPointer)) throw error;
  }
  try {
    parseLinkKey(text);
  } catch (error) {
    if (!(error instanceof BadLinkKey)) throw error;
  }
});

const workLines = target(
  { name: 'work-line', what: 'lines of the work bucket, with what outsiders wrote in them', share: 40 },
  fc.tuple(
    fc.array(orSpoilt(fc.constantFrom('Delhi', '35100000000001', '\\', '\\t')), { minLength: 1, maxLength: 6 }),
    spoilt(fc.constant('a\tb\tc')),
  ),
  ([cells, line]) => {
    const written = tabbedLine(cells);
    // Node's line reader breaks lines at these characters.
    must(!/[\n\r\u2028\u2029]/.test(written), 'a line of the work bucket is one line');
    must(JSON.stringify(tabbedCells(written)) === JSON.stringify(cells), 'cells are read as they were written');
    for (const read of [
      parseGatheredLine,
      (text: string) => parseDirectionRowLine('reverify', text),
      (text: string) => parseDirectionRowLine('block', text),
    ])
      for (const text of [line, written])
        try {
          read(text);
        } catch (error) {
          if (!(error instanceof BadWorkLine)) throw error;
        }
  },
);

export const keyTargets = [keys, ids, workLines];
