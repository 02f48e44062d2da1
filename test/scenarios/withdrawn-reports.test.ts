/**
 * What agencies withdraw of reports that are directed, in more than one file, and where other agencies have a part in it.
 *
 * Each story has two handsets and numbers of its own. V is the number that more than one handset or report stands for; where there are O
 * and Q, O was seen in the first handset and Q in the second alone. Stories share a report where it is not what they are about.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import { luhnDigit } from '../../lambdas/domain/imeis.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { nameOf } from '../../simulation/function-names.ts';
import { Tables } from './bad-files.ts';
import { APPROVE, batchOf, Lab, type LabSettings } from './lab.ts';

const STORIES = [
  'alone',
  'first',
  'last',
  'struck',
  'refused',
  'inOneFile',
  'whole',
  'listedAgain',
  'ours',
  'theirs',
  'oursThenHalf',
  'halfThenOurs',
  'oursDecided',
  'theirsDecided',
  'halfDecided',
  'named',
  'appealed',
  'reissued',
] as const;
type Story = (typeof STORIES)[number];
const at = (story: Story) => String(10 + STORIES.indexOf(story));
const handset = (story: Story, which: 1 | 2) => `3510000${at(story)}0000${which}`;
const shown = (story: Story, which: 1 | 2) => `${handset(story, which)}${luhnDigit(handset(story, which))}`;
const handsets = (...stories: Story[]) => stories.flatMap((story) => [handset(story, 1), handset(story, 2)]);
const number = (story: Story, name: 'O' | 'V' | 'Q') => `+9198100${at(story)}00${'OVQ'.indexOf(name)}`;
const seen = (story: Story, which: 1 | 2, name: 'O' | 'V' | 'Q', on: string) =>
  `${handset(story, which)},${number(story, name)},${on},Delhi`;

/**
 * The one operator's id is the name of a kind of directions. One story is about that; the others are told there, too, since an app of its
 * own would have all functions start once more for that one.
 */
const OPERATOR = { id: 'block', principal: '222233334444', externalId: 'agreed-with-block', notify: [] };
let folder: string;
let lab: Lab;

async function open(settings: LabSettings = {}): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'own-'));
  const config = join(folder, 'dev.json');
  writeFileSync(config, JSON.stringify({ operators: [OPERATOR] }));
  lab = await Lab.open({ context: { config }, ...settings });
}

async function close(): Promise<void> {
  await lab.close();
  rmSync(folder, { recursive: true });
}

/** Reports handsets; returns the report's id. */
async function report(agency: string, imeis: string[]): Promise<string> {
  await lab.report(agency, imeis, `${imeis[0]}.csv`);
  return batchOf(agency, ...imeis);
}

async function withdraw(batch: string, imeis: string[], name?: string): Promise<string> {
  const reversal = await lab.withdraw(batch, imeis, name);
  await lab.decide('approver-1', reversal, [APPROVE]);
  return reversal;
}

const reverified = (batch: string) => lab.direction(batch, 'reverify', 'block');
const summary = <T = { subjects: Record<string, number> }>(batch: string) =>
  lab.json<T>(`batches/${batch}/summary.json`);

async function disconnects(direction: string): Promise<string> {
  const keys = (await lab.outbox(`orders/block/${direction}/`)).filter((key) => key.endsWith('disconnect.csv'));
  return (await Promise.all(keys.map((key) => lab.read(key)))).join('');
}

/** What a reversal orders first of a kind. */
async function ordered(reversal: string, kind: 'restore' | 'unblock'): Promise<string> {
  const [direction = ''] = (await lab.directions('block')).filter((one) => one.startsWith(`${reversal}.${kind}.`));
  return await lab.read(`orders/block/${direction}/1-${kind}.csv`);
}

const restored = async (story: Story, reversal: string) => {
  const order = await ordered(reversal, 'restore');
  return (['O', 'V', 'Q'] as const).filter((name) => order.includes(number(story, name)));
};

describe('a withdrawn report at an operator whose id is the name of a kind of directions', { timeout: 300_000 }, () => {
  beforeAll(() => open());
  afterAll(close);

  it('is given back there, its number and its handset', async () => {
    await lab.usage('block', [seen('named', 1, 'V', '2026-05-20')]);
    const batch = await report('mha', [handset('named', 1)]);
    await lab.at(1);
    const reversal = await withdraw(batch, []);
    const own = (await lab.directions('block')).filter((one) => one.startsWith(reversal));
    expect(own.map((one) => one.split('.')[1]).sort()).toEqual(['restore', 'unblock']);
    expect(lab.cloud.failures()).toEqual([]);
  });
});

/** It has a world of its own, since one that went on with the wrong list would be told among the others' failures. */
describe('a withdrawal that is listed again, since the first try ended unheard', { timeout: 300_000 }, () => {
  let loses = 0;
  beforeAll(() =>
    open({
      faults: {
        beforeInvoke: ({ functionName }) => (nameOf(functionName) === 'Collect' && loses-- > 0 ? 'lose' : undefined),
      },
    }),
  );
  afterAll(close);

  it('gives back what its preview counted, whatever the second try lists', async () => {
    await lab.usage('block', [seen('listedAgain', 1, 'V', '2026-05-30')]);
    const batch = await report('mha', [handset('listedAgain', 1)]);
    await lab.at(1);
    loses = 1;
    const reversal = await lab.withdraw(batch, []);
    await lab.at(1.1);
    const { work } = bucketsOf(lab.cloud);
    const { previewKey } = (await new Tables(lab).records())[`BATCH#${reversal}`] as { previewKey: string };
    const counted = previewKey.split('/').at(-1) ?? '';
    const lists = (await lab.cloud.list(work)).filter(
      (key) => key.startsWith(`screened/${reversal}/`) && key.endsWith('list.tsv'),
    );
    const [other = '', ...more] = lists.filter((key) => !key.includes(counted));
    expect([lists.length, more]).toEqual([2, []]);
    await lab.cloud.put(work, other, '');
    await lab.decide('approver-1', reversal, [APPROVE]);
    await lab.toTheEnd();
    expect((await summary(reversal)).subjects).toMatchObject({ asked: 2, directed: 2 });
  });
});

describe('of one report', () => {
  /** Of the stories whose handsets are withdrawn by a file of its own each: the first handset's reversal, and the second's. */
  const reversals: Partial<Record<Story, [string, string]>> = {};
  const of = (story: Story) => reversals[story] ?? ['', ''];
  /** Of these: the previews, before anything is decided. */
  const previews: Record<string, { json: unknown; html: string }> = {};
  let common: string;
  let whole: { direction: string; reversal: string };
  let inOneFile: string;

  const FILED = ['first', 'last', 'struck', 'refused'] as const;

  beforeAll(async () => {
    await open();
    // Another report blocks the first handset of the one whose handsets are withdrawn one by one, and finds a number of its own there.
    await lab.usage('block', [seen('alone', 1, 'Q', '2026-05-21')]);
    const other = await report('up-police', [handset('alone', 1)]);
    const block = await lab.direction(other, 'block', 'block');
    await lab.upload(`responses/block/${block}/blocked.csv`, `imei,outcome\n${shown('alone', 1)},blocked\n`);
    await lab.usage(
      'block',
      [
        seen('alone', 1, 'V', '2026-05-31'),
        seen('alone', 2, 'V', '2026-05-30'),
        ...([...FILED, 'inOneFile', 'whole'] as const).flatMap((story) => [
          seen(story, 1, 'V', '2026-05-30'),
          seen(story, 2, 'V', '2026-05-30'),
          seen(story, 1, 'O', '2026-05-30'),
          seen(story, 2, 'Q', '2026-05-30'),
        ]),
      ],
      'more.csv',
    );

    await lab.at(1);
    const many = await report('mha', handsets('alone', ...FILED, 'inOneFile'));
    common = await reverified(many);
    const pair = await report('mha', handsets('whole'));

    await lab.at(6);
    const alone = await withdraw(many, [handset('alone', 1)], 'alone-1.csv');

    await lab.at(7);
    reversals.alone = [alone, await withdraw(many, [handset('alone', 2)], 'alone-2.csv')];
    for (const story of FILED)
      reversals[story] = [
        await lab.withdraw(many, [handset(story, 1)], `${story}-1.csv`),
        await lab.withdraw(many, [handset(story, 2)], `${story}-2.csv`),
      ];
    for (const one of FILED.flatMap(of))
      previews[one] = {
        json: await lab.json(`previews/${one}/preview.json`),
        html: await lab.read(`previews/${one}/preview.html`),
      };
    for (const one of of('first')) await lab.decide('approver-1', one, [APPROVE]);
    for (const one of of('last').toReversed()) await lab.decide('approver-1', one, [APPROVE]);
    const strike = (story: Story) => [APPROVE, `strike,${handset(story, 2)},,,a clone`];
    await lab.decide('approver-1', of('struck')[1], strike('struck'));
    await lab.decide('approver-1', of('struck')[0], [APPROVE]);
    await lab.decide('approver-1', of('refused')[1], ['refuse,,,,no ground']);
    await lab.decide('approver-1', of('refused')[0], [APPROVE]);
    inOneFile = await lab.withdraw(many, handsets('inOneFile'), 'both.csv');
    await lab.decide('approver-1', inOneFile, strike('inOneFile'));
    whole = { direction: await reverified(pair), reversal: await lab.withdraw(pair, []) };
    await lab.decide('approver-1', whole.reversal, strike('whole'));
    await lab.toTheEnd();
  }, 300_000);
  afterAll(close);

  describe('handsets that are withdrawn one by one', () => {
    it('leave nobody cut off whom they both link, though another report had blocked the first', async () => {
      const [first, second] = of('alone');
      expect((await summary(first)).subjects).toMatchObject({ asked: 1, nothingToRestore: 1 });
      expect((await summary(second)).subjects).toMatchObject({ asked: 2, directed: 2 });
      expect(await disconnects(common)).not.toContain(number('alone', 'V'));
      expect(lab.cloud.failures()).toEqual([]);
    });
  });

  describe('handsets of one report, each withdrawn by a file of its own before either is decided upon', () => {
    it.each([
      ['the first', 'first'],
      ['the second', 'last'],
    ] as const)('leave nobody cut off whom they both link, where %s is decided upon first', async (_, story) => {
      const receipts = await lab.outbox(`receipts/mha/withdrawals/${story}-`);
      const told = await Promise.all(receipts.map((key) => lab.json<{ reversal?: string }>(key)));
      expect(told.map(({ reversal }) => reversal)).toEqual(of(story));
      for (const reversal of of(story)) {
        expect(previews[reversal]?.json).toMatchObject({ subjects: 2, people: 1 });
        expect(previews[reversal]?.html).toContain('seen with 1 number more');
      }
      const [first, last] = story === 'first' ? of(story) : (of(story).toReversed() as [string, string]);
      expect(await restored(story, first)).toEqual([story === 'first' ? 'O' : 'Q']);
      expect(await restored(story, last)).toEqual(story === 'first' ? ['V', 'Q'] : ['O', 'V']);
      expect(await disconnects(common)).not.toContain(number(story, 'V'));
      expect(await summary(first)).toMatchObject({ subjects: { asked: 2 }, unexplained: 0 });
      expect(await summary(last)).toMatchObject({ subjects: { asked: 3 }, unexplained: 0 });
      expect(lab.cloud.failures()).toEqual([]);
    });

    it('leave a number as it is that a handset links which approvers strike, or of which they refuse the withdrawal', async () => {
      for (const story of ['struck', 'refused'] as const) {
        const [first] = of(story);
        expect(await restored(story, first)).toEqual(['O']);
        expect(await disconnects(common)).toContain(number(story, 'V'));
        expect(await summary(first)).toMatchObject({ subjects: { asked: 2 }, unexplained: 0 });
      }
    });
  });

  describe('a handset that an approver strikes out of a withdrawal', () => {
    it.each([
      ['the whole report', 'whole', () => whole],
      ['both handsets in one file', 'inOneFile', () => ({ direction: common, reversal: inOneFile })],
    ] as const)('keeps its numbers where they are, of %s', async (_, story, what) => {
      const { direction, reversal } = what();
      const cut = await disconnects(direction);
      expect((['O', 'V', 'Q'] as const).filter((name) => cut.includes(number(story, name)))).toEqual(['V', 'Q']);
      expect((await summary(reversal)).subjects).toMatchObject({ asked: 5, directed: 2, struck: 3 });
      expect(lab.cloud.failures()).toEqual([]);
    });
  });
});

describe('of a report on which another one relies', () => {
  /** The directions of the numbers of mha's reports, and the reversals that took them back, or what up-police found of them. */
  const directions: Partial<Record<Story, string>> = {};
  const reversals: Partial<Record<Story, { mha: string; 'up-police': string }>> = {};
  let parts: string;
  let appealed: { reversal: string; sentences: string[] };
  let reissued: { later: string; reversal: string };

  beforeAll(async () => {
    await open();
    await lab.usage('block', [
      ...(['ours', 'theirs', 'oursDecided', 'theirsDecided', 'halfDecided'] as const).map((story) =>
        seen(story, 1, 'V', '2026-05-21'),
      ),
      ...(['oursThenHalf', 'halfThenOurs'] as const).flatMap((story) => [
        seen(story, 1, 'V', '2026-05-21'),
        seen(story, 2, 'Q', '2026-05-21'),
      ]),
      ...(['appealed', 'reissued'] as const).flatMap((story) => [
        seen(story, 1, 'V', '2026-05-21'),
        seen(story, 1, 'O', '2026-05-21'),
      ]),
    ]);
    // mha's reports are withdrawn whole: what is withdrawn on one day can be one report, unless its counts are looked at.
    const REPORTS = [
      ['ours', 'oursThenHalf'],
      ['theirs'],
      ['halfThenOurs', 'appealed'],
      ['oursDecided', 'halfDecided'],
      ['theirsDecided'],
      ['reissued'],
    ] as const;
    const mha: Partial<Record<Story, string>> = {};
    for (const stories of REPORTS) {
      const batch = await report(
        'mha',
        stories.map((story) => handset(story, 1)),
      );
      for (const story of stories) {
        mha[story] = batch;
        directions[story] = await reverified(batch);
      }
    }
    const ofMha = (story: Story) => mha[story] ?? '';

    await lab.at(1);
    const ours = await report('up-police', [handset('ours', 1)]);
    const theirs = await report('up-police', [handset('theirs', 1)]);
    const decided = await report('up-police', handsets('oursDecided', 'theirsDecided'));
    await lab.respond(directions.appealed ?? '', [
      `${number('appealed', 'V')},failed`,
      `${number('appealed', 'O')},failed`,
    ]);
    await lab.at(1.5);
    parts = await report('up-police', handsets('oursThenHalf', 'halfThenOurs', 'halfDecided', 'appealed'));

    await lab.at(2);
    const said = [
      `${number('reissued', 'V')},reissued,,2026-06-02`,
      `${number('reissued', 'O')},disconnected,2026-06-02,`,
    ];
    await lab.upload(
      `responses/block/${directions.reissued}/said.csv`,
      `msisdn,outcome,occurred_on,activated_on\n${said.map((row) => `${row}\n`).join('')}`,
    );

    await lab.at(3);
    const oursFirst = await withdraw(ofMha('ours'), []);
    const theirsFirst = await withdraw(theirs, []);
    await withdraw(parts, [handset('halfThenOurs', 1)], 'half-1.csv');
    const appeal = `msisdn,ground,case_ref\n${number('appealed', 'V')},wrong_number,A-1\n`;
    await lab.upload('appeals/caseworker-1/appeal.csv', appeal);
    const [preview = ''] = await lab.outbox('previews/caseworker-1-');
    await lab.decide('approver-1', preview.split('/')[1] ?? '', [APPROVE]);

    await lab.at(4);
    reversals.ours = { mha: oursFirst, 'up-police': await withdraw(ours, []) };
    reversals.theirs = { mha: await withdraw(ofMha('theirs'), []), 'up-police': theirsFirst };
    await withdraw(parts, [handset('oursThenHalf', 1)], 'half-2.csv');
    const reversal = await withdraw(ofMha('appealed'), []);
    const lookup = `msisdn\n${number('appealed', 'V')}\n${number('appealed', 'O')}\n`;
    await lab.upload('lookups/caseworker-1/why.csv', lookup);
    const explained = `explanations/caseworker-1/why.${sha256Of(lookup).slice(0, 8)}.json`;
    const { lookups } = await lab.json<{ lookups: { sentence: string }[] }>(explained);
    appealed = { reversal, sentences: lookups.map(({ sentence }) => sentence) };

    await lab.at(6);
    const both = await lab.withdraw(ofMha('oursDecided'), []);
    const last = await lab.withdraw(ofMha('theirsDecided'), []);
    const others = await lab.withdraw(decided, []);
    const half = await lab.withdraw(parts, [handset('halfDecided', 1)], 'half-3.csv');
    for (const one of [both, others, half, last]) await lab.decide('approver-1', one, [APPROVE]);
    reversals.oursDecided = { mha: both, 'up-police': others };
    reversals.theirsDecided = { mha: last, 'up-police': others };
    reversals.halfDecided = { mha: both, 'up-police': half };

    await lab.at(20);
    const later = await report('up-police', handsets('reissued'));
    await lab.at(30);
    reissued = { later, reversal: await withdraw(ofMha('reissued'), []) };
    await lab.toTheEnd();
  }, 300_000);
  afterAll(close);

  describe('two reports, of which one relied on the other, both withdrawn', () => {
    it.each([
      ['mha', 'ours', 'up-police'],
      ['up-police', 'theirs', 'mha'],
    ] as const)("leave nobody cut off, %s's first", async (_, story, last) => {
      expect(await disconnects(directions[story] ?? '')).not.toContain(number(story, 'V'));
      expect((await summary(reversals[story]?.[last] ?? '')).subjects).toMatchObject({ asked: 2, directed: 2 });
      expect(lab.cloud.failures()).toEqual([]);
    });
  });

  describe('a report that relied on another, of which the handset that links a number is withdrawn', () => {
    it.each([
      ['mha', 'oursThenHalf'],
      ['up-police', 'halfThenOurs'],
    ] as const)("leaves nobody cut off, %s's withdrawn first", async (_, story) => {
      expect(await disconnects(directions[story] ?? '')).not.toContain(number(story, 'V'));
      expect(await disconnects(await reverified(parts))).toContain(number(story, 'Q'));
      expect(lab.cloud.failures()).toEqual([]);
    });
  });

  describe('two reports, of which one relied on the other, both withdrawn before either is decided upon', () => {
    it.each([
      ['mha', 'both whole', 'oursDecided'],
      ['up-police', 'both whole', 'theirsDecided'],
      ['mha', 'the later by its handset', 'halfDecided'],
    ] as const)("leave nobody cut off, %s's decided upon first, %s", async (_, __, story) => {
      expect(await disconnects(directions[story] ?? '')).not.toContain(number(story, 'V'));
      const unblocked = (await lab.directions('block')).filter((one) => one.includes('.unblock.'));
      const orders = await Promise.all(unblocked.map((one) => lab.read(`orders/block/${one}/1-unblock.csv`)));
      expect(orders.join('')).toContain(shown(story, 1));
      for (const reversal of Object.values(reversals[story] ?? {}))
        expect(await summary(reversal)).toMatchObject({ unexplained: 0 });
      expect(lab.cloud.failures()).toEqual([]);
    });
  });

  describe('a report that is withdrawn after an appeal gave a number of it back', () => {
    it('has nothing of it kept for a report that had found it there, and whoever asks is told of the appeal', async () => {
      const { reversal, sentences } = appealed;
      const kept = await lab.read(`batches/${reversal}/kept.csv`);
      expect(kept).toContain(`reverify,${number('appealed', 'O')},block,${parts},alreadyOpen\n`);
      expect(kept).not.toContain(number('appealed', 'V'));
      expect(sentences).toEqual([
        expect.stringMatching(
          /^What was done about it was taken back .* It was being given back already\. The operator block/,
        ),
        expect.stringMatching(
          /^A report by which something was done about it was withdrawn .* That stays all the same/,
        ),
      ]);
      expect((await summary(reversal)).subjects).toMatchObject({ alreadyOpen: 1 });
      expect(lab.cloud.failures()).toEqual([]);
    });
  });

  describe("a report that met a number when it was somebody else's already", () => {
    it('relies on nothing that was done before, so that the withdrawal of what was done takes that back', async () => {
      const { later, reversal } = reissued;
      const { connections } = await summary<{ connections: Record<string, number> }>(later);
      expect(connections).toMatchObject({ linked: 2, reissuedBefore: 1, alreadyDisconnected: 1 });
      // Of what the later report counted as done before, it relies on O, which it left alone for that; V is nobody's whom it is about.
      const kept = await lab.read(`batches/${reversal}/kept.csv`);
      expect(kept).toContain(`reverify,${number('reissued', 'O')},block,${later},alreadyDisconnected\n`);
      expect(kept).not.toContain(number('reissued', 'V'));
      const lists = (await lab.outbox('revocations/')).filter((key) => key.endsWith(`${reversal}.withdrawn.csv`));
      const withdrawn = (await Promise.all(lists.map((key) => lab.read(key)))).join('');
      expect(withdrawn).toContain(number('reissued', 'V'));
      expect(withdrawn).not.toContain(number('reissued', 'O'));
      expect(lab.cloud.failures()).toEqual([]);
    });
  });
});
