import type { Participant } from '../lib/config/participants.ts';
import type { StageConfig } from '../lib/config/stage.ts';

/** Somebody who gets notices, and where: names of queues, e-mail addresses and URLs. */
export interface Correspondent {
  readonly id: string;
  readonly mailboxes: readonly string[];
}

/** Those who take part in a run, as the app's configuration names them. */
export interface Participants {
  readonly agencies: readonly Correspondent[];
  readonly operators: readonly Correspondent[];
  readonly administrators: readonly Correspondent[];
}

/** Those of a stage. */
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

/** The ids of some of them. */
export const idsOf = (some: readonly Correspondent[]): string[] => some.map(({ id }) => id);
