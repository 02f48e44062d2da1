/** Rejects: the rows of a file that were not taken, as its uploader is told of them. */
import { csvLine, outside } from './csv-line.ts';
import type { DateForm } from './days.ts';
import type { FileReason, RowReason } from './reasons.ts';
import { whatToDo } from './what-to-do.ts';

/** A row that was not taken: its line, the cell or text at fault as it stood there, and the reason. */
export interface Reject {
  readonly line: number;
  readonly value: string;
  readonly reason: RowReason | FileReason;
}

/** The first line of a rejects file. */
export const rejectsHeader = csvLine(['line', 'value', 'reason', 'what_to_do']);

/** A line of a rejects file. @param dates the other form of days that its operator has */
export function rejectLine({ line, value, reason }: Reject, dates?: DateForm): string {
  return csvLine([String(line), outside(value), reason, whatToDo(reason, dates)]);
}
