import { Duration } from 'aws-cdk-lib';
import { type CatchProps, Errors, type IChainable, JitterType, type RetryProps } from 'aws-cdk-lib/aws-stepfunctions';

/**
 * A function was throttled. A thousand rungs end in the same second, and Lambda runs a thousand functions at once by default: a task that
 * is throttled tries again at a moment of its own. So does a function whose own calls were throttled for longer than it tries: all of those
 * rungs' machines are woken in that second, too.
 */
export const whenThrottled: RetryProps = {
  errors: ['Lambda.TooManyRequestsException', 'ThrottlingException'],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxAttempts: 10,
  maxDelay: Duration.minutes(1),
  jitterStrategy: JitterType.FULL,
};

/**
 * All places are taken of a function of which few run at once. Operators may send hundreds of large files in one night, whose pieces are
 * imported one after the other: the last one gets its place days later.
 */
export const whenPlacesAreTaken: RetryProps = { ...whenThrottled, maxAttempts: 2000, maxDelay: Duration.minutes(5) };

/**
 * A function or a service failed for a moment, or in the middle of its writes; every step may run twice. `States.TaskFailed` is every error
 * but a time-out, which is a rung's ordinary end and never to be tried again.
 */
export const whenFailed: RetryProps = {
  errors: [Errors.TASKS_FAILED],
  interval: Duration.seconds(2),
  backoffRate: 3,
  maxAttempts: 4,
};

/**
 * A Direction's execution could not be started: StartExecution has a bucket of requests, from which a thousand directions of one plan take
 * theirs in the same seconds. The first tries come within seconds, each at a moment of its own, and the last ones hours later. AWS
 * documents no name for a throttled start: other systems have met each of these.
 */
export const whenNotStarted: RetryProps = {
  errors: [
    'StepFunctions.AWSStepFunctionsException',
    'StepFunctions.ThrottlingException',
    'StepFunctions.KmsThrottlingException',
    'StepFunctions.SdkClientException',
    'StepFunctions.ExecutionLimitExceededException',
    'StepFunctions.ExecutionLimitExceeded',
  ],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxAttempts: 20,
  maxDelay: Duration.hours(1),
  jitterStrategy: JitterType.FULL,
};

/** A Direction's execution failed: it goes on from its ledger, under another name. */
export const whenDirectionFailed: RetryProps = {
  errors: [Errors.TASKS_FAILED],
  interval: Duration.hours(1),
  backoffRate: 2,
  maxAttempts: 5,
};

/**
 * A Map Run could not read its items, or write what its children returned. The next one works through all items again: its children's
 * earlier files have names of their own, and what they decided is registered.
 */
export const whenMapRunFailed: RetryProps = {
  errors: ['States.ItemReaderFailed', 'States.ResultWriterFailed'],
  interval: Duration.seconds(10),
  backoffRate: 3,
  maxAttempts: 4,
};

/**
 * Catches every error. AWS's documents say that States.ALL doesn't catch States.DataLimitExceeded, but what was recorded on AWS says that
 * it does, so that one is named besides.
 */
export function catchEverything(
  state: { addCatch(handler: IChainable, props?: CatchProps): unknown },
  handler: IChainable,
  props: Omit<CatchProps, 'errors'>,
): void {
  state.addCatch(handler, { ...props, errors: ['States.DataLimitExceeded'] });
  state.addCatch(handler, { ...props, errors: [Errors.ALL] });
}
