import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APPROVE, batchOf, Lab } from './lab.ts';

/**
 * V was seen in OLD on 20 May, and somebody else has it since the 25th. Who has it now was seen in H1 on the 30th; who had it before
 * was seen in H2, too, on the 24th. Nothing that is known of the former holder keeps the new one cut off.
 *
 * Each story has handsets and numbers of its own. All that are told side by side begin with one report of their OLDs, on 1 June. Of some,
 * airtel says on that day since when V is somebody else's, and H1 and H2 were seen with O and Q, too, by then. Of the `LATE` ones it says
 * nothing until that ladder is over: who has V since was seen in H1 on 18 June, and is directed the day after.
 */
const KNOWN = ['other', 'whole', 'both', 'mhaFirst', 'upFirst', 'left', 'again'] as const;
const LATE = ['met', 'proved', 'silent', 'cut'] as const;
const STORIES = [...KNOWN, ...LATE, 'night', 'struck'] as const;
type Story = (typeof STORIES)[number];
const HANDSETS = { OLD: 9, H1: 1, H2: 2 };
const NUMBERS = { V: 1, O: 2, Q: 3 };
const at = (story: Story) => String(10 + STORIES.indexOf(story));
const handset = (story: Story, which: keyof typeof HANDSETS) => `35${at(story)}000000000${HANDSETS[which]}`;
const number = (story: Story, which: keyof typeof NUMBERS) => `+9198${at(story)}00000${NUMBERS[which]}`;
const seen = (story: Story, imei: keyof typeof HANDSETS, msisdn: keyof typeof NUMBERS, day: string) =>
  `${handset(story, imei)},${number(story, msisdn)},${day},Delhi`;
const both = (story: Story) => [handset(story, 'H1'), handset(story, 'H2')];

const said = (day: string, ...stories: Story[]) =>
  `msisdn,outcome,activated_on\n${stories.map((story) => `${number(story, 'V')},reissued,${day}\n`).join('')}`;

/** Of whose numbers the direction's orders took service. */
async function cutOff(one: Lab, direction: string, story: Story): Promise<string[]> {
  const keys = (await one.outbox(`orders/airtel/${direction}/`)).filter((key) => /bar_|disconnect/.test(key));
  const orders = (await Promise.all(keys.map((key) => one.read(key)))).join('');
  return (['V', 'O', 'Q'] as const).filter((which) => orders.includes(number(story, which)));
}

let lab: Lab;
/** The direction of the former holders. */
let before: string;
/** The reports that name handsets of several stories: of `other`, `both` and `left`, and of `proved`, `silent` and `cut`. */
let shared: Record<'known' | 'late', string>;
/** The reversals. */
const reversals: Record<string, string> = {};
/** What the night's batch says that it went on with. */
let moved: string;

const reverified = (report: string) => lab.direction(report, 'reverify', 'airtel');
async function report(agency: string, imeis: string[], name: string): Promise<string> {
  await lab.report(agency, imeis, `${name}.csv`);
  return batchOf(agency, ...imeis);
}
async function withdraw(name: string, batch: string, imeis: string[], strikes: string[] = []): Promise<void> {
  const reversal = await lab.withdraw(batch, imeis, `${name}.csv`);
  await lab.decide('approver-1', reversal, [APPROVE, ...strikes]);
  reversals[name] = reversal;
}

describe('beside other stories', () => {
  beforeAll(async () => {
    lab = await Lab.open({ context: { operators: 'airtel,jio' }, nights: true });
    await lab.usage('jio', [seen('night', 'OLD', 'V', '2026-05-20')]);
    await lab.usage('airtel', [
      ...[...KNOWN, ...LATE].map((story) => seen(story, 'OLD', 'V', '2026-05-20')),
      ...LATE.map((story) => seen(story, 'H2', 'V', '2026-05-24')),
      seen('night', 'H1', 'V', '2026-05-30'),
    ]);
    const former = [...KNOWN, ...LATE, 'night' as const].map((story) => handset(story, 'OLD'));
    const old = await report('mha', former, 'old');
    before = await reverified(old);
    await lab.upload(`responses/airtel/${before}/since.csv`, said('2026-05-25', ...KNOWN));
    await lab.usage(
      'airtel',
      KNOWN.flatMap((story) => [
        seen(story, 'H1', 'V', '2026-05-30'),
        seen(story, 'H2', 'V', '2026-05-24'),
        seen(story, 'H1', 'O', '2026-05-30'),
        seen(story, 'H2', 'Q', '2026-05-30'),
      ]),
      'more.csv',
    );
    await lab.usage('airtel', [seen('both', 'H2', 'V', '2026-05-26')], 'since.csv');
    // Who had V before is jio's by its report, and airtel's by what jio says; who has it now is directed at airtel.
    const atJio = await lab.direction(old, 'reverify', 'jio');
    const byNight = await report('up-police', [handset('night', 'H1')], 'night');
    await lab.upload(
      `responses/jio/${atJio}/ported.csv`,
      `msisdn,outcome,occurred_on,to\n${number('night', 'V')},ported,2026-05-22,airtel\n`,
    );

    await lab.at(1);
    const known = await report('mha', [...both('other'), ...both('both'), ...both('left')], 'known');
    const whole = await report('mha', both('whole'), 'whole');
    const mhas = {
      mhaFirst: await report('mha', [handset('mhaFirst', 'H1')], 'mhaFirst'),
      upFirst: await report('mha', [handset('upFirst', 'H1')], 'upFirst'),
    };
    await lab.at(2);
    const polices = {
      mhaFirst: await report('up-police', both('mhaFirst'), 'mhaFirst'),
      upFirst: await report('up-police', both('upFirst'), 'upFirst'),
    };
    const [key = ''] = (await lab.outbox('batches/followup-')).filter((one) => one.endsWith('moved.csv'));
    moved = await lab.read(key);
    await lab.upload(`responses/jio/${atJio}/since.csv`, said('2026-05-25', 'night'));

    await lab.at(3);
    await withdraw('other', known, [handset('other', 'H1')]);
    await withdraw('whole', whole, [], [`strike,${handset('whole', 'H2')},,,a clone`]);
    await withdraw('both', known, [handset('both', 'H1')]);
    await withdraw('left', known, [handset('left', 'H1')], [`strike,,${number('left', 'V')},,stays`]);
    await withdraw('mhaFirst, first', mhas.mhaFirst, []);
    await withdraw('upFirst, first', polices.upFirst, [handset('upFirst', 'H1')]);
    await withdraw('night', byNight, []);
    // The nights have no more to do with it: what is given back nobody answers here, and they would only ask again.
    await lab.quietlyAt(4);
    await withdraw('left, former', known, [handset('left', 'H2')]);
    await withdraw('mhaFirst, second', polices.mhaFirst, [handset('mhaFirst', 'H1')]);
    await withdraw('upFirst, second', mhas.upFirst, []);

    await lab.quietlyAt(9);
    // H1's holder has it no more.
    await lab.upload(`responses/airtel/${before}/again.csv`, said('2026-06-08', 'again'));
    await lab.quietlyAt(10);
    await report('up-police', [handset('again', 'H1')], 'again');

    await lab.quietlyAt(19);
    await lab.usage(
      'airtel',
      LATE.flatMap((story) => [seen(story, 'H1', 'V', '2026-06-18'), seen(story, 'H2', 'Q', '2026-06-18')]),
      'late.csv',
    );
    const met = await report('mha', [handset('met', 'H1')], 'met');
    const late = await report(
      'mha',
      (['proved', 'silent', 'cut'] as const).map((story) => handset(story, 'H1')),
      'late',
    );
    shared = { known, late };
    await lab.quietlyAt(20);
    await report('up-police', [handset('met', 'H2')], 'met');
    await lab.quietlyAt(21);
    await lab.upload(`responses/airtel/${before}/met.csv`, said('2026-05-25', 'met'));
    await lab.respond(await reverified(late), [`${number('proved', 'V')},verified`], 'proved.csv');
    await lab.quietlyAt(22);
    await withdraw('met', met, []);
    await lab.quietlyAt(23);
    await lab.upload(`responses/airtel/${before}/proved.csv`, said('2026-05-25', 'proved'));
    await lab.quietlyAt(25);
    await lab.usage('airtel', [seen('proved', 'H2', 'V', '2026-06-19')], 'proved.csv');
    await report('up-police', [handset('proved', 'H2')], 'proved');
    await lab.quietlyAt(34);
    await lab.respond(await reverified(late), [`${number('cut', 'V')},disconnected`], 'cut.csv');
    await lab.quietlyAt(38);
    await lab.upload(`responses/airtel/${before}/lost.csv`, said('2026-05-25', 'silent', 'cut'));
    await lab.upload('lookups/caseworker-1/why.csv', `msisdn\n${number('silent', 'V')}\n${number('cut', 'V')}\n`);
    await lab.toTheEnd();
  }, 600_000);
  afterAll(() => lab.close());

  const subjects = async (reversal: string) =>
    (await lab.json<{ subjects: Record<string, number> }>(`batches/${reversals[reversal]}/summary.json`)).subjects;
  const kept = (reversal: string) => lab.read(`batches/${reversals[reversal]}/kept.csv`);

  describe("a number that is somebody else's, linked by two handsets of a report of which the former holder used one", () => {
    it.each([
      ['the other one is withdrawn', 'other', { asked: 3, directed: 3 }],
      ['the report is, but for that one', 'whole', { asked: 5, directed: 3, struck: 2 }],
    ] as const)('is given back where %s', async (_, story, counts) => {
      const direction = await reverified(story === 'other' ? shared.known : batchOf('mha', ...both(story)));
      expect(await subjects(story)).toMatchObject(counts);
      expect(await cutOff(lab, direction, story)).toEqual(['Q']);
      expect(lab.cloud.failures()).toEqual([]);
    });

    it('stays where its new holder was seen in the other one, too', async () => {
      expect(await subjects('both')).toMatchObject({ asked: 2, directed: 2 });
      expect(await cutOff(lab, await reverified(shared.known), 'both')).toEqual(['V', 'Q']);
    });

    it.each([
      ['mha', 'mhaFirst'],
      ['up-police', 'upFirst'],
    ] as const)(
      "is kept by no report that relied on another's row for the new holder alone, %s's withdrawn first",
      async (agency, story) => {
        expect([reversals[`${story}, first`], reversals[`${story}, second`]]).toEqual([
          expect.stringMatching(new RegExp(`^${agency}-`)),
          expect.stringMatching(agency === 'mha' ? /^up-police-/ : /^mha-/),
        ]);
        expect(await cutOff(lab, await reverified(batchOf('mha', handset(story, 'H1'))), story)).toEqual([]);
        expect(await cutOff(lab, await reverified(batchOf('up-police', ...both(story))), story)).toEqual(['Q']);
        expect(lab.cloud.failures()).toEqual([]);
      },
    );
  });

  describe("a number of which its operator says late that it was somebody else's", () => {
    it('is kept by no report that met the former holder alone, and found it open where the new one is directed', async () => {
      expect(await kept('met')).not.toContain(number('met', 'V'));
      expect(await lab.json(`batches/${batchOf('up-police', handset('met', 'H2'))}/summary.json`)).toMatchObject({
        connections: { alreadyOpen: 1, directed: 1 },
      });
      expect(await cutOff(lab, await reverified(batchOf('mha', handset('met', 'H1'))), 'met')).toEqual([]);
      expect(lab.cloud.failures()).toEqual([]);
    });

    it('is kept by no night that went on with the former holder', async () => {
      const atJio = before.replace('.airtel.', '.jio.');
      expect(moved).toContain(`${number('night', 'V')},${atJio},ported,airtel,alreadyOpen`);
      expect(await kept('night')).not.toContain(number('night', 'V'));
      expect(await cutOff(lab, await reverified(batchOf('up-police', handset('night', 'H1'))), 'night')).toEqual([]);
      expect(lab.cloud.failures()).toEqual([]);
    });

    it('stays verified for later reports: that says nothing of who has it now', async () => {
      expect(await lab.json(`batches/${batchOf('up-police', handset('proved', 'H2'))}/summary.json`)).toMatchObject({
        connections: { linked: 2, alreadyVerified: 1, directed: 1 },
        unexplained: 0,
      });
      expect(lab.cloud.failures()).toEqual([]);
    });

    it.each([
      ['without an answer', 'silent', 0],
      ['disconnected', 'cut', 1],
    ] as const)('gives no service back to who lost it since by a row of their own (%s)', async (_, story, line) => {
      expect(await cutOff(lab, await reverified(shared.late), story)).toEqual(['V']);
      const back = (await lab.outbox(`orders/airtel/${before}/`)).filter((key) => key.includes('/back-'));
      for (const key of back) expect(await lab.read(key), key).not.toContain(number(story, 'V'));
      const [why = ''] = await lab.outbox('explanations/caseworker-1/why.');
      const { lookups } = await lab.json<{ lookups: { sentence: string }[] }>(why);
      expect(lookups[line]?.sentence).toMatch(
        /no order about whoever had it before takes service from it\. The operator airtel (disconnected it|has not said by)/,
      );
      expect(lab.cloud.failures()).toEqual([]);
    });

    it('may be given to another one once more: the row says since when it is theirs', async () => {
      expect(await lab.json(`batches/${batchOf('up-police', handset('again', 'H1'))}/summary.json`)).toMatchObject({
        connections: { linked: 2, reissuedBefore: 1, directed: 1 },
      });
      const lists = (await lab.outbox('revocations/')).filter((key) => /withdrawn-.*\.csv$/.test(key));
      const days: (string | undefined)[] = [];
      for (const key of lists) if ((await lab.read(key)).includes(number('again', 'V'))) days.push(key.split('/')[1]);
      expect(days).toEqual(['2026-06-01', '2026-06-10']);
      expect(lab.cloud.failures()).toEqual([]);
    });
  });

  describe('a number that approvers left out of the withdrawal of the handset in which its holder was seen', () => {
    it('stays as it is where that of its former holder is withdrawn, too', async () => {
      expect(await subjects('left')).toMatchObject({ asked: 3, directed: 2, struck: 1 });
      expect(await subjects('left, former')).toMatchObject({ asked: 2, directed: 2 });
      expect(await cutOff(lab, await reverified(shared.known), 'left')).toEqual(['V']);
    });
  });
});

describe('a number that is directed for its former holder, seen later with the new one in what people left out', {
  timeout: 300_000,
}, () => {
  const [H1, H2, V] = [handset('struck', 'H1'), handset('struck', 'H2'), number('struck', 'V')];

  it("is said to be somebody else's by its operator, and is cut off by nobody", async () => {
    await using other = await Lab.open({ context: { operators: 'airtel,jio', people: '1' } });
    await other.usage('airtel', [`${H1},${V},2026-05-20,Delhi`, `${H2},${V},2026-05-30,Delhi`]);
    const both = batchOf('mha', H1, H2);
    await other.report('mha', [H1, H2]);
    await other.decide('approver-1', both, [APPROVE, `strike,${H2},,,a clone`]);
    const direction = await other.direction(both, 'reverify', 'airtel');
    expect(await other.read(`orders/airtel/${direction}/1-reverify.csv`)).toContain(`${V},${H1}`);
    await other.at(2);
    // Whoever had it on 20 May had it no more; on that day itself it may have been either.
    await other.upload(`responses/airtel/${direction}/early.csv`, said('2026-05-20', 'struck'));
    await other.upload(`responses/airtel/${direction}/since.csv`, said('2026-05-25', 'struck'));
    // A later report of the handset that is acted upon knows of nobody else in it.
    await other.report('up-police', [H1]);
    await other.decide('approver-1', batchOf('up-police', H1), [APPROVE]);
    await other.toTheEnd();
    const receipts = await Promise.all((await other.outbox('receipts/airtel/')).map((key) => other.json(key)));
    expect(receipts).toMatchObject([
      { file: 'early.csv', recorded: 0, rejected: { not_after_sighting: 1 } },
      { file: 'since.csv', recorded: 1, rejected: {} },
    ]);
    expect(await cutOff(other, direction, 'struck')).toEqual([]);
    expect(await other.json(`batches/${batchOf('up-police', H1)}/summary.json`)).toMatchObject({
      connections: { linked: 1, reissuedBefore: 1 },
      unexplained: 0,
    });
    expect(other.cloud.failures()).toEqual([]);
  });
});
