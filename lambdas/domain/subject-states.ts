/**
 * The outcomes of a subject: something is directed to be given back; a restore or unblock of it is open already; it is too late, since it
 * was disconnected long before the upload or is somebody else's since; nothing of it was taken, or it has been given back; a later batch of
 * others relies on it; an approver left it out.
 */
export const SUBJECT_STATES = ['directed', 'alreadyOpen', 'tooLate', 'nothingToRestore', 'kept', 'struck'] as const;
/** What became of a reversal's subject. */
export type SubjectState = (typeof SUBJECT_STATES)[number];
