import { AwsError } from '../errors.ts';
import type { StatesWorld } from './world.ts';

/** A state machine as it is created. */
export interface StateMachineSpec {
  name: string;
  arn: string;
  definition: unknown;
  roleArn: string;
  type: 'STANDARD' | 'EXPRESS';
}

/** Step Functions without HTTP. */
export class StepFunctions {
  readonly #world: StatesWorld;

  constructor(world: StatesWorld) {
    this.#world = world;
  }

  /** Throws UnsupportedDefinition. */
  createStateMachine(_spec: StateMachineSpec): void {
    void this.#world;
  }

  async call(action: string, _body: Record<string, unknown>): Promise<Record<string, unknown>> {
    throw new AwsError('UnknownOperationException', `states has no ${action}`);
  }
}
