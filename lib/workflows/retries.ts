import { Duration } from 'aws-cdk-lib';
import { Errors, JitterType, type RetryProps } from 'aws-cdk-lib/aws-stepfunctions';

/**
 * A thousand rungs end in the same second, and Lambda runs a thousand functions at once by default: who is throttled
 * tries again at a moment of its own.
 */
export const whenThrottled: RetryProps = {
  errors: ['Lambda.TooManyRequestsException'],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxAttempts: 10,
  maxDelay: Duration.minutes(1),
  jitterStrategy: JitterType.FULL,
};

/**
 * A function or a service failed for a moment, or in the middle of its writes; every step may run twice. `States.TaskFailed`
 * is every error but a time-out, which is a rung's ordinary end and never to be tried again.
 */
export const whenFailed: RetryProps = {
  errors: [Errors.TASKS_FAILED],
  interval: Duration.seconds(2),
  backoffRate: 3,
  maxAttempts: 4,
};

/** A Direction's execution failed, or could not be started: it goes on from its ledger, under another name. */
export const whenDirectionFailed: RetryProps = {
  errors: [Errors.TASKS_FAILED],
  interval: Duration.hours(1),
  backoffRate: 2,
  maxAttempts: 5,
};
