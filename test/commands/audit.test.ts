import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { verifyChain } from '../../lambdas/domain/audit.ts';
import { sha256Of } from '../../lambdas/domain/hashes.ts';
import type { BatchId } from '../../lambdas/domain/identifiers.ts';
import { type AuditSettings, parseAuditArguments } from '../../lib/commands/audit/arguments.ts';
import { untold } from '../../lib/commands/audit/files.ts';
import { type AuditReport, followChains } from '../../lib/commands/audit/follow.ts';
import { inWords } from '../../lib/commands/audit/told.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { APPROVE, DAY, Lab, START } from '../scenarios/lab.ts';
import { A1, A2, H1, H2 } from '../scenarios/story.ts';
import { type Ended, run } from './command.ts';

type Heard = Omit<Ended, 'code'> & { intact: boolean };

const AUDITOR = 'dev-ap-south-1-auditor-auditor';

/** A lab's buckets in a new folder, as a run leaves them. */
async function left(lab: Lab): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'audit-'));
  for (const bucket of ['inbox', 'outbox', 'audit'] as const) {
    const name = bucketsOf(lab.cloud)[bucket];
    for (const key of await lab.cloud.list(name)) {
      const path = join(folder, bucket, key);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, await lab.cloud.get(name, key));
    }
  }
  return folder;
}

describe('npm run audit', () => {
  let lab: Lab;
  /** As a run leaves it; every test changes a copy. */
  let folder: string;
  let batch: string;
  let other: string;
  const audit = (...args: string[]): Promise<Ended> => run('audit', args, lab.cloud.endpoint, AUDITOR);

  beforeAll(async () => {
    lab = await Lab.open({ telling: true, enforce: true });
    await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    await lab.upload('reports/mha/refused.csv', 'number\n1\n');
    await lab.upload('reports/nobody/report.csv', 'imei\n');
    await lab.cloud.run(START + DAY);
    const direction = (await lab.directions('airtel')).find((id) => id.includes('.reverify.')) ?? '';
    await lab.respond(direction, [`${A1},disconnected`]);
    // The operator of a batch that never was.
    await lab.respond(direction.replace(/-[0-9a-f]{12}/, '-0123456789ab'), [`${A1},verified`]);
    await lab.report('up-police', [H2]);
    await lab.cloud.run();
    folder = await left(lab);
    [batch = '', other = ''] = (await readdir(join(folder, 'audit/batches'))).sort();
    return async () => {
      await rm(folder, { recursive: true });
      await lab.close();
    };
  });

  /** What the audit tells of a run's folder in which something was changed. */
  async function audited(change: (copy: string) => Promise<unknown>, ...args: string[]): Promise<Heard> {
    const copy = await mkdtemp(join(tmpdir(), 'audit-'));
    try {
      await cp(folder, copy, { recursive: true });
      await change(copy);
      const report = await followChains(parseAuditArguments(['--in', copy, ...args], copy) as AuditSettings);
      const words = inWords(report);
      const text = (what: 'said' | 'complained') => words.flatMap((told) => told[what].map((l) => `${l}\n`)).join('');
      return { intact: report.intact, said: text('said'), complained: text('complained') };
    } finally {
      await rm(copy, { recursive: true });
    }
  }
  const nothing = async () => {};
  const chainOf = (copy: string, id = batch) => join(copy, 'audit/batches', id);
  const files = async (at: string) =>
    (await readdir(at, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort();
  /** The last object of a chain. */
  const last = async (copy: string) => (await files(chainOf(copy))).at(-1) ?? '';
  const heads = ({ said }: Pick<Ended, 'said'>) =>
    [...said.matchAll(/^ {2}head ([0-9a-f]{64}) /gm)].map(([, hash = '']) => hash);

  it('finds what a run left whole, and prints the head of each chain, which is whole the next time, too', async () => {
    const first = await audited(nothing);
    expect(first).toMatchObject({ intact: true, complained: '' });
    expect(first.said.match(/: intact, \d+ entries; \d+ files compared$/gm)).toHaveLength(2);
    const [one = '', two = ''] = heads(first);
    const entry = JSON.parse((await readFile(await last(folder), 'utf8')).trimEnd().split('\n').at(-1) ?? '');
    expect(one).toBe(entry.hash);
    expect(await audited(nothing, '--head', one, '--head', two)).toEqual(first);
  });

  // Two block orders of each of five operators, one of re-verification, the answer and its receipt, books, handsets and elsewhere, the
  // preview's three files, and a list in two forms.
  it('tells of a chain that is missing whole, whose files are there', async () => {
    const { intact, said, complained } = await audited((copy) => rm(chainOf(copy), { recursive: true }));
    expect({ intact, complained }).toEqual({
      intact: false,
      complained: '  the chain is missing, and 21 files of the batch are there\n',
    });
    expect(said).toContain(`${batch}: NOT INTACT, 0 entries`);
    expect(said).toContain(`${other}: intact`);
  });

  it('tells of a chain that is missing with all that came of the report, which is still there', async () => {
    const { intact, said } = await audited(async (copy) => {
      await rm(chainOf(copy), { recursive: true });
      for (const path of await files(join(copy, 'outbox')))
        if (path.includes(batch) && !path.includes('rejects')) await rm(path);
    });
    expect(intact).toBe(false);
    expect(said).toContain(`${batch}: NOT INTACT, 0 entries`);
  });

  it('tells of an end that was cut off with the files of which it told, by the head that was noted', async () => {
    const [head = ''] = heads(await audited(nothing));
    const cut = async (copy: string) => {
      const path = await last(copy);
      const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
      await writeFile(
        path,
        lines
          .slice(0, -1)
          .map((line) => `${line}\n`)
          .join(''),
      );
      await rm(join(copy, 'outbox/batches', batch), { recursive: true });
    };
    // By itself, nothing shows it.
    const cutOff = JSON.parse((await readFile(await last(folder), 'utf8')).trimEnd().split('\n').at(-1) ?? '');
    expect(cutOff.kind).toBe('batch_settled');
    expect((await audited(cut)).intact).toBe(true);
    expect(await audited(cut, '--head', head)).toMatchObject({
      intact: false,
      complained: `no entry has the hash ${head}: a chain was cut off before the end that was noted, or is missing whole\n`,
    });
  });

  it('tells of a file of which no entry tells, of one that was changed, and of one that is missing', async () => {
    const order = (copy: string) => join(copy, 'outbox/orders/airtel');
    const { intact, complained } = await audited(async (copy) => {
      const [first = '', second = '', third = ''] = await files(order(copy));
      await writeFile(first, 'imei\n');
      await cp(second, join(dirname(second), '9-block.csv'));
      await rm(third);
    });
    expect(intact).toBe(false);
    expect(complained).toMatch(/^ {2}outbox\/orders\/.* was changed: it is not the order that entry \d+ tells of$/m);
    expect(complained).toMatch(/^ {2}no entry tells of outbox\/orders\/.*9-block\.csv$/m);
    expect(complained).toMatch(/^ {2}the order that entry \d+ tells of is missing$/m);
  });

  it('tells in plain words of an entry that was changed', async () => {
    const [path = ''] = await files(chainOf(folder));
    const { intact, complained } = await audited(async (copy) => {
      const first = join(chainOf(copy), path.split('/').at(-1) ?? '');
      await writeFile(first, (await readFile(first, 'utf8')).replace('"rows":1', '"rows":2'));
    });
    expect(intact).toBe(false);
    expect(complained).toContain(`  entry 1 was changed (batches/${batch}/00000001.jsonl, line 1)\n`);
  });

  it('says the same as JSON, for handing on', async () => {
    const { code, said, complained } = await audit('--in', folder, '--json', '--head', '0'.repeat(64));
    expect({ code, complained }).toEqual({ code: 1, complained: '' });
    const { intact, chains, findings } = JSON.parse(said) as AuditReport;
    expect(intact).toBe(false);
    expect(findings.map(({ kind }) => kind)).toEqual(['cut']);
    expect(chains.map((chain) => [chain.batchId, chain.intact, chain.head?.kind, chain.findings])).toEqual([
      [batch, true, 'batch_settled', []],
      [other, true, 'batch_settled', []],
    ]);
  });

  it('tells of a folder without a chain', async () => {
    const ended = await audit('--in', join(folder, 'nowhere'));
    expect(ended).toEqual({
      code: 1,
      said: '',
      complained: `there is no chain in ${join(folder, 'nowhere')}\n`,
    });
  });

  it("follows a stage's chains in the auditor's name, by the names of what the outbox holds, too", async () => {
    const { audit: chains, outbox } = bucketsOf(lab.cloud);
    const whole = await audit('--bucket', chains, '--outbox', outbox);
    expect(whole).toMatchObject({ code: 0, complained: '' });
    expect(whole.said.match(/: intact, \d+ entries; \d+ files compared$/gm)).toHaveLength(2);
    // A batch's books, an order and a list that nobody decided.
    await lab.cloud.put(outbox, 'batches/mha-ffffffffffff/summary.json', '{}');
    const direction = (await lab.directions('airtel'))[0] ?? '';
    await lab.cloud.put(outbox, `orders/airtel/${direction}/7-block.csv`, 'imei\n');
    await lab.cloud.put(outbox, `revocations/2026-06-17/${batch}.late-01234567.csv`, 'msisdn\n');
    // As long as they are young, their entries may still come.
    const soon = await audit('--bucket', chains, '--outbox', outbox);
    expect(soon).toMatchObject({ code: 0, complained: '' });
    expect(soon.said).toContain(
      `  no entry tells of outbox/orders/airtel/${direction}/7-block.csv yet, which may take minutes`,
    );
    expect(soon.said).toContain(
      '  there is no entry yet, and 1 file of the batch is there, which may take minutes; without',
    );
    expect(soon.said).toContain('mha-ffffffffffff: intact, 0 entries');
    await lab.cloud.run(lab.cloud.clock.now() + 40 * 60_000);
    await lab.cloud.put(outbox, `orders/airtel/${direction}/8-block.csv`, 'imei\n');
    const { code, said, complained } = await audit('--bucket', chains, '--outbox', outbox);
    expect(code).toBe(1);
    expect(said).toContain('mha-ffffffffffff: NOT INTACT, 0 entries');
    expect(complained).toContain(`  no entry tells of outbox/orders/airtel/${direction}/7-block.csv\n`);
    expect(complained).toContain(`  no entry tells of outbox/revocations/2026-06-17/${batch}.late-01234567.csv\n`);
    expect(complained).toContain('  the chain is missing, and 1 file of the batch is there\n');
    expect(complained).not.toContain('8-block.csv');
  });
});

describe('npm run audit, of batches that were withdrawn', () => {
  const idOf = (imei: string) => `mha-${sha256Of(`imei\n${imei}\n`).slice(0, 12)}`;
  const [withdrawn, directed] = [idOf(H1), idOf(H2)];
  let folder: string;

  beforeAll(async () => {
    await using lab = await Lab.open({ telling: true, context: { operators: 'airtel,jio', people: '1' } });
    await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`]);
    await lab.report('mha', [H1], 'one.csv');
    await lab.report('mha', [H2], 'two.csv');
    await lab.decide('approver-1', directed, [APPROVE]);
    // Both receipts have one key, since name and bytes are the same; and what one agency says of another's batch is in no chain.
    await lab.upload(`withdrawals/mha/${directed}/w.csv`, 'imei\n');
    await lab.upload(`withdrawals/mha/${withdrawn}/w.csv`, 'imei\n');
    await lab.upload(`withdrawals/up-police/${withdrawn}/theirs.csv`, 'imei\n');
    await lab.cloud.run(START + DAY / 2);
    expect(await lab.outbox('receipts/mha/withdrawals/')).toHaveLength(1);
    folder = await left(lab);
    return () => rm(folder, { recursive: true });
  });

  const audited = async () => {
    const { chains } = await followChains(parseAuditArguments(['--in', folder], folder) as AuditSettings);
    return Object.fromEntries(chains.map(({ batchId, findings }) => [batchId, findings.map(({ says }) => says)]));
  };

  it('finds them whole, also where withdrawals of two batches have the same receipt', async () => {
    expect(await audited()).toEqual(expect.objectContaining({ [withdrawn]: [], [directed]: [] }));
  });

  it('tells of a receipt that was changed, and of a withdrawal of which no entry tells', async () => {
    const [name = ''] = await readdir(join(folder, 'outbox/receipts/mha/withdrawals'));
    const path = join(folder, 'outbox/receipts/mha/withdrawals', name);
    await writeFile(path, (await readFile(path, 'utf8')).replace('w.csv', 'v.csv'));
    const inbox = join(folder, 'inbox/withdrawals/mha', withdrawn);
    await cp(join(inbox, 'w.csv'), join(inbox, 'x.csv'));
    const found = await audited();
    const changed = expect.stringMatching(
      `^outbox/receipts/mha/withdrawals/${name} was changed: it is not the receipt that entry \\d+ tells of$`,
    );
    expect(found[directed]).toEqual([changed]);
    expect(found[withdrawn]).toEqual([`no entry tells of inbox/withdrawals/mha/${withdrawn}/x.csv`, changed]);
  });
});

describe('npm run audit, of reversals', () => {
  const report = `mha-${sha256Of(`imei\n${H1}\n`).slice(0, 12)}`;
  let folder: string;
  let appealed: string;
  let withdrawn: string;

  beforeAll(async () => {
    await using lab = await Lab.open({ telling: true, context: { operators: 'airtel,jio' } });
    const newest = async (prefix: string, not: string[]) =>
      (await lab.outbox(prefix)).map((key) => key.split('/')[1] ?? '').find((id) => !not.includes(id)) ?? '';
    await lab.usage('airtel', [`${H1},${A1},2026-05-20,Delhi`, `${H1},${A2},2026-05-20,Delhi`]);
    await lab.report('mha', [H1]);
    await lab.at(1);
    await lab.upload('appeals/caseworker-1/a.csv', `msisdn,ground\n${A1},wrong_number\n`);
    appealed = await newest('previews/caseworker-1-', []);
    await lab.decide('approver-1', appealed, [APPROVE]);
    await lab.upload(`withdrawals/mha/${report}/w.csv`, 'imei\n');
    withdrawn = await newest('previews/mha-', [report]);
    await lab.decide('approver-1', withdrawn, [APPROVE]);
    await lab.at(30);
    folder = await left(lab);
    return () => rm(folder, { recursive: true });
  }, 300_000);

  const audited = async () => {
    const { chains } = await followChains(parseAuditArguments(['--in', folder], folder) as AuditSettings);
    return Object.fromEntries(chains.map(({ batchId, findings }) => [batchId, findings.map(({ says }) => says)]));
  };

  it('finds their appeals, previews, answers, orders, books and lists, and what came of them', async () => {
    const chains = await audited();
    expect(Object.keys(chains)).toEqual(expect.arrayContaining([report, appealed, withdrawn, 'appeals']));
    expect(Object.values(chains).flat()).toEqual([]);
  });

  it('knows by their names, too, what is told of a reversal, and what is not', async () => {
    const keys = [
      `batches/${appealed}/appeals.csv`,
      `batches/${appealed}/summary.json`,
      `revocations/2026-06-02/${appealed}.withdrawn.csv`,
      `revocations/2026-06-02/${appealed}.withdrawn.json`,
    ];
    const { entries } = verifyChain(appealed as BatchId, await objectsOf(folder, appealed));
    expect(entries.map(({ id }) => id)).toEqual(expect.arrayContaining(['reversed', 'settled']));
    expect(untold(keys, appealed, entries)).toEqual([]);
    const before = entries.filter(({ id }) => id !== 'reversed' && id !== 'settled');
    expect(untold(keys, appealed, before)).toHaveLength(4);
  });

  it('tells of an answer and of a list that were changed', async () => {
    const changed = [
      [appealed, `outbox/batches/${appealed}/appeals.csv`],
      [withdrawn, `outbox/batches/${withdrawn}/kept.csv`],
      [appealed, `outbox/revocations/2026-06-02/${appealed}.withdrawn.csv`],
    ] as const;
    for (const [, key] of changed) {
      const path = join(folder, key);
      await writeFile(path, `${await readFile(path, 'utf8')}x\n`);
    }
    const found = await audited();
    for (const [id, key] of changed) expect(found[id]).toContainEqual(expect.stringMatching(`^${key} was changed: `));
  });
});

/** A chain's objects, as a run leaves them. */
async function objectsOf(folder: string, batchId: string): Promise<{ key: string; text: string }[]> {
  const place = join(folder, 'audit', 'batches', batchId);
  const names = await readdir(place);
  return await Promise.all(
    names.map(async (name) => ({
      key: `batches/${batchId}/${name}`,
      text: await readFile(join(place, name), 'utf8'),
    })),
  );
}
