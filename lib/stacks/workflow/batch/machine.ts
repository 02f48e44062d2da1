import { Duration } from 'aws-cdk-lib';
import {
  Choice,
  Condition,
  DistributedMap,
  Errors,
  type IChainable,
  IntegrationPattern,
  ItemBatcher,
  StateMachineType,
  Succeed,
  TaskInput,
  Timeout,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { CHILDREN_AT_ONCE, MOST_INLINE } from '../../../../lambdas/domain/limits.ts';
import { PLANS, SCREENED } from '../../../../lambdas/domain/work.ts';
import { ItemsFrom, ResultsUnder } from '../maps.ts';
import { catchEverything, whenFailed, whenMapRunFailed, whenThrottled } from '../retries.ts';
import {
  afterTrouble,
  askForStatus,
  type BatchParts,
  child,
  directInline,
  type Flow,
  invoke,
  resultsUnder,
  WITH_ERROR,
} from './states.ts';

/**
 * One batch's work: a report's, a night's or a reversal's. Input: `{ report: { bucket, key, versionId?, agency, name, uploadedAt } }`. For
 * a batch that doesn't expand it is `{ collect: { kind, … } }`: its subjects are collected in the place of 1 and 2. If the execution of a
 * batch has ended, another one goes on with it, `{ resume: { batchId } }`: at 6 if its plan counts, and at 3 if its ending is still to be
 * published.
 *
 * 1. Screen the report. A refused one, and the same one again, end here; one without handsets goes to 7.
 * 2. Expand handsets into links, gather these by shard, and publish the preview. All of this lies under the batch and its attempt: usage
 *    that comes later has no part in it, however long the batch waits from here on.
 * 3. Await the decision, with a task token, until approvers have made it; they are reminded at half of the time, or every day if it never
 *    lapses. A batch that is refused, lapses or is over a limit ends here.
 * 4. Take the turn to plan (one batch plans at a time, in the order in which they came) under the next plan number. All deadlines count
 *    from here.
 * 5. Claim numbers and handsets: directions. Commit the plan; that frees the turn.
 * 6. Direct the operators: one Direction execution each; up to 40 in an inline Map, more in a Distributed one, 40 to a child.
 * 7. Settle the books.
 *
 * After each step it asks that the batch's status be told; nothing waits for that. A failure before the plan is committed fails the
 * execution, except one while people decide, which is tried again each hour; a rule then makes the batch failed, and that frees the turn.
 * After that, an error tells the administrators and is tried again: the batch never fails any more. If its execution ends all the same,
 * because somebody stopped it, that rule has it resumed.
 */
export function batchFlow(scope: Construct, parts: BatchParts): IChainable {
  const flow: Flow = { scope, ...parts };
  const settle = settleTheBooks(flow);
  const direct = directTheOperators(flow, settle);
  const plan = claimAndCommit(flow, direct);
  const turn = takeTheTurn(flow, plan);
  const decision = awaitTheDecision(flow, turn);
  const gather = expandAndGather(flow, decision);
  const screen = screenTheReport(flow, gather, settle);
  const resume = resumeTheBatch(flow, direct, decision);
  const collect = collectTheSubjects(flow, { approved: turn, waiting: decision });
  return Choice.jsonata(scope, 'A report, listed subjects, or a batch to resume?')
    .when(Condition.jsonata('{% $exists($states.input.collect) %}'), collect)
    .when(Condition.jsonata('{% $exists($states.input.resume) %}'), resume, {
      assign: { batch: '{% $states.input.resume %}', attempt: 0 },
    })
    .otherwise(screen);
}

const NOW = '{% $states.context.State.EnteredTime %}';
const EXECUTION = '{% $states.context.Execution.Id %}';
const RESULT = '{% $states.result.Payload %}';

/** Step 1: goes on at `found` with a report that has handsets, and at `empty` with one that has none. */
function screenTheReport(flow: Flow, found: IChainable, empty: IChainable): IChainable {
  const { scope } = flow;
  const screen = invoke(
    flow,
    'Screen the report',
    flow.screen,
    { report: '{% $states.input.report %}', execution: EXECUTION, now: NOW },
    // The number of times that directing or settling was tried again after trouble.
    { batch: RESULT, attempt: 0 },
  );
  const refused = Succeed.jsonata(scope, 'Report refused');
  const same = Succeed.jsonata(scope, 'Same report again');
  return screen.next(
    Choice.jsonata(scope, 'What did Screen find?')
      .when(Condition.jsonata("{% $batch.status = 'refused' %}"), refused)
      .when(Condition.jsonata("{% $batch.status = 'same' %}"), same)
      .when(Condition.jsonata('{% $batch.handsets = 0 %}'), empty)
      .otherwise(askForStatus(flow, 'registered', found)),
  );
}

/**
 * Steps 1 to 3 of a batch that doesn't expand: its subjects are listed. It goes on at `waiting` where it has a decision, however that
 * stands by then, since its ending is published there; and at `approved` where it has none, as a follow-up, whose rows were decided upon.
 */
function collectTheSubjects(flow: Flow, next: { approved: IChainable; waiting: IChainable }): IChainable {
  const { scope } = flow;
  const collect = invoke(
    flow,
    'Collect the subjects',
    flow.collect,
    { collect: '{% $states.input.collect %}', execution: EXECUTION, now: NOW },
    {
      batch: '{% $states.result.Payload.batch %}',
      gathered: '{% $states.result.Payload.gathered %}',
      decided: '{% $states.result.Payload.decided %}',
      attempt: 0,
    },
  );
  const nothing = Succeed.jsonata(scope, 'Nothing to direct');
  return collect.next(
    Choice.jsonata(scope, 'Is there a decision?')
      .when(Condition.jsonata("{% $decided.state = 'approved' %}"), next.approved)
      .when(Condition.jsonata("{% $decided.state = 'waiting' %}"), next.waiting)
      .otherwise(nothing),
  );
}

/** Step 2, and then `next`. */
function expandAndGather(flow: Flow, next: IChainable): IChainable {
  const { scope, work } = flow;
  const expand = DistributedMap.jsonata(scope, 'Expand handsets into links', {
    mapExecutionType: StateMachineType.STANDARD,
    label: 'Expand',
    maxConcurrency: CHILDREN_AT_ONCE,
    // The items are runs of the handsets, and not the handsets, so that no history holds an IMEI.
    itemReader: new ItemsFrom(work, '{% $batch.runsKey %}', SCREENED.runs.pattern),
    itemSelector: {
      folder: '{% $batch.folder %}',
      shards: '{% $batch.shards %}',
      window: '{% $batch.window %}',
      handsetsKey: '{% $batch.handsetsKey %}',
      run: '{% $states.context.Map.Item.Value %}',
    },
    resultWriterV2: new ResultsUnder(
      work,
      `{% $batch.folder & '/${SCREENED.expanded.name}' %}`,
      SCREENED.expanded.pattern,
    ),
    outputs: {},
    assign: { expanded: '{% $states.result %}' },
  });
  expand.addRetry(whenMapRunFailed);
  expand.itemProcessor(child(flow, "Read some handsets' links", flow.expand));
  const gather = invoke(
    flow,
    'Gather the links by shard',
    flow.gather,
    {
      batchId: '{% $batch.batchId %}',
      agency: '{% $batch.agency %}',
      execution: EXECUTION,
      now: NOW,
      folder: '{% $batch.folder %}',
      handsets: '{% $batch.handsets %}',
      shards: '{% $batch.shards %}',
      results: '{% $expanded %}',
      latestImports: '{% $batch.latestImports %}',
      gated: '{% $batch.gated %}',
    },
    { gathered: RESULT, decided: '{% $states.result.Payload.decided %}' },
  );
  return expand.next(gather).next(next);
}

/** A time that is longer than Await may take. */
const ANSWERS_WITHIN = Duration.minutes(15);

/**
 * Step 3, and then, with an approved batch, `next`. It goes the same way after a time-out as after a wake: Await sees what was committed
 * meanwhile, whichever of them came.
 */
function awaitTheDecision(flow: Flow, next: IChainable): IChainable {
  const { scope } = flow;
  const entered = '$toMillis($states.context.State.EnteredTime)';
  // A decision that never lapses is reminded of daily, from the first reminder on: an attempt that comes again then finds the next one due.
  const later = `($decided.remindAt != null and $decided.decideBy = null ? ${Duration.days(1).toSeconds()} : ${ANSWERS_WITHIN.toSeconds()})`;
  const until = (instant: string, otherwise: string) =>
    `($decided.${instant} != null and $toMillis($decided.${instant}) > ${entered} ? $ceil(($toMillis($decided.${instant}) - ${entered}) / 1000) : ${otherwise})`;
  const awaitDecision = LambdaInvoke.jsonata(scope, 'Await the decision', {
    lambdaFunction: flow.awaitDecision,
    integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
    payload: TaskInput.fromObject({
      batchId: '{% $batch.batchId %}',
      execution: EXECUTION,
      token: '{% $states.context.Task.Token %}',
      now: NOW,
    }),
    taskTimeout: Timeout.jsonata(`{% ${until('remindAt', until('decideBy', later))} %}`),
    retryOnServiceExceptions: false,
    outputs: {},
    assign: { decided: '{% $merge([$decided, $states.result]) %}' },
  });
  awaitDecision.addRetry(whenThrottled).addRetry(whenFailed);
  awaitDecision.addCatch(awaitDecision, { errors: [Errors.TIMEOUT], outputs: {} });
  catchEverything(
    awaitDecision,
    afterTrouble(flow, 'awaiting the decision fails', 'deciding_failing', awaitDecision),
    WITH_ERROR,
  );
  const ended = Succeed.jsonata(scope, 'Ended without effect', { outputs: { batchId: '{% $batch.batchId %}' } });
  const decided = Choice.jsonata(scope, 'What was decided?');
  awaitDecision.next(decided);
  return decided
    .when(Condition.jsonata("{% $decided.state = 'approved' %}"), askForStatus(flow, 'approved', next))
    .when(Condition.jsonata("{% $decided.state = 'waiting' %}"), askForStatus(flow, 'waiting', awaitDecision))
    .otherwise(askForStatus(flow, 'ended', ended));
}

/** Step 4, and then, in its turn, `plan`. */
function takeTheTurn(flow: Flow, plan: IChainable): IChainable {
  const { scope } = flow;
  const takeTurn = invoke(
    flow,
    'Take the turn to plan',
    flow.takeTurn,
    { batchId: '{% $batch.batchId %}', execution: EXECUTION, now: NOW },
    {
      turn: RESULT,
      plan: '{% $states.result.Payload.plan %}',
      startedAt: '{% $states.result.Payload.startedAt %}',
    },
  );
  const waitForTurn = Wait.jsonata(scope, 'Wait while another batch plans', {
    time: WaitTime.seconds('{% $turn.waitSeconds %}'),
  });
  return takeTurn.next(
    Choice.jsonata(scope, "Is it the batch's turn?")
      .when(Condition.jsonata('{% $turn.taken %}'), plan)
      .otherwise(waitForTurn.next(takeTurn)),
  );
}

/** Step 5, and then `next`. */
function claimAndCommit(flow: Flow, next: IChainable): IChainable {
  const { scope, work } = flow;
  const claim = DistributedMap.jsonata(scope, 'Claim numbers and handsets', {
    mapExecutionType: StateMachineType.STANDARD,
    label: 'Claim',
    maxConcurrency: CHILDREN_AT_ONCE,
    itemReader: new ItemsFrom(work, '{% $gathered.manifestKey %}', SCREENED.shards.pattern),
    itemSelector: {
      batchId: '{% $batch.batchId %}',
      plan: '{% $plan %}',
      startedAt: '{% $startedAt %}',
      handsetsKey: '{% $batch.handsetsKey %}',
      gathered: '{% $gathered %}',
      item: '{% $states.context.Map.Item.Value %}',
    },
    resultWriterV2: resultsUnder(work, PLANS.claimed),
    outputs: {},
    assign: { claimed: '{% $states.result %}' },
  });
  claim.addRetry(whenMapRunFailed);
  claim.itemProcessor(child(flow, 'Decide and claim a shard', flow.claim));
  const commit = invoke(
    flow,
    'Commit the plan',
    flow.commit,
    {
      batchId: '{% $batch.batchId %}',
      plan: '{% $plan %}',
      now: NOW,
      gathered: '{% $gathered %}',
      results: '{% $claimed %}',
    },
    { planned: RESULT },
  );
  return claim.next(commit).next(askForStatus(flow, 'directed', next));
}

/** Step 6: goes on at `next` once all directions have ended, and at once if there is none. */
function directTheOperators(flow: Flow, next: IChainable): IChainable {
  const { scope, work } = flow;
  const howMany = Choice.jsonata(scope, 'How many directions?');
  const direct = directInline(flow, 'Direct the operators', '$planned.inline', '$attempt', 'Run a direction');
  const directMany = DistributedMap.jsonata(scope, 'Direct the operators at scale', {
    mapExecutionType: StateMachineType.STANDARD,
    label: 'Direct',
    itemReader: new ItemsFrom(work, '{% $planned.manifestKey %}', PLANS.directions.pattern),
    itemBatcher: new ItemBatcher({ maxItemsPerBatch: MOST_INLINE, batchInput: { round: '{% $attempt %}' } }),
    resultWriterV2: resultsUnder(work, PLANS.directed),
    outputs: {},
  });
  directMany.itemProcessor(
    directInline(
      flow,
      'Direct some operators',
      '$states.input.Items',
      '$states.input.BatchInput.round',
      'Run one of many directions',
    ),
  );
  const trouble = afterTrouble(flow, 'directing fails', 'directing_failing', howMany);
  catchEverything(direct, trouble, WITH_ERROR);
  catchEverything(directMany, trouble, WITH_ERROR);
  return howMany
    .when(Condition.jsonata('{% $planned.directions = 0 %}'), next)
    .when(Condition.jsonata(`{% $planned.directions <= ${MOST_INLINE} %}`), direct.next(next))
    .otherwise(directMany.next(next));
}

/** What a resumed execution knows of its batch's decision: nothing, so it asks Await. */
const DECISION_UNKNOWN = { state: 'waiting', remindAt: null, decideBy: null };

/** The beginning of an execution that resumes a batch: goes on at `direct` if its plan counts, and at `publish` if it ended before. */
function resumeTheBatch(flow: Flow, direct: IChainable, publish: IChainable): IChainable {
  const { scope } = flow;
  const resume = invoke(
    flow,
    'Resume the batch',
    flow.resume,
    { batchId: '{% $batch.batchId %}', now: NOW },
    {
      planned: RESULT,
      plan: '{% $states.result.Payload.plan %}',
      attempt: '{% $states.result.Payload.attempt %}',
      decided: DECISION_UNKNOWN,
    },
  );
  const nothingToResume = Succeed.jsonata(scope, 'Nothing to resume');
  catchEverything(resume, afterTrouble(flow, 'resuming fails', 'resuming_failing', resume), WITH_ERROR);
  return resume.next(
    Choice.jsonata(scope, 'Does its plan count?')
      .when(Condition.jsonata('{% $planned.resumed %}'), direct)
      .when(Condition.jsonata('{% $planned.ended %}'), publish)
      .otherwise(nothingToResume),
  );
}

/** Step 7, the last one. */
function settleTheBooks(flow: Flow): IChainable {
  const { scope } = flow;
  const settle = invoke(
    flow,
    'Settle the books',
    flow.settle,
    { batchId: '{% $batch.batchId %}', now: NOW },
    { settled: RESULT },
  );
  const waitForLastDeadline = Wait.jsonata(scope, 'Wait for the last deadline', {
    time: WaitTime.timestamp('{% $settled.until %}'),
  });
  const done = Succeed.jsonata(scope, 'Batch settled', { outputs: { batchId: '{% $batch.batchId %}' } });
  catchEverything(settle, afterTrouble(flow, 'settling fails', 'settling_failing', settle), WITH_ERROR);
  return settle.next(
    Choice.jsonata(scope, 'Is the batch settled?')
      .when(Condition.jsonata('{% $settled.settled %}'), askForStatus(flow, 'settled', done))
      .otherwise(waitForLastDeadline.next(settle)),
  );
}
