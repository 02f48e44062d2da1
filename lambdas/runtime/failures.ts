import { log } from './log.ts';
import { measure } from './metrics.ts';

/**
 * The services' names for a refusal by a policy, and by a key (also one that is disabled or gone); not for KMS's own faults, or too many
 * requests.
 */
const DENIED = /^(AccessDenied|AuthorizationError|DisabledException|KMS(?!\.?(Throttl|Internal|DependencyTimeout)))/i;

/** The parts of an error that may be told: its name and where it arose. A message may quote what was read or sent. */
function tellable(error: unknown): { name: string; frames: string[] } {
  const { name, message = '', stack = '' } = error instanceof Error ? error : { name: typeof error };
  // The message stands before the frames, and may have lines that look like them.
  const at = stack.indexOf(message);
  const lines = (at < 0 ? stack : stack.slice(at + message.length)).split('\n');
  return { name, frames: lines.filter((line) => /^\s+at /.test(line)) };
}

/** Logs that an invocation failed, by the error's name and frames. */
export function logFailure(error: unknown): void {
  const { name, frames } = tellable(error);
  if (DENIED.test(name)) measure('Denied', {});
  log.error('failed', { error: name, frames });
}

/**
 * The error with which a function may end. Lambda logs the message and stack of an error that leaves its handler, and Step Functions keeps
 * them as the cause. State machines go by its name, which stays; the message is the place where it arose.
 */
export function withoutMessage(error: unknown): Error {
  const { name, frames } = tellable(error);
  const told = new Error((frames[0] ?? '').trim());
  told.name = name;
  told.stack = [name, ...frames].join('\n');
  return told;
}
