/**
 * The keys of the work bucket: what steps prepare and hand on, and the marks of what was done. Beside the keys of each place stands the
 * pattern by which policies name them (`*` stands for any characters, also `/`).
 */
import { addSeconds, DAY_SECONDS, type Instant } from './days.ts';
import { folder as folderOf } from './folders.ts';
import { sha8 } from './hashes.ts';
import { type BatchId, type DirectionId, type OperatorId, parseDirectionId } from './identifiers.ts';
import type { DirectionKind } from './kinds.ts';

/**
 * The places of what comes before a batch's turn. Its folder is that of the batch and of the attempt that screened it; it is handed from
 * step to step.
 */
export const SCREENED = {
  prefix: 'screened/',
  folder: (batchId: BatchId, attempt: string) => `screened/${batchId}/${attempt}`,
  /** The screened handsets. */
  handsets: { key: (folder: string) => `${folder}/handsets.jsonl`, pattern: 'screened/*/handsets.jsonl' },
  /** The runs of the handsets that the children of Expand read. */
  runs: { key: (folder: string) => `${folder}/runs.jsonl`, pattern: 'screened/*/runs.jsonl' },
  /** The findings of Expand's children: an attempt's n-th object of links, by shard, and the weights of its handsets. */
  gathered: {
    links: (folder: string, attempt: string, n: number) => `${folder}/gathered/${attempt}-${n}.tsv`,
    weights: (folder: string, attempt: string) => `${folder}/gathered/${attempt}-weights.tsv`,
    pattern: 'screened/*/gathered/*',
  },
  /** The results of Expand's children, as their Map writes them. */
  expanded: { name: 'expanded', pattern: 'screened/*/expanded/*' },
  /** The shards that Claim's children work on, and where in the gathered links each lies; for a batch that doesn't expand, its subjects. */
  shards: {
    list: (folder: string, attempt: string) => `${folder}/shards/${attempt}/list.tsv`,
    index: (folder: string, attempt: string) => `${folder}/shards/${attempt}/index.jsonl`,
    manifest: (folder: string, attempt: string) => `${folder}/shards/${attempt}/shards.jsonl`,
    /** The list that was written by the attempt that prepared these previews. */
    listOf: (previews: string) => previews.replace(/\/previews\/([^/]+)$/, '/shards/$1/list.tsv'),
    /** The manifest of that list. */
    manifestOf: (previews: string) => previews.replace(/\/previews\/([^/]+)$/, '/shards/$1/shards.jsonl'),
    pattern: 'screened/*/shards/*',
  },
  /** The list of what a night's follow-up found to go on with. */
  found: { key: (folder: string) => `${folder}/found.json`, pattern: 'screened/*/found.json' },
  /** An attempt's preview, under the names of its files, and the list of what was gathered. */
  previews: {
    folder: (folder: string, attempt: string) => `${folder}/previews/${attempt}`,
    json: (folder: string) => `${folder}/preview.json`,
    page: (folder: string) => `${folder}/preview.html`,
    held: (folder: string) => `${folder}/held.csv`,
    gathered: (folder: string) => `${folder}/gathered.json`,
    /** What a reversal is asked, in the place of the last two. */
    asked: (folder: string) => `${folder}/asked.json`,
    pattern: 'screened/*/previews/*',
  },
} as const;

/**
 * The files that an attempt at a batch's decision prepares: the record with it, the receipt of a file that changed it, and the file that
 * withdrew it.
 */
export const DECIDED = {
  record: (batchId: BatchId, attempt: string) => `decided/${batchId}/${attempt}/record.json`,
  receipt: (batchId: BatchId, attempt: string) => `decided/${batchId}/${attempt}/receipt.json`,
  withdrawal: (batchId: BatchId, attempt: string) => `decided/${batchId}/${attempt}/withdrawal.json`,
  pattern: 'decided/*',
} as const;

/** The places of what comes after a batch's turn, under the number of its plan. */
export const PLANS = {
  prefix: 'plans/',
  /** An attempt's decision about a shard: each direction's rows, what stands elsewhere, and the decision that names both. */
  decisions: {
    folder: (plan: number, kind: DirectionKind, shard: number, attempt: string) =>
      `plans/${plan}/decisions/${kind}-${shard}/${attempt}`,
    rows: (folder: string, operator: OperatorId, n: number) => `${folder}/${operator}-${n}.tsv`,
    elsewhere: (folder: string) => `${folder}/elsewhere.csv`,
    moved: (folder: string) => `${folder}/moved.csv`,
    reversed: (folder: string) => `${folder}/reversed.jsonl`,
    decision: (folder: string) => `${folder}/decision.json`,
    /** Whether the object under a key was decided about subjects of this kind. */
    isOf: (kind: DirectionKind, key: string) => key.split('/')[3]?.startsWith(`${kind}-`) ?? false,
    pattern: 'plans/*/decisions/*',
  },
  /** The results of Claim's children, as their Map writes them. */
  claimed: { name: 'claimed', pattern: 'plans/*/claimed/*' },
  /** The plan as an attempt prepared it, and the directions to start: all of them, or those that are open once more. */
  directions: {
    plan: (plan: number, attempt: string) => `plans/${plan}/directions/${attempt}/plan.json`,
    manifest: (plan: number, attempt: string) => `plans/${plan}/directions/${attempt}/directions.jsonl`,
    resumed: (plan: number, attempt: string) => `plans/${plan}/directions/${attempt}/resumed.jsonl`,
    pattern: 'plans/*/directions/*',
  },
  /** The results of Direct's children, as their Map writes them. */
  directed: { name: 'directed', pattern: 'plans/*/directed/*' },
} as const;

/** The files that an attempt at a direction prepares, for its commit to name. */
export const PREPARED = {
  /** A rung's order. */
  order: (directionId: DirectionId, rung: number, attempt: string) =>
    `directions/${directionId}/${rung}/${attempt}.csv`,
  /** A file that a recorded response causes, by name. No two files have an attempt in common, whatever their SHA-256s. */
  response: (directionId: DirectionId, sha256: string, attempt: string, name: string) =>
    `directions/${directionId}/files/${sha8(sha256)}/${attempt}/${name}`,
  /**
   * The folder of the marks that Record has looked again, after it had committed such a file. Each is named by the number of the plan that had
   * been begun last by then: every plan with a greater one was begun after the commit.
   */
  looked: (directionId: DirectionId, sha256: string) => `directions/${directionId}/files/${sha8(sha256)}/looked/`,
  /** The mark beside them that all is done of which such a file's commit was the beginning. */
  done: (directionId: DirectionId, sha256: string) => `directions/${directionId}/files/${sha8(sha256)}/looked/done`,
  /** The mark that the operator was told of such a file's order to restore. */
  restoreTold: (directionId: DirectionId, sha256: string) =>
    `directions/${directionId}/files/${sha8(sha256)}/restore_told`,
  /**
   * The direction of such a key.
   * @throws Error for any other key
   */
  directionOf: (key: string): DirectionId => {
    const direction = parseDirectionId(key.split('/')[1] ?? '');
    if (direction === null) throw new Error("what was prepared is no direction's");
    return direction.id;
  },
  pattern: 'directions/*',
} as const;

/** The routing of each combined file's rows, by its operator and SHA-256: routed once, and again if its bytes answer later directions. */
export const ROUTED = {
  ...folderOf('routed'),
  prefixOf: (operator: OperatorId, sha256: string) => `routed/${operator}/${sha256}/`,
  key: (operator: OperatorId, sha256: string, n: number) =>
    `routed/${operator}/${sha256}/${String(n).padStart(6, '0')}.json`,
  numberOf: (key: string): number => Number.parseInt(key.split('/').at(-1) ?? '', 10),
};

/** The files that an attempt at a file of exemptions prepares: all that is recorded with it, and its receipt. */
export const EXEMPTIONS = {
  record: (attempt: string) => `exemptions/${attempt}/exemptions.json`,
  receipt: (attempt: string) => `exemptions/${attempt}/receipt.json`,
  pattern: 'exemptions/*',
} as const;

/** The files that an attempt at a file of lookups prepares: the explanations, and its receipt. */
export const LOOKUPS = {
  prefix: 'lookups/',
  explanations: (attempt: string) => `lookups/${attempt}/explanations.json`,
  receipt: (attempt: string) => `lookups/${attempt}/receipt.json`,
  pattern: 'lookups/*',
} as const;

/** The files that an attempt at a file that asks for a reversal prepares: what it read, and the receipt. */
export const ASKED = {
  prefixOf: (batchId: BatchId) => `asked/${batchId}/`,
  asked: (batchId: BatchId, attempt: string) => `asked/${batchId}/${attempt}/asked.json`,
  receipt: (batchId: BatchId, attempt: string) => `asked/${batchId}/${attempt}/receipt.json`,
  pattern: 'asked/*',
} as const;

/** A batch's books as an attempt made them, under the names of their files, and the note that binds these. */
export const MADE_BOOKS = {
  folder: (batchId: BatchId, attempt: string) => `batches/${batchId}/${attempt}`,
  note: (folder: string) => `${folder}/settled.json`,
  pattern: 'batches/*',
} as const;

/** The import of a large usage file. Its folder is that of the execution; it is handed from step to step. */
export const IMPORTS = {
  folder: (execution: string) => `imports/${execution}`,
  pattern: 'imports/*',
  /** The pieces of a stretch of the file. */
  pieces: {
    manifest: (folder: string, attempt: string) => `${folder}/pieces/${attempt}.jsonl`,
    pattern: 'imports/*/pieces/*',
  },
  /** The results of the imports of pieces, as their Map writes them. */
  imported: { name: 'imported', pattern: 'imports/*/imported/*' },
  /** The rejects of the piece that begins at this byte. */
  rejects: { key: (folder: string, start: number, attempt: string) => `${folder}/rejects/${start}-${attempt}.csv` },
} as const;

/** The marks of batches that have settled and of which everybody was told, named by their ids: nothing is left to do for them. */
export const SETTLED = folderOf('settled');

/** The mark of one of these batches. */
export function settledMark(batchId: BatchId): string {
  return SETTLED.prefix + batchId;
}

/**
 * The marks of directions in which an answer moved rows, or has them restored, named by their ids: whoever looks for what waits for a
 * follow-up reads their ledgers. A mark is there before the answer is committed, and may be there without one.
 */
export const WAITING = folderOf('waiting');

/**
 * The marks of batches that rely on rows of another one, `relied/<the other>/<itself>`: the batch found numbers or handsets there, and did
 * not direct them. A mark is there before its batch's plan counts, and may be there without one.
 */
export const RELIED = {
  ...folderOf('relied'),
  prefixOf: (on: BatchId) => `relied/${on}/`,
  key: (on: BatchId, by: BatchId) => `relied/${on}/${by}`,
};

/**
 * The marks of reversals that an agency's withdrawal of a report began, `withdrawn/<the report>/<the reversal>`. A mark is there before the
 * reversal is decided upon, whatever becomes of that.
 */
export const WITHDRAWN = {
  ...folderOf('withdrawn'),
  prefixOf: (report: BatchId) => `withdrawn/${report}/`,
  key: (report: BatchId, reversal: BatchId) => `withdrawn/${report}/${reversal}`,
};

/** The marks of reversals that have taken back what their plan says, in all ledgers, `reversed/<its id>/<its plan>`. */
export const REVERSED = {
  ...folderOf('reversed'),
  key: (reversal: BatchId, plan: number) => `reversed/${reversal}/${plan}`,
};

/** The folder of all marks of uploads. */
export const MARKED = folderOf('uploads');

/** The marks of uploads, by what each says; `stores/upload-marks.ts` explains them. */
export const MARKS = {
  worked: folderOf('uploads/worked'),
  strayed: folderOf('uploads/strayed'),
  handed: folderOf('uploads/handed'),
  failed: folderOf('uploads/failed'),
  resent: folderOf('uploads/resent'),
  quarantined: folderOf('uploads/quarantined'),
  gated: folderOf('uploads/gated'),
  admitted: folderOf('uploads/admitted'),
};

/** What was committed and could not be told yet: notices to participants, and notes to the audit. */
export const UNTOLD = { ...folderOf('untold'), notices: folderOf('untold/notices'), audit: folderOf('untold/audit') };

/** The days for which whatever was put into the bucket is there for sure: fewer than the smallest `workDays` of a stage. */
export const SURELY_KEPT_DAYS = 365;

/**
 * Whether the bucket may have let go of what was put there at an instant: what is missing before that was lost, and whoever misses it
 * fails.
 */
export function mayBeGone(at: Instant, now: Instant): boolean {
  return addSeconds(at, SURELY_KEPT_DAYS * DAY_SECONDS) < now;
}
