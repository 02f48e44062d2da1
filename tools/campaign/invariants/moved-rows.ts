/** The rows with which follow-ups went on, by `moved.csv` of each. */
import { linesOf } from '../../../test/reckoning/files.ts';
import { FOLLOW_UP } from '../story.ts';

/** A row of a follow-up's `moved.csv`. */
export interface MovedRow {
  followUp: string;
  msisdn: string;
  from: string;
  why: string;
  to: string;
  state: string;
}

export const isFollowUp = (batch: string) => batch.startsWith(`${FOLLOW_UP}-`);

/** The rows of all `moved.csv`. */
export function movedRowsOf(outbox: Readonly<Record<string, string>>): MovedRow[] {
  return Object.entries(outbox).flatMap(([key, text]) => {
    const followUp = /^batches\/(.*)\/moved\.csv$/.exec(key)?.[1];
    if (followUp === undefined) return [];
    return linesOf(text).lines.map(({ cells }) => {
      const { msisdn = '', from = '', why = '', to = '', state = '' } = cells ?? {};
      return { followUp, msisdn, from, why, to, state };
    });
  });
}

/** A row that is to go on elsewhere; `at`: the instant of the upload of the file that says so. */
export interface Move {
  number: string;
  from: string;
  why: string;
  to: string;
  at: number;
}
