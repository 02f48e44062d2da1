import { z } from 'zod';
import { UNNAMED_ACCOUNT } from '../../lambdas/domain/addresses.ts';
import { FOLLOW_UP } from '../../lambdas/domain/identifiers.ts';
import { SELF_CHECK } from '../../lambdas/domain/self-check.ts';
import { ownFiles, ownReports } from './file-forms.ts';

const addressOf = <const P extends string>(protocol: P, endpoint: RegExp, what: string) =>
  z.strictObject({
    protocol: z.literal(protocol),
    endpoint: z.string().regex(endpoint, `must be ${what}, by its protocol ${protocol}`),
  });

/** The address at which a participant is told: one that SNS can deliver to. */
export const address = z.discriminatedUnion(
  'protocol',
  [
    addressOf('sqs', /^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]{1,80}$/, 'the ARN of a queue that is not FIFO'),
    addressOf('email', /^[^\s@]+@[^\s@]+$/, 'an e-mail address'),
    addressOf('https', /^https:\/\/[^\s/?#]+\S*$/, 'a URL that begins with https://'),
  ],
  { error: (issue) => (issue.code === 'invalid_union' ? 'must be sqs, email or https' : undefined) },
);
export type Address = z.infer<typeof address>;

const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;

const participant = (id: RegExp, what: string) =>
  z.strictObject({
    id: z.string().regex(id, `must be ${what}`),
    /** The principal that may take on the participant's role: one of its own roles, or all that its account lets. */
    principal: z.string().refine((text) => /^\d{12}$/.test(text) || ROLE.test(text), {
      error: 'must be an AWS account id of 12 digits or the ARN of a role',
    }),
    /**
     * The id that the principal sends with each request for the role, agreed upon with the participant (sts:ExternalId). So nobody else
     * whom the same principal serves can have this role taken on by naming it.
     */
    externalId: z
      .string()
      .regex(/^[\w+=,.@:/-]{2,1224}$/, 'must be 2 to 1224 characters of a-z, A-Z, 0-9 and _+=,.@:/-'),
    notify: z.array(address),
  });

/** An agency, which reports. The id is the folder under `reports/` and the beginning of every batch id. */
export const agency = participant(/^[a-z0-9-]{1,16}$/, '1 to 16 characters of a-z, 0-9 and -').extend(ownReports);

/** A telecom service provider. The id is its folder under `usage/` and `responses/` and part of every direction id. */
export const operator = participant(/^[a-z0-9-]{1,10}$/, '1 to 10 characters of a-z, 0-9 and -').extend(ownFiles);

/**
 * An approver, who decides for the regulator. The id is its folder under `decisions/` and `exemptions/`. The principal is one role and no
 * whole account, so that two approvers are two people, whoever lets them in.
 */
export const approver = participant(/^[a-z0-9-]{1,16}$/, '1 to 16 characters of a-z, 0-9 and -').refine(
  ({ principal }) => principal === UNNAMED_ACCOUNT || ROLE.test(principal),
  { path: ['principal'], error: "must be the ARN of one role: an account's could let one person be two approvers" },
);

/**
 * A caseworker, who answers subscribers. The id is its folder under `lookups/` and `appeals/`, and the beginning of the ids of the batches
 * that its appeals start.
 */
export const caseworker = participant(/^[a-z0-9-]{1,16}$/, '1 to 16 characters of a-z, 0-9 and -');

/** A bank or a platform that reads the revocation list, an auditor, an administrator, or a person who looks after the machine. */
export const outsider = participant(/^[a-z0-9-]{1,16}$/, '1 to 16 characters of a-z, 0-9 and -');

export type Participant = z.infer<typeof outsider>;

/** The id that no participant may have: the system's own batches go by it. */
export const RESERVED_ID: string = FOLLOW_UP;

/**
 * The account that stands in for one that isn't named yet. A protected stage can't be deployed with it. The local cloud's own account has
 * this number, too.
 */
export { UNNAMED_ACCOUNT };

/**
 * A participant before anybody has named its account: the principal is the stage's own, and the external id goes by the role's name. Its
 * queue, if it has one, is by convention the one of this name in its own account.
 */
export const unnamed = (kind: string, id: string, queue?: string): Participant => ({
  id,
  principal: UNNAMED_ACCOUNT,
  externalId: `handset-fraud-${kind}-${id}`,
  notify: queue ? [{ protocol: 'sqs', endpoint: `arn:aws:sqs:ap-south-1:${UNNAMED_ACCOUNT}:${queue}` }] : [],
});

/** Whether a participant's principal and addresses are all in accounts that somebody has named. */
export function isNamed({ principal, notify }: Participant): boolean {
  const said = [principal, ...notify.map(({ endpoint }) => endpoint)];
  return !said.some((text) => text.split(':').includes(UNNAMED_ACCOUNT));
}

/** The account of a principal. */
export const accountOf = (principal: string): string => principal.split(':')[4] ?? principal;

const AGENCIES = ['mha', 'up-police', 'delhi-police', 'i4c'].map((id) => unnamed('agency', id, `fraud-batches-${id}`));

const OPERATORS = ['airtel', 'bsnl', 'jio', 'mtnl', 'vi'].map((id) =>
  unnamed('operator', id, `fraud-directions-${id}`),
);

/**
 * The approvers, who decide upon a report before anything is done about it: enough of them for the most that a batch needs, and one more.
 */
const APPROVERS = ['approver-1', 'approver-2', 'approver-3'].map((id) =>
  unnamed('approver', id, `fraud-approvals-${id}`),
);

/** The caseworkers, who answer subscribers. */
const CASEWORKERS = ['caseworker-1', 'caseworker-2'].map((id) => unnamed('caseworker', id));

/** The readers of the revocation list. */
const READERS = ['banks', 'platforms'].map((id) => unnamed('reader', id));

/** The auditors, who read the audit, and nothing else. */
const AUDITORS = [unnamed('auditor', 'auditor')];

/** The checker, who checks a stage after its deployment by `npm run smoke`: anybody whom the stage's own account lets. */
export const CHECKER = { id: SELF_CHECK, externalId: 'handset-fraud-self-check' } as const;

const ADMINISTRATORS = [unnamed('administrator', 'administrator', 'fraud-administrators')];

/** The people who look after the machine by the runbook: they see what happened, and change nothing except to stop what hangs. */
const ON_CALL = [unnamed('operations', 'operations')];

/** The people who may have what is known of a number erased, if its holder may ask for that. */
const ERASERS = [unnamed('eraser', 'erasure')];

/** The people who may have the audit told again what it missed, if nothing else helps; an alarm tells of each use. */
const BREAK_GLASS = [unnamed('break-glass', 'break-glass')];

/** The kinds of participants, as a configuration names them. */
export const PARTICIPANTS = [
  'agencies',
  'operators',
  'approvers',
  'caseworkers',
  'readers',
  'auditors',
  'administrators',
  'onCall',
  'breakGlass',
  'erasers',
] as const;
export type ParticipantKind = (typeof PARTICIPANTS)[number];

/** The participants of a stage whose file names nobody of the kind: placeholders, of the stage's own account. */
export const UNNAMED: Readonly<Record<ParticipantKind, readonly Participant[]>> = {
  agencies: AGENCIES,
  operators: OPERATORS,
  approvers: APPROVERS,
  caseworkers: CASEWORKERS,
  readers: READERS,
  auditors: AUDITORS,
  administrators: ADMINISTRATORS,
  onCall: ON_CALL,
  breakGlass: BREAK_GLASS,
  erasers: ERASERS,
};
