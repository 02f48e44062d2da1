/** The errors of what is stored. A log has their names alone, and the runbook says of each what it means. */

/** What a table or a bucket must hold isn't there. */
export class NotThere extends Error {
  override readonly name = 'NotThere';
}

/** What was read has changed, again and again, while something was made of it. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
}
