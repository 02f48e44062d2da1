import { ArnFormat, Aws, CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { ArnPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { INBOX } from '../../lambdas/domain/inbox.ts';
import { OUTBOX, previewPatterns, revocationPatterns, summaryPattern } from '../../lambdas/domain/outbox.ts';
import { CHECKER, type Participant } from '../config/participants.ts';
import type { StageConfig } from '../config/stage.ts';
import { acknowledge, acknowledgeObjects, REDRIVE_ACTIONS } from '../constructs/access.ts';
import type { GuardedBucket } from '../constructs/guarded-bucket.ts';
import { KEY_ACTIONS } from '../constructs/guarded-key.ts';
import { NamedRole, type RoleKind, roleArn } from '../constructs/named-role.ts';
import { ownPrincipal } from '../constructs/own-account.ts';
import { machineLogs } from '../constructs/versioned-machine.ts';
import type { WorkQueue } from '../constructs/work-queue.ts';
import type { DataStack } from './data.ts';
import type { WorkflowStack } from './workflow/stack.ts';

export interface AccessStackProps extends StackProps {
  readonly config: StageConfig;
  readonly data: DataStack;
  readonly workflow: WorkflowStack;
}

/** What a participant may do with a bucket's objects, by patterns of keys. */
interface Place {
  readonly bucket: GuardedBucket;
  readonly write?: readonly string[];
  readonly read?: readonly string[];
  /** As `read`, and older versions too. */
  readonly dig?: readonly string[];
  /** Patterns of the prefixes that it may list by; a list without a prefix is nobody's. */
  readonly list?: readonly string[];
}

/** The tag that says which participant a role stands for. Only who changes roles can change it: no session may bring tags. */
const TAG = 'participant';

/** Its files; of what it only reads, not their older versions. */
const OBJECT_ACTIONS = {
  write: ['s3:PutObject', 's3:AbortMultipartUpload'],
  read: ['s3:GetObject'],
  dig: ['s3:GetObject', 's3:GetObjectVersion'],
};

/** The items of Cases that tell of the work, none of which is of a number or a handset. */
const WORK_ITEMS = ['BATCH#*', 'DIR#*', 'PLANNING'];

/** To have one function do what nobody may do by hand. */
const invoke = ({ functionArn }: IFunction) =>
  new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] });

/**
 * Who may come in: one role per participant, which its own principal takes on by its external id, with what it puts and reads
 * and nothing else. The buckets' policies say the same of each kind of participant once more, so that a right that is
 * added to a role by mistake opens no other participant's place.
 */
export class AccessStack extends Stack {
  constructor(scope: Construct, id: string, { config, data, workflow, ...props }: AccessStackProps) {
    // As many roles as there may be are near a template's largest size, a tenth of it in spaces.
    super(scope, id, { ...props, suppressTemplateIndentation: true });
    const { inbox, outbox, audit } = data;

    const agencyPlaces = (agency: string): Place[] => [
      { bucket: inbox, write: [INBOX.reports.patternOf(agency)], list: [INBOX.reports.patternOf(agency)] },
      {
        bucket: outbox,
        read: [OUTBOX.rejects.patternOf(agency), summaryPattern(agency), previewPatterns(agency).json],
        list: [OUTBOX.rejects.patternOf(agency)],
      },
    ];
    const operatorPlaces = (operator: string): Place[] => {
      const put = [INBOX.usage, INBOX.responses].map(({ patternOf }) => patternOf(operator));
      const read = [OUTBOX.orders, OUTBOX.receipts, OUTBOX.rejects].map(({ patternOf }) => patternOf(operator));
      return [
        { bucket: inbox, write: put, list: put },
        { bucket: outbox, read, list: read },
      ];
    };
    const readerPlaces = (): Place[] => [
      { bucket: outbox, read: [OUTBOX.revocations.pattern], list: [OUTBOX.revocations.pattern] },
    ];
    // By the names of what was decided, an auditor finds the chain that is missing.
    const auditorPlaces = (): Place[] => [
      { bucket: audit, read: ['*'], list: ['*'] },
      { bucket: outbox, list: [OUTBOX.batches, OUTBOX.orders, OUTBOX.revocations].map(({ pattern }) => pattern) },
    ];
    const administratorPlaces = (): Place[] => [inbox, outbox].map((bucket) => ({ bucket, read: ['*'], list: ['*'] }));
    const operationsPlaces = (): Place[] => [
      // A notice names an upload by its version, which may have been replaced since.
      { bucket: inbox, dig: ['*'], list: ['*'] },
      { bucket: outbox, read: ['*'], list: ['*'] },
    ];

    const checkerPlaces = (id: string): Place[] => {
      const put = [INBOX.reports, INBOX.usage, INBOX.responses].map(({ patternOf }) => patternOf(id));
      const read = [
        ...[OUTBOX.orders, OUTBOX.rejects, OUTBOX.receipts].map(({ patternOf }) => patternOf(id)),
        summaryPattern(id),
        revocationPatterns(id).csv,
      ];
      return [
        { bucket: inbox, write: put },
        { bucket: outbox, read, list: read },
      ];
    };
    const redriven = [data.reports, data.usage, data.responses, workflow.ended, workflow.due];
    const checker = { ...CHECKER, principal: Aws.ACCOUNT_ID, notify: [] };

    const kinds: [RoleKind, Participant[], (id: string) => Place[], PolicyStatement[]?][] = [
      ['agency', config.agencies, agencyPlaces],
      ['operator', config.operators, operatorPlaces],
      ['reader', config.readers, readerPlaces],
      ['auditor', config.auditors, auditorPlaces],
      ['checker', [checker], checkerPlaces],
      [
        'administrator',
        config.administrators,
        administratorPlaces,
        [
          ...this.#watch(data, workflow),
          this.#find(data, workflow, this),
          ...this.#check(config.stage, data),
          ...this.#redrive(data, redriven),
        ],
      ],
      [
        'operations',
        config.onCall,
        operationsPlaces,
        [
          ...this.#watch(data, workflow),
          this.#find(data, workflow, this),
          ...this.#look(config.stage, data),
          ...this.#lookAtQueues(data, redriven),
          this.#stop(workflow),
        ],
      ],
      ['break-glass', config.breakGlass, () => [], [this.#find(data, workflow), invoke(workflow.redriveAudit)]],
      ['eraser', config.erasers, () => [], [this.#find(workflow), invoke(workflow.erase)]],
    ];
    for (const [kind, participants, places, more = []] of kinds) {
      for (const participant of participants) {
        const role = this.#role(config.stage, kind, participant, places(participant.id), more);
        if (more.length > 0) {
          acknowledgeExecutions(role, workflow);
          acknowledgeLooks(role, config.stage);
          for (const { stackName } of [data, workflow, this])
            acknowledge(
              role,
              `Resource::${stackArn(stackName)}`,
              "A stack's ARN ends with an id that it gets when it is made.",
            );
        }
      }
      const everyOne = roleArn(config.stage, kind);
      for (const { bucket, ...rights } of places(`\${aws:PrincipalTag/${TAG}}`))
        for (const [verb, patterns] of Object.entries(rights) as [
          Exclude<keyof Place, 'bucket'>,
          readonly string[],
        ][]) {
          const right = verb === 'dig' ? 'read' : verb;
          bucket.admit(everyOne, right);
          if (!patterns.includes('*'))
            bucket.confine(`${capital(kind)}May${capital(right)}`, everyOne, right, patterns);
        }
      // One for each participant would be more than a stack's 200 outputs.
      new CfnOutput(this, `${kind.split('-').map(capital).join('')}Roles`, {
        description: `Role of each ${kind}; {id} is the one in the configuration of the stage`,
        value: roleArn(config.stage, kind, '{id}'),
      });
    }
    for (const kind of ['administrator', 'operations'] as const)
      data.machinesKey.admit(roleArn(config.stage, kind), 'states', 'read');
    data.messagesKey.admit(roleArn(config.stage, 'administrator'), 'sqs', 'write');
    data.messagesKey.admit(roleArn(config.stage, 'operations'), 'sqs', 'read');
    data.tablesKey.admit(roleArn(config.stage, 'operations'), 'dynamodb', 'read');
  }

  #role(stage: string, kind: RoleKind, participant: Participant, places: Place[], more: PolicyStatement[]): NamedRole {
    const { id, externalId } = participant;
    const principal = ownPrincipal(participant.principal);
    const statements = [...places.flatMap(statementsFor), ...more];
    const role = new NamedRole(this, `${kind}-${id}`, {
      stage,
      kind,
      who: id,
      description: `What the ${kind} ${id} may do`,
      assumedBy: new ArnPrincipal(isAccount(principal) ? `arn:${Aws.PARTITION}:iam::${principal}:root` : principal),
      externalIds: [externalId],
      inlinePolicies: { Places: new PolicyDocument({ statements }) },
    });
    Tags.of(role).add(TAG, id);
    for (const { bucket, read = [], dig = [], write = [] } of places)
      acknowledgeObjects(role, bucket, [...read, ...dig, ...write]);
    return role;
  }

  #executions(machines: readonly StateMachine[]): string[] {
    return machines.map(({ stateMachineName }) =>
      this.formatArn({
        service: 'states',
        resource: 'execution',
        resourceName: `${stateMachineName}:*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    );
  }

  /** The executions of all state machines, to look at. */
  #watch({ machinesKey }: DataStack, { machines }: WorkflowStack): PolicyStatement[] {
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
        resources: this.#executions(machines),
      }),
      // Map Runs and their children go by the machine's name, a label and an id.
      new PolicyStatement({
        actions: ['states:DescribeExecution', 'states:GetExecutionHistory'],
        resources: machines.map(({ stateMachineName }) => this.#mapRuns('execution', stateMachineName)),
      }),
      new PolicyStatement({
        actions: ['states:DescribeMapRun', 'states:ListExecutions'],
        resources: machines.map(({ stateMachineName }) => this.#mapRuns('mapRun', stateMachineName)),
      }),
    ];
  }

  #mapRuns(resource: 'execution' | 'mapRun', machine: string): string {
    return this.formatArn({
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
  #stop({ batch, direction }: WorkflowStack): PolicyStatement {
    return new PolicyStatement({ actions: ['states:StopExecution'], resources: this.#executions([batch, direction]) });
  }

  /** What the runbook looks at beside executions, objects and queues. None of it holds a number or an IMEI. */
  #look(stage: string, { cases, links, tablesKey, operators, agencies, administrators, ...data }: DataStack) {
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
        resources: [operators, agencies, administrators].map(({ topicArn }) => topicArn),
      }),
      new PolicyStatement({
        actions: ['logs:FilterLogEvents'],
        resources: logGroups(stage).map((group) => this.#inRegion('logs', 'log-group', group)),
      }),
      new PolicyStatement({
        actions: ['events:ListRules'],
        resources: [this.#inRegion('events', 'rule', '*', ArnFormat.SLASH_RESOURCE_NAME)],
      }),
      new PolicyStatement({ actions: OF_THE_ACCOUNT, resources: ['*'] }),
    ];
  }

  #inRegion(
    service: string,
    resource: string,
    resourceName: string,
    arnFormat = ArnFormat.COLON_RESOURCE_NAME,
  ): string {
    return this.formatArn({ service, resource, resourceName, arnFormat });
  }

  /** How many messages wait everywhere, and what those are that could not be worked on; not those of the audit. */
  #lookAtQueues({ messagesKey, auditNotes, noticesDeadLetters }: DataStack, queues: WorkQueue[]): PolicyStatement[] {
    return [
      new PolicyStatement({
        actions: ['sqs:GetQueueAttributes'],
        resources: [...queues, auditNotes]
          .flatMap(({ queue, deadLetters }) => [queue.queueArn, deadLetters.queueArn])
          .concat(noticesDeadLetters.queueArn),
      }),
      new PolicyStatement({
        actions: ['sqs:ReceiveMessage'],
        resources: [...queues.map(({ deadLetters }) => deadLetters), noticesDeadLetters].map(
          ({ queueArn }) => queueArn,
        ),
      }),
      new PolicyStatement({ actions: KEY_ACTIONS.sqs.read, resources: [messagesKey.keyArn] }),
    ];
  }

  /** The names of what the stage has, as its stacks' outputs give them. */
  #find(...stacks: Stack[]): PolicyStatement {
    return new PolicyStatement({
      actions: ['cloudformation:DescribeStacks'],
      resources: stacks.map(({ stackName }) =>
        this.formatArn({ service: 'cloudformation', resource: 'stack', resourceName: `${stackName}/*` }),
      ),
    });
  }

  /** The self-check's role, to send its files under; and which subscriptions are confirmed. */
  #check(stage: string, { operators, agencies, administrators }: DataStack): PolicyStatement[] {
    return [
      new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [roleArn(stage, 'checker', CHECKER.id)] }),
      new PolicyStatement({
        actions: ['sns:ListSubscriptionsByTopic'],
        resources: [operators, agencies, administrators].map(({ topicArn }) => topicArn),
      }),
    ];
  }

  /** What could not be worked on: to look at it, and to send it again. */
  #redrive({ messagesKey, auditNotes, noticesDeadLetters }: DataStack, queues: WorkQueue[]): PolicyStatement[] {
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
}

/** An account's number, or the one that the stage is deployed to. */
const isAccount = (principal: string) => principal === Aws.ACCOUNT_ID || /^\d+$/.test(principal);

const capital = (word: string) => `${word[0]?.toUpperCase()}${word.slice(1)}`;

/** What an account is asked as a whole. */
const OF_THE_ACCOUNT = [
  'cloudtrail:LookupEvents',
  'cloudwatch:DescribeAlarms',
  'cloudwatch:GetMetricStatistics',
  'dynamodb:DescribeLimits',
  'lambda:GetAccountSettings',
  'logs:DescribeLogGroups',
];

/** The names of a stage's log groups: those of functions are CloudFormation's. */
const logGroups = (stage: string) => [`${stage}-workflow-*`, `${machineLogs(`${stage}-workflow`)}*`];

/** As cdk-nag names it. */
const stackArn = (name: string) => `arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack/${name}/*`;

function acknowledgeExecutions(role: NamedRole, workflow: WorkflowStack): void {
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

function acknowledgeLooks(role: NamedRole, stage: string): void {
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

function statementsFor({ bucket, write, read, dig, list }: Place): PolicyStatement[] {
  const objects = (right: 'read' | 'dig' | 'write', patterns: readonly string[]) => [
    new PolicyStatement({
      actions: OBJECT_ACTIONS[right],
      resources: patterns.map((pattern) => bucket.arnForObjects(pattern)),
    }),
    new PolicyStatement({
      actions: KEY_ACTIONS.s3[right === 'write' ? 'write' : 'read'],
      resources: [bucket.key.keyArn],
    }),
  ];
  return [
    ...(write ? objects('write', write) : []),
    ...(read ? objects('read', read) : []),
    ...(dig ? objects('dig', dig) : []),
    ...(list
      ? [
          new PolicyStatement({
            actions: ['s3:ListBucket'],
            resources: [bucket.bucketArn],
            ...(list.includes('*') ? {} : { conditions: { StringLike: { 's3:prefix': list } } }),
          }),
        ]
      : []),
  ];
}
