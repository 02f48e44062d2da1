import { AwsError, StatesError } from '../errors.ts';
import { refusal } from '../faults.ts';
import { qualified } from '../rights/qualified.ts';
import type { TaskState } from './definition.ts';
import type { Execution } from './execution.ts';
import { uuidFor } from './functions.ts';
import { isObject, type Json, type JsonObject, type Payload, parseJson, payloadOf } from './json.ts';
import type { Visit } from './visit.ts';

/** The arguments of states:startExecution; TraceHeader has no effect here. */
export const NESTED_ARGUMENTS: readonly string[] = ['StateMachineArn', 'Input', 'Name', 'TraceHeader'];

/** The errors of StartExecution that Step Functions knows by name (those of the API's model); others are its client's own. */
const ERRORS: readonly string[] = [
  'ExecutionAlreadyExists',
  'ExecutionLimitExceeded',
  'InvalidArn',
  'InvalidExecutionInput',
  'InvalidName',
  'StateMachineDeleting',
  'StateMachineDoesNotExist',
  'Validation',
];

/**
 * Starts the execution that a states:startExecution task asks for.
 * @throws StatesError named after the API's error (`StepFunctions.ExecutionAlreadyExistsException`);
 * `StepFunctions.AWSStepFunctionsException` for a call that is throttled, fails or isn't allowed
 */
export function startNested(at: Visit<TaskState>, args: Json): Execution {
  const { execution, last } = at.frame;
  if (!isObject(args)) throw new StatesError('States.Runtime', 'The Arguments of startExecution are no JSON object.');
  const unknown = Object.keys(args).find((key) => !NESTED_ARGUMENTS.includes(key));
  if (unknown !== undefined) {
    throw new StatesError('States.Runtime', `The field "${unknown}" is not supported by startExecution.`);
  }
  const name = args.Name ?? uuidFor(execution.arn, last);
  if (typeof args.StateMachineArn !== 'string' || typeof name !== 'string') {
    throw new StatesError('States.Runtime', 'startExecution takes a StateMachineArn and a Name that are strings.');
  }
  try {
    const { engine, machine } = execution;
    engine.world.authorize?.(machine.roleArn, 'states:StartExecution', args.StateMachineArn);
    if (at.state.pattern === 'sync' || at.state.pattern === 'sync:2') {
      const { machineArn } = qualified(args.StateMachineArn);
      const nested = `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;
      for (const action of ['DescribeExecution', 'StopExecution'])
        engine.world.authorize?.(machine.roleArn, `states:${action}`, nested);
    }
    const fault = engine.world.faultOfStart?.(machine.name, name);
    if (fault === 'throttle' || fault === 'error' || fault === 'deny') throw refusal('states', fault);
    const nested = engine.startNested(args.StateMachineArn, name, inputOf(args as JsonObject));
    if (fault === 'lose') throw refusal('states', 'error');
    return nested;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const code = error.code.replace(/Exception$/, '');
    throw new StatesError(
      `StepFunctions.${ERRORS.includes(code) ? code : 'AWSStepFunctions'}Exception`,
      `${error.message} (Service: AWSStepFunctions; Status Code: ${error.status}; Error Code: ${error.code})`,
    );
  }
}

/** Reads Input, which may be any JSON; a string is taken for JSON text, as the API's parameter is. */
function inputOf(args: JsonObject): Payload {
  const { Input: input } = args;
  if (input === undefined) return payloadOf({});
  if (typeof input !== 'string') return payloadOf(input);
  const parsed = parseJson(input);
  if (parsed === null) throw new AwsError('InvalidExecutionInput', 'Invalid State Machine Execution Input');
  return { value: parsed.value, text: input };
}

/**
 * The answer of DescribeExecution for an execution that has ended, as a `.sync` task gives it; in `.sync:2` Input and Output are parsed.
 */
export function describeNested(nested: Execution, parsed: boolean): JsonObject {
  const answer: JsonObject = {};
  if (nested.cause) answer.Cause = nested.cause;
  if (nested.error) answer.Error = nested.error;
  answer.ExecutionArn = nested.arn;
  if (nested.input !== null) answer.Input = parsed ? nested.input.value : nested.input.text;
  answer.InputDetails = { Included: true };
  answer.Name = nested.name;
  if (nested.output !== null) {
    answer.Output = parsed ? nested.output.value : nested.output.text;
    answer.OutputDetails = { Included: true };
  }
  answer.RedriveCount = 0;
  answer.StartDate = nested.startedAt;
  const { versionArn, aliasArn } = nested.startedBy;
  if (aliasArn !== null) answer.StateMachineAliasArn = aliasArn;
  answer.StateMachineArn = nested.machine.arn;
  if (versionArn !== null) answer.StateMachineVersionArn = versionArn;
  answer.Status = nested.status;
  answer.StopDate = nested.stoppedAt;
  return answer;
}
