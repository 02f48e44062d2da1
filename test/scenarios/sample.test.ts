import { execFile } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { isWord } from '../../lambdas/domain/outbox.ts';
import { stageFromContext } from '../../lib/config/context.ts';
import { clonesAdmitted, heaviestReverified, SimulatedApprovers, sampleVerdicts } from '../../simulation/approvers.ts';
import { parseArguments } from '../../simulation/arguments.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { conduct } from '../../simulation/conduct.ts';
import { participantsOf } from '../../simulation/participants.ts';
import { showProgress } from '../../simulation/progress.ts';
import { judge } from '../../simulation/results.ts';
import { leaks } from '../../tools/campaign/leaks.ts';
import { cellsOf, imeiIn, linesOf, msisdnIn, sha256 } from '../reckoning/files.ts';
import { Reckoning, type Upload } from '../reckoning/sample.ts';
import { Lab, START, type Summary } from './lab.ts';

/**
 * The sample at 0.1 % of the event's size, run twice: once by the command, whose folder is then read, and once in this
 * process, where the instants of all uploads are noted, and sweeps come once a day. A second reckoning of the same uploads says what must be in the
 * outbox.
 */
const OPERATORS = ['airtel', 'bsnl', 'jio', 'mtnl', 'vi'];
const AGENCIES = ['mha', 'up-police', 'delhi-police', 'i4c'];
const ARGUMENTS = ['--scale', '0.001', '--start', '2026-06-01T00:00:00Z', '--seed', '1'];

let folder: string;
let exit: { code: number; said: string; complained: string };
let again: Record<string, string>;
let problems: string[];
const logs: string[] = [];
let reckoned: Reckoning;
let summaries: Summary[];

/** Of a place without the word of where things stand. */
const keysUnder = (place: string) => everythingUnder(place).filter((key) => place === '' || !isWord(key));
const everythingUnder = (place: string) =>
  readdirSync(join(folder, 'outbox', place), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(join(folder, 'outbox/').length))
    .sort();
const text = (key: string) => readFileSync(join(folder, 'outbox', key), 'utf8');
const json = <T>(key: string) => JSON.parse(text(key)) as T;

/** A command, as npm runs it. */
function command(name: string, ...args: string[]): Promise<typeof exit> {
  const script = fileURLToPath(new URL(`../../bin/${name}.ts`, import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], (error, said, complained) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, said, complained }),
    );
  });
}

/** The same run here. Returns the SHA-256 of each object in the outbox, and notes every upload. */
async function runHere(uploads: Upload[]): Promise<typeof again> {
  const settings = parseArguments(ARGUMENTS, { folder, now: 0, agencies: AGENCIES, operators: OPERATORS });
  if (settings === 'help') throw new Error('no run');
  expect(settings.start).toBe(START);
  const log = (_: string, line: string) => void logs.push(line);
  const config = stageFromContext({ cloud: 'local', config: 'none' });
  const approvers = new SimulatedApprovers(
    config.approvers.map(({ id }) => id),
    heaviestReverified,
    clonesAdmitted,
    sampleVerdicts({ seed: settings.seed, scale: 0.001, start: settings.start }),
  );
  let hear = (_: string): void => {};
  const lab = await Lab.open({
    telling: true,
    days: true,
    context: {
      ladder: settings.ladder,
      people: String(config.policy.people),
      busyDay: String(config.policy.busyDay),
      manyConnections: String(config.policy.manyConnections),
      gateRows: String(config.policy.gateRows),
      sweepHours: '24',
    },
    seed: settings.seed,
    log,
    watch: { uploaded: () => {}, published: (message) => hear(message) },
  });
  const { cloud } = lab;
  try {
    const watched: typeof cloud = {
      ...cloud,
      put: async (bucket, key, body) => {
        const upload = { key, at: cloud.clock.now(), version: '' };
        uploads.push(upload);
        await cloud.put(bucket, key, body);
        upload.version = await cloud.version(bucket, key);
      },
    };
    hear = (message) => approvers.hear(watched, message);
    const progress = showProgress({ write: () => true });
    const conducted = await conduct(settings, watched, participantsOf(config), progress);
    progress.end();
    ({ problems } = await judge(conducted, cloud));
    const { outbox } = bucketsOf(cloud);
    const objects: typeof again = {};
    for (const key of await cloud.list(outbox)) objects[key] = sha256(await cloud.get(outbox, key));
    return objects;
  } finally {
    await lab.close();
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sample-'));
  const uploads: Upload[] = [];
  [exit, again] = await Promise.all([command('run', ...ARGUMENTS, '--out', folder), runHere(uploads)]);
  reckoned = new Reckoning(folder, OPERATORS, uploads);
  summaries = reckoned.batches.map(({ id }) => json<Summary>(`batches/${id}/summary.json`));
  return () => rmSync(folder, { recursive: true, force: true });
}, 900_000);

describe('the sample', () => {
  it('ends with 0 and settles both batches, and those of the nights', () => {
    expect(exit.complained).toBe('');
    expect(exit.code).toBe(0);
    expect(problems).toEqual([]);
    expect(keysUnder('batches').filter((key) => key.endsWith('summary.json'))).toEqual(
      [...reckoned.batches, ...reckoned.withoutEffect, ...reckoned.reversals]
        .map(({ id }) => `batches/${id}/summary.json`)
        .sort(),
    );
  });

  it('has the size of 0.1 % of the event: 28 handsets, 2,000 connections', () => {
    expect(summaries[0]?.report.handsets).toBe(28);
    expect(summaries[0]?.connections.linked).toBe(2000);
  });

  it('run again with the same seed and start gives the same outbox, byte for byte', () => {
    const first = Object.fromEntries(
      keysUnder('').map((key) => [key, sha256(readFileSync(join(folder, 'outbox', key)))]),
    );
    expect(Object.keys(first).length).toBeGreaterThan(100);
    expect(again).toEqual(first);
  });

  it('logs no number, IMEI or IMSI that was uploaded, in any spelling', () => {
    const identifiers = new Set<string>();
    for (const place of ['usage', 'reports'])
      for (const file of readdirSync(join(folder, 'inbox', place), { recursive: true, encoding: 'utf8' })) {
        if (!file.endsWith('.csv')) continue;
        for (const { cells } of linesOf(readFileSync(join(folder, 'inbox', place, file), 'utf8')).lines) {
          const imei = imeiIn(cells?.imei);
          const number = msisdnIn(cells?.msisdn);
          if ('imei' in imei) identifiers.add(imei.imei);
          if ('msisdn' in number) identifiers.add(number.msisdn.slice(3));
          if (/^\d{15}$/.test(cells?.imsi ?? '')) identifiers.add(cells?.imsi ?? '');
        }
      }
    expect(identifiers.size).toBeGreaterThan(4000);
    expect(logs.length).toBeGreaterThan(400);
    expect(leaks(logs, identifiers)).toEqual([]);
  });

  it('shows every outcome', () => {
    const sum = (part: 'connections' | 'blocks', word: string) =>
      summaries.reduce((total, summary) => total + (summary[part][word] ?? 0), 0);
    for (const word of [
      'alreadyOpen',
      'alreadyDisconnected',
      'alreadyVerified',
      'exempt',
      'directed',
      'verified',
      'disconnected',
      'surrendered',
      'notFound',
      'ported',
      'extended',
      'reissued',
      'withdrawn',
      'overdue',
    ])
      expect(sum('connections', word), word).toBeGreaterThan(0);
    for (const word of ['exempt', 'alreadyOpen', 'alreadyBlocked', 'directed', 'blocked', 'notFound', 'overdue'])
      expect(sum('blocks', word), word).toBeGreaterThan(0);
  });
});

describe('beside a second reckoning from the uploads alone', () => {
  it('all summaries agree in every number', () => {
    expect(summaries).toEqual(reckoned.batches.map(({ summary }) => summary));
  });

  it('one report is refused and one withdrawn, and nobody is directed for them', () => {
    const ended = reckoned.withoutEffect.map(({ id }) => json<Summary>(`batches/${id}/summary.json`));
    expect(ended).toEqual(reckoned.withoutEffect.map(({ summary }) => summary));
    expect(ended.map(({ status }) => status)).toEqual(['refused', 'withdrawn']);
  });

  it('what a caseworker appealed for and what an agency took back is given back, and nothing else', () => {
    const { reversals } = reckoned;
    expect(reversals.map(({ id }) => json(`batches/${id}/summary.json`))).toEqual(
      reversals.map(({ summary }) => summary),
    );
    for (const { id, file, answers } of reversals)
      expect(text(`batches/${id}/${file}`).trimEnd().split('\n').slice(1)).toEqual(answers);
    expect(reversals.map(({ file }) => file)).toEqual(['appeals.csv', 'kept.csv']);
    const [appeal, withdrawal] = reversals.map(({ summary }) => summary) as Record<string, Record<string, number>>[];
    for (const word of ['directed', 'tooLate', 'nothingToRestore'])
      expect(appeal?.subjects?.[word], word).toBeGreaterThan(0);
    for (const word of ['restored', 'unblocked']) expect(withdrawal?.outcomes?.[word], word).toBeGreaterThan(0);
    expect(appeal?.outcomes?.restored).toBeGreaterThan(0);
    // Nobody is asked again at night.
    expect([appeal?.outcomes?.overdue, withdrawal?.outcomes?.overdue]).toEqual([0, 0]);
  });

  it('every connection and block that was to be directed stands in one direction, with its newest handset', () => {
    for (const { id, directed } of [...reckoned.batches, ...reckoned.reversals]) {
      const rows = keysUnder('orders')
        .filter((key) => key.includes(`/${id}.`) && key.includes('/1-'))
        .flatMap((key) => {
          const [, operator = '', direction = ''] = key.split('/');
          const [, kind] = direction.split('.');
          return linesOf(text(key)).lines.map(
            ({ cells }) => `${kind},${operator},${cells?.msisdn || cells?.imei},${cells?.imei}`,
          );
        });
      expect(rows.sort()).toEqual(directed);
    }
  });

  it('all others stand elsewhere, as they stood when the second batch was planned', () => {
    for (const { id, elsewhere } of reckoned.batches)
      expect(text(`batches/${id}/elsewhere.csv`).trimEnd().split('\n').slice(1)).toEqual(elsewhere);
  });

  it('all that was moved goes on in the next night, and returns where it was ported to nobody', () => {
    const nights = reckoned.batches.flatMap(({ id, moved }) => (moved ? [{ id, moved }] : []));
    for (const { id, moved } of nights)
      expect(text(`batches/${id}/moved.csv`).trimEnd().split('\n').slice(1)).toEqual(moved);
    const whys = nights.flatMap(({ moved }) => moved.map((line) => line.split(',')[2]));
    expect(new Set(whys)).toEqual(new Set(['ported', 'extended', 'porting_disputed']));
  });

  it('every order has the rows that were open when it was issued, and no other order was', () => {
    const orders = Object.fromEntries(
      keysUnder('orders').map((key) => [
        key,
        linesOf(text(key)).lines.map(({ cells }) => cells?.msisdn || (cells?.imei ?? '')),
      ]),
    );
    expect(orders).toEqual(reckoned.orders);
  });

  it('every response has its receipt', () => {
    const withoutAdvice = ({ whatToDo, recordedAt, late, ...receipt }: Record<string, unknown>) => {
      expect(Object.keys(whatToDo as object)).toEqual(
        receipt.refused ? [receipt.refused] : Object.keys(receipt.rejected as object),
      );
      if (receipt.uploadedAt !== undefined) {
        expect(Date.parse(String(recordedAt))).toBeGreaterThanOrEqual(Date.parse(String(receipt.uploadedAt)));
        // A file for several directions says it of each.
        if (receipt.directions !== undefined) return receipt;
        const [batch = ''] = String(receipt.directionId).split('.');
        const { settledAt } = json<{ settledAt: string }>(`batches/${batch}/summary.json`);
        expect(late).toBe(String(recordedAt) > settledAt);
      }
      return receipt;
    };
    const receipts = keysUnder('receipts').filter((key) => !key.startsWith('receipts/approver-'));
    expect(Object.fromEntries(receipts.map((key) => [key, withoutAdvice(json(key))]))).toEqual(reckoned.receipts);
  });

  it('every reject has its line and reason', () => {
    const rejects = keysUnder('rejects').map((key) => {
      const [header, ...lines] = text(key).trimEnd().split('\n');
      expect(header).toBe('line,value,reason,what_to_do');
      return [key, lines.map(cellsOf).map((cells) => `${cells[0]},${cells.at(-2)}`)];
    });
    expect(Object.fromEntries(rejects)).toEqual(reckoned.rejects);
  });

  it('every number that is somebody else’s since, or was taken back, is withdrawn from all lists', () => {
    const lists = keysUnder('revocations').filter((key) => /\.withdrawn(-[0-9a-f]{8})?\.csv$/.test(key));
    const withdrawals = lists.map((key) => {
      const cells = linesOf(text(key)).lines.map((line) => line.cells);
      const { payload, withdrawn } = json<{ payload: unknown[]; withdrawn: unknown[] }>(key.replace(/csv$/, 'json'));
      expect(payload).toEqual([]);
      expect(withdrawn).toEqual(
        cells.map((row) => ({ n: row?.msisdn?.slice(3), withdrawn_on: row?.withdrawn_on, ground: row?.ground })),
      );
      return [key.replace(/\.csv$/, ''), cells.map((row) => `${row?.msisdn},${row?.withdrawn_on},${row?.ground}`)];
    });
    expect(Object.fromEntries(withdrawals)).toEqual(reckoned.withdrawals);
  });

  it('every disconnected number is revoked once, in its list or in the one of its late answer', () => {
    const lists = keysUnder('revocations').filter((key) => key.endsWith('.csv') && !key.includes('.withdrawn'));
    const revocations = lists.map((key) => {
      const rows = linesOf(text(key)).lines.map(
        ({ cells }) => `${cells?.msisdn},${cells?.operator},${cells?.disconnected_on},${cells?.reason}`,
      );
      const { payload } = json<{ payload: { n: string }[] }>(key.replace(/csv$/, 'json'));
      expect(payload.map(({ n }) => n)).toEqual(rows.map((row) => row.slice(3, 13)));
      return [key.replace(/\.csv$/, ''), rows];
    });
    expect(Object.fromEntries(revocations)).toEqual(reckoned.revocations);
  });
});

describe('its audit', () => {
  const chain = (id: string) => `audit/batches/${id}`;
  const objects = (from: string, id: string) => readdirSync(join(from, chain(id))).sort();
  const entries = (id: string) =>
    objects(folder, id).flatMap((name) =>
      readFileSync(join(folder, chain(id), name), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { kind: string; facts: Record<string, unknown> }),
    );

  it('is intact, and every file of each batch is the one that an entry tells of', async () => {
    const { code, said, complained } = await command('audit', '--in', folder);
    expect({ code, complained }).toEqual({ code: 0, complained: '' });
    for (const { id } of [...reckoned.batches, ...reckoned.withoutEffect, ...reckoned.reversals])
      expect(said).toMatch(new RegExp(`^${id}: intact, \\d+ entries; \\d+ files compared$`, 'm'));
  });

  it('has an entry for each order, each response that was taken, each direction and each step', () => {
    for (const { id, moved } of reckoned.batches) {
      const counts: Record<string, number> = {};
      for (const { kind } of entries(id)) counts[kind] = (counts[kind] ?? 0) + 1;
      const ofBatch = (place: string) => keysUnder(place).filter((key) => key.split('/')[2]?.startsWith(`${id}.`));
      const orders = ofBatch('orders');
      const receipts = ofBatch('receipts').map((key) => json<{ refused: string | null }>(key));
      const recorded = receipts.filter(({ refused }) => refused === null).length;
      const failed = orders.filter((key) => key.includes('/failed-')).length;
      const givenBack = orders.filter((key) => key.includes('/back-')).length;
      const lists = keysUnder('revocations').filter((key) => key.includes(`/${id}.`) && key.endsWith('.csv'));
      const withdrawn = lists.filter((key) => key.includes('.withdrawn-')).length;
      expect(counts).toMatchObject({
        batch_registered: 1,
        // A night goes on with what was decided before.
        ...(moved ? {} : { previewed: 1, decision_recorded: 2, decided: 1 }),
        plan_directed: 1,
        order_issued: orders.filter((key) => /\/\d-[a-z_]+\.csv$/.test(key)).length,
        ...(failed > 0 ? { disconnect_ordered: failed } : {}),
        ...(givenBack > 0 ? { restore_ordered: givenBack } : {}),
        ...(recorded > 0 ? { response_recorded: recorded } : {}),
        direction_closed: new Set(orders.map((key) => key.split('/')[2])).size,
        batch_settled: 1,
        revoked: lists.length - withdrawn,
        ...(withdrawn > 0 ? { withdrawn } : {}),
      });
    }
  });

  it('has one for each step of a reversal, upon which one approver decided', () => {
    for (const { id } of reckoned.reversals) {
      const kinds = entries(id).map(({ kind }) => kind);
      for (const kind of [
        'batch_registered',
        'previewed',
        'decision_recorded',
        'decided',
        'withdrawn',
        'batch_settled',
      ])
        expect(
          kinds.filter((one) => one === kind),
          kind,
        ).toHaveLength(1);
    }
  });

  it('names no number and no handset', () => {
    for (const { id } of [...reckoned.batches, ...reckoned.reversals]) {
      const said = JSON.stringify(entries(id))
        // Hashes, the versions of uploads, the account, and the nights.
        .replace(/[0-9a-f]{64}|v\d{31}|:\d{12}:|followup-\d{12}/g, '');
      expect(said.length).toBeGreaterThan(1000);
      expect(said).not.toMatch(/\d{10}/);
    }
  });

  const tamperings: [what: string, said: RegExp, tamper: (at: string, names: string[]) => void][] = [
    [
      'an entry that was changed',
      /^ {2}entry \d+ was changed \(/m,
      (at, [, second = '']) => {
        const text = readFileSync(join(at, second), 'utf8');
        writeFileSync(join(at, second), text.replace('"at":"2026-', '"at":"2025-'));
      },
    ],
    [
      'one that was removed',
      /^ {2}(entry \d+ was|entries \d+ to \d+ were) removed \(/m,
      (at, names) => rmSync(join(at, names.at(-3) ?? '')),
    ],
    [
      'some that changed places',
      /^ {2}entry \d+ was moved /m,
      (at, [first = '', second = '']) => {
        renameSync(join(at, first), join(at, 'x'));
        renameSync(join(at, second), join(at, first));
        renameSync(join(at, 'x'), join(at, second));
      },
    ],
    [
      'its end, cut off',
      /^ {2}no entry tells of (inbox|outbox)\//m,
      (at, names) => {
        for (const name of names.slice(-20)) rmSync(join(at, name));
      },
    ],
  ];
  it.each(tamperings)('is found not to be intact by %s', async (_, said, tamper) => {
    const id = reckoned.batches[0]?.id ?? '';
    const copy = mkdtempSync(join(tmpdir(), 'tampered-'));
    try {
      cpSync(folder, copy, { recursive: true });
      tamper(join(copy, chain(id)), objects(copy, id));
      const ended = await command('audit', '--batch', id, '--in', copy);
      expect(ended.code).toBe(1);
      expect(ended.said).toContain(`${id}: NOT INTACT`);
      expect(ended.complained).toMatch(said);
    } finally {
      rmSync(copy, { recursive: true });
    }
  });

  it('finds a file that is not the one which was published', async () => {
    const id = reckoned.batches[0]?.id ?? '';
    const copy = mkdtempSync(join(tmpdir(), 'tampered-'));
    try {
      cpSync(folder, copy, { recursive: true });
      appendFileSync(join(copy, 'outbox', 'batches', id, 'summary.json'), ' ');
      const { code, complained } = await command('audit', '--batch', id, '--in', copy);
      expect(code).toBe(1);
      expect(complained).toMatch(
        /^ {2}outbox\/batches\/.*\/summary\.json was changed: it is not the summary that entry \d+ tells of\n$/,
      );
    } finally {
      rmSync(copy, { recursive: true });
    }
  });
});
