import { APPROVE, batchOf, type Lab } from './lab.ts';

export type Subjects = ReturnType<typeof subjectsOf>;
/**
 * The handsets and numbers of a story, each of which has its own number from 1 on, and the batches of a report by mha of its first handset
 * and by up-police of its second one.
 */
export function subjectsOf(story: number) {
  const [H1, H2, H3] = [1, 2, 3].map((n) => `35${10 + story}000000000${n}`) as [string, string, string];
  const [N, M] = [1, 2].map((n) => `+9198${10 + story}00000${n}`) as [string, string];
  return { H1, H2, H3, N, M, MHA: batchOf('mha', H1), UP: batchOf('up-police', H2) };
}

const COLUMNS = ['outcome', 'to', 'ground', 'activated_on'] as const;
/** What an operator says of a number; each time by a file of other bytes. */
export async function say(
  lab: Lab,
  direction: string,
  number: string,
  said: Partial<Record<(typeof COLUMNS)[number], string>>,
): Promise<void> {
  const row = COLUMNS.map((column) => said[column] ?? '');
  const at = lab.cloud.clock.now();
  const [, , operator] = direction.split('.');
  await lab.upload(
    `responses/${operator}/${direction}/${said.outcome} ${number} at ${at}.csv`,
    `${['msisdn', ...COLUMNS, 'remarks'].join(',')}\n${[number, ...row, at].join(',')}\n`,
  );
}

/** Has a report withdrawn, and given back. */
export async function takeBack(lab: Lab, report: string): Promise<string> {
  const reversal = await lab.withdraw(report, [], `${report} ${lab.cloud.clock.now()}.csv`);
  await lab.decide('approver-1', reversal, [APPROVE]);
  return reversal;
}

/** Has a number given back by an appeal; by another one, if its case is another. */
export async function appeal(lab: Lab, number: string, caseRef = 'A-1'): Promise<string> {
  const before = new Set(await lab.outbox('previews/caseworker-1-'));
  await lab.upload(
    `appeals/caseworker-1/${number}.csv`,
    `msisdn,imei,reference,ground,case_ref\n${number},,,wrong_number,${caseRef}\n`,
  );
  const [key = ''] = (await lab.outbox('previews/caseworker-1-')).filter((one) => !before.has(one));
  const [, reversal = ''] = key.split('/');
  await lab.decide('approver-1', reversal, [APPROVE]);
  return reversal;
}

/** What was read of a lab's outbox: what lies there stays as it is, and many stories look through it. */
const texts = new WeakMap<Lab, Map<string, string>>();
/** The keys under a prefix, of those that fit, whose files have a number. */
export async function naming(lab: Lab, number: string, prefix: string, fits: RegExp): Promise<string[]> {
  const read = texts.get(lab) ?? new Map<string, string>();
  texts.set(lab, read);
  const found: string[] = [];
  for (const key of await lab.outbox(prefix)) {
    if (!fits.test(key)) continue;
    const text = read.get(key) ?? (await lab.read(key));
    read.set(key, text);
    if (text.includes(number)) found.push(key);
  }
  return found;
}

/** The orders of an operator that take service from a number. */
export const cuts = (lab: Lab, number: string, operator = '') =>
  naming(lab, number, `orders/${operator}`, /bar_|disconnect\.csv/);

/** The directions of nights that have a number restored. */
export const restoredByNight = async (lab: Lab, number: string) => [
  ...new Set(
    (await naming(lab, number, 'orders/', /\/followup-[^/]*\.restore\.[^/]*\//)).map((key) => key.split('/')[2] ?? ''),
  ),
];

/** What a caseworker is told of a number. */
export async function sentence(lab: Lab, number: string): Promise<string> {
  const name = `${number} at ${lab.cloud.clock.now()}`;
  await lab.upload(`lookups/caseworker-1/${name}.csv`, `msisdn\n${number}\n`);
  const [key = ''] = await lab.outbox(`explanations/caseworker-1/${name}.`);
  const { lookups } = await lab.json<{ lookups: { sentence: string }[] }>(key);
  return lookups[0]?.sentence ?? '';
}

export const kept = (lab: Lab, reversal: string) => lab.read(`batches/${reversal}/kept.csv`);
export const NONE = 'kind,identifier,operator,batchId,state\n';

/** A list's header, and its rows that begin with a number, or with what comes before and a number. */
export const ofNumber = (list: string, ...numbers: string[]) =>
  list
    .split('\n')
    .filter((line, n) => n === 0 || numbers.some((number) => line.startsWith(number)))
    .map((line) => `${line}\n`)
    .join('');
