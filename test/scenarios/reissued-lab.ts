import type { FaultPlan } from 'local-cloud';
import { sha8, sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { batchOf, type Lab } from './lab.ts';
import { naming } from './nights-lab.ts';

export type Subjects = ReturnType<typeof subjectsOf>;
/** The handsets and numbers of a story, of which each has its own. */
export function subjectsOf(story: number) {
  const [HANDSET, OTHER, THIRD] = [1, 2, 3].map((n) => `35${10 + story}000000000${n}`) as [string, string, string];
  const [A, B, C] = [1, 2, 3].map((n) => `+9198${10 + story}00000${n}`) as [string, string, string];
  return { HANDSET, OTHER, THIRD, A, B, C, second: batchOf('mha', OTHER) };
}
export const reissued = (number: string, activated: string) =>
  `msisdn,outcome,activated_on\n${number},reissued,${activated}\n`;
export const LISTED = 'msisdn,operator,lsa,disconnected_on,reason\n';
export const withdrawals = (day: string, of: string, answer: string) =>
  ['csv', 'json'].map((form) => `revocations/${day}/${of}.withdrawn-${sha8(sha256Of(answer))}.${form}`);
export const isList = (key: string | undefined, ...batches: string[]) =>
  key?.startsWith('revocations/') && batches.some((batch) => key.includes(batch));
/** The lists of a batch that has settled. */
export async function listsOf(lab: Lab, batch: string): Promise<string[]> {
  const lists = (await lab.outbox('revocations/')).filter((key) => key.endsWith(`/${batch}.csv`));
  return await Promise.all(lists.map((key) => lab.read(key)));
}
/** The orders of a direction that carry a number. */
export async function ordersOf(lab: Lab, direction: string, number: string): Promise<string[]> {
  const keys = await naming(lab, number, `orders/airtel/${direction}/`, /csv$/);
  return keys.map((key) => key.split('/').at(-1) ?? '');
}

/** Has the numbers of stories seen in their other handsets, which one report is about. */
export async function reportOthers(lab: Lab, seen: string, ...stories: Subjects[]): Promise<void> {
  const imeis = stories.map(({ OTHER }) => OTHER);
  const name = batchOf('mha', ...imeis);
  await lab.usage(
    'airtel',
    stories.map(({ OTHER, A }) => `${OTHER},${A},${seen},Delhi`),
    `${name}.csv`,
  );
  await lab.report('mha', imeis, `${name}.csv`);
}

/** The directions that restore a number, and how their first orders carry it. */
export const restored = async (lab: Lab, number: string) => {
  const all = (await lab.directions('airtel')).filter((id) => id.includes('.restore.'));
  const carried = (id: string) =>
    lab
      .read(`orders/airtel/${id}/1-restore.csv`)
      .then((text) => (text.match(/\+91\d+/g) ?? []).filter((one) => one === number));
  const found = await Promise.all(all.map(async (id) => [id, await carried(id)] as const));
  return found.filter(([, numbers]) => numbers.length > 0);
};
/** How often an operator was told since the last time that it disconnected a number of this direction's after it was verified. */
export const warnings = async (lab: Lab, direction: string) => {
  const notices = await lab.notices('fraud-directions-airtel');
  return notices.filter((one) => one.kind === 'disconnected_after_verified' && one.directionId === direction).length;
};
/** Has a number said to be disconnected. */
export const sayDisconnected = async (lab: Lab, direction: string, number: string, name: string, on: string) =>
  await lab.upload(
    `responses/airtel/${direction}/${name} ${number}.csv`,
    `msisdn,outcome,occurred_on\n${number},disconnected,${on}\n`,
  );

/** The reversal that an appeal asks for. */
export async function appealed(lab: Lab, name: string, text: string): Promise<string> {
  const before = new Set(await lab.outbox('previews/caseworker-1-'));
  await lab.upload(`appeals/caseworker-1/${name}.csv`, text);
  const [key = ''] = (await lab.outbox('previews/caseworker-1-')).filter((one) => !before.has(one));
  return key.split('/')[1] ?? '';
}

/**
 * Has a response uploaded at the moment when Claim is to create an item, and has Claim wait until Record has worked on it, and leaves it to come
 * again, since a batch plans.
 * @param from the instant from which that is so
 * @param item how the item's key begins
 */
export function answeredMeanwhile(
  lab: Lab,
  { from, item, key, text }: { from: number; item: string; key: string; text: string },
) {
  let isUploaded = false;
  let reader: string | undefined;
  const worked = Promise.withResolvers<void>();
  return {
    beforeCall: ({ caller, requestId, action, key: called = '' }) => {
      if (isUploaded && nameOf(caller) === 'Record' && called === key) reader = requestId;
      const creates = nameOf(caller) === 'Claim' && action === 'PutItem' && called.startsWith(item);
      if (!creates || lab.cloud.clock.now() < from) return undefined;
      if (!isUploaded) void lab.cloud.put(bucketsOf(lab.cloud).inbox, key, text);
      isUploaded = true;
      return worked.promise;
    },
    afterWrite: ({ requestId, key: written = '' }) => {
      if (requestId === reader && written.startsWith('uploads/failed/')) worked.resolve();
      return undefined;
    },
    wasMet: () => isUploaded,
  } satisfies FaultPlan & { wasMet(): boolean };
}
