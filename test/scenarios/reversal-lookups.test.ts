/**
 * Whoever asks why is told of what was taken back.
 *
 * H was used with O, D, V, S, P and T of airtel. On 1 June mha reports it. On 2 June airtel has disconnected D, verified V and blocked H, T has failed; of O, S
 * and P it says nothing. On 8 June caseworker-1 appeals for O (by its reference), D, V, S, T, for P as far as it uses H, and for a
 * stranger's number; approver-1 strikes S, and approves. Airtel restores D on the same day, and O never; it lets P use H then, and jio on
 * 13 June, where the block of H has no answer. up-police reports H on 21 June, when it was seen with nobody since: jio is to block it
 * anew. A second appeal, for S, is refused; a third one, for P and H once more, is granted on 31 July.
 *
 * ELSEWHERE was used with M of airtel. mha reports it on 1 June, too; on 5 June M has been ported to jio, which is to go on with it from the
 * night on. On 7 June mha withdraws that report, and jio gives everything back at once: no night has more to ask about it.
 *
 * One approver must approve what is reported.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { APPROVE, Lab, type Summary } from './lab.ts';

const [H, SHOWN] = ['35100000000001', '351000000000013'];
const [ELSEWHERE, ELSEWHERE_SHOWN] = ['35100000000003', '351000000000039'];
const [O, D, V, S, P, T] = [1, 2, 3, 4, 5, 6].map((n) => `+91981000000${n}`) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const STRANGER = '+919820000001';
const M = '+919830000001';
const NUMBERS = [O, D, V, S, P, T, STRANGER];

interface Explained {
  line: number;
  story: { at: string; what: string; [more: string]: unknown }[];
  sentence: string;
}

let lab: Lab;
let reference: string;
/** The reference of P. */
let exceptedBy: string;
const report = `mha-${sha256Of(`imei\n${H}\n`).slice(0, 12)}`;
let reversal: string;
let refused: string;
let later: string;
let again: string;
/** The report that named M's handset, its direction, the one of the night that goes on at jio, and M's references in the two. */
let ported: { report: string; first: string; followUp: string; references: string[] };
/** What a caseworker was told of M, and of its references. */
const ofPorted: Record<string, Explained[]> = {};
const answers: Record<string, Record<string, Explained>> = {};
const sentence = (when: string, about: string) => answers[when]?.[about]?.sentence;
const story = (when: string, about: string) => answers[when]?.[about]?.story ?? [];
const whats = (when: string, about: string) => story(when, about).map(({ what }) => what);

async function ask(name: string): Promise<void> {
  const about = [...NUMBERS, H, reference, exceptedBy];
  const row = (one: string) => (one.startsWith('+') ? `${one},,` : /^\d+$/.test(one) ? `,${one},` : `,,${one}`);
  const file = `msisdn,imei,reference\n${about.map((one) => `${row(one)}\n`).join('')}`;
  await lab.upload(`lookups/caseworker-1/${name}.csv`, file);
  const key = `explanations/caseworker-1/${name}.${sha256Of(file).slice(0, 8)}.json`;
  const { lookups } = await lab.json<{ lookups: Explained[] }>(key);
  answers[name] = Object.fromEntries(lookups.map((one) => [about[one.line - 2], one]));
}
async function askOfPorted(name: string): Promise<void> {
  const file = `msisdn,imei,reference\n${M},,\n${ported.references.map((one) => `,,${one}\n`).join('')}`;
  await lab.upload(`lookups/caseworker-1/${name}.csv`, file);
  const key = `explanations/caseworker-1/${name}.${sha256Of(file).slice(0, 8)}.json`;
  ofPorted[name] = (await lab.json<{ lookups: Explained[] }>(key)).lookups;
}
async function appeal(rows: string[], name: string): Promise<string> {
  const before = new Set(await lab.outbox('previews/caseworker-1-'));
  const text = `msisdn,imei,reference,ground,case_ref\n${rows.map((row) => `${row}\n`).join('')}`;
  await lab.upload(`appeals/caseworker-1/${name}`, text);
  const [key = ''] = (await lab.outbox('previews/caseworker-1-')).filter((one) => !before.has(one));
  return key.split('/')[1] ?? '';
}
const directionOf = async (id: string, kind: string, operator = 'airtel') => {
  const found = (await lab.directions(operator)).filter((one) => one.startsWith(`${id}.${kind}.`));
  expect(found).toHaveLength(1);
  return found[0] ?? '';
};

beforeAll(async () => {
  lab = await Lab.open({ context: { operators: 'airtel,jio', people: '1' }, nights: true });
  await lab.usage('airtel', [
    ...[O, D, V, S, P, T].map((number) => `${H},${number},2026-05-20,Delhi`),
    `${ELSEWHERE},${M},2026-05-20,Delhi`,
  ]);
  await lab.report('mha', [H]);
  await lab.decide('approver-1', report, [APPROVE]);
  const withCase = `imei,case_ref\n${ELSEWHERE},12/2026\n`;
  await lab.upload('reports/mha/elsewhere.csv', withCase);
  const reportOfM = `mha-${sha256Of(withCase).slice(0, 12)}`;
  await lab.decide('approver-1', reportOfM, [APPROVE]);
  const referenceIn = async (id: string, number: string) => {
    const order = await lab.read(`orders/${id.split('.')[2]}/${id}/1-reverify.csv`);
    const line = order.split('\n').find((one) => one.startsWith(number));
    return line?.split(',')[4] ?? '';
  };
  const direction = await lab.direction(report, 'reverify', 'airtel');
  reference = await referenceIn(direction, O);
  exceptedBy = await referenceIn(direction, P);
  await lab.at(1);
  await lab.respond(direction, [`${V},verified`, `${D},disconnected`, `${T},failed`]);
  await lab.respond(await lab.direction(report, 'block', 'airtel'), [`${SHOWN},blocked`]);

  await lab.at(4);
  const first = await lab.direction(reportOfM, 'reverify', 'airtel');
  await lab.upload(`responses/airtel/${first}/left.csv`, `msisdn,outcome,to\n${M},ported,jio\n`);
  // After the night that begins at 19:00 in UTC.
  await lab.at(4 + 20 / 24);
  const followUp = await lab.direction('followup-202606060000', 'reverify', 'jio');
  const references = [await referenceIn(first, M), await referenceIn(followUp, M)];
  ported = { report: reportOfM, first, followUp, references };
  await askOfPorted('asked');
  await lab.at(6);
  const back = await lab.withdraw(reportOfM, []);
  await lab.decide('approver-2', back, [APPROVE]);
  await askOfPorted('withdrawn');
  await lab.respond(await directionOf(back, 'restore', 'jio'), [`${M},restored`]);
  for (const operator of ['airtel', 'jio'])
    await lab.upload(
      `responses/${operator}/${await directionOf(back, 'unblock', operator)}/back.csv`,
      `imei,outcome\n${ELSEWHERE_SHOWN},unblocked\n`,
    );

  await lab.at(7);
  reversal = await appeal(
    [
      `,,${reference},wrong_number,A-1`,
      `${D},,,court_order,A-2`,
      `${V},,,wrong_number,A-3`,
      `${S},,,wrong_number,A-4`,
      `${P},${SHOWN},,cloned,A-5`,
      `${STRANGER},,,wrong_number,A-6`,
      `${T},,,wrong_number,A-8`,
    ],
    'appeal.csv',
  );
  await ask('waiting');
  await lab.decide('approver-1', reversal, [APPROVE, `strike,,${S},,known fraud`]);
  await ask('granted');
  const restore = await directionOf(reversal, 'restore');
  await lab.at(7.5);
  await lab.upload(`responses/airtel/${restore}/back.csv`, `msisdn,outcome\n${D},restored\n`);
  await lab.upload(
    `responses/airtel/${await directionOf(reversal, 'unblock')}/back.csv`,
    `imei,outcome\n${SHOWN},unblocked\n`,
  );
  refused = await appeal([`${S},,,wrong_number,A-7`], 'refused.csv');
  await lab.decide('approver-2', refused, ['refuse,,,,no ground']);
  // The night of 11 June asked again, until 13 June: whether the night that begins as that ends goes on with it at once is left open.
  await lab.at(11);
  await ask('restored');
  // Jio's last word on the exception, by the newest night's direction; what it was to do about the block it never says.
  await lab.at(12);
  const planOf = (id: string) => Number(id.split('.').at(-1)?.split('-')[0]);
  const night = (await lab.directions('jio')).filter((one) => one.includes('.unblock.'));
  night.sort((a, b) => planOf(a) - planOf(b));
  await lab.upload(`responses/jio/${night.at(-1)}/back.csv`, `imei,outcome\n${SHOWN},unblocked\n`);
  await ask('excepted');
  await lab.at(20);
  await lab.report('up-police', [H, '35100000000002']);
  later = (await lab.outbox('previews/up-police-')).map((key) => key.split('/')[1] ?? '')[0] ?? '';
  await lab.decide('approver-1', later, [APPROVE]);
  // Until the new block is overdue, and over the night after that. All later nights only ask about O again.
  await lab.at(24);
  await lab.quietlyAt(60);
  await ask('later');
  again = await appeal([`${P},${SHOWN},,cloned,A-9`], 'again.csv');
  await lab.decide('approver-1', again, [APPROVE]);
  await ask('again');
  return () => lab.close();
}, 600_000);

describe('the story of what was taken back', () => {
  it('has who appealed, what became of it, and the row, the orders and the list that follow', async () => {
    const restore = await directionOf(reversal, 'restore');
    const own = story('granted', O).filter(({ at }) => at >= '2026-06-08');
    expect(own).toEqual([
      {
        at: '2026-06-08T00:00:00Z',
        what: 'appealed',
        batchId: reversal,
        by: 'caseworker-1',
        of: 'number',
        imei: null,
        ground: 'wrong_number',
        caseRef: 'A-1',
      },
      expect.objectContaining({ what: 'decided', batchId: reversal, by: ['approver-1'] }),
      {
        at: expect.any(String),
        what: 'reversed',
        batchId: reversal,
        of: 'number',
        state: 'directed',
        directionIds: [restore],
        kept: [],
      },
      expect.objectContaining({ what: 'directed', batchId: reversal, directionId: restore, kind: 'restore', row: 1 }),
      expect.objectContaining({ what: 'ordered', directionId: restore, order: 'restore' }),
      {
        at: expect.any(String),
        what: 'taken_back',
        batchId: reversal,
        directionId: await lab.direction(report, 'reverify', 'airtel'),
        ended: true,
      },
      {
        at: expect.any(String),
        what: 'withdrawn',
        list: `revocations/2026-06-08/${reversal}.withdrawn.csv`,
        ground: 'wrong_number',
      },
    ]);
    expect(await lab.read(`revocations/2026-06-08/${reversal}.withdrawn.csv`)).toContain(
      `${O},2026-06-08,wrong_number`,
    );
  });

  it.each([
    [D, 'appealed decided reversed directed ordered taken_back withdrawn answered'],
    [V, 'appealed decided reversed taken_back withdrawn'],
    [STRANGER, 'appealed decided reversed withdrawn'],
    [S, 'appealed struck decided reversed'],
  ])('of %s says what happened, and in its order', (about, expected) => {
    const since = story('restored', about).filter(({ at, ...more }) => at >= '2026-06-08' && !isOfReport(more));
    expect(since.map(({ what }) => what).sort()).toEqual(expected.split(' ').sort());
    expect(since.map(({ at }) => at)).toEqual(since.map(({ at }) => at).sort());
  });

  it('of a number that is excepted from a block goes on in the nights, where an operator is silent', () => {
    const directed = story('restored', P).filter(({ what, kind }) => what === 'directed' && kind === 'unblock');
    const at = directed.map(
      ({ batchId, operator }) => `${operator} ${batchId === reversal ? 'reversal' : String(batchId).split('-')[0]}`,
    );
    expect(at.slice(0, 3).sort()).toEqual(['airtel reversal', 'jio followup', 'jio reversal']);
    expect(whats('restored', P)).toContain('overdue');
    expect(story('restored', P)).toContainEqual(expect.objectContaining({ what: 'answered', outcome: 'unblocked' }));
  });

  it('of a number that is excepted from a block is told by its reference, too, with what the nights ask anew', () => {
    const own = answers.restored?.[exceptedBy] as Explained;
    // What came of two rows at one instant has no order.
    const told = (one: Explained) => one.story.map((event) => JSON.stringify(event)).sort();
    expect(told(own)).toEqual(told(answers.restored?.[P] as Explained));
    expect(own.sentence).toBe(sentence('restored', P));
    expect(own.sentence).toMatch(/The operator jio is to let the number be used .* again by/);
  });

  const isOfReport = ({ batchId, directionId }: Record<string, unknown>) =>
    batchId === report || (String(directionId).startsWith(report) && batchId !== reversal);

  it('keeps what had been said of a row that it ended', () => {
    const own = story('granted', T).filter(({ what }) => what === 'answered' || what === 'taken_back');
    expect(own).toMatchObject([
      { what: 'answered', outcome: 'failed', on: '2026-06-02', file: 'answer.csv' },
      { what: 'taken_back', batchId: reversal, ended: true },
    ]);
  });

  it('tells nothing of a reversal before it is directed, nor of one that is refused', () => {
    for (const about of [...NUMBERS, H]) expect(whats('waiting', about)).not.toContain('appealed');
    for (const when of ['restored', 'later']) expect(JSON.stringify(answers[when])).not.toContain(refused);
  });

  it('names nobody else, and no case of another subscriber to whoever asks about a handset', () => {
    for (const explained of Object.values(answers).flatMap((one) => Object.entries(one)))
      for (const number of NUMBERS)
        if (explained[0] !== number) expect(JSON.stringify(explained[1])).not.toContain(number.slice(-10));
    expect(story('restored', H)).toContainEqual(
      expect.objectContaining({ what: 'appealed', of: 'pair', ground: 'cloned', caseRef: null }),
    );
  });

  it('has that a later report left it alone', () => {
    for (const about of [O, D, V, STRANGER].slice(0, 3))
      expect(story('later', about), about).toContainEqual(
        expect.objectContaining({ what: 'left_out', batchId: later, state: 'reversed' }),
      );
  });

  it('is told by the reference, too', () => {
    expect(story('later', reference)).toEqual(story('later', O));
    expect(sentence('later', reference)).toBe(sentence('later', O));
  });
});

describe('the sentence of what was taken back', () => {
  const TAKEN =
    'What was done about it was taken back on 8 June 2026: no order takes service from it any more, and no list made later names it.';
  const ASKED_AGAIN =
    'whatever state it is in. Until it says that it did it is asked again, night after night; whoever lacks service then should ask there.';
  it.each([
    [
      'granted',
      O,
      `${TAKEN} The operator airtel is to give it full service again by 9 June 2026, 05:30 IST, ${ASKED_AGAIN}`,
    ],
    [
      'restored',
      D,
      `${TAKEN} The operator airtel says that the number has full service again since 8 June 2026: nothing more is to be done.`,
    ],
    [
      'granted',
      V,
      'It was withdrawn from every list on 8 June 2026. There was nothing to give back: its service had not been taken, or had been given back.',
    ],
    [
      'granted',
      STRANGER,
      'It was withdrawn from every list on 8 June 2026. There was nothing to give back: its service had not been taken, or had been given back.',
    ],
  ])('as %s of %s is in full', (when, about, expected) => {
    expect(sentence(when, about)).toBe(expected);
  });

  it.each([
    [
      'restored',
      O,
      /The operator airtel is to give it full service again by 13 June 2026, 00:30 IST.* night after night/,
    ],
    [
      'granted',
      S,
      /^An approver left it out of what was taken back on 8 June 2026: all stays as it was\. The operator airtel has been asked to bar/,
    ],
    [
      'granted',
      P,
      /The operator airtel has been asked to bar .* The operator airtel is to let the number be used in the handset 351000000000013 again by .* The operator jio is to let/,
    ],
    [
      'restored',
      P,
      /The operator airtel says that the number may be used in the handset 351000000000013 again since 8 June 2026, which stays blocked for others\./,
    ],
    [
      'restored',
      H,
      /^This handset is blocked since 2 June 2026 at airtel; .* There is somebody for whose number it was to be excepted from the block\./,
    ],
    ...(['excepted', 'later'] as const).map((when): [string, string, RegExp] => [
      when,
      P,
      /The operator airtel says that the number may be used in the handset 351000000000013 again since 8 June 2026, which stays blocked for others\./,
    ]),
    [
      'excepted',
      P,
      /The operator jio says that the number may be used in the handset 351000000000013 again since 13 June 2026, which stays blocked for others\.$/,
    ],
    [
      'later',
      P,
      /The operator jio said that the number may be used in the handset 351000000000013 again since 13 June 2026\. But since 21 June 2026, by a later report, that handset is to be blocked there again .* once more\.$/,
    ],
    [
      'later',
      D,
      /^The newest batch that met it left it alone, since what was done to it had been taken back and it had not been seen since in the handsets of that batch\. What was done about it was taken back on 8 June 2026.* nothing more is to be done\.$/,
    ],
  ])('as %s of %s says where it stands', (when, about, expected) => {
    expect(sentence(when, about)).toMatch(expected);
  });

  it('of a number that is excepted anew, where a later report had the handset blocked, is that of its new exception', async () => {
    expect(sentence('again', P)).toMatch(
      /airtel says that the number may be used in the handset \d+ again since 8 June .* The operator jio is to let the number be used in the handset 351000000000013 again by 2 August 2026, 05:30 IST, which stays blocked for others\.$/,
    );
    const direction = await directionOf(again, 'unblock', 'jio');
    const [header, answer] = (await lab.read(`batches/${again}/appeals.csv`)).split('\n');
    expect([header, answer]).toEqual(['line,state,directionIds', `2,directed,${direction}`]);
  });

  it("of each number agrees with the later batch's books", async () => {
    const { connections } = await lab.json<Summary>(`batches/${later}/summary.json`);
    const left = [O, D, V, S, P, T].map(
      (about) =>
        story('later', about).find(({ batchId, what }) => batchId === later && what === 'left_out')?.state ??
        'directed',
    );
    const count = (state: string) => left.filter((one) => one === state).length;
    expect(connections.reversed).toBe(count('reversed'));
    expect(connections.directed).toBe(count('directed'));
    expect(connections.linked).toBe(6);
    expect(lab.cloud.failures()).toEqual([]);
  });
});

describe('a number that was ported, asked about by the reference that it got there', () => {
  /** What is told of it, which its references tell, too. */
  function explained(name: string): Explained {
    // What came of two rows at one instant has no order.
    const [byNumber, ...byReference] = (ofPorted[name] ?? []).map(({ story: events, sentence: words }) => [
      words,
      ...events.map((one) => JSON.stringify(one)).sort(),
    ]);
    expect(byReference, name).toEqual([byNumber, byNumber]);
    return ofPorted[name]?.[2] as Explained;
  }

  it('tells why, and that its report was taken back, as the number and the reference before it do', () => {
    const { report: batch, first, followUp } = ported;
    const asked = explained('asked');
    expect(asked.story).toMatchObject([
      { what: 'seen', imei: ELSEWHERE_SHOWN, at: '2026-05-20', area: 'Delhi' },
      { what: 'reported', agency: 'mha', cases: [{ caseRef: '12/2026' }] },
      { what: 'decided', batchId: batch, by: ['approver-1'] },
      { what: 'directed', directionId: first },
      { what: 'ordered', directionId: first },
      { what: 'answered', outcome: 'ported' },
      { what: 'moved', to: 'jio' },
      { what: 'directed', directionId: followUp },
      { what: 'ordered', directionId: followUp },
    ]);
    expect(asked.sentence).toMatch(/^The operator jio has been asked to have the subscriber prove who they are by/);

    const withdrawn = explained('withdrawn');
    const since = withdrawn.story.slice(asked.story.length);
    expect(since.map(({ what }) => what).sort()).toEqual(
      'decided directed ordered report_withdrawn reversed taken_back taken_back withdrawn'.split(' '),
    );
    expect(since).toContainEqual(expect.objectContaining({ what: 'report_withdrawn', report: batch, by: 'mha' }));
    expect(withdrawn.sentence).toMatch(
      /^What was done about it was taken back on 7 June 2026: no order takes service from it any more, and no list made later names it\. The operator jio is to give it full service again by/,
    );
    expect(lab.cloud.failures()).toEqual([]);
  });
});
