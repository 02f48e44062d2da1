import type { Environment as AnswerEnvironment } from '../../../lambdas/answer-lookups/handler.ts';
import { INBOX } from '../../../lambdas/domain/inbox.ts';
import { OUTBOX } from '../../../lambdas/domain/outbox.ts';
import { DECIDED, EXEMPTIONS, LOOKUPS, PLANS, PREPARED, SCREENED, SETTLED } from '../../../lambdas/domain/work.ts';
import { HandlerFunction } from '../../constructs/handler-function.ts';
import { allowHash, allowItems, allowList, allowObjects } from '../../constructs/rights.ts';
import { allowAudit, allowTell, MARKS_OF_WORK, PUT_ITEMS, readFrom, type Setting } from './context.ts';

/**
 * The files of lookups that are answered at once. Those of one caseworker and day are committed one after the other, and the second one
 * gathers all anew; a full queue would let hundreds do so, in the places of functions that direct.
 */
const ANSWERED_AT_ONCE = 5;

/** The function that answers caseworkers' lookups. It reads what is stored of a subject wherever that is, and changes none of it. */
export function addAnswer(setting: Setting): void {
  const { stack, config, data } = setting;
  const { policy } = config;
  const { inbox, work, outbox, cases, auditKey } = data;
  const { ADMINISTRATORS_TOPIC, APPROVERS, AUDIT_QUEUE, CASEWORKERS, REPORT_FORMS, places } = setting.told;

  const answer = new HandlerFunction<AnswerEnvironment>(stack, 'Answer', {
    config,
    folder: 'answer-lookups',
    description: 'Explains what is asked by caseworkers',
    memory: 1769,
    timeout: data.lookups.worksFor,
    environment: {
      ...places,
      CASEWORKERS,
      APPROVERS,
      ADMINISTRATORS_TOPIC,
      AUDIT_QUEUE,
      REPORT_FORMS,
      MAC_KEY: auditKey.keyArn,
      HIDDEN_SECONDS: String(data.lookups.hiddenFor.toSeconds()),
      LOOKUPS_PER_FILE: String(policy.lookupsPerFile),
      LOOKUPS_PER_DAY: String(policy.lookupsPerDay),
    },
  });
  allowAudit(setting, answer);
  allowHash(answer, auditKey);
  allowTell(setting, answer, data.administrators);
  allowObjects(answer, 'read versions', inbox, INBOX.lookups.pattern, INBOX.reports.pattern);
  allowList(answer, 'list versions', inbox, INBOX.lookups.pattern, INBOX.reports.pattern);
  allowObjects(
    answer,
    'read',
    work,
    DECIDED.pattern,
    EXEMPTIONS.pattern,
    LOOKUPS.pattern,
    PLANS.decisions.pattern,
    PLANS.directions.pattern,
    PREPARED.pattern,
    SCREENED.gathered.pattern,
    SCREENED.previews.pattern,
  );
  // The lists show it the batches that have not settled, and what retention took.
  allowList(
    answer,
    'list',
    work,
    `${SCREENED.prefix}*`,
    SETTLED.prefix,
    `${PLANS.prefix}*`,
    DECIDED.pattern,
    PREPARED.pattern,
  );
  allowObjects(answer, 'write', work, LOOKUPS.pattern, ...MARKS_OF_WORK);
  allowObjects(answer, 'read', outbox, OUTBOX.batches.pattern);
  allowList(answer, 'list', outbox, OUTBOX.batches.pattern);
  allowObjects(answer, 'write', outbox, OUTBOX.explanations.pattern, OUTBOX.receipts.pattern);
  allowItems(answer, [...PUT_ITEMS, 'dynamodb:BatchGetItem'], cases);
  readFrom(data.lookups, answer, { batchSize: 1, maxConcurrency: ANSWERED_AT_ONCE });
}
