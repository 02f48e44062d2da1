import type { Participant } from '../lib/config/participants.ts';
import type { StageConfig } from '../lib/config/stage.ts';

/** A participant that gets notices, and where: names of queues, e-mail addresses and URLs. */
export interface Correspondent {
  readonly id: string;
  readonly mailboxes: readonly string[];
}

/** The participants of a run, as the app's configuration names them. */
export interface Participants {
  readonly agencies: readonly Correspondent[];
  readonly operators: readonly Correspondent[];
  readonly administrators: readonly Correspondent[];
}

/** The participants of a stage. */
export function participantsOf({ agencies, operators, administrators }: StageConfig): Participants {
  return {
    agencies: agencies.map(correspondent),
    operators: operators.map(correspondent),
    administrators: administrators.map(correspondent),
  };
}

const correspondent = ({ id, notify }: Participant): Correspondent => ({
  id,
  mailboxes: notify.map(({ protocol, endpoint }) =>
    protocol === 'sqs' ? (endpoint.split(':').at(-1) ?? '') : endpoint,
  ),
});

export const idsOf = (some: readonly Correspondent[]): string[] => some.map(({ id }) => id);
