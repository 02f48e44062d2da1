/** Withdrawals that meet one another, the nights that went on with what they take back, and the words of operators between. */
import { describe, expect, it } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { APPROVE, DAY, Lab, type LabSettings, START } from './lab.ts';
import { directions } from './reversals-lab.ts';

const [H1, H2, H3] = ['35100000000001', '35100000000002', '35100000000003'];
const [N, M] = ['+919810000001', '+919810000002'];
const idOf = (agency: string, imeis: readonly string[]) =>
  `${agency}-${sha256Of(`imei\n${imeis.map((imei) => `${imei}\n`).join('')}`).slice(0, 12)}`;
const [MHA, UP] = [idOf('mha', [H1]), idOf('up-police', [H2])];
const open = (operators: string, more: LabSettings = {}) =>
  Lab.open({ nights: true, ...more, context: { operators, ...more.context } });

const COLUMNS = ['msisdn', 'outcome', 'to', 'ground', 'activated_on'] as const;
/** What an operator says of the number; each time by a file of other bytes. */
async function say(lab: Lab, direction: string, said: Partial<Record<(typeof COLUMNS)[number], string>>) {
  const cells = { msisdn: N, ...said };
  const row = COLUMNS.map((column) => cells[column as keyof typeof cells] ?? '');
  const at = lab.cloud.clock.now();
  const [, , operator] = direction.split('.');
  await lab.upload(
    `responses/${operator}/${direction}/${said.outcome} at ${at}.csv`,
    `${[...COLUMNS, 'remarks'].join(',')}\n${[...row, at].join(',')}\n`,
  );
}

/** The number is at airtel by mha's report, and at another operator, where it was seen later, by up-police's. */
async function bothReported(lab: Lab, other: string): Promise<void> {
  await lab.usage('airtel', [`${H1},${N},2026-05-20,Delhi`]);
  await lab.usage(other, [`${H2},${N},2026-05-25,Delhi`]);
  await lab.report('mha', [H1]);
  await lab.report('up-police', [H2]);
}

/** Has a report withdrawn, and given back. */
async function takeBack(lab: Lab, report: string): Promise<string> {
  const reversal = await lab.withdraw(report, [], `${report} ${lab.cloud.clock.now()}.csv`);
  await lab.decide('approver-1', reversal, [APPROVE]);
  return reversal;
}

async function appeal(lab: Lab): Promise<string> {
  await lab.upload('appeals/caseworker-1/a.csv', `msisdn,imei,reference,ground,case_ref\n${N},,,wrong_number,A-1\n`);
  const [key = ''] = await lab.outbox('previews/caseworker-1-');
  const [, reversal = ''] = key.split('/');
  await lab.decide('approver-1', reversal, [APPROVE]);
  return reversal;
}

/** The orders of an operator that take service from the number. */
async function cuts(lab: Lab, operator = ''): Promise<string[]> {
  const found: string[] = [];
  for (const key of await lab.outbox(`orders/${operator}`))
    if (/bar_|disconnect\.csv/.test(key) && (await lab.read(key)).includes(N)) found.push(key);
  return found;
}

async function sentence(lab: Lab): Promise<string> {
  const name = `at ${lab.cloud.clock.now()}`;
  await lab.upload(`lookups/caseworker-1/${name}.csv`, `msisdn\n${N}\n`);
  const [key = ''] = await lab.outbox(`explanations/caseworker-1/${name}.`);
  const { lookups } = await lab.json<{ lookups: { sentence: string }[] }>(key);
  return lookups[0]?.sentence ?? '';
}

const kept = (lab: Lab, reversal: string) => lab.read(`batches/${reversal}/kept.csv`);
const NONE = 'kind,identifier,operator,batchId,state\n';

describe('of two reports that are both withdrawn', () => {
  it.each([
    ['mha', [MHA, UP]],
    ['up-police', [UP, MHA]],
  ])("none is kept by the night that went on with the other's number, %s's withdrawn first", async (_, order) => {
    await using lab = await open('airtel,jio');
    await bothReported(lab, 'jio');
    await lab.at(2);
    await say(lab, await lab.direction(MHA, 'reverify', 'airtel'), { outcome: 'ported', to: 'jio' });
    await lab.at(2 + 20 / 24);
    const reversals: string[] = [];
    for (const [n, report] of order.entries()) {
      await lab.at(3 + n);
      reversals.push(await takeBack(lab, report));
    }
    // The first one may find the number in the other report's row; nothing stands once both are withdrawn.
    expect(await kept(lab, reversals[1] ?? '')).toBe(NONE);
    await lab.quietlyAt(30);
    expect(await cuts(lab)).toEqual([]);
  });

  it('none is kept by a restore that the same night asked for again', async () => {
    await using lab = await open('airtel,jio,vi');
    const third = idOf('mha', [H3]);
    await lab.usage('vi', [`${H3},${N},2026-05-10,Delhi`]);
    await lab.report('mha', [H3], 'third.csv');
    await lab.usage('airtel', [`${H1},${N},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    await lab.usage('jio', [`${H2},${N},2026-05-25,Delhi`]);
    await lab.report('up-police', [H2]);
    // vi restores nobody: its restore is asked for again in the night in which the ported number is found at jio.
    await lab.at(1);
    await takeBack(lab, third);
    await lab.at(3.2);
    await say(lab, await lab.direction(MHA, 'reverify', 'airtel'), { outcome: 'ported', to: 'jio' });
    await lab.at(4);
    await takeBack(lab, MHA);
    await lab.at(4.2);
    expect(await kept(lab, await takeBack(lab, UP))).toBe(NONE);
    await lab.quietlyAt(30);
    expect(await cuts(lab)).toEqual([]);
  });

  it('none is kept by a night that went on with what two nights before had moved', async () => {
    await using lab = await open('airtel,jio');
    await lab.usage('airtel', [`${H1},${N},2026-05-20,Delhi`, `${H1},${M},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    const own = await lab.direction(MHA, 'reverify', 'airtel');
    await lab.at(0.5);
    await say(lab, own, { outcome: 'extended', ground: 'abroad' });
    await lab.at(1.5);
    await say(lab, await lab.direction('followup-202606020000', 'reverify', 'airtel'), {
      outcome: 'ported',
      to: 'jio',
    });
    await lab.at(2.2);
    await lab.usage('airtel', [`${H2},${N},2026-06-03,Delhi`], 'later.csv');
    await lab.report('up-police', [H2]);
    // It comes back to airtel, where up-police's row is, in a night in which another number of mha's own moves, too.
    await say(lab, await lab.direction('followup-202606030000', 'reverify', 'jio'), { outcome: 'not_found' });
    await say(lab, own, { msisdn: M, outcome: 'ported', to: 'jio' });
    await lab.at(3.2);
    await takeBack(lab, UP);
    await lab.at(3.4);
    expect(await kept(lab, await takeBack(lab, MHA))).toBe(NONE);
    await lab.quietlyAt(20);
    expect(await cuts(lab)).toEqual([]);
  });

  it('the row goes, too, that the first withdrawal left since the other report had directed the number again', async () => {
    await using lab = await open('airtel');
    await lab.usage('airtel', [`${H1},${N},2026-05-20,Delhi`, `${H2},${N},2026-05-22,Delhi`]);
    await lab.report('mha', [H1]);
    const direction = await lab.direction(MHA, 'reverify', 'airtel');
    // Nobody answered: it is directed again, and stays with that while it stands.
    await lab.at(17);
    await lab.report('up-police', [H2]);
    await lab.at(18);
    expect(await kept(lab, await takeBack(lab, MHA))).toBe(`${NONE}reverify,${N},airtel,${UP},directed\n`);
    await lab.at(19);
    const reversal = await takeBack(lab, UP);
    expect(await kept(lab, reversal)).toBe(NONE);
    await lab.at(19.5);
    for (const restore of await directions(lab, reversal, 'restore')) await say(lab, restore, { outcome: 'restored' });
    // Cut off all the same, by whoever had the first order: it is on no list but those of the withdrawn, and is restored.
    await lab.at(20);
    await say(lab, direction, { outcome: 'disconnected' });
    await lab.at(21);
    const naming: string[] = [];
    for (const key of await lab.outbox('revocations/'))
      if (key.endsWith('.csv') && (await lab.read(key)).includes(N)) naming.push(key);
    expect(naming).toEqual([`revocations/2026-06-20/${reversal}.withdrawn.csv`]);
    expect((await lab.directions()).filter((id) => /^followup-.*\.restore\./.test(id))).toHaveLength(1);
    expect(await sentence(lab)).not.toContain(`What the batch ${MHA} did stays`);
  });

  it('a handset is blocked by neither, for later reports as well', async () => {
    await using lab = await open('airtel');
    const [first, second, third] = [idOf('mha', [H1]), idOf('up-police', [H1]), idOf('mha', [H1, H3])];
    await lab.usage('airtel', [`${H2},${N},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    const block = await lab.direction(first, 'block', 'airtel');
    await lab.at(3);
    await lab.report('up-police', [H1]);
    await lab.at(3.5);
    await takeBack(lab, first);
    await lab.at(4);
    const reversal = await takeBack(lab, second);
    for (const unblock of await directions(lab, reversal, 'unblock'))
      await lab.upload(`responses/airtel/${unblock}/r.csv`, `imei,outcome\n${H1},unblocked\n`);
    await lab.at(5);
    await lab.upload(`responses/airtel/${block}/late.csv`, `imei,outcome\n${H1},blocked\n`);
    await lab.report('mha', [H1, H3], 'again.csv');
    await lab.at(9);
    expect(await lab.read(`batches/${third}/elsewhere.csv`)).not.toContain('alreadyBlocked');
  });
});

describe('what a withdrawn report moved, where another one stands at an operator of its own', () => {
  /** The number is at airtel by mha's report, and ported to jio; at vi by up-police's, which stands. */
  async function told(lab: Lab): Promise<void> {
    await bothReported(lab, 'vi');
    await lab.at(2);
    await say(lab, await lab.direction(MHA, 'reverify', 'airtel'), { outcome: 'ported', to: 'jio' });
  }

  /** The same on the third day, where jio has no such number, and mha's report is withdrawn then. */
  async function disputed(lab: Lab): Promise<void> {
    await told(lab);
    await lab.at(3);
    await say(lab, await lab.direction('followup-202606040000', 'reverify', 'jio'), { outcome: 'not_found' });
    await takeBack(lab, MHA);
    await lab.at(4);
    await lab.quietlyAt(30);
  }

  it('does not return either where approvers had lifted an appeal of before', async () => {
    await using lab = await open('airtel,jio,vi');
    await lab.usage('airtel', [`${H3},${N},2026-05-10,Delhi`], 'before.csv');
    await lab.report('mha', [H3], 'before.csv');
    await lab.at(0.2);
    const [restore = ''] = await directions(lab, await appeal(lab), 'restore');
    await say(lab, restore, { outcome: 'restored' });
    await lab.at(0.5);
    for (const approver of ['approver-1', 'approver-2'])
      await lab.upload(`exemptions/${approver}/lift.csv`, `msisdn,imei,until,reason\n${N},,2026-05-01,lifted\n`);
    await lab.at(0.6);
    await disputed(lab);
    expect(await cuts(lab, 'airtel/')).toEqual([]);
    expect(await cuts(lab, 'vi/')).toHaveLength(3);
  });

  it('does not return either where somebody else had the number before', async () => {
    await using lab = await open('airtel,jio,vi');
    await lab.usage('airtel', [`${H3},${N},2026-05-10,Delhi`], 'before.csv');
    await lab.report('mha', [H3], 'before.csv');
    await lab.at(0.2);
    const before = await lab.direction(idOf('mha', [H3]), 'reverify', 'airtel');
    await say(lab, before, { outcome: 'reissued', activated_on: '2026-05-15' });
    await lab.at(0.6);
    await disputed(lab);
    expect(await cuts(lab, 'airtel/')).toEqual([]);
    expect(await cuts(lab, 'vi/')).toHaveLength(3);
  });

  it('does not return where its port was disputed on the day of the withdrawal', async () => {
    await using lab = await open('airtel,jio,vi');
    await told(lab);
    await lab.at(3);
    const [atJio = ''] = await directions(lab, 'followup-202606040000', 'reverify');
    await say(lab, atJio, { outcome: 'not_found' });
    await takeBack(lab, MHA);
    await lab.quietlyAt(3.1);
    // Of one number both is so, and each is said of the report of which it is.
    expect(await sentence(lab)).not.toMatch(/no order takes service from it any more.*else it is to be disconnected/);
    await lab.at(4);
    await lab.quietlyAt(30);
    expect(await cuts(lab, 'airtel/')).toEqual([]);
    expect(await cuts(lab, 'vi/')).toHaveLength(3);
  });

  it('does not go on where it was ported to, though a night had found it and died before that was directed', async () => {
    let stops = 1;
    await using lab = await open('airtel,jio,vi', {
      context: { sweepHours: '24' },
      faults: {
        stops: ({ execution, state }) =>
          execution.includes('followup-') && state === 'Take the turn to plan' && stops-- > 0 ? 0 : undefined,
      },
    });
    await told(lab);
    await lab.at(2 + 19.2 / 24);
    await takeBack(lab, MHA);
    await lab.at(4);
    await lab.quietlyAt(30);
    expect(stops).toBeLessThan(1);
    expect(await cuts(lab, 'jio/')).toEqual([]);
    expect(await cuts(lab, 'vi/')).toHaveLength(3);
  });
});

it('of two reports whose rows went on in one night at one operator, that which stands keeps its continuation', async () => {
  await using lab = await open('airtel,jio');
  await bothReported(lab, 'jio');
  await lab.at(2);
  await say(lab, await lab.direction(MHA, 'reverify', 'airtel'), { outcome: 'ported', to: 'jio' });
  await say(lab, await lab.direction(UP, 'reverify', 'jio'), { outcome: 'extended', ground: 'abroad' });
  await lab.at(3);
  expect(await kept(lab, await takeBack(lab, UP))).toBe(`${NONE}reverify,${N},jio,followup-202606040000,alreadyOpen\n`);
  await lab.at(3.5);
  // And goes with it.
  expect(await kept(lab, await takeBack(lab, MHA))).toBe(NONE);
  await lab.quietlyAt(60);
  expect(await cuts(lab)).toEqual([]);
});

describe('what is to be given back', () => {
  it('is not asked for night after night where a report has barred the number since', async () => {
    await using lab = await open('airtel');
    await lab.usage('airtel', [`${H1},${N},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    const direction = await lab.direction(MHA, 'reverify', 'airtel');
    await lab.at(1);
    await say(lab, direction, { outcome: 'verified' });
    await lab.at(2);
    await lab.usage('airtel', [`${H2},${N},2026-06-03,Delhi`], 'later.csv');
    await lab.report('up-police', [H2]);
    await say(lab, direction, { outcome: 'disconnected' });
    await lab.at(24);
    const nights = (await lab.directions()).filter((id) => /^followup-.*\.restore\./.test(id));
    // Asked for at once, and again while nothing else had been ordered. The bar, on 8 June, is a later word than that.
    expect(nights.length).toBeGreaterThan(0);
    for (const night of nights) expect(night < 'followup-20260609').toBe(true);
    expect(await cuts(lab)).toHaveLength(3);
  });

  it('is asked for again where a later order took service from others alone', async () => {
    await using lab = await open('airtel');
    await lab.usage('airtel', [`${H2},${N},2026-05-20,Delhi`, `${H2},${M},2026-05-20,Delhi`]);
    await lab.report('up-police', [H2]);
    await lab.quietlyAt(6);
    await say(lab, await lab.direction(UP, 'reverify', 'airtel'), { outcome: 'disconnected' });
    await lab.quietlyAt(8);
    await lab.usage('airtel', [`${H1},${N},2026-06-08,Delhi`], 'later.csv');
    await lab.report('mha', [H1]);
    await lab.quietlyAt(9);
    await takeBack(lab, MHA);
    // On day 10 up-police's batch bars M. Nobody restores N, who was asked to be.
    await lab.at(15);
    expect((await lab.directions()).filter((id) => /^followup-.*\.restore\./.test(id)).length).toBeGreaterThan(0);
  });

  it('is asked for still where the number turns out to be somebody else’s meanwhile, who is told of', async () => {
    await using lab = await open('airtel');
    await lab.usage('airtel', [`${H1},${N},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    const direction = await lab.direction(MHA, 'reverify', 'airtel');
    await lab.at(1);
    await say(lab, direction, { outcome: 'disconnected' });
    await lab.at(6);
    const reversal = await appeal(lab);
    await lab.at(6.2);
    await say(lab, direction, { outcome: 'reissued', activated_on: '2026-06-07' });
    expect(await sentence(lab)).toContain('Somebody else has had the number since 7 June 2026');
    await lab.at(7.5);
    const [restore = ''] = await directions(lab, reversal, 'restore');
    expect((await lab.outbox(`orders/airtel/${restore}/`)).map((key) => key.split('/').at(-1))).toEqual([
      '1-restore.csv',
      '2-restore.csv',
    ]);
  });

  it('is said to be where a night finds it open', async () => {
    await using lab = await open('airtel');
    await lab.usage('airtel', [`${H1},${N},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    const direction = await lab.direction(MHA, 'reverify', 'airtel');
    await lab.at(6);
    await appeal(lab);
    await lab.at(6.2);
    await say(lab, direction, { outcome: 'disconnected' });
    await lab.at(7);
    const said = await sentence(lab);
    expect(said).toContain('left it where it was to be given back already');
    expect(said).not.toContain('where it was being re-verified already');
  });
});

it('a report is not planned while a reversal takes back a row that it would find open', async () => {
  let armed = false;
  const later = idOf('up-police', [H3]);
  await using lab = await open('airtel,vi', {
    faults: {
      afterWrite: ({ functionName, service, key }) => {
        if (!armed || !/commit/i.test(functionName) || service !== 'dynamodb' || !key?.startsWith('BATCH#mha-'))
          return undefined;
        armed = false;
        return 'fail';
      },
    },
  });
  await lab.usage('airtel', [`${H1},${N},2026-05-20,Delhi`, `${H3},${N},2026-05-21,Delhi`]);
  await lab.usage('vi', [`${H2},${N},2026-05-25,Delhi`]);
  await lab.report('mha', [H1]);
  await lab.report('up-police', [H2]);
  await lab.at(2);
  const reversal = await lab.withdraw(MHA, []);
  const { inbox } = bucketsOf(lab.cloud);
  const decision = await lab.decision(reversal, [APPROVE]);
  // Its plan counts, and its function dies before it has taken anything back.
  armed = true;
  await lab.cloud.put(inbox, `decisions/approver-1/${reversal}/d.csv`, decision);
  await lab.cloud.run(START + 2 * DAY + 1000);
  await lab.cloud.put(inbox, 'reports/up-police/d.csv', `imei\n${H3}\n`);
  await lab.cloud.rest();
  await lab.at(3);
  await lab.quietlyAt(30);
  expect(armed).toBe(false);
  expect(await lab.json(`batches/${later}/summary.json`)).toMatchObject({
    connections: { linked: 1, directed: 1, alreadyOpen: 0 },
  });
});

it("a number that returns from where it was ported to stands with its report: another one's withdrawal leaves it to that", async () => {
  await using lab = await open('airtel,jio,vi');
  await bothReported(lab, 'vi');
  await lab.at(2);
  await say(lab, await lab.direction(UP, 'reverify', 'vi'), { outcome: 'ported', to: 'jio' });
  await lab.at(3);
  await say(lab, await lab.direction('followup-202606040000', 'reverify', 'jio'), { outcome: 'not_found' });
  const reversal = await takeBack(lab, MHA);
  await lab.at(4);
  const disputed = await lab.direction('followup-202606040000', 'reverify', 'jio');
  await lab.quietlyAt(30);
  expect(await lab.read('batches/followup-202606050000/moved.csv')).toBe(
    `msisdn,from,why,to,state\n${N},${disputed},porting_disputed,vi,directed\n`,
  );
  // What mha's report did is given back, and the number stands in no list; what the other report asks goes on.
  expect((await lab.directions('airtel')).some((id) => id.startsWith(`${reversal}.restore.`))).toBe(true);
  expect(await lab.read(`revocations/2026-06-04/${reversal}.withdrawn.csv`)).toBe(
    `msisdn,withdrawn_on,ground\n${N},2026-06-04,withdrawal\n`,
  );
});

/** Whether Claim fails after its shard's decision of one kind, whose retry then comes after the other kind's shard. */
it.each(['restore', 'reverify'] as const)(
  'a night that has a number restored at one operator and re-verified at another knows both, though its shard to %s them is tried again',
  async (kind) => {
    let armed = false;
    await using lab = await open('airtel,jio', {
      faults: {
        afterWrite: ({ functionName, key }) => {
          if (!armed || !/claim/i.test(functionName) || !/^DECISION#.*-(restore|reverify)-/.test(key ?? ''))
            return undefined;
          if (!key?.includes(`-${kind}-`)) return undefined;
          armed = false;
          return 'fail';
        },
      },
    });
    await bothReported(lab, 'jio');
    await lab.at(0.5);
    await takeBack(lab, MHA);
    // airtel says nothing of its restore, which is overdue two days later.
    await lab.at(2.6);
    await say(lab, await lab.direction(UP, 'reverify', 'jio'), { outcome: 'extended', ground: 'abroad' });
    armed = true;
    await lab.at(3);
    expect(armed).toBe(false);
    const night = 'followup-202606040000';
    const asked = await lab.direction(night, 'reverify', 'jio');
    const [restored = ''] = (await lab.directions('airtel')).filter((id) => id.startsWith(`${night}.restore.`));
    const reversal = await appeal(lab);
    expect(await lab.read(`batches/${reversal}/appeals.csv`)).toContain('directed');
    await lab.upload('lookups/caseworker-1/both.csv', `msisdn\n${N}\n`);
    const [key = ''] = await lab.outbox('explanations/caseworker-1/both.');
    const text = await lab.read(key);
    expect([text.includes(restored), text.includes(asked)]).toEqual([true, true]);
    await lab.quietlyAt(60);
    expect(await cuts(lab)).toEqual([]);
  },
);

it('whoever had more time keeps it where their number returns from a port that was none: no deadline moves earlier', async () => {
  await using lab = await open('airtel,jio');
  await lab.usage('airtel', [`${H1},${N},2026-05-20,Delhi`]);
  await lab.report('mha', [H1]);
  await lab.at(0.5);
  await say(lab, await lab.direction(MHA, 'reverify', 'airtel'), { outcome: 'extended', ground: 'hospital' });
  await lab.at(3);
  const extended = await lab.direction('followup-202606020000', 'reverify', 'airtel');
  await say(lab, extended, { outcome: 'ported', to: 'jio' });
  await lab.at(4);
  await say(lab, await lab.direction('followup-202606050000', 'reverify', 'jio'), { outcome: 'not_found' });
  await lab.at(5);
  const back = await lab.direction('followup-202606060000', 'reverify', 'airtel');
  const told = async (direction: string) => {
    const [, row = ''] = (await lab.read(`orders/airtel/${direction}/1-reverify.csv`)).split('\n');
    const [, , , deadline, , disconnectBy] = row.split(',');
    return { deadline, disconnectBy };
  };
  // 30 days after the rung in which they were extended, and the ladder's end 30 days later, too.
  expect(await told(extended)).toEqual({ deadline: '2026-07-06T00:00:00Z', disconnectBy: '2026-07-17T00:00:00Z' });
  expect(await told(back)).toEqual(await told(extended));
});

describe('a number that was given more time at one operator, and is said to be ported there from the other', () => {
  const isOrdered = async (lab: Lab, reversal: string) =>
    (await lab.outbox(`orders/airtel/${reversal}.restore`)).length > 0;
  /** Has the number extended in mha's row, and told on a day to be ported there in up-police's. */
  async function begin(portedAt: number): Promise<Lab> {
    const lab = await open('airtel,jio');
    await bothReported(lab, 'jio');
    await lab.at(7.3);
    await say(lab, await lab.direction(MHA, 'reverify', 'airtel'), { outcome: 'extended', ground: 'abroad' });
    await lab.at(portedAt);
    await say(lab, await lab.direction(UP, 'reverify', 'jio'), { outcome: 'ported', to: 'airtel' });
    return lab;
  }

  it('is given back with the report by which it goes on, where the other row was overdue, and moved nothing', async () => {
    await using lab = await begin(17);
    await lab.at(18);
    const reversal = await takeBack(lab, MHA);
    expect([await kept(lab, reversal), await isOrdered(lab, reversal)]).toEqual([NONE, true]);
    await lab.toTheEnd();
    expect(await cuts(lab, 'airtel/followup-')).toEqual([]);
  });

  it('stands with that report where the other one is withdrawn, whose row found it open there in a later night', async () => {
    await using lab = await begin(9.3);
    await lab.at(11.5);
    const reversal = await takeBack(lab, UP);
    expect(await isOrdered(lab, reversal)).toBe(false);
    await lab.toTheEnd();
    expect(await cuts(lab, 'airtel/followup-')).not.toEqual([]);
  });
});
