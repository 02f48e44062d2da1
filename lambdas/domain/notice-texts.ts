/**
 * Notices as people who subscribe by e-mail read them: a subject, and a text that says what happened, what is to be done about it, and
 * where the files lie. Programs get the JSON.
 */
import type { Instant } from './days.ts';
import { takesBack } from './decisions.ts';
import { type BatchId, isFollowUp } from './identifiers.ts';
import type { AdministratorNotice, AgencyNotice, ApproverNotice, BatchFailing, OperatorNotice } from './notices.ts';
import { isFileReason } from './reasons.ts';
import { APPROVE_AGAIN, whatToDo } from './what-to-do.ts';
import { counted, countText, inIndia, inUtc } from './wording.ts';

/** A notice of any topic. */
export type Notice = OperatorNotice | AgencyNotice | ApproverNotice | AdministratorNotice;
type Kind = Notice['kind'];
type NoticeOf<K extends Kind> = Extract<Notice, { kind: K }>;

/** A notice for people. */
interface NoticeText {
  /** Less than 100 characters of ASCII, in one line: what SNS takes. */
  readonly subject: string;
  readonly text: string;
}

const LONGEST_SUBJECT = 99;

const until = (instant: Instant) => `${inIndia(instant)} (${inUtc(instant)})`;
/** A reason, and what to do about it. */
const why = (reason: string) => (isFileReason(reason) ? `${reason}. What to do: ${whatToDo(reason)}.` : `${reason}.`);
/** zod's instants are texts. */
const at = (instant: string) => until(instant as Instant);

const ORDERS: Readonly<Record<NoticeOf<'order'>['order'], string>> = {
  block: 'block handsets',
  unblock: 'unblock handsets',
  reverify: 're-verify numbers',
  bar_outgoing: 'bar outgoing calls',
  bar_incoming: 'bar incoming calls',
  disconnect: 'disconnect numbers',
  restore: 'give service back',
};

const STRAY_WORDS: Readonly<Record<NoticeOf<'stray_object'>['why'], string>> = {
  key_too_long: 'its name is too long',
  unknown_place: 'its folder is none of those agreed on',
  not_a_csv_name: 'its name does not end in .csv',
  bad_agency: 'its second folder can be no agency’s id',
  bad_operator: 'its second folder can be no operator’s id',
  bad_approver: 'its second folder can be no approver’s id',
  bad_caseworker: 'its second folder can be no caseworker’s id',
  unknown_agency: 'no such agency is configured',
  unknown_operator: 'no such operator is configured',
  unknown_approver: 'no such approver is configured',
  unknown_caseworker: 'no such caseworker is configured',
};

/** Subject and sentences of each kind. */
const TEXTS: { readonly [K in Kind]: (notice: NoticeOf<K>) => readonly [subject: string, text: string] } = {
  order: ({ order, rung, rows, deadline }) => {
    // An order that an answer has caused needs no answer: a row of one would be rejected.
    const todo =
      rung === 'back'
        ? `carry it out by ${at(deadline)}; it needs no answer`
        : `carry it out, and answer before ${at(deadline)}`;
    return [
      `Order to ${ORDERS[order]}: ${counted(rows, 'row')}`,
      `An order was published: ${ORDERS[order]}, ${counted(rows, 'row')}. Fetch the file, ${todo}.`,
    ];
  },
  receipt: (notice) => {
    const { refused, rows = 0, recorded = 0, alreadyRecorded = 0, rejected = 0 } = notice;
    // An approver's file about a batch is a decision.
    const isDecision = 'approver' in notice && notice.batchId !== undefined;
    if (refused !== null)
      return [
        'Your file was refused: nothing of it was recorded',
        `A file that you uploaded was refused, and nothing of it was recorded. The reason: ${why(refused)}${isDecision && takesBack(refused) ? ` ${APPROVE_AGAIN[0]?.toUpperCase()}${APPROVE_AGAIN.slice(1)}.` : ''}`,
      ];
    // A mistyped year ends an exemption, and leaves open to be cut off whom it was to protect.
    const past = 'past' in notice ? (notice.past ?? 0) : 0;
    const shortfalls = [
      ...(rejected === 0 ? [] : [`${counted(rejected, 'row')} not taken`]),
      ...(past === 0 ? [] : [`${counted(past, 'row')} with a past day`]),
    ];
    const subject = ['Your file was read', ...shortfalls].join(', and ');
    const read = `A file that you uploaded was read: ${counted(rows, 'row')}, of which ${countText(recorded)} said something new and ${countText(alreadyRecorded)} what stood there.`;
    const wereNotTaken = `${counted(rejected, 'row')} ${rejected === 1 ? 'was' : 'were'} not taken: the receipt has their lines and reasons.`;
    const exemptNobody = `${counted(past, 'row')} with a past day in until ${past === 1 ? 'exempts' : 'exempt'} nobody, and ${past === 1 ? 'ends' : 'end'} what you had said before: look whether the year is right.`;
    return [
      subject,
      [read, ...(rejected === 0 ? [] : [wereNotTaken]), ...(past === 0 ? [] : [exemptNobody])].join(' '),
    ];
  },
  usage_imported: ({ rows, imported, rejected }) => [
    'Your usage file was imported',
    `A usage file was read to its end: ${counted(rows, 'row')}, ${countText(imported)} imported, ${countText(rejected)} not taken.`,
  ],
  usage_stopped: ({ line, reason }) => [
    'A usage file could not be read to its end',
    `A usage file could not be read beyond line ${line}: ${why(reason)} Upload the whole file again when it is mended.`,
  ],
  usage_gated: ({ rules, rows }) => [
    'A usage file is held up: it is unlike those before',
    `A usage file of ${counted(rows, 'row')} is held up, since it is unlike what was to be expected (${rules.map(({ rule, found, limit }) => `${rule}: ${countText(found)}, limit ${countText(limit)}`).join('; ')}). Nothing of it counts until an approver admits it, or its operator uploads another one.`,
  ],
  usage_mostly_rejected: ({ operator, rows, rejected }) => [
    `Most rows of a usage file of ${operator} were not taken`,
    `Of ${counted(rows, 'row')} of a usage file of ${operator} ${countText(rejected)} were not taken. Ask the operator for a file that is mended.`,
  ],
  quarantined: ({ why }) => [
    'Work on an uploaded file failed again and again',
    `Work on an uploaded file failed each time (${why}), and nothing takes it up by itself any more. The administrators know of it. Its uploader uploads it again, the same bytes or others, when they say so, or at once.`,
  ],
  settled: (notice) => [
    `Batch ${notice.batchId} is settled`,
    `Everything that batch ${notice.batchId} directed has ended or is overdue, and its books are published.${'handsets' in notice && notice.handsets ? ' A list says what became of each handset of its report.' : ''}`,
  ],
  batch_empty: ({ batchId, report: { rows, rejected } }) => [
    `Batch ${batchId} is empty: there was nothing to act on`,
    `The report of batch ${batchId} named no handset that could be taken: it has ${counted(rows, 'row')}, of which ${countText(rejected)} ${rejected === 1 ? 'was' : 'were'} not taken. There was nothing to act on, and no operator was directed.${rejected > 0 ? ' The rejects have each row’s reason; report the handsets again in a file that is mended.' : ''}`,
  ],
  disconnected_after_verified: ({ operator, rows }) => [
    `${counted(rows, 'verified number')} said to be cut off by ${operator}`,
    `${operator} says of ${counted(rows, 'number')} that were verified, given more time, given back or somebody else’s since that they are cut off. Somebody innocent may be without service: an order to restore follows.`,
  ],
  porting_disputed: ({ disputedBy, from, rows }) => [
    `Porting of ${counted(rows, 'number')} is disputed`,
    `${from} said that ${counted(rows, 'number')} were ported to ${disputedBy}, which has no such numbers. They return to ${from}.`,
  ],
  batch_registered: ({ batchId, report }) => [
    report.handsets === 0 ? 'Your report named no handset' : `Your report is registered as batch ${batchId}`,
    report.handsets === 0
      ? `Your report was read, and names no handset that could be taken: ${counted(report.rows, 'row')}, ${countText(report.rejected)} not taken. Nothing will be done. See the rejects for each row’s reason.`
      : `Your report was read: ${counted(report.rows, 'row')}, ${counted(report.handsets, 'handset')}, ${counted(report.repeats, 'repeat')}, ${countText(report.rejected)} not taken. It is batch ${batchId}.`,
  ],
  same_report: ({ batchId, state }) => [
    `You uploaded the report of batch ${batchId} again`,
    `The file is byte for byte the report of batch ${batchId}, ${state === 'empty' ? 'which named no handset that could be taken' : `which is ${state.replace('_', ' ')}`}. It changed nothing.`,
  ],
  report_refused: ({ agency, line, reason }) => [
    `A report of ${agency} was refused`,
    `A report of ${agency} could not be read beyond line ${line}: ${why(reason)} Nothing of it was taken.`,
  ],
  batch_failed: ({ batchId }) => [
    `Batch ${batchId} failed before it directed anybody`,
    `Batch ${batchId} failed before it directed anybody. ${isFollowUp(batchId as BatchId) ? 'It is begun again by itself.' : 'A report begins anew when the same file is uploaded again; what takes back is begun again by itself.'}`,
  ],
  decision_needed: ({ batchId, agency, handsets, linked, subjects, people, decideBy }) => [
    `Batch ${batchId} waits for a decision`,
    `${subjects === undefined ? `A report of ${agency} reaches ${counted(handsets ?? 0, 'handset')} and ${counted(linked ?? 0, 'number')}.` : `${agency} asks that what was done be taken back, of ${counted(subjects, 'subject')}.`} ${counted(people, 'approver')} must approve${decideBy === null ? '; it waits until they do' : ` by ${at(decideBy)}, or it lapses`}. Open the page, and decide as it says.`,
  ],
  decision_reminder: ({ batchId, people, approved, decideBy }) => [
    `Batch ${batchId} still waits for a decision`,
    `Batch ${batchId} still waits: ${countText(approved)} of ${counted(people, 'approver')} approve so far${decideBy === null ? '' : `, and it lapses after ${at(decideBy)}`}.`,
  ],
  batch_approved: ({ batchId, approvedAt }) => [
    `Batch ${batchId} is approved`,
    `Enough approvers approved batch ${batchId}, at ${at(approvedAt)}. Its directions follow.`,
  ],
  batch_refused: ({ batchId, remarks = [] }) => [
    `Batch ${batchId} is refused`,
    `An approver refused batch ${batchId}: it directs nobody.${remarks.length === 0 ? '' : ` In their words: ${remarks.map((remark) => `“${remark}”`).join(' ')}`}`,
  ],
  batch_lapsed: ({ batchId }) => [
    `Batch ${batchId} lapsed`,
    `Not enough approvers approved batch ${batchId} in time: it directs nobody. The same file may be uploaded again.`,
  ],
  batch_over_limit: ({ batchId, of, what, found, limit }) => [
    `Batch ${batchId} is over a limit`,
    `Batch ${batchId} directs nobody: it reaches more than it may (${what} of the ${of}: ${countText(found)}, at most ${countText(limit)}).`,
  ],
  batch_withdrawn: ({ batchId }) => [
    `Batch ${batchId} is withdrawn`,
    `Its agency took batch ${batchId} back before approvers had decided: it directs nobody.`,
  ],
  daily_digest: (notice) => {
    const { day, batches, decisions, heldHandsets, due, overdue, failed } = notice;
    const { heldFiles, quarantined, strays = 0, deadLetters, untold } = notice;
    const waits = [
      [decisions, `${counted(decisions, 'decision')} wait${decisions === 1 ? 's' : ''} for approvers`],
      [heldHandsets, `${counted(heldHandsets, 'handset')} held in these`],
      [due, `${counted(due, 'row')} due within 24 hours`],
      [overdue, `${counted(overdue, 'row')} overdue`],
      [failed, `${counted(failed, 'row')} failed and still connected`],
      [heldFiles, `${counted(heldFiles, 'usage file')} held up`],
      [quarantined, `${counted(quarantined, 'upload')} in quarantine`],
      [strays, `${counted(strays, 'upload')} in a wrong place`],
      [deadLetters, counted(deadLetters, 'dead letter')],
      [untold, `${counted(untold, 'batch', 'batches')} of which nothing could be told`],
    ] as const;
    const told = waits.flatMap(([n, words]) => (n > 0 ? [words] : []));
    return [
      `Digest of ${day}: ${counted(batches, 'batch', 'batches')} under way, ${counted(overdue, 'row')} overdue`,
      `${counted(batches, 'batch is', 'batches are')} under way.${told.length === 0 ? ' Nothing waits for anybody, and nothing is overdue.' : ` There are: ${told.join('; ')}.`} The page has them by batch and by operator.`,
    ];
  },
  stray_object: ({ why }) => [
    'An upload lies in no agreed place',
    `A file was uploaded where nobody agreed on one (${why}: ${STRAY_WORDS[why]}). It stays unread. Whoever uploaded it puts it into its place, under a name that ends in .csv.`,
  ],
  response_refused: ({ operator, why: reason }) => [
    `A response of ${operator} was refused`,
    `A response of ${operator} was refused: ${why(reason)} Its receipt says the same; nothing of it was recorded.`,
  ],
  conflicts: ({ operator, conflicts }) => [
    `${counted(conflicts, 'answer')} of ${operator} against what is recorded`,
    `${counted(conflicts, 'answer')} of ${operator} contradict what stands recorded, and were not taken. The receipt has the lines.`,
  ],
  many_extended: ({ operator, extended, rows }) => [
    `${operator} extended ${counted(extended, 'row')}`,
    `${operator} gave more time to ${countText(extended)} of the ${counted(rows, 'row')} that it is to re-verify in this batch.`,
  ],
  execution_ended: ({ status, resumedBy }) => [
    `An execution ended: ${status}`,
    `An execution ended otherwise than by its machine (${status}).${resumedBy === undefined ? '' : ' Its batch goes on in another one.'} The runbook has a paragraph on it.`,
  ],
  direction_never_closed: () => [
    'A direction was never closed',
    'A direction was never closed by its own ladder; it was accounted for when its batch settled.',
  ],
  deciding_failing: failing('waiting for its decision'),
  directing_failing: failing('directing'),
  settling_failing: failing('settling'),
  resuming_failing: failing('going on'),
  direction_failing: ({ rung, error }) => [
    'The ladder of a direction fails',
    `The ladder of a direction fails at rung ${rung} (${error}), and is tried again each hour. The runbook has a paragraph on it.`,
  ],
};

function failing(what: string) {
  return ({ batchId, error }: NoticeOf<BatchFailing>) =>
    [
      `Batch ${batchId} fails while ${what}`,
      `Batch ${batchId} fails while ${what} (${error}), and is tried again each hour. The runbook has a paragraph on it.`,
    ] as const;
}

/** Fields that name something, in the order in which they are told. */
const NAMED: readonly (readonly [field: string, name: string])[] = [
  ['file', 'Uploaded file'],
  ['batchId', 'Batch'],
  ['directionId', 'Direction'],
  ['sha256', 'SHA-256'],
];
const PLACES: readonly (readonly [field: string, name: string])[] = [
  ['page', 'Page'],
  ['receipt', 'Receipt'],
  ['rejects', 'Rejects'],
  ['handsets', 'Handsets'],
];

/** What a notice says to people: subject, sentences, where its files lie, and the notice itself as JSON. */
export function noticeText(notice: Notice): NoticeText {
  const told = TEXTS[notice.kind] as (notice: Notice) => readonly [string, string];
  const [subject, text] = told(notice);
  const fields: Readonly<Record<string, unknown>> = notice;
  const place = (value: unknown) => {
    const { bucket, key } = (value ?? {}) as { bucket?: unknown; key?: unknown };
    return typeof bucket === 'string' && typeof key === 'string' ? `s3://${bucket}/${key}` : undefined;
  };
  const own = place(fields);
  const lines = [
    ...(own === undefined ? [] : [`File: ${oneLine(own)}`]),
    ...PLACES.flatMap(([field, name]) => {
      const where = place(fields[field]);
      return where === undefined ? [] : [`${name}: ${oneLine(where)}`];
    }),
    ...NAMED.flatMap(([field, name]) =>
      typeof fields[field] === 'string' ? [`${name}: ${oneLine(String(fields[field]))}`] : [],
    ),
  ];
  return {
    subject: subjectOf(subject),
    text: `${text}\n\n${lines.map((line) => `${line}\n`).join('')}\nThis notice as programs get it:\n${plain(JSON.stringify(notice))}\n`,
  };
}

/** Characters that break lines, or mark the direction of writing. */
const UNSEEN = /\p{Cc}|\p{Zl}|\p{Zp}|\p{Bidi_Control}/gu;

/** JSON with its unseen characters escaped, which is the same JSON. */
function plain(json: string): string {
  return json.replace(UNSEEN, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * A name from outside in one line, otherwise unchanged: a file's name may hold line breaks, after which it would say what we never said.
 */
function oneLine(text: string): string {
  return text.replace(UNSEEN, '\ufffd');
}

/** SNS takes printable ASCII only, and less than 100 characters. */
function subjectOf(text: string): string {
  return text.replace(/[^ -~]/g, '?').slice(0, LONGEST_SUBJECT);
}
