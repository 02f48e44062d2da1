import { RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
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

/** The name of every state machine's alias: what deploys last is what starts. */
const ALIAS = 'live';

export interface VersionedMachineProps extends Omit<StateMachineProps, 'logs'> {
  readonly logGroup: ILogGroup;
}

/**
 * A state machine with a version for each deployment that changes it, and an alias to the latest one, by which alone it is
 * started. What runs goes on with the version that it started with. Versions stay when a newer one comes: by them one sees
 * later what an execution ran.
 */
export class VersionedMachine extends StateMachine {
  /** What to start. Whoever starts it depends on `alias`, since this names the alias and doesn't refer to it. */
  readonly aliasArn: string;
  readonly alias: IDependable;

  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, { logGroup, ...props }: VersionedMachineProps) {
    // Tokens and keys stay out of the logs.
    super(scope, id, { ...props, logs: { destination: logGroup, level: LogLevel.ALL, includeExecutionData: false } });
    this.logGroup = logGroup;
    this.aliasArn = `${this.stateMachineArn}:${ALIAS}`;
    // A changed machine is another revision, also where nothing of it changed but what it refers to; by that CloudFormation
    // puts another version in the place of the one before.
    const version = new CfnStateMachineVersion(this, 'Version', {
      stateMachineArn: this.stateMachineArn,
      stateMachineRevisionId: (this.node.defaultChild as CfnStateMachine).attrStateMachineRevisionId,
    });
    version.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    this.alias = new CfnStateMachineAlias(this, 'Alias', {
      name: ALIAS,
      routingConfiguration: [{ stateMachineVersionArn: version.ref, weight: 100 }],
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

export interface RunMachineProps extends StepFunctionsStartExecutionJsonataProps {
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
