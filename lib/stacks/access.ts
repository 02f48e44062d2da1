import { ArnFormat, Aws, CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { ArnPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { CHECKER, type Participant } from '../config/participants.ts';
import type { StageConfig } from '../config/stage.ts';
import { acknowledge, acknowledgeObjects } from '../constructs/access.ts';
import type { GuardedBucket, ObjectRight } from '../constructs/guarded-bucket.ts';
import { KEY_ACTIONS } from '../constructs/guarded-key.ts';
import { NamedRole, type RoleKind, roleArn } from '../constructs/named-role.ts';
import { ownPrincipal } from '../constructs/own-account.ts';
import type { WorkQueue } from '../constructs/work-queue.ts';
import type { DataStack } from './data.ts';
import type { WorkflowStack } from './workflow.ts';

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
  /** Patterns of the prefixes that it may list by; a list without a prefix is nobody's. */
  readonly list?: readonly string[];
}

/** The tag that says which participant a role stands for. Only who changes roles can change it: no session may bring tags. */
const TAG = 'participant';

/** Its files, not their older versions. */
const OBJECT_ACTIONS = {
  write: ['s3:PutObject', 's3:AbortMultipartUpload'],
  read: ['s3:GetObject'],
};

type Right = Exclude<ObjectRight, 'delete'>;

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
      { bucket: inbox, write: [`reports/${agency}/*`], list: [`reports/${agency}/*`] },
      {
        bucket: outbox,
        // A batch's id is its agency's, `-` and 12 characters. Of `up` and `up-police` neither fits the other's pattern: what
        // follows `up-` in `up-police-0123456789ab` has 19.
        read: [`rejects/${agency}/*`, `batches/${agency}-????????????/summary.json`],
        list: [`rejects/${agency}/*`],
      },
    ];
    const operatorPlaces = (operator: string): Place[] => {
      const put = [`usage/${operator}/*`, `responses/${operator}/*`];
      const read = [`orders/${operator}/*`, `receipts/${operator}/*`, `rejects/${operator}/*`];
      return [
        { bucket: inbox, write: put, list: put },
        { bucket: outbox, read, list: read },
      ];
    };
    const readerPlaces = (): Place[] => [{ bucket: outbox, read: ['revocations/*'], list: ['revocations/*'] }];
    // By the names of what was decided, an auditor finds the chain that is missing.
    const auditorPlaces = (): Place[] => [
      { bucket: audit, read: ['*'], list: ['*'] },
      { bucket: outbox, list: ['batches/*', 'orders/*', 'revocations/*'] },
    ];
    const administratorPlaces = (): Place[] => [inbox, outbox].map((bucket) => ({ bucket, read: ['*'], list: ['*'] }));

    const checkerPlaces = (id: string): Place[] => {
      const put = [`reports/${id}/*`, `usage/${id}/*`, `responses/${id}/*`];
      const read = [`rejects/${id}/*`, `receipts/${id}/*`, `batches/${id}-????????????/summary.json`];
      return [
        { bucket: inbox, write: put },
        { bucket: outbox, read, list: read },
      ];
    };
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
          ...this.#watch(workflow),
          this.#find(data, workflow, this),
          this.#check(config.stage),
          ...this.#redrive(data, [data.reports, data.usage, data.responses, workflow.ended, workflow.due]),
        ],
      ],
    ];
    for (const [kind, participants, places, more = []] of kinds) {
      for (const participant of participants) {
        const role = this.#role(config.stage, kind, participant, places(participant.id), more);
        if (more.length > 0) {
          acknowledgeExecutions(role, workflow);
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
        for (const [right, patterns] of Object.entries(rights) as [Right, readonly string[]][]) {
          bucket.admit(everyOne, right);
          if (!patterns.includes('*'))
            bucket.confine(`${capital(kind)}May${capital(right)}`, everyOne, right, patterns);
        }
      // One for each participant would be more than a stack's 200 outputs.
      new CfnOutput(this, `${capital(kind)}Roles`, {
        description: `Role of each ${kind}; {id} is the one in lib/config/participants.ts`,
        value: roleArn(config.stage, kind, '{id}'),
      });
    }
    data.messagesKey.admit(roleArn(config.stage, 'administrator'), 'sqs', 'write');
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
    for (const { bucket, read = [], write = [] } of places) acknowledgeObjects(role, bucket, [...read, ...write]);
    return role;
  }

  /** The executions of all state machines, to look at. */
  #watch({ machines }: WorkflowStack): PolicyStatement[] {
    const executions = machines.map(({ stateMachineName }) =>
      this.formatArn({
        service: 'states',
        resource: 'execution',
        resourceName: `${stateMachineName}:*`,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    );
    return [
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
        resources: executions,
      }),
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

  /** The self-check's role, to send its files under. */
  #check(stage: string): PolicyStatement {
    return new PolicyStatement({ actions: ['sts:AssumeRole'], resources: [roleArn(stage, 'checker', CHECKER.id)] });
  }

  /** What could not be worked on: to look at it, and to send it again. */
  #redrive({ messagesKey, auditNotes, noticesDeadLetters }: DataStack, queues: WorkQueue[]): PolicyStatement[] {
    return [
      new PolicyStatement({
        actions: [
          'sqs:CancelMessageMoveTask',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ListMessageMoveTasks',
          'sqs:ReceiveMessage',
          'sqs:StartMessageMoveTask',
        ],
        resources: queues.map(({ deadLetters }) => deadLetters.queueArn),
      }),
      new PolicyStatement({
        actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
        resources: [noticesDeadLetters.queueArn],
      }),
      new PolicyStatement({
        actions: ['sqs:GetQueueAttributes', 'sqs:SendMessage'],
        resources: queues.map(({ queue }) => queue.queueArn),
      }),
      // How many of the audit's there are. Who could send them again could send what was never decided.
      new PolicyStatement({
        actions: ['sqs:GetQueueAttributes', 'sqs:ListMessageMoveTasks'],
        resources: [auditNotes.deadLetters.queueArn],
      }),
      new PolicyStatement({ actions: KEY_ACTIONS.sqs.write, resources: [messagesKey.keyArn] }),
    ];
  }
}

/** An account's number, or the one that the stage is deployed to. */
const isAccount = (principal: string) => principal === Aws.ACCOUNT_ID || /^\d+$/.test(principal);

const capital = (word: string) => `${word[0]?.toUpperCase()}${word.slice(1)}`;

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
  }
}

function statementsFor({ bucket, write, read, list }: Place): PolicyStatement[] {
  const objects = (right: 'read' | 'write', patterns: readonly string[]) => [
    new PolicyStatement({
      actions: OBJECT_ACTIONS[right],
      resources: patterns.map((pattern) => bucket.arnForObjects(pattern)),
    }),
    new PolicyStatement({ actions: KEY_ACTIONS.s3[right], resources: [bucket.key.keyArn] }),
  ];
  return [
    ...(write ? objects('write', write) : []),
    ...(read ? objects('read', read) : []),
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
