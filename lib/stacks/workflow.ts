import { ArnFormat, CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource, type SqsEventSourceProps } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  type CfnStateMachine,
  DefinitionBody,
  type IChainable,
  LogLevel,
  QueryLanguage,
  type StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Environment as AuditEnvironment } from '../../lambdas/audit/handler.ts';
import type { Environment as ClaimEnvironment } from '../../lambdas/claim/handler.ts';
import type { Environment as CloseEnvironment } from '../../lambdas/close/handler.ts';
import type { Environment as CommitEnvironment } from '../../lambdas/commit/handler.ts';
import type { Environment as CutEnvironment } from '../../lambdas/cut/handler.ts';
import type { Environment as ExpandEnvironment } from '../../lambdas/expand/handler.ts';
import type { Environment as GatherEnvironment } from '../../lambdas/gather/handler.ts';
import type { Environment as ImportEnvironment } from '../../lambdas/import/handler.ts';
import type { Environment as ImportPieceEnvironment } from '../../lambdas/import-piece/handler.ts';
import type { Environment as IntakeEnvironment } from '../../lambdas/intake/handler.ts';
import type { Environment as OrderEnvironment } from '../../lambdas/order/handler.ts';
import type { Environment as PublishImportEnvironment } from '../../lambdas/publish-import/handler.ts';
import type { Environment as RecordEnvironment } from '../../lambdas/record/handler.ts';
import type { Environment as ReleaseEnvironment } from '../../lambdas/release/handler.ts';
import type { Environment as ScreenEnvironment } from '../../lambdas/screen/handler.ts';
import type { Environment as SettleEnvironment } from '../../lambdas/settle/handler.ts';
import type { Environment as SweepEnvironment } from '../../lambdas/sweep/handler.ts';
import { CHECKER } from '../config/participants.ts';
import type { StageConfig } from '../config/stage.ts';
import {
  acknowledge,
  acknowledgeMachine,
  admitObjects,
  allow,
  allowHash,
  allowItems,
  allowKey,
  allowList,
  allowObjects,
  allowPublish,
  allowSend,
  allowStart,
} from '../constructs/access.ts';
import { HandlerFunction } from '../constructs/handler-function.ts';
import { NamedRole } from '../constructs/named-role.ts';
import { VersionedMachine } from '../constructs/versioned-machine.ts';
import { eventQueue, type WorkQueue } from '../constructs/work-queue.ts';
import { batchFlow } from '../workflows/batch.ts';
import { directionLadder } from '../workflows/direction.ts';
import { importFlow } from '../workflows/import.ts';
import type { DataStack } from './data.ts';

export interface WorkflowStackProps extends StackProps {
  readonly config: StageConfig;
  readonly data: DataStack;
}

const READ_ITEMS = ['dynamodb:GetItem'];
const PUT_ITEMS = [...READ_ITEMS, 'dynamodb:PutItem'];
const CHANGE_ITEMS = [...PUT_ITEMS, 'dynamodb:UpdateItem'];
/** How cdk-nag names a right on executions, up to their machine's name. */
const EXECUTIONS = 'Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:';
const CLAIM_ITEMS = [...PUT_ITEMS, 'dynamodb:BatchGetItem'];

/** Pieces of a usage file that one run of the Cut function lists: some 2 GiB, a fraction of its 15 minutes. */
const PIECES_PER_STRETCH = 256;

/** What works: the functions, the Direction, the Batch and the ImportByPieces state machine, and the rule for those that failed. */
export class WorkflowStack extends Stack {
  readonly batch: VersionedMachine;
  readonly direction: VersionedMachine;
  /** All of them. */
  readonly machines: VersionedMachine[] = [];
  readonly importByPieces: VersionedMachine;
  readonly sweep: IFunction;
  /** Executions that failed, and times to sweep. */
  readonly ended: WorkQueue;
  readonly due: WorkQueue;

  constructor(scope: Construct, id: string, props: WorkflowStackProps) {
    super(scope, id, props);
    const { config, data } = props;
    const { policy } = config;
    const { inbox, work, outbox, links, cases } = data;
    const places = { WORK: work.bucketName, OUTBOX: outbox.bucketName, CASES: cases.tableName };
    const idsOf = (participants: readonly { id: string }[]) => participants.map(({ id }) => id).join(',');
    const OPERATORS = idsOf(config.operators);
    // The inbox is read for the self-check, too, and no operator is directed of this name.
    const UPLOADERS = {
      AGENCIES: idsOf([...config.agencies, CHECKER]),
      OPERATORS: idsOf([...config.operators, CHECKER]),
    };
    const ADMINISTRATORS_TOPIC = data.administrators.topicArn;
    const AGENCIES_TOPIC = data.agencies.topicArn;
    const OPERATORS_TOPIC = data.operators.topicArn;
    const AUDIT_QUEUE = data.auditNotes.queue.queueUrl;
    const LINK_DAYS = String(policy.lookBackDays + config.retention.linkMarginDays);

    // ------------------------------------------------------------------------------------------ the Direction machine
    const order = new HandlerFunction<OrderEnvironment>(this, 'Order', {
      config,
      folder: 'order',
      description: "Issues a rung's order for the rows that are open",
      memory: 512,
      timeout: Duration.minutes(2),
      environment: { ...places, OPERATORS_TOPIC, AUDIT_QUEUE },
    });
    allowItems(order, PUT_ITEMS, cases);
    allowObjects(order, 'read', work, 'plans/*/decisions/*', 'directions/*');
    allowObjects(order, 'write', work, 'directions/*');
    allowObjects(order, 'write', outbox, 'orders/*');
    allowPublish(order, data.operators);
    allowSend(order, data.auditNotes);
    const close = new HandlerFunction<CloseEnvironment>(this, 'Close', {
      config,
      folder: 'close',
      description: 'Ends a ladder: what is open or failed becomes overdue',
      memory: 512,
      timeout: Duration.minutes(1),
      environment: { CASES: cases.tableName, AUDIT_QUEUE },
    });
    allowItems(close, PUT_ITEMS, cases);
    allowSend(close, data.auditNotes);
    this.direction = this.#machine(
      props,
      'Direction',
      directionLadder(new Construct(this, 'DirectionLadder'), { order, close, administrators: data.administrators }),
      [order, close],
    );
    allowKey(this.direction, data.messagesKey, 'sns', 'write');
    // In a policy of its own: the machine names the function, so the function's own policy may not name the machine.
    allow(order, ['states:SendTaskSuccess'], this.direction.stateMachineArn);

    // ---------------------------------------------------------------------------------------------- the Batch machine
    const screen = new HandlerFunction<ScreenEnvironment>(this, 'Screen', {
      config,
      folder: 'screen',
      description: 'Screens a report and registers its batch',
      // All handsets of the largest report that it takes, at once.
      memory: 3008,
      timeout: Duration.minutes(15),
      environment: {
        ...places,
        AGENCIES_TOPIC,
        ADMINISTRATORS_TOPIC,
        AUDIT_QUEUE,
        LOOK_BACK_DAYS: String(policy.lookBackDays),
        LINKS_PER_HANDSET: String(policy.linksPerHandset),
        LINKS_PER_SHARD: String(policy.linksPerShard),
      },
    });
    allowObjects(screen, 'read versions', inbox, 'reports/*');
    allowObjects(screen, 'write streams', work, 'screened/*');
    allowObjects(screen, 'write', work, 'uploads/worked/*');
    allowObjects(screen, 'write streams', outbox, 'rejects/*');
    allowItems(screen, PUT_ITEMS, cases);
    allowPublish(screen, data.agencies, data.administrators);
    allowSend(screen, data.auditNotes);

    const expand = new HandlerFunction<ExpandEnvironment>(this, 'Expand', {
      config,
      folder: 'expand',
      description: "Reads some handsets' links in the look-back window",
      memory: 1024,
      timeout: Duration.minutes(15),
      environment: { WORK: work.bucketName, LINKS: links.tableName },
    });
    allowItems(expand, ['dynamodb:Query'], links);
    allowObjects(expand, 'write', work, 'plans/*/gathered/*');

    const gather = new HandlerFunction<GatherEnvironment>(this, 'Gather', {
      config,
      folder: 'gather',
      description: 'Says which gathered links belong to which shard',
      memory: 1024,
      timeout: Duration.minutes(5),
      environment: { WORK: work.bucketName, ROWS_PER_DIRECTION: String(policy.rowsPerDirection) },
    });
    allowObjects(gather, 'read', work, 'plans/*/expanded/*');
    allowObjects(gather, 'write', work, 'plans/*/shards/*');

    const claim = new HandlerFunction<ClaimEnvironment>(this, 'Claim', {
      config,
      folder: 'claim',
      description: 'Decides and claims a shard of numbers or handsets',
      memory: 1024,
      timeout: Duration.minutes(15),
      environment: {
        WORK: work.bucketName,
        CASES: cases.tableName,
        OPERATORS,
        LADDERS: JSON.stringify(policy.ladders),
        ROWS_PER_DIRECTION: String(policy.rowsPerDirection),
      },
    });
    allowObjects(claim, 'read', work, 'plans/*/shards/*', 'plans/*/gathered/*', 'plans/*/decisions/*', 'screened/*');
    allowObjects(claim, 'write', work, 'plans/*/decisions/*');
    allowItems(claim, CLAIM_ITEMS, cases);

    const commit = new HandlerFunction<CommitEnvironment>(this, 'Commit', {
      config,
      folder: 'commit',
      description: "Lists a plan's directions and makes the plan count",
      memory: 1024,
      timeout: Duration.minutes(5),
      environment: { WORK: work.bucketName, CASES: cases.tableName, AUDIT_QUEUE },
    });
    allowSend(commit, data.auditNotes);
    allowObjects(commit, 'read', work, 'plans/*/claimed/*', 'plans/*/decisions/*', 'plans/*/directions/*');
    allowObjects(commit, 'write', work, 'plans/*/directions/*');
    allowItems(commit, [...READ_ITEMS, 'dynamodb:UpdateItem'], cases);

    const settle = new HandlerFunction<SettleEnvironment>(this, 'Settle', {
      config,
      folder: 'settle',
      description: 'Seals the ledgers, balances the books and publishes them',
      memory: 1769,
      timeout: Duration.minutes(15),
      environment: { ...places, OPERATORS, OPERATORS_TOPIC, AGENCIES_TOPIC, ADMINISTRATORS_TOPIC, AUDIT_QUEUE },
    });
    allowObjects(settle, 'read', work, 'plans/*/decisions/*', 'plans/*/directions/*', 'batches/*');
    allowObjects(settle, 'write streams', work, 'batches/*');
    allowObjects(settle, 'write', outbox, 'batches/*', 'revocations/*');
    allowItems(settle, CHANGE_ITEMS, cases);
    allowPublish(settle, data.operators, data.agencies, data.administrators);
    allowSend(settle, data.auditNotes);

    this.batch = this.#machine(
      props,
      'Batch',
      batchFlow(new Construct(this, 'BatchFlow'), {
        screen,
        expand,
        gather,
        claim,
        commit,
        settle,
        direction: this.direction,
        cases,
        work,
        administrators: data.administrators,
        policy,
      }),
      [screen, expand, gather, claim, commit, settle],
    );

    this.batch.node.addDependency(this.direction.alias);
    admitObjects(
      this.batch,
      work,
      ...['expanded', 'claimed', 'directed', 'shards', 'directions'].map((folder) => `plans/*/${folder}/*`),
      'screened/*',
    );
    allowKey(this.batch, data.tablesKey, 'dynamodb', 'write');
    allowKey(this.batch, data.messagesKey, 'sns', 'write');
    this.#acknowledgeMaps(this.batch, ['Expand', 'Claim', 'Direct'], {
      [`${EXECUTIONS}${this.#nameOf(this.direction)}*`]:
        'It waits for and stops the executions of this one machine, named after their directions.',
    });

    // ------------------------------------------------------------------------------------- the ImportByPieces machine
    const cut = new HandlerFunction<CutEnvironment>(this, 'Cut', {
      config,
      folder: 'cut',
      description: 'Cuts a large usage file into pieces',
      memory: 1769,
      timeout: Duration.minutes(15),
      environment: {
        WORK: work.bucketName,
        BYTES_PER_PIECE: String(policy.bytesPerPiece),
        PIECES_PER_STRETCH: String(PIECES_PER_STRETCH),
      },
    });
    allowObjects(cut, 'read versions', inbox, 'usage/*');
    allowObjects(cut, 'write', work, 'imports/*');

    const importPiece = new HandlerFunction<ImportPieceEnvironment>(this, 'ImportPiece', {
      config,
      folder: 'import-piece',
      description: 'Turns a piece of a large usage file into links',
      memory: 1024,
      timeout: Duration.minutes(15),
      environment: { WORK: work.bucketName, LINKS: links.tableName, LINK_DAYS },
    });
    allowObjects(importPiece, 'read versions', inbox, 'usage/*');
    allowObjects(importPiece, 'write streams', work, 'imports/*');
    allowItems(importPiece, ['dynamodb:BatchWriteItem'], links);

    const publishImport = new HandlerFunction<PublishImportEnvironment>(this, 'PublishImport', {
      config,
      folder: 'publish-import',
      description: 'Publishes the rejects of a usage file that was imported by pieces',
      memory: 1024,
      timeout: Duration.minutes(15),
      environment: { ...places, OPERATORS_TOPIC, ADMINISTRATORS_TOPIC },
    });
    allowObjects(publishImport, 'read', inbox, 'usage/*');
    allowObjects(publishImport, 'read', work, 'imports/*');
    allowObjects(publishImport, 'write', work, 'uploads/worked/*');
    allowObjects(publishImport, 'write streams', outbox, 'rejects/*');
    allowItems(publishImport, ['dynamodb:PutItem'], cases);
    allowPublish(publishImport, data.operators, data.administrators);

    this.importByPieces = this.#machine(
      props,
      'ImportByPieces',
      importFlow(new Construct(this, 'ImportFlow'), { cut, importPiece, publishImport, work }),
      [cut, importPiece, publishImport],
    );
    admitObjects(this.importByPieces, work, 'imports/*/pieces/*', 'imports/*/imported/*');
    this.#acknowledgeMaps(this.importByPieces, ['Import']);

    // ------------------------------------------------------------------------------------------------ the inbox's readers
    const intake = new HandlerFunction<IntakeEnvironment>(this, 'Intake', {
      config,
      folder: 'intake',
      description: 'Starts one Batch execution per report',
      memory: 256,
      timeout: data.reports.worksFor,
      environment: {
        WORK: work.bucketName,
        AGENCIES: UPLOADERS.AGENCIES,
        BATCH_MACHINE: this.batch.aliasArn,
        ADMINISTRATORS_TOPIC,
      },
    });
    allowObjects(intake, 'write', work, 'uploads/worked/*', 'uploads/failed/*');
    allowStart(intake, this.batch);
    allowPublish(intake, data.administrators);
    this.#readFrom(data.reports, intake, { batchSize: 1 });

    const importer = new HandlerFunction<ImportEnvironment>(this, 'Import', {
      config,
      folder: 'import',
      description: "Turns operators' usage files into links, or hands large ones on",
      memory: 1024,
      timeout: data.usage.worksFor,
      environment: {
        ...places,
        LINKS: links.tableName,
        LINK_DAYS,
        OPERATORS: UPLOADERS.OPERATORS,
        OPERATORS_TOPIC,
        ADMINISTRATORS_TOPIC,
        IMPORT_MACHINE: this.importByPieces.aliasArn,
        BYTES_PER_PIECE: String(policy.bytesPerPiece),
      },
    });
    allowObjects(importer, 'read versions', inbox, 'usage/*');
    allowObjects(importer, 'write streams', outbox, 'rejects/*');
    allowObjects(importer, 'write', work, 'uploads/worked/*', 'uploads/failed/*');
    allowItems(importer, ['dynamodb:PutItem'], cases);
    allowItems(importer, ['dynamodb:BatchWriteItem'], links);
    allowPublish(importer, data.operators, data.administrators);
    allowStart(importer, this.importByPieces);
    this.#readFrom(data.usage, importer, { batchSize: 1 });

    const record = new HandlerFunction<RecordEnvironment>(this, 'Record', {
      config,
      folder: 'record',
      description: "Records operators' responses",
      memory: 1024,
      timeout: data.responses.worksFor,
      environment: { ...places, OPERATORS: UPLOADERS.OPERATORS, OPERATORS_TOPIC, ADMINISTRATORS_TOPIC, AUDIT_QUEUE },
    });
    allowSend(record, data.auditNotes);
    allowObjects(record, 'read versions', inbox, 'responses/*');
    allowObjects(record, 'read', work, 'plans/*/decisions/*', 'directions/*');
    allowObjects(record, 'write', work, 'directions/*', 'uploads/worked/*', 'uploads/failed/*');
    allowObjects(record, 'write', outbox, 'orders/*', 'receipts/*', 'revocations/*');
    allowItems(record, CHANGE_ITEMS, cases);
    allowPublish(record, data.operators, data.administrators);
    allow(record, ['states:SendTaskSuccess'], this.direction.stateMachineArn);
    this.#readFrom(data.responses, record, { batchSize: 1 });

    // --------------------------------------------------------------------------------------------------- failed executions
    const ended = eventQueue(this, 'Release', {
      worksFor: Duration.minutes(1),
      key: data.messagesKey,
      rule: {
        id: 'BatchEnded',
        description: 'A Batch or ImportByPieces execution failed, timed out or was aborted',
        eventPattern: {
          source: ['aws.states'],
          detailType: ['Step Functions Execution Status Change'],
          detail: {
            stateMachineArn: [this.batch.stateMachineArn, this.importByPieces.stateMachineArn],
            status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          },
        },
      },
    });
    const release = new HandlerFunction<ReleaseEnvironment>(this, 'Release', {
      config,
      folder: 'release',
      description: 'Tells of an execution that failed, and gives up its batch if its plan did not count',
      memory: 256,
      timeout: ended.worksFor,
      environment: {
        WORK: work.bucketName,
        CASES: cases.tableName,
        AGENCIES_TOPIC,
        OPERATORS_TOPIC,
        ADMINISTRATORS_TOPIC,
        AUDIT_QUEUE,
      },
    });
    allowSend(release, data.auditNotes);
    allowObjects(release, 'write', work, 'uploads/quarantined/*');
    allowItems(release, [...READ_ITEMS, 'dynamodb:UpdateItem'], cases);
    allowPublish(release, data.agencies, data.operators, data.administrators);
    this.#readFrom(ended, release, { batchSize: 10 });
    this.ended = ended;

    // ------------------------------------------------------------------------------------------------------------ the audit
    const audit = new HandlerFunction<AuditEnvironment>(this, 'Audit', {
      config,
      folder: 'audit',
      description: "Appends what was committed to its batch's chain in the audit",
      memory: 512,
      timeout: data.auditNotes.worksFor,
      environment: { AUDIT: data.audit.bucketName, CASES: cases.tableName, MAC_KEY: data.auditKey.keyArn },
    });
    allowObjects(audit, 'read', data.audit, 'batches/*');
    allowObjects(audit, 'write', data.audit, 'batches/*');
    allowItems(audit, [...PUT_ITEMS, 'dynamodb:BatchGetItem'], cases);
    allowHash(audit, data.auditKey);
    // A chain grows at its end only, so many at once are in each other's way; and a rung of a thousand directions is an object or two.
    this.#readFrom(data.auditNotes, audit, {
      batchSize: 1000,
      maxBatchingWindow: Duration.minutes(1),
      maxConcurrency: 2,
    });

    // ------------------------------------------------------------------------------------------------------------ the sweep
    const due = eventQueue(this, 'Sweep', {
      worksFor: Duration.minutes(15),
      key: data.messagesKey,
      rule: {
        id: 'SweepDue',
        description: 'Time to look at what is open, and at what should have happened',
        schedule: Schedule.rate(Duration.hours(config.operations.sweepHours)),
      },
    });
    const sweep = new HandlerFunction<SweepEnvironment>(this, 'Sweep', {
      config,
      folder: 'sweep',
      description: 'Looks at what is open, and mends what did not happen',
      memory: 1024,
      timeout: due.worksFor,
      environment: {
        ...places,
        INBOX: inbox.bucketName,
        DIRECTION_MACHINE: this.direction.aliasArn,
        REPORTS_QUEUE: data.reports.queue.queueUrl,
        USAGE_QUEUE: data.usage.queue.queueUrl,
        RESPONSES_QUEUE: data.responses.queue.queueUrl,
        RELEASE_QUEUE: ended.queue.queueUrl,
        AGENCIES_TOPIC,
        OPERATORS_TOPIC,
        ADMINISTRATORS_TOPIC,
      },
    });
    allowList(sweep, 'list versions', inbox, 'reports/', 'usage/', 'responses/');
    allowList(
      sweep,
      'list',
      work,
      'screened/',
      'uploads/worked/',
      'uploads/failed/',
      'uploads/resent/',
      'uploads/quarantined/',
    );
    allowList(sweep, 'list', outbox, 'batches/', 'orders/*');
    allowObjects(sweep, 'read', work, 'plans/*/directions/*', 'uploads/failed/*');
    allowObjects(sweep, 'write', work, 'uploads/resent/*', 'uploads/quarantined/*');
    allowPublish(sweep, data.agencies, data.operators, data.administrators);
    allowSend(sweep, data.reports, data.usage, data.responses, ended);
    allowStart(sweep, this.direction);
    acknowledge(
      allow(sweep, ['states:DescribeExecution'], this.#executionsOf(this.batch)),
      `${EXECUTIONS}<${this.getLogicalId(this.batch.node.defaultChild as CfnStateMachine)}.Name>:*`,
      'Executions are named after their uploads.',
    );
    allowItems(sweep, ['dynamodb:GetItem', 'dynamodb:BatchGetItem'], cases);
    this.#readFrom(due, sweep, { batchSize: 1 });
    this.due = due;
    this.sweep = sweep;

    for (const machine of this.machines)
      new CfnOutput(this, `${machine.node.id}MachineArn`, { value: machine.stateMachineArn });
    for (const machine of this.machines) new CfnOutput(this, `${machine.node.id}AliasArn`, { value: machine.aliasArn });
  }

  #machine(
    { config }: WorkflowStackProps,
    id: string,
    definition: IChainable,
    functions: HandlerFunction<Record<string, string>>[],
  ): VersionedMachine {
    const machine = new VersionedMachine(this, id, {
      role: new NamedRole(this, `${id}Role`, {
        stage: config.stage,
        kind: 'machine',
        who: id,
        assumedBy: new ServicePrincipal('states.amazonaws.com'),
      }),
      definitionBody: DefinitionBody.fromChainable(definition),
      queryLanguage: QueryLanguage.JSONATA,
      timeout: Duration.days(365),
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, `${id}Logs`, {
          logGroupName: this.logGroupOf(id),
          retention: config.retention.logDays,
          removalPolicy: config.protect ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        // Tokens and keys stay out of the logs.
        includeExecutionData: false,
      },
    });
    acknowledgeMachine(machine, functions, {
      'Resource::*': 'The delivery of logs, and tracing, know no narrower resource.',
    });
    this.machines.push(machine);
    return machine;
  }

  /** The log group of a state machine: of a name that Step Functions may write to without a policy for each. */
  logGroupOf(machine: string): string {
    return `/aws/vendedlogs/states/${this.stackName}-${machine}`;
  }

  #executionsOf({ stateMachineName }: StateMachine): string {
    return this.formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${stateMachineName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  #nameOf(machine: StateMachine): string {
    const id = this.getLogicalId(machine.node.defaultChild as CfnStateMachine);
    return `{"Fn::Select":[6,{"Fn::Split":[":",{"Ref":"${id}"}]}]}`;
  }

  /** What the Distributed Maps of a machine bring with them, each under its label, and what else the machine does. */
  #acknowledgeMaps(machine: StateMachine, labels: string[], others: Record<string, string> = {}): void {
    const children =
      "The names of a Map Run's children are made while it runs; the label narrows them to this machine's Maps.";
    acknowledgeMachine(machine, [], {
      [`${EXECUTIONS}${this.#nameOf(machine)}:*`]: children,
      ...Object.fromEntries(
        labels.map((label) => [`${EXECUTIONS}${this.#nameOf(machine)}/${label}:*`, children] as const),
      ),
      ...others,
    });
  }

  /** A file that ends its function's process takes no other file with it where a batch is one file. */
  #readFrom(
    { queue, key }: WorkQueue,
    reader: HandlerFunction<Record<string, string>>,
    how: Pick<SqsEventSourceProps, 'batchSize' | 'maxBatchingWindow' | 'maxConcurrency'>,
  ): void {
    allowKey(reader, key, 'sqs', 'read');
    reader.addEventSource(new SqsEventSource(queue, { ...how, reportBatchItemFailures: true }));
  }
}
