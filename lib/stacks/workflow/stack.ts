import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { StageConfig } from '../../config/stage.ts';
import type { VersionedMachine } from '../../constructs/versioned-machine.ts';
import type { WorkQueue } from '../../constructs/work-queue.ts';
import type { DataStack } from '../data.ts';
import { addAnswer } from './answer.ts';
import { addAppeals } from './appeals.ts';
import { addHear } from './approvals.ts';
import { addAudit } from './audit.ts';
import { addBatch } from './batch/functions.ts';
import { settingOf } from './context.ts';
import { addDirection } from './direction/functions.ts';
import { addErase } from './erase.ts';
import { addFollowUp } from './follow-up.ts';
import { addImportByPieces } from './import/functions.ts';
import { addIntake } from './intake.ts';
import { addRelease } from './release.ts';
import { addRecord } from './responses.ts';
import { addStatus } from './status.ts';
import { addSweep } from './sweep.ts';
import { addImport } from './usage.ts';
import { addWithdrawals } from './withdrawals.ts';

interface WorkflowStackProps extends StackProps {
  readonly config: StageConfig;
  readonly data: DataStack;
}

/** The stack of what works: the state machines and the functions, each part in a file of its own. */
export class WorkflowStack extends Stack {
  readonly direction: VersionedMachine;
  readonly batch: VersionedMachine;
  readonly importByPieces: VersionedMachine;
  /** All state machines. */
  readonly machines: VersionedMachine[];
  readonly sweep: IFunction;
  /** The function that moves notes that the audit could not be told back into its queue. */
  readonly redriveAudit: IFunction;
  /** The function that erases what is known of a number. */
  readonly erase: IFunction;
  /** The queue of executions that failed. */
  readonly ended: WorkQueue;
  /** The queue of nights. */
  readonly night: WorkQueue;
  /** The queue of batches whose status is to be told, and of days. */
  readonly status: WorkQueue;
  /** The queue of times to sweep. */
  readonly due: WorkQueue;

  constructor(scope: Construct, id: string, props: WorkflowStackProps) {
    super(scope, id, props);
    const setting = settingOf(this, props.config, props.data);
    this.direction = addDirection(setting);
    const status = addStatus(setting);
    this.status = status;
    this.batch = addBatch(setting, this.direction, this.status);
    this.importByPieces = addImportByPieces(setting);
    this.machines = [this.direction, this.batch, this.importByPieces];
    addIntake(setting, this);
    addImport(setting, this);
    addRecord(setting, this);
    addHear(setting, this);
    addWithdrawals(setting, this);
    addAnswer(setting);
    addAppeals(setting, this);
    this.ended = addRelease(setting, this, this.status);
    this.night = addFollowUp(setting, this);
    this.redriveAudit = addAudit(setting);
    this.erase = addErase(setting);
    ({ due: this.due, sweep: this.sweep } = addSweep(setting, this, { ended: this.ended, status: this.status }));
    status.countDeadLetters();
    // The right to call these may have to be taken away in a hurry: CloudFormation removes nothing that another stack still uses.
    for (const { functionArn } of [this.redriveAudit, this.erase]) this.exportValue(functionArn);

    for (const machine of this.machines)
      new CfnOutput(this, `${machine.node.id}MachineArn`, { value: machine.stateMachineArn });
    for (const machine of this.machines) new CfnOutput(this, `${machine.node.id}AliasArn`, { value: machine.aliasArn });
  }
}
