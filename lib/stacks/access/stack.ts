import { Aws, CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { ArnPrincipal, PolicyDocument, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { CHECKER, type Participant } from '../../config/participants.ts';
import type { StageConfig } from '../../config/stage.ts';
import { NamedRole, type RoleKind, roleArn } from '../../constructs/named-role.ts';
import { ownPrincipal } from '../../constructs/own-account.ts';
import { acknowledgeObjects } from '../../constructs/rights.ts';
import type { DataStack } from '../data.ts';
import type { WorkflowStack } from '../workflow/stack.ts';

import { type PlaceRights, placesOf, statementsFor } from './places.ts';
import {
  acknowledgeExecutions,
  acknowledgeLooks,
  acknowledgeStacks,
  check,
  find,
  invoke,
  look,
  lookAtQueues,
  redrive,
  stop,
  watch,
} from './staff.ts';

interface AccessStackProps extends StackProps {
  readonly config: StageConfig;
  readonly data: DataStack;
  readonly workflow: WorkflowStack;
}

/** The tag that says which participant a role stands for. Only somebody who changes roles can change it: no session may bring tags. */
const TAG = 'participant';

/**
 * The roles of people: one role per participant, which its own principal takes on by its external id, with the rights on what it puts and
 * reads and nothing else. The buckets' policies say the same of each kind of participant once more, so that a right that is added to a role
 * by mistake opens no other participant's place.
 */
export class AccessStack extends Stack {
  constructor(scope: Construct, id: string, { config, data, workflow, ...props }: AccessStackProps) {
    // The most roles that there may be come near a template's largest size, a tenth of it in spaces.
    super(scope, id, { ...props, suppressTemplateIndentation: true });
    const places = placesOf(data);
    const { reports, usage, responses, approvals, withdrawals, lookups, appeals } = data;
    const inboxes = [reports, usage, responses, approvals, withdrawals, lookups, appeals];
    const redriven = [...inboxes, workflow.ended, workflow.night, workflow.status, workflow.due];
    // That stack comes after this one. Its outputs say where the dashboards are.
    const operations = { stackName: `${config.stage}-operations` };
    const checker = { ...CHECKER, principal: Aws.ACCOUNT_ID, notify: [] };

    const kinds: [RoleKind, Participant[], (id: string) => PlaceRights[], PolicyStatement[]?][] = [
      ['agency', config.agencies, places.agency],
      ['operator', config.operators, places.operator],
      // Approvers and caseworkers who work by a command find the inbox by it.
      ['approver', config.approvers, places.approver, [find(this, data)]],
      ['caseworker', config.caseworkers, places.caseworker, [find(this, data)]],
      ['reader', config.readers, places.reader],
      ['auditor', config.auditors, places.auditor],
      ['checker', [checker], places.checker],
      [
        'administrator',
        config.administrators,
        places.administrator,
        [
          ...watch(this, data, workflow),
          find(this, data, workflow, this, operations),
          ...check(config.stage, data),
          ...redrive(data, redriven),
        ],
      ],
      [
        'operations',
        config.onCall,
        places.operations,
        [
          ...watch(this, data, workflow),
          find(this, data, workflow, this, operations),
          ...look(this, config.stage, data),
          ...lookAtQueues(data, redriven),
          stop(this, workflow),
        ],
      ],
      ['break-glass', config.breakGlass, () => [], [find(this, data, workflow), invoke(workflow.redriveAudit)]],
      ['eraser', config.erasers, () => [], [find(this, workflow), invoke(workflow.erase)]],
    ];
    for (const [kind, participants, places, more = []] of kinds) {
      for (const participant of participants) {
        const role = this.#role(config.stage, kind, participant, places(participant.id), more);
        if (more.length > 0) {
          acknowledgeExecutions(role, workflow);
          acknowledgeLooks(role, config.stage);
          acknowledgeStacks(role, data, workflow, this, operations);
        }
      }
      const everyOne = roleArn(config.stage, kind);
      for (const { bucket, ...rights } of places(`\${aws:PrincipalTag/${TAG}}`))
        for (const [verb, patterns] of Object.entries(rights) as [
          Exclude<keyof PlaceRights, 'bucket'>,
          readonly string[],
        ][]) {
          const right = verb === 'dig' ? 'read' : verb;
          bucket.admit(everyOne, right);
          if (!patterns.includes('*'))
            bucket.confine(`${capital(kind)}May${capital(right)}`, everyOne, right, patterns);
        }
      // An output for each participant would be more than a stack's 200 outputs.
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

  #role(
    stage: string,
    kind: RoleKind,
    participant: Participant,
    places: PlaceRights[],
    more: PolicyStatement[],
  ): NamedRole {
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
}

/** Whether a principal is an account's number, or the account that the stage is deployed to. */
const isAccount = (principal: string) => principal === Aws.ACCOUNT_ID || /^\d+$/.test(principal);

const capital = (word: string) => `${word[0]?.toUpperCase()}${word.slice(1)}`;
