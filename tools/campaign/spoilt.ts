/** The data seen of a story, with something wrong in it that a checker should find. */
import { sha256 } from '../../test/reckoning/files.ts';
import type { Seen } from './invariants.ts';
import type { Told } from './run.ts';

export function spoiltBy({ seen }: Told, spoil: (seen: Seen) => void): Seen {
  const spoilt = structuredClone(seen as Seen);
  spoil(spoilt);
  return spoilt;
}

export const keyOf = (seen: Seen, place: RegExp, lines = 2): string => {
  const key = Object.keys(seen.outbox).find(
    (one) => place.test(one) && (seen.outbox[one] ?? '').split('\n').length > lines,
  );
  if (key === undefined) throw new Error(`the story has nothing in ${place}`);
  return key;
};
/** Changes the first such file in the outbox with more than `lines` lines. */
export const edit =
  (place: RegExp, change: (text: string) => string, lines = 2) =>
  (seen: Seen) => {
    const key = keyOf(seen, place, lines);
    seen.outbox[key] = change(seen.outbox[key] ?? '');
  };
export const lastRow = (text: string) => text.replace(/[^\n]*\n$/, '');
export const lastWrite = (seen: Seen) => [...seen.ledgers.values()][0]?.at(-1)?.item as Record<string, unknown>;
export const batchIn = (seen: Seen) => Object.values(seen.cases).find(({ state }) => state === 'settled') ?? {};
export const orders = (seen: Seen) =>
  Object.values(seen.notices)
    .flat()
    .filter(({ kind }) => kind === 'order');
export const first = (seen: Seen) => orders(seen)[0] ?? {};
export const isApproval = ({ key, text }: Seen['uploads'][number]) =>
  key.startsWith('decisions/') && text.includes(',approve,');
/** Adds a row to an approver's file, and adapts its receipt to that. */
export const sayMore = (seen: Seen, row: string) => {
  const upload = seen.uploads.find(isApproval);
  if (upload === undefined) throw new Error('nobody approves anything');
  const receiptOf = (text: string) =>
    `${upload.key.replace('decisions/', 'receipts/')}.${sha256(text).slice(0, 8)}.json`;
  const before = receiptOf(upload.text);
  upload.text += `${upload.text.split('\n')[1]?.split(',')[0]},${row}\n`;
  seen.outbox[receiptOf(upload.text)] = seen.outbox[before] ?? '';
};
