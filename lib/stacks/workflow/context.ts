import { ArnFormat, Aws, Duration, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource, type SqsEventSourceProps } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import {
  type CfnStateMachine,
  DefinitionBody,
  type IChainable,
  QueryLanguage,
  type StateMachine,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { GateLimits } from '../../../lambdas/domain/gates.ts';
import type { ReversalLimits } from '../../../lambdas/domain/reversal-preview.ts';
import { MARKS, UNTOLD } from '../../../lambdas/domain/work.ts';
import { fileFormsOf } from '../../config/file-forms.ts';
import { CHECKER } from '../../config/participants.ts';
import { EXECUTION_DAYS } from '../../config/policy.ts';
import type { StageConfig } from '../../config/stage.ts';
import type { HandlerFunction } from '../../constructs/handler-function.ts';
import { NamedRole } from '../../constructs/named-role.ts';
import {
  acknowledge,
  acknowledgeMachine,
  allow,
  allowKey,
  allowObjects,
  allowPublish,
  allowSend,
  type Worker,
} from '../../constructs/rights.ts';
import { machineLogs, VersionedMachine } from '../../constructs/versioned-machine.ts';
import type { WorkQueue } from '../../constructs/work-queue.ts';
import type { DataStack } from '../data.ts';

export interface Machines {
  readonly batch: VersionedMachine;
  readonly direction: VersionedMachine;
  readonly importByPieces: VersionedMachine;
}

/** The stack to which a part of the workflow is added, and the values for its functions' environments. */
export interface Setting {
  readonly stack: Stack;
  readonly config: StageConfig;
  readonly data: DataStack;
  readonly told: ReturnType<typeof toldOf>;
}

export const settingOf = (stack: Stack, config: StageConfig, data: DataStack): Setting => ({
  stack,
  config,
  data,
  told: toldOf(config, data),
});

const idsOf = (participants: readonly { id: string }[]) => participants.map(({ id }) => id).join(',');

/** The values that more than one function is told. */
function toldOf({ agencies, operators, approvers, caseworkers, policy, retention }: StageConfig, data: DataStack) {
  return {
    places: { WORK: data.work.bucketName, OUTBOX: data.outbox.bucketName, CASES: data.cases.tableName },
    OPERATORS: idsOf(operators),
    /** The inbox is read for the self-check, too, and no operator of this name is directed. */
    UPLOADERS: { AGENCIES: idsOf([...agencies, CHECKER]), OPERATORS: idsOf([...operators, CHECKER]) },
    FILE_FORMS: JSON.stringify(fileFormsOf(operators)),
    REPORT_FORMS: JSON.stringify(fileFormsOf(agencies)),
    APPROVERS: idsOf(approvers),
    CASEWORKERS: idsOf(caseworkers),
    ADMINISTRATORS_TOPIC: data.administrators.topicArn,
    AGENCIES_TOPIC: data.agencies.topicArn,
    APPROVERS_TOPIC: data.approvers.topicArn,
    OPERATORS_TOPIC: data.operators.topicArn,
    AUDIT_QUEUE: data.auditNotes.queue.queueUrl,
    CASE_DAYS: String(retention.caseDays),
    LINK_DAYS: String(policy.lookBackDays + retention.linkMarginDays),
  };
}

/**
 * The runs at once of what imports usage: some write as fast as the tables bear, and more would only take the places of those that issue
 * and record orders.
 */
export const IMPORTS_AT_ONCE = 5;

/** The limits of the gates of usage files, as functions are told them. */
export function gatesOf({ policy }: StageConfig): string {
  const limits: GateLimits = {
    rows: policy.gateRows,
    rejectedPercent: policy.gateRejectedPercent,
    samePercent: policy.gateSamePercent,
    fewestPercent: policy.gateFewestPercent,
    mostPercent: policy.gateMostPercent,
    files: policy.gateFiles,
    fewestFiles: policy.gateFewestFiles,
  };
  return JSON.stringify(limits);
}

/** The number of people that a reversal needs, and the most that an appeal may ask for, as functions are told them. */
export function reversalLimitsOf({ policy }: StageConfig): string {
  const limits: ReversalLimits = {
    people: policy.reversalPeople,
    peopleForLarge: policy.largeReversalPeople,
    large: policy.largeReversal,
    mostSubjects: policy.mostSubjects,
  };
  return JSON.stringify(limits);
}

/** The marks that a function which works on an upload leaves, as `marking` in `stores/upload-marks.ts` does, if it hands nothing on. */
export const MARKS_OF_WORK = [MARKS.worked.pattern, MARKS.strayed.pattern, MARKS.failed.pattern] as const;

/** Lets a function tell the subscribers of these topics, and keep what it can't tell them at the moment. */
export function allowTell({ data }: Setting, to: Worker, ...topics: [Topic, ...Topic[]]): void {
  allowPublish(to, ...topics);
  allowObjects(to, 'write', data.work, UNTOLD.notices.pattern);
}

/** Lets a function tell the audit, and keep what it can't tell it at the moment. */
export function allowAudit({ data }: Setting, to: Worker): void {
  allowSend(to, data.auditNotes);
  allowObjects(to, 'write', data.work, UNTOLD.audit.pattern);
}

export const READ_ITEMS = ['dynamodb:GetItem'];
export const PUT_ITEMS = [...READ_ITEMS, 'dynamodb:PutItem'];
export const CHANGE_ITEMS = [...PUT_ITEMS, 'dynamodb:UpdateItem'];

/** cdk-nag's name of a right on executions, up to their machine's name. */
export const EXECUTIONS = 'Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:';

/** A state machine with its role and its log, which runs these functions. */
export function addMachine(
  { stack, config, data }: Setting,
  id: string,
  definition: IChainable,
  functions: HandlerFunction<Record<string, string>>[],
): VersionedMachine {
  const role = new NamedRole(stack, `${id}Role`, {
    stage: config.stage,
    kind: 'machine',
    who: id,
    // Step Functions says for whose account it acts: another's machine would not run under this role, whoever passed it.
    assumedBy: new ServicePrincipal('states.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  });
  data.machinesKey.admitMachine(role.fixedArn);
  const made = new VersionedMachine(stack, id, {
    role,
    key: data.machinesKey,
    definitionBody: DefinitionBody.fromChainable(definition),
    queryLanguage: QueryLanguage.JSONATA,
    timeout: Duration.days(EXECUTION_DAYS),
    tracingEnabled: true,
    logGroup: new LogGroup(stack, `${id}Logs`, {
      logGroupName: machineLogGroup(stack, id),
      encryptionKey: data.machinesKey,
      retention: config.retention.logDays,
      removalPolicy: config.protect ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    }),
  });
  acknowledgeMachine(made, functions, {
    'Resource::*': 'The delivery of logs, and tracing, know no narrower resource.',
  });
  return made;
}

/**
 * The name of the log group of a state machine. It ends with the stack's own id, since a log that stayed from an earlier stack of its name
 * has that stack's id.
 */
function machineLogGroup({ stackName, stackId }: Stack, machine: string): string {
  const id = Fn.select(0, Fn.split('-', Fn.select(2, Fn.split('/', stackId))));
  return `${machineLogs(stackName)}${machine}-${id}`;
}

/** The ARN of all executions of a machine. */
function executionsOf(machine: StateMachine): string {
  return Stack.of(machine).formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${machine.stateMachineName}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/**
 * Lets a function describe the executions of a machine. A function that starts one may need it, too: AWS's list of actions has
 * DescribeExecution among what StartExecution depends on, and that compares inputs if an execution of the name runs already.
 */
export function allowDescribe({ stack }: Setting, to: Worker, machine: StateMachine): void {
  acknowledge(
    allow(to, ['states:DescribeExecution'], executionsOf(machine)),
    `${EXECUTIONS}<${stack.getLogicalId(machine.node.defaultChild as CfnStateMachine)}.Name>:*`,
    'Executions are named after their batches and uploads.',
  );
}

/** cdk-nag's name of a machine. */
export function nameForNag(machine: StateMachine): string {
  const id = Stack.of(machine).getLogicalId(machine.node.defaultChild as CfnStateMachine);
  return `{"Fn::Select":[6,{"Fn::Split":[":",{"Ref":"${id}"}]}]}`;
}

/**
 * Acknowledges the rights that the Distributed Maps of a machine bring with them, each under its label, and those for what else the machine
 * does.
 */
export function acknowledgeMaps(machine: StateMachine, labels: string[], others: Record<string, string> = {}): void {
  const children =
    "The names of a Map Run's children are made while it runs; the label narrows them to this machine's Maps.";
  acknowledgeMachine(machine, [], {
    [`${EXECUTIONS}${nameForNag(machine)}:*`]: children,
    ...Object.fromEntries(labels.map((label) => [`${EXECUTIONS}${nameForNag(machine)}/${label}:*`, children] as const)),
    ...others,
  });
}

/** The fewest runs at once that a mapping of a queue can be kept to. */
const FEWEST_AT_ONCE = 2;

/** Lets a function read a queue. If a batch is one file, a file that ends its function's process takes no other file with it. */
export function readFrom(
  { queue, gathersFor, key }: WorkQueue,
  reader: HandlerFunction<Record<string, string>>,
  how: Pick<SqsEventSourceProps, 'batchSize' | 'maxConcurrency'>,
): void {
  allowKey(reader, key, 'sqs', 'read');
  reader.addEventSource(
    new SqsEventSource(queue, {
      // A message that finds the function at its limit would be hidden as if it were worked on, and lie among the dead letters after five
      // times.
      ...(reader.placesKept >= FEWEST_AT_ONCE ? { maxConcurrency: reader.placesKept } : {}),
      ...how,
      ...(gathersFor ? { maxBatchingWindow: gathersFor } : {}),
      reportBatchItemFailures: true,
    }),
  );
}
