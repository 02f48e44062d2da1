/** The part of the second reckoning that decides what becomes of each row of a report, or of a night. */
import type { Books } from './books.ts';
import { dayAt, daysBefore, imeiIn, linesOf, written } from './files.ts';
import { type Batch, isEnded, order, type Plan, type Row } from './rows.ts';
import type { Kind, noOperator } from './tables.ts';

/** The days before a report within which a sighting counts. */
const WINDOW_DAYS = 180;

/** A number that was seen on a handset, on a day, by an operator. */
export interface Link {
  imei: string;
  msisdn: string;
  day: string;
  operator: string;
}

/** The handsets of a report, and `line,reason` of its rejects. */
export function readReport(text: string) {
  const handsets = new Set<string>();
  const rejects: string[] = [];
  const { lines } = linesOf(text);
  for (const { line, cells } of lines) {
    const imei = cells ? imeiIn(cells.imei) : { reason: 'wrong_cell_count' };
    if ('reason' in imei) rejects.push(`${line},${imei.reason}`);
    else handsets.add(imei.imei);
  }
  const rejected = rejects.length;
  const repeats = lines.length - rejected - handsets.size;
  return { handsets, rejects, report: { rows: lines.length, rejected, repeats, handsets: handsets.size } };
}

/** The handsets that were used with 25 numbers or more on a day, or with 500 or more in all. */
function heldAmong(links: readonly Link[]): Set<string> {
  const seen = new Map<string, Set<string>>();
  const see = (what: string, msisdn: string) => seen.set(what, (seen.get(what) ?? new Set()).add(msisdn));
  for (const { imei, msisdn, day } of links) {
    see(imei, msisdn);
    see(`${imei} ${day}`, msisdn);
  }
  const held = new Set<string>();
  for (const [what, numbers] of seen) {
    const [imei = '', day] = what.split(' ');
    if (numbers.size >= (day === undefined ? 500 : 25)) held.add(imei);
  }
  return held;
}

/** Decides about each number that was seen on a report's handsets, and about each handset at each operator. */
export function decideReport(
  books: Books,
  batch: Batch,
  handsets: ReadonlySet<string>,
  links: Iterable<Link>,
  operators: Readonly<Record<string, ReturnType<typeof noOperator>>>,
): void {
  const newest = new Map<string, Link>();
  const from = daysBefore(dayAt(batch.at), WINDOW_DAYS);
  // The links are sorted oldest first, then by the operator's id descending, then with the highest IMEI last: the last one counts as the
  // newest.
  const inWindow = [...links]
    .filter(({ imei, day }) => handsets.has(imei) && day >= from && day <= dayAt(batch.at))
    .sort((a, b) => order(a.day, b.day) || order(b.operator, a.operator) || order(b.imei, a.imei));
  for (const link of inWindow) newest.set(link.msisdn, link);
  // Nobody decides anything about handsets that look cloned: they are spared, and so are numbers that were seen on such handsets alone.
  const held = heldAmong(inWindow);
  const actedUpon = new Map<string, string>();
  for (const { msisdn, imei } of inWindow) if (!held.has(imei)) actedUpon.set(msisdn, imei);

  for (const { msisdn, operator: sighted, day } of newest.values()) {
    const imei = actedUpon.get(msisdn);
    const operator = books.operatorOf(msisdn, sighted, day);
    const plan = imei === undefined ? undefined : { lastSeen: day, imei: written(imei) };
    decide(books, batch, 'reverify', operator, msisdn, plan, operators[operator]?.connections ?? {});
  }
  for (const imei of handsets)
    for (const operator of books.operators) {
      const plan = held.has(imei) ? undefined : { lastSeen: '', imei: written(imei) };
      decide(books, batch, 'block', operator, imei, plan, operators[operator]?.blocks ?? {});
    }
}

/** @param goingOn rows that this batch goes on with, and which don't hinder it */
export function decide(
  books: Books,
  batch: Batch,
  kind: Kind,
  operator: string,
  identifier: string,
  /** The direction's details for it; none where its handset is held. */
  plan: Plan | undefined,
  counts: Record<string, number>,
  goingOn: ReadonlySet<Row> = new Set(),
): string {
  if (books.reversed.has(identifier)) throw new Error('nobody in the sample is reported again who was taken back');
  const shown = kind === 'block' ? written(identifier) : identifier;
  const others = books
    .earlier(kind, operator, identifier)
    .filter((row) => !goingOn.has(row) || row.outcome === 'reissued');
  const lastSeen = plan?.lastSeen ?? '';
  const reissued = others.find(({ outcome, on }) => outcome === 'reissued' && lastSeen <= on);
  const open = others.find((row) =>
    row.goesOnAt === '' ? row.operator === operator && books.isOpen(row, batch.at) : row.goesOnAt === operator,
  );
  const [recorded] = others.filter(({ at }) => at > 0).sort((a, b) => b.at - a.at);
  const isSince = recorded !== undefined && lastSeen <= recorded.on;
  const all = kind === 'block' ? 'rows' : 'linked';
  let state = 'directed';
  let where: Row | undefined = recorded;
  if (plan === undefined) [state, where] = ['held', undefined];
  else if (books.isExempt(identifier, batch.at)) [state, where] = ['exempt', undefined];
  else if (reissued) [state, where] = ['reissuedBefore', reissued];
  else if (open) [state, where] = ['alreadyOpen', open];
  else if (recorded?.outcome === 'blocked') state = 'alreadyBlocked';
  else if (isSince && isEnded(recorded.outcome)) state = 'alreadyDisconnected';
  else if (isSince && recorded.outcome === 'verified') state = 'alreadyVerified';
  counts[all] = (counts[all] ?? 0) + 1;
  counts[state] = (counts[state] ?? 0) + 1;
  if (plan !== undefined && state === 'directed') {
    batch.directed.push(`${kind},${operator},${shown},${plan.imei}`);
    batch.plans.set(`${kind} ${operator} ${identifier}`, plan);
  } else batch.elsewhere.push(`${kind},${shown},${operator},${state},${where?.direction ?? ''}`);
  return state;
}
