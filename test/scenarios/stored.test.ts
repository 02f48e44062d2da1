/** What a batch leaves in table Cases and in the work bucket: each record is of a form that is named here, and is read by it. */
import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../../lambdas/domain/ledger.ts';
import type { Form } from '../../lambdas/domain/stored.ts';
import { bucketsOf } from '../../simulation/buckets.ts';
import { Tables } from './bad-files.ts';
import { Lab } from './lab.ts';
import { tellStory } from './story.ts';

/** The forms of table Cases by the beginning of their keys, the longest first, and of the work bucket's JSON files by their places. */
const load = async () => {
  const { lateListForm, withdrawnListForm } = await import('../../lambdas/domain/revocations.ts');
  const { movedForm } = await import('../../lambdas/domain/moves.ts');
  const { routingForm } = await import('../../lambdas/domain/routing.ts');
  const { replacedForm } = await import('../../lambdas/domain/replaced.ts');
  const { gatheredForm, planForm, shardDecisionForm } = await import('../../lambdas/domain/plans.ts');
  const { auditNoteForm } = await import('../../lambdas/domain/audit.ts');
  const { toldForm } = await import('../../lambdas/domain/notices.ts');
  const { settledForm } = await import('../../lambdas/domain/books.ts');
  const { auditHeadForm, auditedForm } = await import('../../lambdas/stores/cases/chain-heads.ts');
  const { batchForm } = await import('../../lambdas/stores/cases/batches.ts');
  const { executionForm } = await import('../../lambdas/stores/cases/executions.ts');
  const { claimForm } = await import('../../lambdas/stores/cases/claims.ts');
  const { decisionForm } = await import('../../lambdas/stores/cases/decisions.ts');
  const { exemptionsPointerForm } = await import('../../lambdas/stores/cases/exemptions.ts');
  const { exemptionsForm } = await import('../../lambdas/domain/exemptions.ts');
  const { withdrawnReportForm } = await import('../../lambdas/domain/withdrawals.ts');
  const { decisionRecordForm } = await import('../../lambdas/domain/decision-text.ts');
  const { weighedForm } = await import('../../lambdas/stores/cases/weighed.ts');
  const { lookupDayForm } = await import('../../lambdas/domain/lookups.ts');
  const { nightForm } = await import('../../lambdas/stores/cases/follow-ups.ts');
  const { foundForm } = await import('../../lambdas/domain/follow-ups.ts');
  const { recordedAppealForm } = await import('../../lambdas/stores/cases/appeals.ts');
  const { askedForm } = await import('../../lambdas/domain/appeals.ts');
  const { importForm } = await import('../../lambdas/stores/cases/imports.ts');
  const { admissionsFileForm } = await import('../../lambdas/stores/cases/admissions.ts');
  const { verdictForm } = await import('../../lambdas/stores/cases/verdicts.ts');
  const { sharedListForm } = await import('../../lambdas/stores/cases/shared-lists.ts');
  const { ledgerForm } = await import('../../lambdas/stores/cases/ledgers.ts');
  const { turnForm } = await import('../../lambdas/stores/cases/turn.ts');
  return {
    items: [
      [/^ADMISSIONS#/, admissionsFileForm],
      [/^APPEAL#/, recordedAppealForm],
      [/^AUDIT#[^#]+#/, auditedForm],
      [/^AUDIT#[^#]+$/, auditHeadForm],
      [/^BATCH#/, batchForm],
      [/^CONN#|^HANDSET#/, claimForm],
      [/^DECISION#/, decisionForm],
      [/^DIR#/, ledgerForm],
      [/^EXECUTION#/, executionForm],
      [/^EXEMPTIONS$/, exemptionsPointerForm],
      [/^FOLLOWUPS$/, nightForm],
      [/^IMPORT#/, importForm],
      [/^LATE#|^WITHDRAWN#/, sharedListForm],
      [/^LOOKUPS#/, lookupDayForm],
      [/^PLANNING$/, turnForm],
      [/^USAGE#/, verdictForm],
      [/^WEIGHED#/, weighedForm],
    ] as [RegExp, Form<object>][],
    files: [
      [/^plans\/\d+\/decisions\/[^/]+\/[^/]+\/decision\.json$/, shardDecisionForm],
      [/^plans\/\d+\/directions\/[^/]+\/plan\.json$/, planForm],
      [/^screened\/.*\/previews\/[^/]+\/gathered\.json$/, gatheredForm],
      [/^screened\/.*\/found\.json$/, foundForm],
      [/^(asked|screened)\/.*\/asked\.json$/, askedForm],
      [/^decided\/[^/]+\/[^/]+\/record\.json$/, decisionRecordForm],
      [/^decided\/[^/]+\/[^/]+\/withdrawal\.json$/, withdrawnReportForm],
      [/^batches\/[^/]+\/[^/]+\/settled\.json$/, settledForm],
      [/^directions\/[^/]+\/files\/.*\/late\.json$/, lateListForm],
      [/^directions\/[^/]+\/files\/.*\/withdrawn\.json$/, withdrawnListForm],
      [/^directions\/[^/]+\/files\/.*\/moved\.json$/, movedForm],
      [/^directions\/[^/]+\/files\/.*\/replaced\.json$/, replacedForm],
      [/^routed\/[^/]+\/[^/]+\/\d{6}\.json$/, routingForm],
      [/^exemptions\/[^/]+\/exemptions\.json$/, exemptionsForm],
      [/^untold\/notices\//, toldForm],
      [/^untold\/audit\//, auditNoteForm],
    ] as [RegExp, Form<object>][],
  };
};
/** JSON of the work bucket that is none of ours to give a form: what Step Functions writes, and files as they will be published. */
const OTHERS = [
  /^screened\/[^/]+\/[^/]+\/expanded\//,
  /^plans\/\d+\/(claimed|directed)\//,
  /\/receipt\.json$/,
  /\/revocations\.json$/,
  /\/summary\.json$/,
  /\/preview\.json$/,
  /\/explanations\.json$/,
];

/** A ledger as far as later forms say more of it. */
interface Earlier {
  kind?: string;
  files?: { failedOrder?: object }[];
}

/** The order of a failed row was committed in the second in which its file was uploaded. */
const datedIn = ({ files = [] }: Earlier) => ({
  ...{ format: 14 },
  files: files.map((file) =>
    file.failedOrder === undefined ? file : { ...file, failedOrder: { ...file.failedOrder, delay: 0 } },
  ),
});

/**
 * Of three rows, the second failed by the first file, whose disconnect order carried it, and was said to be disconnected by the second file:
 * its last byte, 11, has the highest bit since.
 */
const markedIn = (of: Earlier) => ({
  ...datedIn(of),
  ...(of.kind === 'reverify' && { outcomes: Uint8Array.of(33, 0, 39, 75, 11, 67, 0, 40, 75, 139, 36, 0, 39, 75, 11) }),
});

/** What records of earlier forms are read as, beside what they hold. */
const SINCE: Readonly<Record<string, object | typeof markedIn>> = {
  'BATCH 1': { format: 7, kind: 'report' },
  'BATCH 2': { format: 7 },
  'BATCH 3': { format: 7 },
  'BATCH 4': { format: 7 },
  'BATCH 5': { format: 7 },
  'BATCH 6': { format: 7 },
  'IMPORT 1': { format: 2, files: [], gated: [], version: 0 },
  'EXEMPTIONS 1': { format: 2, until: '9999-12-31' },
  // Disconnected, by file 1: 1 << 5 | 3 in place of 1 << 3 | 3; what is overdue by no file's word is 6 as before.
  'CONN 1': { format: 2, reversals: [] },
  'HANDSET 1': { format: 2, reversals: [] },
  'DIR 1': { format: 14, outcomes: Uint8Array.of(6, 0, 0, 0, 0), late: Uint8Array.of(0x23, 0, 0x3f, 0x4b, 0x0b) },
  'DIR 2': datedIn,
  'DIR 3': datedIn,
  'DIR 4': datedIn,
  'DIR 5': markedIn,
  'DIR 6': markedIn,
  'DIR 7': markedIn,
  'DIR 8': markedIn,
  'DIR 9': datedIn,
  'DIR 10': datedIn,
  'DIR 11': datedIn,
  'DIR 12': { format: 14 },
  'DIR 13': { format: 14 },
};

/** A record as it is compared: of ledgers, whose outcomes are deflated from the fifth form on, inflated. */
function inflated<T extends Record<string, unknown>>(record: T): T {
  if (Number(record.format) < 5 || !('outcomes' in record)) return record;
  const bytes = (packed: unknown) => packed && new Uint8Array(inflateRawSync(packed as Uint8Array));
  const optional = Object.fromEntries(
    ['laterEnds', 'takenBackBy'].filter((name) => name in record).map((name) => [name, bytes(record[name])]),
  );
  return { ...record, outcomes: bytes(record.outcomes), late: bytes(record.late), ...optional };
}

/** As `SINCE`, of the files of the work bucket, by their names. */
const withColumns =
  (connections: object, blocks: object) =>
  ({ decisions }: { decisions: Record<string, Record<string, object>> }) => ({
    format: 8,
    ported: {},
    decisions: Object.fromEntries(
      Object.entries(decisions).map(([operator, own]) => [
        operator,
        {
          connections: { ...connections, reversed: 0, ...own.connections },
          blocks: { ...blocks, reversed: 0, ...own.blocks },
          outcomes: { alreadyOpen: 0, directed: 0, ...own.outcomes },
        },
      ]),
    ),
  });
const NOBODY_LEFT_OUT = { struck: 0, held: 0, exempt: 0 };
const SINCE_THE_FIRST = withColumns({ ...NOBODY_LEFT_OUT, reissuedBefore: 0, alreadyVerified: 0 }, NOBODY_LEFT_OUT);
const SINCE_THE_SECOND = withColumns({ reissuedBefore: 0, alreadyVerified: 0 }, {});
const SINCE_THE_THIRD = withColumns({ reissuedBefore: 0 }, {});
const SINCE_THE_FOURTH = withColumns({}, {});

/** Before there was a decision of ports, nobody was ported; before the seventh form nothing had moved, and before the eighth nothing was reversed. */
const SINCE_THE_SIXTH = (content: never) => {
  const { decisions } = SINCE_THE_FOURTH(content);
  return { format: 8, decisions };
};
/** Before the ninth form of a shard's decision nothing was dropped. */
const decided = (since: (content: never) => object) => (content: never) => ({
  ...since(content),
  format: 9,
  moved: null,
  reversed: null,
});
const planned = (since: (content: never) => object) => (content: never) => ({
  ...since(content),
  moved: [],
  reversal: null,
});
const allDisconnected = ({ revocations }: { revocations: object[] }) => ({
  format: 2,
  revocations: revocations.map((row) => ({ ...row, reason: 'linked_to_reported_handset' })),
});
/** Words that don't say when they were uploaded come before all others. */
const early = { at: '1970-01-01T00:00:00Z' };
const withInstants = ({
  votes,
}: {
  votes: Record<string, { batch: object | null; subjects: Record<string, string> }>;
}) => ({
  format: 3,
  votes: Object.fromEntries(
    Object.entries(votes).map(([approver, { batch, subjects }]) => {
      const said = Object.entries(subjects).map(([subject, says]) => [subject, { says, ...early }]);
      return [approver, { batch: batch && { ...batch, ...early }, subjects: Object.fromEntries(said) }];
    }),
  ),
});
const asBefore = () => ({ format: 2 });
const asBeforeThird = () => ({ format: 3 });
const asBeforeSeventh = () => ({ format: 7 });
const FILES_SINCE: Readonly<Record<string, (content: never) => object>> = {
  'record.json 1': withInstants,
  'record.json 2': asBeforeThird,
  'exemptions.json 1': asBefore,
  'notices 1': asBeforeSeventh,
  'notices 2': asBeforeSeventh,
  'notices 3': asBeforeSeventh,
  'notices 4': asBeforeSeventh,
  'notices 5': asBeforeSeventh,
  'notices 6': asBeforeSeventh,
  'plan.json 1': planned(SINCE_THE_FIRST),
  'decision.json 1': decided(SINCE_THE_FIRST),
  'plan.json 2': planned(SINCE_THE_SECOND),
  'decision.json 2': decided(SINCE_THE_SECOND),
  'plan.json 3': planned(SINCE_THE_THIRD),
  'decision.json 3': decided(SINCE_THE_THIRD),
  'plan.json 4': planned(SINCE_THE_FOURTH),
  'decision.json 4': decided(SINCE_THE_FOURTH),
  'plan.json 5': planned(SINCE_THE_FOURTH),
  'decision.json 5': decided(SINCE_THE_FOURTH),
  'plan.json 6': planned(SINCE_THE_SIXTH),
  'decision.json 6': decided(SINCE_THE_SIXTH),
  'plan.json 7': (content) => ({ ...SINCE_THE_SIXTH(content), reversal: null }),
  'decision.json 7': (content) => ({ ...SINCE_THE_SIXTH(content), format: 9, reversed: null }),
  'decision.json 8': () => ({ format: 9 }),
  'withdrawn.json 1': asBefore,
  'late.json 1': allDisconnected,
  'moved.json 1': asBefore,
};

let forms: Awaited<ReturnType<typeof load>>;
beforeAll(async () => {
  process.env.STAGE ??= 'test';
  forms = await load();
});

const formFor = (name: string, among: [RegExp, Form<object>][]) => among.find(([place]) => place.test(name))?.[1];
/** What was recorded: bytes stand there as `{ base64 }`, and sets as `{ set }`. */
const recorded = (name: string) =>
  JSON.parse(readFileSync(new URL(`./recorded/${name}`, import.meta.url), 'utf8'), (_, value) => {
    if (typeof value?.base64 === 'string') return new Uint8Array(Buffer.from(value.base64, 'base64'));
    return Array.isArray(value?.set) ? new Set(value.set) : value;
  });

describe('what a batch leaves', () => {
  it('is all of a form that is known, and says which', async () => {
    await using lab = await Lab.open({ telling: true });
    await tellStory(lab);
    const unknown: string[] = [];
    const seen = new Set<Form<object>>();
    for (const [pk, record] of Object.entries(await new Tables(lab).everything())) {
      const { pk: _, ...item } = record;
      const form = formFor(pk, forms.items);
      if (!form) unknown.push(pk);
      else seen.add(form);
      form?.read(item);
      expect(item.format, pk).toBe(form?.format);
    }
    const { work } = bucketsOf(lab.cloud);
    for (const key of await lab.cloud.list(work)) {
      if (!key.endsWith('.json') || OTHERS.some((place) => place.test(key))) continue;
      const form = formFor(key, forms.files);
      if (!form) unknown.push(key);
      else seen.add(form);
      const text = Buffer.from(await lab.cloud.get(work, key)).toString('utf8');
      form?.parse(text);
      expect(JSON.parse(text).format, key).toBe(form?.format);
    }
    expect(unknown).toEqual([]);
    // All but what this story has no part of: a late answer, a withdrawal, a withdrawn report, a move and its night, what could not be told,
    // exemptions, gates, admissions, lookups and appeals, and a combined response.
    expect(seen.size).toBe(forms.items.length - 7 + forms.files.length - 10);
  });

  it('is read, of an order that does not say when it was committed, as of a day before it is due, and no sooner than the upload', () => {
    const items: { pk: string; format?: number; files: { at: string; failedOrder: { deadline: string } }[] }[] =
      recorded('cases.json');
    const eleventh = items.find(({ pk, format }) => format === 11 && pk.includes('.reverify.'));
    const [file] = eleventh?.files ?? [];
    if (eleventh === undefined || file === undefined) throw new Error('none is recorded');
    const { pk: _, ...item } = eleventh;
    const delayOf = (at: string, deadline: string) => {
      const files = [{ ...file, at, failedOrder: { ...file.failedOrder, deadline } }];
      const read = formFor('DIR#', forms.items)?.read({ ...item, files }) as Ledger | undefined;
      return read?.files[0]?.failedOrder?.delay;
    };
    expect(delayOf('2026-06-02T23:00:00Z', '2026-06-04T00:00:00Z')).toBe(3600);
    // It is due at its ladder's end.
    expect(delayOf('2026-06-03T09:00:00Z', '2026-06-04T00:00:00Z')).toBe(0);
  });

  it('is read by later code: two recorded items of each form, as they were written when it was the newest', () => {
    const counts = new Map<Form<object>, number>();
    const earlier = new Map<string, number>();
    const earlierFiles = new Map<string, number>();
    for (const record of recorded('cases.json')) {
      const { pk, format = 1, ...item } = record;
      const form = formFor(pk, forms.items);
      const name = `${pk.split('#')[0]} ${format}`;
      const written = { ...form?.write(form.read({ format, ...item })) };
      const since = SINCE[name];
      const changed = typeof since === 'function' ? since(item) : since;
      expect(inflated(written)).toEqual({ ...inflated({ format, ...item }), ...changed });
      if (name in SINCE) earlier.set(name, (earlier.get(name) ?? 0) + 1);
      else if (form) counts.set(form, (counts.get(form) ?? 0) + 1);
    }
    expect([...earlier].sort()).toEqual(
      Object.keys(SINCE)
        .map((name) => [name, 2])
        .sort(),
    );
    for (const { key, content } of recorded('work.json')) {
      const form = formFor(key, forms.files);
      // What could not be told has a name of its own each.
      const name = `${key.split('/').at(key.startsWith('untold/') ? 1 : -1)} ${content.format}`;
      const since = FILES_SINCE[name];
      expect(form?.write(form.parse(JSON.stringify(content)))).toEqual({ ...content, ...since?.(content as never) });
      if (since) earlierFiles.set(name, (earlierFiles.get(name) ?? 0) + 1);
      else if (form) counts.set(form, (counts.get(form) ?? 0) + 1);
    }
    expect([...earlierFiles].sort()).toEqual(
      Object.keys(FILES_SINCE)
        .map((name) => [name, 2])
        .sort(),
    );
    const all = [...forms.items, ...forms.files].map(([place, form]) => [String(place), counts.get(form) ?? 0]);
    // There is one record of the turn, one of the exemptions, and one of the newest night.
    const single = [/^PLANNING$/, /^EXEMPTIONS$/, /^FOLLOWUPS$/].map(String);
    expect(all.filter(([place, count]) => !single.includes(String(place)) && Number(count) < 2)).toEqual([]);
  });
});
