import { RemovalPolicy } from 'aws-cdk-lib';
import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import {
  type CfnStateMachine,
  CfnStateMachineAlias,
  CfnStateMachineVersion,
  LogLevel,
  QueryLanguage,
  StateMachine,
  type StateMachineProps,
} from 'aws-cdk-lib/aws-stepfunctions';
import {
  StepFunctionsStartExecution,
  type StepFunctionsStartExecutionJsonataProps,
} from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct, IDependable } from 'constructs';
import { type GuardedKey, KEY_ACTIONS, LOG_DELIVERY } from './guarded-key.ts';

/** The name of every state machine's alias: the version that was deployed last is the one that starts. */
const ALIAS = 'live';

/** The beginning of the names of the log groups of a stack's machines: Step Functions may write to these without a policy for each. */
export const machineLogs = (stackName: string): string => `/aws/vendedlogs/states/${stackName}-`;

/** The longest time for which Step Functions works with one data key: what an execution keeps stays under the key in any case. */
export const DATA_KEY_SECONDS = 900;

interface VersionedMachineProps extends Omit<StateMachineProps, 'logs' | 'encryptionConfiguration'> {
  readonly logGroup: ILogGroup;
  /** The key of its definition, and of what its executions were given, did and gave. */
  readonly key: GuardedKey;
}

/**
 * A state machine with a version for each deployment that changes it, and an alias to the latest one; it is started only by the alias. An
 * execution goes on with the version that it started with. Versions stay when a newer one comes: they show later what an execution ran.
 */
export class VersionedMachine extends StateMachine {
  /** The ARN by which it is started. Whoever starts it depends on `alias`, since this names the alias and doesn't refer to it. */
  readonly aliasArn: string;
  readonly alias: IDependable;

  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, { logGroup, key, ...props }: VersionedMachineProps) {
    // Tokens and keys stay out of the logs.
    super(scope, id, { ...props, logs: { destination: logGroup, level: LogLevel.ALL, includeExecutionData: false } });
    this.logGroup = logGroup;
    // The machine waits for its role's own policy, and may be asked whether it can write its logs as soon as it is made.
    this.addToRolePolicy(
      new PolicyStatement({ actions: ['kms:GenerateDataKey'], resources: [key.keyArn], conditions: LOG_DELIVERY }),
    );
    const machine = this.node.defaultChild as CfnStateMachine;
    // The L2 property would give the role the key for a machine of the name that the template gives, and the template gives none.
    machine.encryptionConfiguration = {
      type: 'CUSTOMER_MANAGED_KMS_KEY',
      kmsKeyId: key.keyArn,
      kmsDataKeyReusePeriodSeconds: DATA_KEY_SECONDS,
    };
    this.aliasArn = `${this.stateMachineArn}:${ALIAS}`;
    // A changed machine is another revision, even if nothing of it changed except what it refers to; by that CloudFormation puts another
    // version in the place of the one before.
    const version = new CfnStateMachineVersion(this, 'Version', {
      stateMachineArn: this.stateMachineArn,
      stateMachineRevisionId: machine.attrStateMachineRevisionId,
    });
    version.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    const alias = new CfnStateMachineAlias(this, 'Alias', {
      name: ALIAS,
      routingConfiguration: [{ stateMachineVersionArn: version.ref, weight: 100 }],
    });
    this.alias = alias;
    const uses = new Policy(this, 'UseKey', {
      roles: [this.role],
      statements: [this.keyStatement(key, 'write')],
    });
    // Nothing is started before the role may encrypt it.
    alias.node.addDependency(uses);
  }

  /** The right to use the key for what this machine's executions keep; Map Runs and versions stand behind the machine's name. */
  keyStatement(key: GuardedKey, how: 'read' | 'write'): PolicyStatement {
    const arn = this.stateMachineArn;
    return new PolicyStatement({
      actions: KEY_ACTIONS.states[how],
      resources: [key.keyArn],
      conditions: {
        StringLike: { 'kms:EncryptionContext:aws:states:stateMachineArn': [arn, `${arn}/*`, `${arn}:*`] },
      },
    });
  }

  /** The right to start it by its alias. It is asked of the machine's own ARN, and the alias is a condition. */
  startStatement(): PolicyStatement {
    return new PolicyStatement({
      actions: ['states:StartExecution'],
      resources: [this.stateMachineArn],
      conditions: { 'ForAnyValue:StringEquals': { 'states:StateMachineQualifier': [ALIAS] } },
    });
  }
}

interface RunMachineProps extends StepFunctionsStartExecutionJsonataProps {
  readonly stateMachine: VersionedMachine;
}

/** A task that starts a state machine by its alias. The ready-made one names the machine, and so its newest revision. */
export class RunMachine extends StepFunctionsStartExecution {
  readonly #aliasArn: string;

  constructor(scope: Construct, id: string, props: RunMachineProps) {
    super(scope, id, { ...props, queryLanguage: QueryLanguage.JSONATA });
    this.#aliasArn = props.stateMachine.aliasArn;
    const policies = this.taskPolicies ?? [];
    for (const [n, { actions }] of policies.entries())
      if (actions.includes('states:StartExecution')) policies[n] = props.stateMachine.startStatement();
  }

  protected override _renderTask(language?: QueryLanguage): object {
    const { Arguments, ...task } = super._renderTask(language);
    return { ...task, Arguments: { ...Arguments, StateMachineArn: this.#aliasArn } };
  }
}
