import { ArnFormat, type Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { CHECKER } from '../../config/participants.ts';
import { acknowledge, REDRIVE_ACTIONS } from '../../constructs/access.ts';
import { KEY_ACTIONS } from '../../constructs/guarded-key.ts';
import { type NamedRole, roleArn } from '../../constructs/named-role.ts';
import { machineLogs } from '../../constructs/versioned-machine.ts';
import type { WorkQueue } from '../../constructs/work-queue.ts';
import type { DataStack } from '../data.ts';
import type { WorkflowStack } from '../workflow/stack.ts';

/** The items of Cases that tell of the work, none of which is of a number or a handset. */
const WORK_ITEMS = ['BATCH#*', 'DIR#*', 'PLANNING'];

/** To have one function do what nobody may do by hand. */
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

/** The executions of all state machines, to look at. */
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
 * To end an execution that hangs; what was committed stays, and is gone on with. Not to start one: its input would say what is
 * ordered by when.
 */
export function stop(stack: Stack, { batch, direction }: WorkflowStack): PolicyStatement {
  return new PolicyStatement({ actions: ['states:StopExecution'], resources: executions(stack, [batch, direction]) });
}

/** What the runbook looks at beside executions, objects and queues. None of it holds a number or an IMEI. */
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

/** How many messages wait everywhere, and what those are that could not be worked on; not those of the audit. */
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

/** The names of what the stage has, as its stacks' outputs give them. */
export function find(stack: Stack, ...stacks: Pick<Stack, 'stackName'>[]): PolicyStatement {
  return new PolicyStatement({
    actions: ['cloudformation:DescribeStacks'],
    resources: stacks.map(({ stackName }) =>
      stack.formatArn({ service: 'cloudformation', resource: 'stack', resourceName: `${stackName}/*` }),
    ),
  });
}

/** The self-check's role, to send its files under; and which subscriptions are confirmed. */
export function check(stage: string, { operators, agencies, approvers, administrators }: DataStack): PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [roleArn(stage, 'checker', CHECKER.id)] }),
    new PolicyStatement({
      actions: ['sns:ListSubscriptionsByTopic'],
      resources: [operators, agencies, approvers, administrators].map(({ topicArn }) => topicArn),
    }),
  ];
}

/** What could not be worked on: to look at it, and to send it again. */
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
    // How many of the audit's there are. Who could send them again could send what was never decided.
    new PolicyStatement({
      actions: ['sqs:GetQueueAttributes'],
      resources: [auditNotes.deadLetters.queueArn],
    }),
    new PolicyStatement({ actions: KEY_ACTIONS.sqs.write, resources: [messagesKey.keyArn] }),
  ];
}

/** What an account is asked as a whole. */
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

/** As cdk-nag names it. */
const stackArn = (name: string) => `arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack/${name}/*`;
/** Says why staff may look at executions by patterns. */
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

/** Says why staff may look up the outputs of these stacks. */
export function acknowledgeStacks(role: NamedRole, ...stacks: Pick<Stack, 'stackName'>[]): void {
  for (const { stackName } of stacks)
    acknowledge(
      role,
      `Resource::${stackArn(stackName)}`,
      "A stack's ARN ends with an id that it gets when it is made.",
    );
}

/** Says why staff may look at logs, rules and the account by patterns. */
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
