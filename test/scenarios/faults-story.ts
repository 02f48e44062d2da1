import { createHash } from 'node:crypto';
import type { FaultPlan } from 'local-cloud';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import type { Lab } from './lab.ts';
import { A1, A2, A3, H1, H2, H3, H4, J1 } from './story.ts';

/**
 * A story in which every function makes every kind of write that it has, small enough to be worked out by hand. Two
 * operators, airtel and jio. Every act is well away from every deadline, and far enough from the next act
 * for an event that is delivered again and again to have been dealt with: nothing in it depends on seconds.
 *
 * Airtel's usage file is larger than a piece, the others are not.
 * Links: H1: A1 airtel 20 May, A2 airtel 21 May, J1 jio 19 May. H2: A3 airtel 30 May, A1 jio 1 May. H3: J2 jio 25 May, from a
 * file that can't be read further. (The file of an operator that isn't configured, a report and a response in no agreed
 * place, and an empty report count for nothing.)
 *
 * Batch of mha, day 2.25: H1, H2, H3, H1 again, one invalid IMEI. Uploaded again on day 2.5: the same batch.
 *   5 connections: airtel A1 A2 A3, jio J1 J2. 3 handsets at 2 operators.
 *   airtel blocked H1 and has no H2; the other four blocks are not answered.
 *   airtel does not know A1 and A3, failed A2; later A2 is disconnected (and A1 too, which conflicts).
 *   jio failed J1 and never disconnects it; J2 is overdue, and disconnected on day 19, after the batch has settled.
 * Batch of up-police, day 10: H1, H4. 3 connections: A1 was not found: again. A2 is disconnected. J1 is open elsewhere.
 *   H1 is blocked at airtel and overdue at jio: again; H4 at both. Nobody answers.
 * Batch of i4c, days 20.5 to 21: H2, H3. Its plans 3 and 4 can't be committed; at the third upload it is planned as number 5.
 *   3 connections: A3 was not found: again. A1 is open in the batch of up-police at airtel, and its
 *   newest sighting here is jio's: there, too.
 *   J2 was disconnected. Neither handset is blocked anywhere: 4 blocks. Order is throttled from then until jio has
 *   blocked both on day 21.25: therefore jio is never ordered to, and A3's ladder is seven hours later. Nobody answers anything else.
 */
export const CONTEXT = { operators: 'airtel,jio', bytesPerPiece: '150' };

export const J2 = '+917000000002';

export const BATCHES = {
  mha: {
    report: { rows: 5, rejected: 1, repeats: 1, handsets: 3 },
    connections: {
      linked: 5,
      struck: 0,
      held: 0,
      exempt: 0,
      reversed: 0,
      reissuedBefore: 0,
      alreadyOpen: 0,
      alreadyDisconnected: 0,
      alreadyVerified: 0,
      directed: 5,
      verified: 0,
      disconnected: 1,
      surrendered: 0,
      notFound: 2,
      ported: 0,
      extended: 0,
      reissued: 0,
      withdrawn: 0,
      overdue: 2,
      overdueFailed: 1,
    },
    blocks: {
      rows: 6,
      struck: 0,
      held: 0,
      exempt: 0,
      reversed: 0,
      alreadyOpen: 0,
      alreadyBlocked: 0,
      directed: 6,
      blocked: 1,
      notFound: 1,
      withdrawn: 0,
      overdue: 4,
    },
    unexplained: 0,
  },
  'up-police': {
    report: { rows: 2, rejected: 0, repeats: 0, handsets: 2 },
    connections: {
      linked: 3,
      struck: 0,
      held: 0,
      exempt: 0,
      reversed: 0,
      reissuedBefore: 0,
      alreadyOpen: 1,
      alreadyDisconnected: 1,
      alreadyVerified: 0,
      directed: 1,
      verified: 0,
      disconnected: 0,
      surrendered: 0,
      notFound: 0,
      ported: 0,
      extended: 0,
      reissued: 0,
      withdrawn: 0,
      overdue: 1,
      overdueFailed: 0,
    },
    blocks: {
      rows: 4,
      struck: 0,
      held: 0,
      exempt: 0,
      reversed: 0,
      alreadyOpen: 0,
      alreadyBlocked: 1,
      directed: 3,
      blocked: 0,
      notFound: 0,
      withdrawn: 0,
      overdue: 3,
    },
    unexplained: 0,
  },
  i4c: {
    report: { rows: 2, rejected: 0, repeats: 0, handsets: 2 },
    connections: {
      linked: 3,
      struck: 0,
      held: 0,
      exempt: 0,
      reversed: 0,
      reissuedBefore: 0,
      alreadyOpen: 0,
      alreadyDisconnected: 1,
      alreadyVerified: 0,
      directed: 2,
      verified: 0,
      disconnected: 0,
      surrendered: 0,
      notFound: 0,
      ported: 0,
      extended: 0,
      reissued: 0,
      withdrawn: 0,
      overdue: 2,
      overdueFailed: 0,
    },
    blocks: {
      rows: 4,
      struck: 0,
      held: 0,
      exempt: 0,
      reversed: 0,
      alreadyOpen: 0,
      alreadyBlocked: 0,
      directed: 4,
      blocked: 2,
      notFound: 0,
      withdrawn: 0,
      overdue: 2,
    },
    unexplained: 0,
  },
};

/** All orders that go out, with their rows: agency, kind, operator, plan, name (`failed` for the disconnect order of a failed row). */
export const ORDERS: Record<string, string[]> = {
  'mha.block.airtel.1 1-block': [H1, H2, H3],
  'mha.block.airtel.1 2-block': [H3],
  'mha.block.jio.1 1-block': [H1, H2, H3],
  'mha.block.jio.1 2-block': [H1, H2, H3],
  'mha.reverify.airtel.1 1-reverify': [A1, A2, A3],
  'mha.reverify.airtel.1 failed': [A2],
  'mha.reverify.jio.1 1-reverify': [J1, J2],
  'mha.reverify.jio.1 2-bar_outgoing': [J2],
  'mha.reverify.jio.1 3-bar_incoming': [J2],
  'mha.reverify.jio.1 4-disconnect': [J1, J2],
  'mha.reverify.jio.1 failed': [J1],
  'up-police.block.airtel.2 1-block': [H4],
  'up-police.block.airtel.2 2-block': [H4],
  'up-police.block.jio.2 1-block': [H1, H4],
  'up-police.block.jio.2 2-block': [H1, H4],
  'up-police.reverify.airtel.2 1-reverify': [A1],
  'up-police.reverify.airtel.2 2-bar_outgoing': [A1],
  'up-police.reverify.airtel.2 3-bar_incoming': [A1],
  'up-police.reverify.airtel.2 4-disconnect': [A1],
  'i4c.block.airtel.5 1-block': [H2, H3],
  'i4c.block.airtel.5 2-block': [H2, H3],
  'i4c.reverify.airtel.5 1-reverify': [A3],
  'i4c.reverify.airtel.5 2-bar_outgoing': [A3],
  'i4c.reverify.airtel.5 3-bar_incoming': [A3],
  'i4c.reverify.airtel.5 4-disconnect': [A3],
  'i4c.reverify.jio.5 1-reverify': [A1],
  'i4c.reverify.jio.5 2-bar_outgoing': [A1],
  'i4c.reverify.jio.5 3-bar_incoming': [A1],
  'i4c.reverify.jio.5 4-disconnect': [A1],
};

type Write = Parameters<NonNullable<FaultPlan['afterWrite']>>[0];
type Invoke = Parameters<NonNullable<FaultPlan['beforeInvoke']>>[0];

/** Faults besides the story's own troubles: told of the story's acts, and asked at every write and invocation. */
export interface More {
  /** Called before each act of somebody in the story. */
  act?(): void;
  afterWrite?(call: Write): 'fail' | 'zombie' | undefined;
  beforeInvoke?(call: Invoke): 'throttle' | undefined;
}

/** The story's own troubles: two plans that can't be committed, and an Order that is throttled for a while. */
export class Troubles {
  orderThrottled = false;
  readonly more: More;

  constructor(more: More = {}) {
    this.more = more;
  }

  get faults(): FaultPlan {
    return {
      afterWrite: (call) =>
        nameOf(call.functionName) === 'Commit' && /^plans\/[34]\//.test(call.key ?? '')
          ? 'fail'
          : this.more.afterWrite?.(call),
      beforeInvoke: (call) =>
        this.orderThrottled && nameOf(call.functionName) === 'Order' ? 'throttle' : this.more.beforeInvoke?.(call),
    };
  }
}

const lines = (header: string, rows: string[]) => [header, ...rows].map((row) => `${row}\n`).join('');
/** Tells the story in a lab that was opened with these troubles. */
export async function tellLongStory(lab: Lab, troubles: Troubles): Promise<void> {
  const { inbox } = bucketsOf(lab.cloud);
  const on = async (day: number, what: () => Promise<void>) => {
    await lab.at(day);
    troubles.more.act?.();
    await what();
  };

  await on(0, () =>
    lab.usage('airtel', [
      `${H1},${A1},2026-05-20,Delhi`,
      `${H1},${A2},2026-05-21,Delhi`,
      `${H2},${A3},2026-05-30,`,
      'x,y,z,',
    ]),
  );
  await on(0.5, () => lab.usage('jio', [`${H1},${J1},2026-05-19,Mumbai`, `${H2},${A1},2026-05-01,Mumbai`]));
  await on(1, () => lab.upload('usage/jio/stopped.csv', `imei,msisdn,last_seen\n${H3},${J2},2026-05-25\n"${H3}`));
  await on(1.5, async () => {
    await lab.upload('usage/nobody/usage.csv', lines('imei,msisdn,last_seen', [`${H1},${J2},2026-05-25`]));
    await lab.upload('nowhere/report.csv', lines('imei', [H1]));
    await lab.upload('responses/nobody/direction/answer.csv', lines('msisdn,outcome', [`${A1},verified`]));
  });
  await on(2, () => lab.upload('reports/delhi-police/empty.csv', ''));

  const report = [H1, H2, H3, H1, 'no-imei'];
  await on(2.25, () => lab.report('mha', report));
  await on(2.5, () => lab.report('mha', report, 'same.csv'));
  const first = (await lab.directions('airtel'))[0]?.split('.')[0];
  if (first === undefined) throw new Error('the first batch has directed nothing');
  const answered = {
    blocks: await lab.direction(first, 'block', 'airtel'),
    airtel: await lab.direction(first, 'reverify', 'airtel'),
    jio: await lab.direction(first, 'reverify', 'jio'),
  };
  const answer = [`${A1},not_found`, `${A2},failed`];
  await on(2.75, () => lab.respond(answered.blocks, [`${H1},blocked`, `${H2},not_found`]));
  await on(3.75, async () => {
    // The two files come at once, but name different rows: therefore it doesn't matter which comes first.
    const key = (name: string) => `responses/airtel/${answered.airtel}/${name}.csv`;
    await lab.cloud.put(inbox, key('answer'), lines('msisdn,outcome', answer));
    await lab.cloud.put(inbox, key('unknown'), lines('msisdn,outcome', [`${A3},not_found`]));
    await lab.cloud.rest();
  });
  await on(4, () => lab.respond(answered.jio, [`${J1},failed`]));
  await on(4.5, () => lab.respond(answered.airtel, [`${A2},disconnected`, `${A1},disconnected`], 'later.csv'));
  await on(5, () => lab.respond(answered.airtel.replace('.1-0-0', '.1-0-9'), [`${A1},verified`]));
  // This comes after the day that A2's own disconnect order had.
  await on(5.25, () => lab.respond(answered.airtel, answer, 'again.csv'));

  await on(10, () => lab.report('up-police', [H1, H4]));
  await on(19, () => lab.respond(answered.jio, [`${J2},disconnected`], 'late.csv'));
  for (const day of [20.5, 20.75]) await on(day, () => lab.report('i4c', [H2, H3]));
  troubles.orderThrottled = true;
  await on(21, () => lab.report('i4c', [H2, H3]));
  const third = `i4c-${createHash('sha256')
    .update(lines('imei', [H2, H3]))
    .digest('hex')
    .slice(0, 12)}`;
  await on(21.25, () => lab.respond(`${third}.block.jio.5-0-0`, [`${H2},blocked`, `${H3},blocked`]));
  await lab.at(21.3);
  troubles.orderThrottled = false;
  troubles.more.act?.();
  await lab.cloud.run();
}
