import { ArnFormat, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { CHECKER } from '../../config/participants.ts';
import { KEY_ACTIONS } from '../../constructs/guarded-key.ts';
import { type NamedRole, roleArn } from '../../constructs/named-role.ts';
import { acknowledge, REDRIVE_ACTIONS } from '../../constructs/rights.ts';
import { machineLogs } from '../../constructs/versioned-machine.ts';
import type { WorkQueue } from '../../constructs/work-queue.ts';
import type { DataStack } from '../data.ts';
import type { WorkflowStack } from '../workflow/stack.ts';

/** The items of Cases that tell of the work; none of them is a number's or a handset's. */
const WORK_ITEMS = ['BATCH#*', 'DIR#*', 'PLANNING'];

/** The right to let one function do what nobody may do by hand. */
export const invoke = ({ functionArn }: IFunction) =>
  new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] });

function executions(stack: Stack, machines: readonly StateMachine[]): string[] {
  return machines.map(({ stateMachineName }) =>
    stack.formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${stateMachineName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    }),
  );
}

/** The right to look at the executions of all state machines. */
export function watch(stack: Stack, { machinesKey }: DataStack, { machines }: WorkflowStack): PolicyStatement[] {
  return [
    new PolicyStatement({ actions: KEY_ACTIONS.states.read, resources: [machinesKey.keyArn] }),
    new PolicyStatement({
      actions: [
        'states:DescribeStateMachine',
        'states:DescribeStateMachineAlias',
        'states:ListExecutions',
        'states:ListStateMachineAliases',
        'states:ListStateMachineVersions',
      ],
      resources: machines.map(({ stateMachineArn }) => stateMachineArn),
    }),
    new PolicyStatement({
      actions: [
        'states:DescribeExecution',
        'states:DescribeStateMachineForExecution',
        'states:GetExecutionHistory',
        'states:ListMapRuns',
      ],
      resources: executions(stack, machines),
    }),
    // Map Runs and their children go by the machine's name, a label and an id.
    new PolicyStatement({
      actions: ['states:DescribeExecution', 'states:GetExecutionHistory'],
      resources: machines.map(({ stateMachineName }) => mapRuns(stack, 'execution', stateMachineName)),
    }),
    new PolicyStatement({
      actions: ['states:DescribeMapRun', 'states:ListExecutions'],
      resources: machines.map(({ stateMachineName }) => mapRuns(stack, 'mapRun', stateMachineName)),
    }),
  ];
}

function mapRuns(stack: Stack, resource: 'execution' | 'mapRun', machine: string): string {
  return stack.formatArn({
    service: 'states',
    resource,
    resourceName: `${machine}/*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/**
 * The right to end an execution that hangs; what was committed stays, and another execution goes on with it. There is no right to start
 * one: its input would say what is ordered by when.
 */
export function stop(stack: Stack, { batch, direction }: WorkflowStack): PolicyStatement {
  return new PolicyStatement({ actions: ['states:StopExecution'], resources: executions(stack, [batch, direction]) });
}

/** The rights to look at what the runbook names beside executions, objects and queues. None of it holds a number or an IMEI. */
export function look(
  stack: Stack,
  stage: string,
  { cases, links, tablesKey, operators, agencies, approvers, administrators, ...data }: DataStack,
) {
  const tables = [cases, links].map(({ tableArn }) => tableArn);
  const keys = [
    tablesKey,
    data.messagesKey,
    data.machinesKey,
    data.auditKey,
    ...[data.inbox, data.work, data.outbox, data.audit].map(({ key }) => key),
  ];
  return [
    new PolicyStatement({
      actions: ['dynamodb:GetItem'],
      resources: [cases.tableArn],
      conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': WORK_ITEMS } },
    }),
    new PolicyStatement({ actions: KEY_ACTIONS.dynamodb.read, resources: [tablesKey.keyArn] }),
    new PolicyStatement({
      actions: ['dynamodb:DescribeContinuousBackups', 'dynamodb:DescribeTable'],
      resources: tables,
    }),
    new PolicyStatement({ actions: ['kms:DescribeKey'], resources: keys.map(({ keyArn }) => keyArn) }),
    new PolicyStatement({
      actions: ['sns:ListSubscriptionsByTopic'],
      resources: [operators, agencies, approvers, administrators].map(({ topicArn }) => topicArn),
    }),
    new PolicyStatement({
      actions: ['logs:FilterLogEvents'],
      resources: logGroups(stage).map((group) => inRegion(stack, 'logs', 'log-group', group)),
    }),
    new PolicyStatement({
      actions: ['events:ListRules'],
      resources: [inRegion(stack, 'events', 'rule', '*', ArnFormat.SLASH_RESOURCE_NAME)],
    }),
    new PolicyStatement({ actions: OF_THE_ACCOUNT, resources: ['*'] }),
  ];
}

function inRegion(
  stack: Stack,
  service: string,
  resource: string,
  resourceName: string,
  arnFormat = ArnFormat.COLON_RESOURCE_NAME,
): string {
  return stack.formatArn({ service, resource, resourceName, arnFormat });
}

/** The rights to count the messages of all queues, and to read those that could not be worked on, except the audit's. */
export function lookAtQueues(
  { messagesKey, auditNotes, noticesDeadLetters }: DataStack,
  queues: WorkQueue[],
): PolicyStatement[] {
  return [
    // Each queue is named once: IAM takes 10,240 characters of a role's own policies.
    new PolicyStatement({
      actions: ['sqs:GetQueueAttributes'],
      resources: [...[...queues, auditNotes].map(({ queue }) => queue), auditNotes.deadLetters].map(
        ({ queueArn }) => queueArn,
      ),
    }),
    new PolicyStatement({
      actions: ['sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      resources: [...queues.map(({ deadLetters }) => deadLetters), noticesDeadLetters].map(({ queueArn }) => queueArn),
    }),
    new PolicyStatement({ actions: KEY_ACTIONS.sqs.read, resources: [messagesKey.keyArn] }),
  ];
}

/** The right to find the names of what the stage has, in its stacks' outputs. */
export function find(stack: Stack, ...stacks: Pick<Stack, 'stackName'>[]): PolicyStatement {
  return new PolicyStatement({
    actions: ['cloudformation:DescribeStacks'],
    resources: stacks.map(({ stackName }) =>
      stack.formatArn({ service: 'cloudformation', resource: 'stack', resourceName: `${stackName}/*` }),
    ),
  });
}

/** The rights to take on the self-check's role, which sends its files, and to see which subscriptions are confirmed. */
export function check(stage: string, { operators, agencies, approvers, administrators }: DataStack): PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [roleArn(stage, 'checker', CHECKER.id)] }),
    new PolicyStatement({
      actions: ['sns:ListSubscriptionsByTopic'],
      resources: [operators, agencies, approvers, administrators].map(({ topicArn }) => topicArn),
    }),
  ];
}

/** The rights to look at messages that could not be worked on, and to send them again. */
export function redrive(
  { messagesKey, auditNotes, noticesDeadLetters }: DataStack,
  queues: WorkQueue[],
): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: [...REDRIVE_ACTIONS.deadLetters, 'sqs:CancelMessageMoveTask', 'sqs:ListMessageMoveTasks'],
      resources: queues.map(({ deadLetters }) => deadLetters.queueArn),
    }),
    new PolicyStatement({
      actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      resources: [noticesDeadLetters.queueArn],
    }),
    new PolicyStatement({
      actions: REDRIVE_ACTIONS.queue,
      resources: queues.map(({ queue }) => queue.queueArn),
    }),
    // The audit's dead letters may only be counted: somebody who could send them again could send what was never decided.
    new PolicyStatement({
      actions: ['sqs:GetQueueAttributes'],
      resources: [auditNotes.deadLetters.queueArn],
    }),
    new PolicyStatement({ actions: KEY_ACTIONS.sqs.write, resources: [messagesKey.keyArn] }),
  ];
}

/** The actions that are asked of an account as a whole. */
const OF_THE_ACCOUNT = [
  'cloudtrail:LookupEvents',
  'cloudwatch:DescribeAlarms',
  'cloudwatch:GetDashboard',
  'cloudwatch:GetMetricData',
  'cloudwatch:GetMetricStatistics',
  'cloudwatch:ListDashboards',
  'dynamodb:DescribeLimits',
  'lambda:GetAccountSettings',
  'logs:DescribeLogGroups',
];

/** The names of a stage's log groups: those of functions are CloudFormation's. */
const logGroups = (stage: string) => [`${stage}-workflow-*`, `${machineLogs(`${stage}-workflow`)}*`];

/** A stack's ARN as cdk-nag names it. */
const stackArn = (name: string) => `arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack/${name}/*`;
/** Acknowledges that staff may look at executions by patterns, with the reason. */
export function acknowledgeExecutions(role: NamedRole, workflow: WorkflowStack): void {
  for (const { stateMachineName } of workflow.machines) {
    const name = workflow.resolve(workflow.exportValue(stateMachineName))['Fn::ImportValue'];
    acknowledge(
      role,
      `Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:${name}:*`,
      'Executions are named while they run.',
    );
    for (const resource of ['execution', 'mapRun'])
      acknowledge(
        role,
        `Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:${resource}:${name}/*`,
        'Map Runs and their children are named while they run.',
      );
  }
}

/** Acknowledges that staff may look up the outputs of these stacks, with the reason. */
export function acknowledgeStacks(role: NamedRole, ...stacks: Pick<Stack, 'stackName'>[]): void {
  for (const { stackName } of stacks)
    acknowledge(
      role,
      `Resource::${stackArn(stackName)}`,
      "A stack's ARN ends with an id that it gets when it is made.",
    );
}

/** Acknowledges that staff may look at logs, rules and the account by patterns, with the reason. */
export function acknowledgeLooks(role: NamedRole, stage: string): void {
  for (const group of logGroups(stage))
    acknowledge(
      role,
      `Resource::arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:log-group:${group}`,
      'Log groups end with an id that they get when they are made.',
    );
  acknowledge(
    role,
    'Resource::arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:rule/*',
    'Rules are listed by the beginnings of their names.',
  );
  acknowledge(role, 'Resource::*', 'Alarms, metrics, limits and trails are asked of the account.');
}
