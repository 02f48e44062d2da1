import { Duration } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Environment as AwaitEnvironment } from '../../../../lambdas/await-decision/handler.ts';
import type { Environment as ClaimEnvironment } from '../../../../lambdas/claim-shard/handler.ts';
import type { Environment as CollectEnvironment } from '../../../../lambdas/collect-subjects/handler.ts';
import type { Environment as CommitEnvironment } from '../../../../lambdas/commit-plan/handler.ts';
import { folder } from '../../../../lambdas/domain/folders.ts';
import { BATCH_KINDS } from '../../../../lambdas/domain/kinds.ts';
import { OUTBOX } from '../../../../lambdas/domain/outbox.ts';
import {
  ASKED,
  DECIDED,
  EXEMPTIONS,
  MADE_BOOKS,
  MARKS,
  PLANS,
  PREPARED,
  RELIED,
  REVERSED,
  SCREENED,
  SETTLED,
  WAITING,
  WITHDRAWN,
} from '../../../../lambdas/domain/work.ts';
import type { Environment as ExpandEnvironment } from '../../../../lambdas/expand-handsets/handler.ts';
import type { Environment as GatherEnvironment } from '../../../../lambdas/gather-links/handler.ts';
import type { Environment as ResumeEnvironment } from '../../../../lambdas/resume-batch/handler.ts';
import type { Environment as ScreenEnvironment } from '../../../../lambdas/screen-report/handler.ts';
import type { Environment as SettleEnvironment } from '../../../../lambdas/settle-batch/handler.ts';
import type { Environment as TakeTurnEnvironment } from '../../../../lambdas/take-turn/handler.ts';
import { HandlerFunction } from '../../../constructs/handler-function.ts';
import {
  admitObjects,
  allow,
  allowHistories,
  allowItems,
  allowKey,
  allowList,
  allowObjects,
  allowSend,
  type Worker,
} from '../../../constructs/rights.ts';
import type { VersionedMachine } from '../../../constructs/versioned-machine.ts';
import type { WorkQueue } from '../../../constructs/work-queue.ts';
import {
  acknowledgeMaps,
  addMachine,
  allowAudit,
  allowTell,
  CHANGE_ITEMS,
  EXECUTIONS,
  nameForNag,
  PUT_ITEMS,
  READ_ITEMS,
  reversalLimitsOf,
  type Setting,
} from '../context.ts';
import { batchFlow } from './machine.ts';

const CLAIM_ITEMS = [...PUT_ITEMS, 'dynamodb:BatchGetItem'];

/** The places of reports in the inbox. */
const REPORTS = folder(BATCH_KINDS.report.from).pattern;

/**
 * The Batch state machine and its functions: from a report to its settled books. It runs a Direction for each of its directions.
 * @param status the queue of batches whose status is to be told
 */
export function addBatch(setting: Setting, direction: VersionedMachine, status: WorkQueue): VersionedMachine {
  const { stack, data } = setting;
  const screen = addScreen(setting);
  const collect = addCollect(setting);
  const takeTurn = addTakeTurn(setting);
  const expand = addExpand(setting);
  const gather = addGather(setting);
  const awaitDecision = addAwaitDecision(setting);
  const claim = addClaim(setting);
  const commit = addCommit(setting, direction);
  const resume = addResume(setting, direction);
  const settle = addSettle(setting);

  // A queue that is given with its key would bring the task rights with wildcards; the rights to send are given below.
  const { queueArn, queueUrl } = status.queue;
  const withoutKey = Queue.fromQueueAttributes(stack, 'StatusQueueAlone', { queueArn, queueUrl });
  const batch = addMachine(
    setting,
    'Batch',
    batchFlow(new Construct(stack, 'BatchFlow'), {
      screen,
      collect,
      takeTurn,
      expand,
      gather,
      awaitDecision,
      claim,
      commit,
      resume,
      settle,
      direction,
      work: data.work,
      administrators: data.administrators,
      status: withoutKey,
    }),
    [screen, collect, takeTurn, expand, gather, awaitDecision, claim, commit, resume, settle],
  );

  batch.node.addDependency(direction.alias);
  admitObjects(
    batch,
    data.work,
    SCREENED.runs.pattern,
    SCREENED.expanded.pattern,
    SCREENED.shards.pattern,
    PLANS.claimed.pattern,
    PLANS.directed.pattern,
    PLANS.directions.pattern,
  );
  allowKey(batch, data.messagesKey, 'sns', 'write');
  allowSend(batch, status);
  // This right has a policy of its own: the machine names the function, so the function's own policy may not name the machine.
  allow(awaitDecision, ['states:SendTaskSuccess'], batch.stateMachineArn);
  // The machine asks in its own name what became of a direction.
  allowHistories(batch, direction, data.machinesKey);
  acknowledgeMaps(batch, ['Expand', 'Claim', 'Direct'], {
    [`${EXECUTIONS}${nameForNag(direction)}*`]:
      'It waits for and stops the executions of the Direction machine alone, which are named after their directions.',
  });
  return batch;
}

function addScreen(setting: Setting): HandlerFunction<ScreenEnvironment> {
  const { stack, config, data } = setting;
  const { policy } = config;
  const { inbox, work, outbox, cases } = data;
  const { ADMINISTRATORS_TOPIC, AGENCIES_TOPIC, AUDIT_QUEUE, REPORT_FORMS, OPERATORS, places } = setting.told;
  const screen = new HandlerFunction<ScreenEnvironment>(stack, 'Screen', {
    config,
    folder: 'screen-report',
    description: 'Screens a report and registers its batch',
    memory: 1769,
    timeout: Duration.minutes(15),
    environment: {
      ...places,
      AGENCIES_TOPIC,
      ADMINISTRATORS_TOPIC,
      AUDIT_QUEUE,
      LOOK_BACK_DAYS: String(policy.lookBackDays),
      HANDSETS_PER_CHILD: String(policy.handsetsPerChild),
      OPERATORS,
      LINKS_PER_HANDSET: String(policy.linksPerHandset),
      LINKS_PER_SHARD: String(policy.linksPerShard),
      REPORT_FORMS,
    },
  });
  allowObjects(screen, 'read versions', inbox, REPORTS);
  allowList(screen, 'list versions', inbox, REPORTS);
  allowObjects(screen, 'write streams', work, SCREENED.handsets.pattern, SCREENED.runs.pattern);
  allowObjects(screen, 'write', work, MARKS.worked.pattern);
  allowObjects(screen, 'write streams', outbox, OUTBOX.rejects.pattern);
  allowItems(screen, [...CHANGE_ITEMS, 'dynamodb:BatchGetItem'], cases);
  allowTell(setting, screen, data.agencies, data.administrators);
  allowAudit(setting, screen);
  return screen;
}

function addCollect(setting: Setting): HandlerFunction<CollectEnvironment> {
  const { stack, config, data } = setting;
  const { policy } = config;
  const { work, outbox, cases } = data;
  const { ADMINISTRATORS_TOPIC, APPROVERS_TOPIC, AUDIT_QUEUE, OPERATORS, places } = setting.told;
  const collect = new HandlerFunction<CollectEnvironment>(stack, 'Collect', {
    config,
    folder: 'collect-subjects',
    description: 'Lists the subjects of a batch that is no report, and registers it',
    memory: 1769,
    timeout: Duration.minutes(15),
    environment: {
      ...places,
      APPROVERS_TOPIC,
      ADMINISTRATORS_TOPIC,
      AUDIT_QUEUE,
      OPERATORS,
      LINKS_PER_SHARD: String(policy.linksPerShard),
      EXTENSION_DAYS: String(policy.extensionDays),
      REVERSAL_LIMITS: reversalLimitsOf(config),
    },
  });
  allowAudit(setting, collect);
  allowTell(setting, collect, data.approvers, data.administrators);
  allowList(collect, 'list', work, WAITING.prefix, `${WITHDRAWN.prefix}*`, `${PLANS.prefix}*`);
  allowObjects(
    collect,
    'read',
    work,
    PLANS.decisions.pattern,
    PREPARED.pattern,
    PLANS.directions.pattern,
    SCREENED.found.pattern,
    SCREENED.gathered.pattern,
    ASKED.pattern,
    SCREENED.shards.pattern,
    SCREENED.previews.pattern,
    SCREENED.handsets.pattern,
    DECIDED.pattern,
  );
  allowObjects(
    collect,
    'write',
    work,
    SCREENED.found.pattern,
    SCREENED.previews.pattern,
    DECIDED.pattern,
    WITHDRAWN.pattern,
    MARKS.worked.pattern,
  );
  allowObjects(collect, 'write', outbox, OUTBOX.previews.pattern);
  allowObjects(collect, 'write streams', work, SCREENED.shards.pattern);
  allowItems(collect, CHANGE_ITEMS, cases);
  return collect;
}

function addTakeTurn(setting: Setting): HandlerFunction<TakeTurnEnvironment> {
  const { stack, config, data } = setting;
  const { work, cases } = data;
  const takeTurn = new HandlerFunction<TakeTurnEnvironment>(stack, 'TakeTurn', {
    config,
    folder: 'take-turn',
    description: 'Takes the turn to plan, or says how long to wait for it',
    memory: 256,
    timeout: Duration.minutes(1),
    environment: { CASES: cases.tableName, WORK: work.bucketName },
  });
  allowItems(takeTurn, CHANGE_ITEMS, cases);
  allowList(takeTurn, 'list', work, `${REVERSED.prefix}*`);
  return takeTurn;
}

function addExpand(setting: Setting): HandlerFunction<ExpandEnvironment> {
  const { stack, config, data } = setting;
  const { work, links } = data;
  const expand = new HandlerFunction<ExpandEnvironment>(stack, 'Expand', {
    config,
    folder: 'expand-handsets',
    description: "Reads some handsets' links in the look-back window",
    memory: 1024,
    timeout: Duration.minutes(15),
    environment: { WORK: work.bucketName, LINKS: links.tableName },
  });
  allowItems(expand, ['dynamodb:Query'], links);
  allowObjects(expand, 'read', work, SCREENED.handsets.pattern);
  allowObjects(expand, 'write', work, SCREENED.gathered.pattern);
  return expand;
}

function addGather(setting: Setting): HandlerFunction<GatherEnvironment> {
  const { stack, config, data } = setting;
  const { policy } = config;
  const { work, outbox, cases } = data;
  const { ADMINISTRATORS_TOPIC, APPROVERS_TOPIC, AUDIT_QUEUE, OPERATORS, places } = setting.told;
  const gather = new HandlerFunction<GatherEnvironment>(stack, 'Gather', {
    config,
    folder: 'gather-links',
    description: 'Counts the gathered links by shard, publishes the preview and opens the decision',
    memory: 1769,
    timeout: Duration.minutes(15),
    environment: {
      ...places,
      APPROVERS_TOPIC,
      ADMINISTRATORS_TOPIC,
      AUDIT_QUEUE,
      OPERATORS,
      LINKS_PER_SHARD: String(policy.linksPerShard),
      ROWS_PER_DIRECTION: String(policy.rowsPerDirection),
      BUSY_DAY: String(policy.busyDay),
      MANY_CONNECTIONS: String(policy.manyConnections),
      PEOPLE: String(policy.people),
      DECIDE_WITHIN_HOURS: String(policy.decideWithinHours),
      MOST_NUMBERS: String(policy.mostNumbers),
      MOST_HANDSETS: String(policy.mostHandsets),
    },
  });
  allowObjects(
    gather,
    'read',
    work,
    SCREENED.expanded.pattern,
    SCREENED.gathered.pattern,
    SCREENED.previews.pattern,
    DECIDED.pattern,
  );
  allowObjects(gather, 'write streams', work, SCREENED.shards.pattern);
  allowObjects(gather, 'write', work, SCREENED.previews.pattern, DECIDED.pattern);
  allowObjects(gather, 'write', outbox, OUTBOX.previews.pattern);
  allowItems(gather, CHANGE_ITEMS, cases);
  allowTell(setting, gather, data.approvers, data.administrators);
  allowAudit(setting, gather);
  return gather;
}

function addAwaitDecision(setting: Setting): HandlerFunction<AwaitEnvironment> {
  const { stack, config, data } = setting;
  const { work, outbox, cases } = data;
  const { ADMINISTRATORS_TOPIC, AGENCIES_TOPIC, APPROVERS_TOPIC, AUDIT_QUEUE, APPROVERS, OPERATORS, places } =
    setting.told;
  const awaitDecision = new HandlerFunction<AwaitEnvironment>(stack, 'Await', {
    config,
    folder: 'await-decision',
    description: 'Sees what approvers decided of a batch, reminds them, and has it lapse',
    memory: 512,
    timeout: Duration.minutes(2),
    environment: {
      ...places,
      OPERATORS,
      APPROVERS,
      AGENCIES_TOPIC,
      APPROVERS_TOPIC,
      ADMINISTRATORS_TOPIC,
      AUDIT_QUEUE,
    },
  });
  allowObjects(awaitDecision, 'read', work, SCREENED.previews.pattern, DECIDED.pattern);
  allowObjects(awaitDecision, 'write', work, DECIDED.pattern);
  allowObjects(awaitDecision, 'write', outbox, OUTBOX.batches.pattern);
  allowItems(awaitDecision, [...READ_ITEMS, 'dynamodb:UpdateItem'], cases);
  allowTell(setting, awaitDecision, data.agencies, data.approvers, data.administrators);
  allowAudit(setting, awaitDecision);
  return awaitDecision;
}

function addClaim(setting: Setting): HandlerFunction<ClaimEnvironment> {
  const { stack, config, data } = setting;
  const { policy } = config;
  const { work, links, cases } = data;
  const { APPROVERS, CASE_DAYS } = setting.told;
  const claim = new HandlerFunction<ClaimEnvironment>(stack, 'Claim', {
    config,
    folder: 'claim-shard',
    description: 'Decides and claims a shard of numbers or handsets',
    memory: 1024,
    timeout: Duration.minutes(15),
    environment: {
      WORK: work.bucketName,
      CASES: cases.tableName,
      LINKS: links.tableName,
      LADDERS: JSON.stringify(policy.ladders),
      ROWS_PER_DIRECTION: String(policy.rowsPerDirection),
      CASE_DAYS,
      APPROVERS,
    },
  });
  allowObjects(
    claim,
    'read',
    work,
    SCREENED.handsets.pattern,
    SCREENED.gathered.pattern,
    SCREENED.shards.pattern,
    SCREENED.previews.pattern,
    DECIDED.pattern,
    PLANS.decisions.pattern,
    PLANS.directions.pattern,
    PREPARED.pattern,
    EXEMPTIONS.pattern,
  );
  allowObjects(claim, 'write', work, PLANS.decisions.pattern, RELIED.pattern);
  allowList(claim, 'list', work, `${RELIED.prefix}*`, `${WITHDRAWN.prefix}*`, `${PLANS.prefix}*`, PREPARED.pattern);
  allowItems(claim, CLAIM_ITEMS, cases);
  allowItems(claim, ['dynamodb:Query'], links);
  return claim;
}

function addCommit(setting: Setting, direction: VersionedMachine): HandlerFunction<CommitEnvironment> {
  const { stack, config, data } = setting;
  const { work, cases } = data;
  const { AUDIT_QUEUE, places } = setting.told;
  const commit = new HandlerFunction<CommitEnvironment>(stack, 'Commit', {
    config,
    folder: 'commit-plan',
    description: "Lists a plan's directions and makes the plan count",
    memory: 1024,
    timeout: Duration.minutes(15),
    environment: { ...places, AUDIT_QUEUE },
  });
  allowAudit(setting, commit);
  allowObjects(commit, 'read', work, PLANS.claimed.pattern, PLANS.decisions.pattern, PLANS.directions.pattern);
  allowObjects(commit, 'write', work, PLANS.directions.pattern);
  allowItems(commit, CHANGE_ITEMS, cases);
  allowTakingBack(setting, commit, direction);
  return commit;
}

function addResume(setting: Setting, direction: VersionedMachine): HandlerFunction<ResumeEnvironment> {
  const { stack, config, data } = setting;
  const { work, cases } = data;
  const { AUDIT_QUEUE, places } = setting.told;
  const resume = new HandlerFunction<ResumeEnvironment>(stack, 'Resume', {
    config,
    folder: 'resume-batch',
    description: 'Lists the open directions of a batch whose execution ended',
    memory: 1024,
    timeout: Duration.minutes(15),
    environment: { ...places, AUDIT_QUEUE },
  });
  allowAudit(setting, resume);
  allowObjects(resume, 'read', work, PLANS.decisions.pattern, PLANS.directions.pattern);
  allowObjects(resume, 'write', work, PLANS.directions.pattern);
  allowItems(resume, PUT_ITEMS, cases);
  allowTakingBack(setting, resume, direction);
  return resume;
}

function addSettle(setting: Setting): HandlerFunction<SettleEnvironment> {
  const { stack, config, data } = setting;
  const { policy } = config;
  const { inbox, work, outbox, cases } = data;
  const { ADMINISTRATORS_TOPIC, AGENCIES_TOPIC, OPERATORS_TOPIC, AUDIT_QUEUE, REPORT_FORMS, OPERATORS, places } =
    setting.told;
  const settle = new HandlerFunction<SettleEnvironment>(stack, 'Settle', {
    config,
    folder: 'settle-batch',
    description: 'Seals the ledgers, balances the books and publishes them',
    memory: 1769,
    timeout: Duration.minutes(15),
    environment: {
      ...places,
      INBOX: inbox.bucketName,
      OPERATORS,
      OPERATORS_TOPIC,
      AGENCIES_TOPIC,
      ADMINISTRATORS_TOPIC,
      AUDIT_QUEUE,
      REPORT_FORMS,
      LOOK_BACK_DAYS: String(policy.lookBackDays),
    },
  });
  allowObjects(
    settle,
    'read',
    work,
    PLANS.decisions.pattern,
    PLANS.directions.pattern,
    MADE_BOOKS.pattern,
    PREPARED.pattern,
    SCREENED.handsets.pattern,
    SCREENED.gathered.pattern,
    SCREENED.previews.pattern,
  );
  // It asks for the list of what earlier versions gathered, which may be missing.
  allowList(settle, 'list', work, `${SCREENED.prefix}*`);
  // The agency's own references stand in its report alone.
  allowObjects(settle, 'read versions', inbox, REPORTS);
  allowList(settle, 'list versions', inbox, REPORTS);
  allowObjects(settle, 'write streams', work, MADE_BOOKS.pattern);
  allowObjects(settle, 'write', work, SETTLED.pattern);
  allowObjects(settle, 'write', outbox, OUTBOX.batches.pattern);
  // It may publish again what a reversal withdrew.
  allowObjects(settle, 'write streams', outbox, OUTBOX.revocations.pattern);
  allowItems(settle, [...CHANGE_ITEMS, 'dynamodb:BatchGetItem'], cases);
  allowTell(setting, settle, data.operators, data.agencies, data.administrators);
  allowAudit(setting, settle);
  return settle;
}

/** Rights to take back what a reversal does, and to wake the machines that have nothing left to wait for. */
function allowTakingBack(setting: Setting, one: Worker, direction: VersionedMachine): void {
  const { work, outbox } = setting.data;
  allowObjects(one, 'write', work, PREPARED.pattern, REVERSED.pattern);
  allowObjects(one, 'write', outbox, OUTBOX.batches.pattern);
  allowObjects(one, 'write streams', outbox, OUTBOX.revocations.pattern);
  allow(one, ['states:SendTaskSuccess'], direction.stateMachineArn);
}
