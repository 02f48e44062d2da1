/** A state machine's ARN without its version or alias, and that version or alias. */
export interface Qualified {
  readonly machineArn: string;
  /** A version's number or an alias's name; undefined where the ARN names neither. */
  readonly qualifier: string | undefined;
}

/** Takes the qualifier off an ARN; a text that is no state machine's ARN stays as it is. */
export function qualified(arn: string): Qualified {
  const [, machineArn = arn, qualifier] = /^(arn:[^:]*:states:[^:]*:[^:]*:stateMachine:[^:]+):([^:]+)$/.exec(arn) ?? [];
  return { machineArn, qualifier };
}
