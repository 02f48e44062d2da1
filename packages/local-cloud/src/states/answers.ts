import type { Execution, Machine, MapRun } from './execution.ts';

type Answer = Record<string, unknown>;

/** The ARN of an execution's state machine; a child of a Map Run belongs to a part of one. */
function machineArn(execution: Execution): string {
  const { machine, mapRun } = execution;
  return mapRun === null ? machine.arn : `${machine.arn}/${mapRun.label}`;
}

/** An execution as ListExecutions answers it. */
export function executionItem(execution: Execution): Answer {
  const { versionArn, aliasArn } = execution.startedBy;
  return {
    executionArn: execution.arn,
    stateMachineArn: machineArn(execution),
    ...(versionArn === null ? {} : { stateMachineVersionArn: versionArn }),
    ...(aliasArn === null ? {} : { stateMachineAliasArn: aliasArn }),
    name: execution.name,
    status: execution.status,
    startDate: execution.startedAt / 1000,
    ...(execution.stoppedAt === null ? {} : { stopDate: execution.stoppedAt / 1000 }),
    ...(execution.mapRun === null ? {} : { mapRunArn: execution.mapRun.arn }),
    redriveCount: 0,
  };
}

/** An execution as DescribeExecution answers it. */
export function executionAnswer(execution: Execution, withData: boolean): Answer {
  const { status, input, output, error, cause } = execution;
  const redrivable = status !== 'RUNNING' && status !== 'SUCCEEDED';
  return {
    ...executionItem(execution),
    ...(input !== null && withData ? { input: input.text } : {}),
    inputDetails: { included: input !== null && withData },
    ...(output !== null && withData ? { output: output.text } : {}),
    ...(status === 'SUCCEEDED' ? { outputDetails: { included: output !== null && withData } } : {}),
    ...(error && withData ? { error } : {}),
    ...(cause && withData ? { cause } : {}),
    redriveStatus: redrivable ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
    ...(redrivable ? {} : { redriveStatusReason: `Execution is ${status} and cannot be redriven` }),
  };
}

/** A state machine as DescribeStateMachine answers it. */
export function machineAnswer(machine: Machine, withData: boolean): Answer {
  return {
    stateMachineArn: machine.arn,
    name: machine.name,
    status: 'ACTIVE',
    ...(withData ? { definition: machine.text } : {}),
    roleArn: machine.roleArn,
    type: machine.type,
    creationDate: machine.createdAt / 1000,
    loggingConfiguration: { level: 'OFF', includeExecutionData: false },
    tracingConfiguration: { enabled: false },
  };
}

/** A Map Run as ListMapRuns answers it. */
export function mapRunItem(run: MapRun): Answer {
  return {
    executionArn: run.parent.arn,
    mapRunArn: run.arn,
    stateMachineArn: `${run.parent.machine.arn}/${run.label}`,
    startDate: run.startedAt / 1000,
    ...(run.stoppedAt === null ? {} : { stopDate: run.stoppedAt / 1000 }),
  };
}

/** A Map Run as DescribeMapRun answers it. */
export function mapRunAnswer(run: MapRun): Answer {
  const { stateMachineArn: _, ...item } = mapRunItem(run);
  return {
    ...item,
    status: run.status,
    maxConcurrency: run.maxConcurrency,
    toleratedFailurePercentage: run.tolerance.percentage ?? 0,
    toleratedFailureCount: run.tolerance.count ?? 0,
    itemCounts: { ...run.itemCounts, failuresNotRedrivable: 0, pendingRedrive: 0 },
    executionCounts: { ...run.executionCounts, failuresNotRedrivable: 0, pendingRedrive: 0 },
    redriveCount: 0,
  };
}
