/**
 * The people of a story: agencies, approvers and operators, who upload what the story says. They know their notices and the outbox, look at
 * their notices every three hours, and are patient.
 */

import { connect } from 'node:net';
import { authorization, type LocalCloud } from 'local-cloud';
import { bucketsOf } from '../../simulation/buckets.ts';
import { fraction, hash } from '../../simulation/random.ts';
import { sha256 } from '../../test/reckoning/files.ts';
import { DECISION_HEADER, saidOf, saidOfReversal } from './decisions.ts';
import { answeredOn, begunAt, fateOf, habitOf, isCombining, lateOutcome } from './said.ts';
import {
  AGENCIES,
  APPROVERS,
  type Fate,
  FOLLOW_UP,
  HOUR,
  LATE_AFTER,
  OPERATORS,
  START,
  type Story,
  TARDY_AFTER,
  type Upload,
} from './story.ts';

export const LOOKS_EVERY = 3 * HOUR;
/** The time from an order's arrival to the answer. */
const ANSWERS_AFTER = 3 * HOUR;

/** A notice, and `heardAt`, the instant at which somebody looked and found it. */
export type Notice = Record<string, unknown>;

/** The way in which an upload is cut short, if it is. */
export type Cut = 'broken off' | 'never completed' | 'cut file first' | undefined;

const QUEUES = [
  ...OPERATORS.map((operator) => `fraud-directions-${operator}`),
  ...AGENCIES.map((agency) => `fraud-batches-${agency}`),
  ...APPROVERS.map((approver) => `fraud-approvals-${approver}`),
  'fraud-administrators',
];
const csv = (header: string, rows: string[]) => [header, ...rows].map((row) => `${row}\n`).join('');

export class People {
  readonly uploads: Upload[] = [];
  readonly notices: Record<string, Notice[]> = Object.fromEntries(QUEUES.map((queue) => [queue, []]));
  /** The summaries of batches that lapsed, as their agencies read them, by batch. */
  readonly lapsed: Record<string, string[]> = {};
  readonly #cloud: LocalCloud;
  readonly #story: Story;
  readonly #cut: (key: string) => Cut;
  readonly #known = new Set<string>();
  /** The rows that operators are about to answer in one file. */
  readonly #gathered = new Map<string, string[]>();

  constructor(cloud: LocalCloud, story: Story, cut: (key: string) => Cut) {
    this.#cloud = cloud;
    this.#story = story;
    this.#cut = cut;
  }

  /**
   * Lets people do everything that the story says, and look at their notices until it is over.
   * @param patience the milliseconds by which it may be over later than the story says
   */
  begin(patience: number): void {
    const { usage, reports, reversals = [], lookups = [], ends } = this.#story;
    for (const { at, key, text } of [...usage, ...reports, ...reversals, ...lookups])
      this.#act(START + at, () => this.#upload(key, text));
    const look = async () => {
      await this.look();
      const next = this.#now() + LOOKS_EVERY;
      if (next <= START + ends + patience) this.#act(next, look);
    };
    this.#act(START + LOOKS_EVERY, look);
  }

  /** Takes all notices, and plans the acts that they ask for. */
  async look(): Promise<void> {
    for (const queue of QUEUES)
      for (const { body } of await this.#cloud.receive(queue)) {
        const told = JSON.parse(body) as Notice;
        const heardAt = new Date(this.#now()).toISOString();
        const notice: Notice = { ...told, heardAt };
        this.notices[queue]?.push(notice);
        const { uploadedAt: _, ...rest } = told;
        // A reminder is heard once a day, though each says the same.
        const day = notice.kind === 'decision_reminder' ? heardAt.slice(0, 10) : '';
        const identity = JSON.stringify(notice.kind === 'order' ? notice.key : rest) + day;
        if (this.#known.has(`${queue} ${identity}`)) continue;
        this.#known.add(`${queue} ${identity}`);
        await this.#hear(queue, notice);
      }
  }

  async #hear(queue: string, notice: Notice): Promise<void> {
    const { kind } = notice;
    if (kind === 'decision_needed' && queue !== 'fraud-administrators')
      this.#decide(queue.replace('fraud-approvals-', ''), notice);
    if (kind === 'decision_reminder' && queue !== 'fraud-administrators')
      this.#sayAgain(queue.replace('fraud-approvals-', ''), notice);
    if (kind === 'usage_gated' && this.#story.admits && queue === `fraud-approvals-${APPROVERS[0]}`) {
      const { key, versionId } = notice as Record<'key' | 'versionId', string>;
      const place = `admissions/${APPROVERS[0]}/${sha256(versionId).slice(0, 8)}.csv`;
      this.#act(this.#now() + HOUR, () => this.#upload(place, csv('key,version', [`${key},${versionId}`])));
    }
    if (kind === 'batch_lapsed' && queue.startsWith('fraud-batches-')) {
      const { bucket, key, batchId } = notice as Record<'bucket' | 'key' | 'batchId', string>;
      const summary = Buffer.from(await this.#cloud.get(bucket, key)).toString('utf8');
      this.lapsed[batchId] = [...(this.lapsed[batchId] ?? []), summary];
    }
    // A batch that lapsed begins anew with the same file; one that was refused doesn't, though its agency tries.
    if ((kind === 'batch_lapsed' || kind === 'batch_refused') && queue.startsWith('fraud-batches-'))
      this.#again(this.#story.reports.filter((report) => batchOf(report) === notice.batchId));
    if (kind === 'order' && notice.rung === '1') this.#answer(notice);
    if (kind === 'order' && notice.rung === 'failed') this.#disconnect(notice);
    if (kind === 'receipt') this.#correct(notice);
    if (kind === 'batch_failed' && queue.startsWith('fraud-batches-'))
      this.#again(this.#story.reports.filter((report) => batchOf(report) === notice.batchId));
    // A quarantined file could not be worked on, so that no batch came of it.
    // Caseworkers have no queue of their own: administrators ask them.
    const isAsked = queue !== 'fraud-administrators' || /^(appeals|lookups)\//.test(String(notice.key));
    if (kind === 'quarantined' && isAsked) {
      const { usage, reports, reversals = [], lookups = [] } = this.#story;
      this.#again([...usage, ...reports, ...reversals, ...lookups].filter(({ key }) => key === notice.key));
      const said = this.uploads.findLast(
        ({ key }) => /^(responses|decisions|admissions)\//.test(key) && key === notice.key,
      );
      if (said !== undefined) this.#act(this.#now() + HOUR, () => this.#put(said.key, said.text));
    }
    // Only the administrators hear of an import's execution; they ask the file's uploader for it.
    if (kind === 'execution_ended') {
      const name = String(notice.execution).split(':').at(-1) ?? '';
      this.#again(this.#story.usage.filter(({ key }) => name.startsWith(`${key.split('/')[1]}-`)));
    }
  }

  #again(files: readonly { at: number; key: string; text: string }[]): void {
    for (const { at, key, text } of files)
      if (START + at <= this.#now()) this.#act(this.#now() + HOUR, () => this.#upload(key, text));
  }

  /** Plans the decision of an approver who is asked about a batch. */
  #decide(approver: string, notice: Notice): void {
    const { batchId, agency, sha256: preview, decideBy } = notice as Record<string, string>;
    const lapsed = batchId !== undefined && batchId in this.lapsed;
    const all = notice.subjects === undefined ? saidOf(this.#story, agency ?? '', lapsed) : saidOfReversal(this.#story);
    for (const said of all.filter((one) => one.approver === approver)) {
      const key = `decisions/${approver}/${batchId}/${said.name}`;
      const text = csv(DECISION_HEADER, said.rows(preview ?? ''));
      const at = said.after === 'at the last instant' ? Date.parse(decideBy ?? '') : this.#now() + said.after;
      // An approver who hears of it too late says nothing any more.
      if (at >= this.#now()) this.#act(at, () => this.#upload(key, text));
    }
  }

  /**
   * Has an approver of a reversal who is reminded that nobody has approved say so once more: its batch failed and was begun anew, and they
   * were told of its preview, which shows the same, before.
   */
  #sayAgain(approver: string, { batchId, approved, decideBy }: Notice): void {
    if (approved !== 0 || decideBy !== null) return;
    const said = this.uploads.findLast(({ key }) => key.startsWith(`decisions/${approver}/${batchId}/`));
    if (said !== undefined) this.#act(this.#now() + HOUR, () => this.#upload(said.key, said.text));
  }

  #answer(notice: Notice): void {
    const story = this.#story;
    const direction = String(notice.directionId);
    const { agency, kind, operator } = partsOf(direction);
    const habit = habitOf(story, agency, kind, operator);
    if (habit === 'never') return;
    const now = this.#now();
    const report = begunAt(story, agency);
    // What is given back is so on the day on which it is said: none before its order counts.
    const on = ['restore', 'unblock'].includes(kind) ? '' : answeredOn(story, agency, false);
    const answers = async (takes: (fate: Fate, part: number) => boolean) =>
      (await this.#rowsOf(String(notice.key))).flatMap((identifier): [string, Fate][] => {
        const fate = fateOf(story, agency, kind, operator, identifier.slice(0, kind === 'block' ? 14 : 13));
        return takes(fate, fraction(story.seed, 'part', direction.replace(/\.[^.]*$/, ''), identifier))
          ? [[identifier, fate]]
          : [];
      });
    const send = (at: number, name: string, takes: (fate: Fate, part: number) => boolean) =>
      this.#act(at, async () => {
        const rows = (
          await answers((fate, part) => !['tardy', 'late', 'unanswered'].includes(fate) && takes(fate, part))
        ).map(([identifier, fate]) =>
          answerRow(direction, identifier, fate.startsWith('failed') ? 'failed' : fate, on),
        );
        if (rows.length > 0) await this.#respond(direction, name, rows);
      });
    const parts = habit === 'parts' ? 2 : 1;
    for (let n = 0; n < parts; n++)
      // Both files come at the same moment.
      send(now + ANSWERS_AFTER, `answers ${n + 1}.csv`, (_, part) => Math.floor(part * parts) === n);
    if (habit === 'mistakes' && direction.endsWith('-0-0')) {
      const other = OPERATORS[(OPERATORS.indexOf(operator as 'jio') + 1) % OPERATORS.length];
      const at = now + ANSWERS_AFTER + HOUR / 2;
      this.#act(at, () => this.#put(`responses/${operator}/${direction}/draft.csv`, 'number,result\n1,ok\n'));
      this.#act(at, async () => {
        const [row = ''] = await this.#rowsOf(String(notice.key));
        const identifier = kind === 'block' ? 'imei' : 'msisdn';
        // One file is for another operator's direction, and one has rows that can't be recorded.
        const wrong = [`${row},${kind === 'block' ? 'blocked' : 'verified'}`];
        await this.#put(`responses/${other}/${direction}/foreign.csv`, csv(`${identifier},outcome`, wrong));
        const bad = [
          `${kind === 'block' ? '35999999999999' : '+919999999999'},not_found`,
          ',not_found',
          `${row},maybe`,
          row,
        ];
        await this.#put(`responses/${operator}/${direction}/bad rows.csv`, csv(`${identifier},outcome`, bad));
      });
    }
    // A question in a follow-up is answered at once, or never.
    if (agency === FOLLOW_UP) return;
    if (kind === 'block')
      this.#act(Math.max(START + report + TARDY_AFTER, now), async () => {
        const rows = (await answers((fate) => fate === 'tardy')).map(([identifier]) => `${identifier},blocked,${on}`);
        if (rows.length > 0) await this.#respond(direction, 'tardy.csv', rows);
      });
    this.#act(START + report + LATE_AFTER, async () => {
      const rows = (await answers((fate) => fate === 'late')).map(([identifier]) => {
        const known = identifier.slice(0, kind === 'block' ? 14 : 13);
        return answerRow(direction, identifier, lateOutcome(story, kind, known), answeredOn(story, agency, true));
      });
      if (rows.length > 0) await this.#respond(direction, 'late.csv', rows);
    });
  }

  /** Plans the disconnections that an operator is asked for when rows failed. */
  #disconnect(notice: Notice): void {
    const direction = String(notice.directionId);
    const { agency, kind, operator } = partsOf(direction);
    this.#act(this.#now() + ANSWERS_AFTER, async () => {
      const rows = (await this.#rowsOf(String(notice.key)))
        .filter((number) => fateOf(this.#story, agency, kind, operator, number) === 'failed, disconnected')
        .map((number) => answerRow(direction, number, 'disconnected', answeredOn(this.#story, agency, false)));
      const name = `disconnected ${hash(String(notice.key).replace(/^.*\//, ''))}.csv`;
      if (rows.length > 0) await this.#respond(direction, name, rows);
    });
  }

  /**
   * Has an operator that makes mistakes send the same file again, and then one that contradicts it, once it knows that the first one
   * counts.
   */
  #correct(notice: Notice): void {
    const direction = String(notice.directionId ?? '');
    const { agency, kind, operator } = partsOf(direction);
    const key = `responses/${operator}/${direction}/answers 1.csv`;
    const whole = this.uploads.findLast((upload) => upload.key === key)?.text ?? '';
    const isItsReceipt = String(notice.key).endsWith(`/answers 1.csv.${sha256(whole).slice(0, 8)}.json`);
    if (!isItsReceipt || habitOf(this.#story, agency, kind, operator) !== 'mistakes') return;
    if (!direction.endsWith('-0-0')) return;
    this.#act(this.#now() + HOUR, () => this.#put(`responses/${operator}/${direction}/again.csv`, whole));
    const wrong = whole
      .slice(0, whole.lastIndexOf('\n'))
      .split('\n')
      .filter((row) => /,(verified|blocked|not_found),/.test(row))
      .slice(0, 2)
      .map((row) =>
        row.includes('not_found')
          ? row.replace('not_found', kind === 'block' ? 'blocked' : 'verified')
          : row.replace(/verified|blocked/, this.#story.moves && kind === 'reverify' ? 'disconnected' : 'not_found'),
      );
    const header = whole.split('\n')[0] ?? '';
    // This comes when that file counts, too: the first answer stays.
    if (wrong.length > 0)
      this.#act(this.#now() + 2 * HOUR, () =>
        this.#put(`responses/${operator}/${direction}/corrections.csv`, csv(header, wrong)),
      );
  }

  async #respond(direction: string, name: string, rows: string[]): Promise<void> {
    const { agency, kind, operator } = partsOf(direction);
    if (isCombining(this.#story, operator, habitOf(this.#story, agency, kind, operator)))
      return this.#gather(
        operator,
        rows.map((row) => combinedRow(direction, row)),
      );
    const header = ANSWER_COLUMNS[kind] ?? 'msisdn,outcome,occurred_on';
    await this.#upload(`responses/${operator}/${direction}/${name}`, csv(header, rows));
  }

  /** Collects the rows that are answered within a quarter of an hour for one file. */
  #gather(operator: string, rows: string[]): void {
    const gathered = this.#gathered.get(operator);
    this.#gathered.set(operator, [...(gathered ?? []), ...rows]);
    if (gathered !== undefined) return;
    this.#act(this.#now() + HOUR / 4, async () => {
      const all = this.#gathered.get(operator) ?? [];
      this.#gathered.delete(operator);
      const n = this.uploads.filter(({ key }) => key.startsWith(`responses/${operator}/all `)).length + 1;
      await this.#upload(`responses/${operator}/all ${n}.csv`, csv(COMBINED_COLUMNS, all));
    });
  }

  /** The identifiers in an order, unchanged. */
  async #rowsOf(key: string): Promise<string[]> {
    const bytes = await this.#cloud.get(bucketsOf(this.#cloud).outbox, key);
    return Buffer.from(bytes)
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((row) => row.split(',')[0] ?? '');
  }

  /** Uploads a file; where the run says so, after an attempt that was cut short. */
  async #upload(key: string, text: string): Promise<void> {
    const cut = this.#cut(key);
    const { endpoint, region } = this.#cloud;
    const path = `/${bucketsOf(this.#cloud).inbox}/${key.split('/').map(encodeURIComponent).join('/')}`;
    const headers = { authorization: authorization('outsider', 's3', region) };
    if (cut === 'broken off') await breakOff(endpoint, path, headers, text);
    if (cut === 'never completed') {
      const created = await (await fetch(`${endpoint}${path}?uploads`, { method: 'POST', headers })).text();
      const uploadId = /<UploadId>([^<]*)</.exec(created)?.[1] ?? '';
      const body = text.slice(0, text.length / 2);
      await (
        await fetch(`${endpoint}${path}?partNumber=1&uploadId=${uploadId}`, { method: 'PUT', headers, body })
      ).text();
    }
    if (cut !== 'cut file first') return await this.#put(key, text);
    // A report that is cut among its rows is another report, and a batch of its own; this one is cut in its header.
    const place = key.split('/')[0] ?? '';
    const at =
      CUT_AT[place] ??
      Math.floor(text.length * (0.2 + 0.7 * fraction(this.#story.seed, 'cut at', key.replace(/\d+-\d+-\d+/, ''))));
    // A row of a combined file that lacks its direction and nothing else goes where it is open: scenarios cover that.
    const isCombined = place === 'responses' && key.split('/').length === 3;
    const left = isCombined ? text.slice(0, at).replace(/,$/, '') : text.slice(0, at);
    await this.#put(key, left);
    this.#act(this.#now() + HOUR / 2, () => this.#put(key, text));
  }

  async #put(key: string, text: string): Promise<void> {
    this.uploads.push({ key, at: this.#now(), text });
    await this.#cloud.put(bucketsOf(this.#cloud).inbox, key, text);
  }

  #now(): number {
    return this.#cloud.clock.now();
  }

  #act(at: number, run: () => Promise<void>): void {
    this.#cloud.outside(at, run);
  }
}

/** A put whose connection ends before its last byte. */
function breakOff(
  endpoint: string,
  path: string,
  { authorization }: { authorization: string },
  text: string,
): Promise<void> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      const length = Buffer.byteLength(text);
      socket.write(
        `PUT ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nauthorization: ${authorization}\r\ncontent-type: text/csv\r\ncontent-length: ${length}\r\n\r\n`,
      );
      socket.write(text.slice(0, text.length / 2), () => socket.destroy());
    });
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
}

/** The places at which files are cut if another part would be another batch: in their headers. */
const CUT_AT: Readonly<Record<string, number>> = { reports: 5, appeals: 5, withdrawals: 2 };

/** The batch of a report. */
const batchOf = ({ agency, text }: Story['reports'][number]) => `${agency}-${sha256(text).slice(0, 12)}`;

/** The columns of operators' answers. */
const ANSWER_COLUMNS: Readonly<Record<string, string>> = {
  block: 'imei,outcome,occurred_on',
  unblock: 'imei,outcome,occurred_on',
  reverify: 'msisdn,outcome,occurred_on,to,ground,activated_on',
};

const COMBINED_COLUMNS = 'outcome,msisdn,imei,occurred_on,to,ground,activated_on,direction';

/** A row of a direction's own file in the form of a file for all directions. */
function combinedRow(direction: string, row: string): string {
  const [identifier = '', outcome, on, to = '', ground = '', since = ''] = row.split(',');
  const { kind } = partsOf(direction);
  const whom = kind === 'block' || kind === 'unblock' ? `,${identifier}` : `${identifier},`;
  return [outcome, whom, on, to, ground, since, direction].join(',');
}

/**
 * A row of an answer: with the operator where a number goes on, the reason why its subscriber has more time, or the day since when it is
 * somebody else's.
 */
function answerRow(direction: string, identifier: string, outcome: string, on: string): string {
  const { kind, operator } = partsOf(direction);
  const said = `${identifier},${outcome},${on}`;
  if (kind !== 'reverify') return said;
  const to = outcome === 'ported' ? OPERATORS.find((other) => other !== operator) : '';
  return `${said},${to},${outcome === 'extended' ? 'hospital' : ''},${outcome === 'reissued' ? on : ''}`;
}

/** The parts of a direction's id. */
export function partsOf(direction: string): { agency: string; batch: string; kind: string; operator: string } {
  const [batch = '', kind = '', operator = ''] = direction.split('.');
  return { agency: batch.replace(/-[0-9a-f]{12}$/, ''), batch, kind, operator };
}
