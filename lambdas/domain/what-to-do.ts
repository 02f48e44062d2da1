/** The remedies for an uploader, by reason; docs/formats.md has the same sentences, and rejects and receipts carry them. */
import type { DateForm } from './days.ts';
import type { FILE_REASONS, FileReason, ROW_REASONS, RowReason } from './reasons.ts';

/** A sentence for each reason, of a row or a file; it names nobody. */
export const WHAT_TO_DO: Readonly<Record<(typeof ROW_REASONS)[number] | (typeof FILE_REASONS)[number], string>> = {
  wrong_cell_count:
    'give it as many cells as the header: one IMEI a row, and quotes around other cells that hold a comma; send the row again',
  column_total: 'nothing, where it is a total; a handset is neither the sum of those above it nor called one',
  second_handset:
    'give the second, or the only one where it stands under another name, a row of its own, under imei, if you mean it, too, or take it out if not; of an appeal for a number in that handset, call its column imei; and send the row again',
  second_number:
    'take the second, or the only one where it stands under another name, out if you do not mean it, as your own, or one beside a reference, which stands for its number; if you do, give it a row of its own, under msisdn; of an appeal for it in the handset, call its column msisdn; and send the row again',
  missing_imei:
    'look whether the row has it in another column, and fill it in; take an empty row out; in a row about a number alone leave the cell empty, without NA or -',
  rounded_by_spreadsheet:
    'the digits are lost here, whatever format the column is given now: take them from the source with the column as text; a number that ends in zeros by itself has +91 before it',
  two_in_one_cell:
    'one a row, and nothing beside it: give the second a row of its own, and a list its numbers in another column',
  not_digits:
    'write the digits 0 to 9 alone; where there are none, leave the cell empty, without NA or -, and take a total out; in a spreadsheet, format the column as text',
  wrong_length:
    'look it up again: 15 digits, without what stands behind a /; programs cut off leading zeros or put some before: 01… has 15 digits with its 0',
  check_digit_mismatch: 'a digit was mistyped: look it up again',
  not_a_device: 'look it up again: a placeholder stands where nothing was known',
  missing_msisdn:
    'look whether the row has it in another column, and fill it in; take an empty row out; in a row about a handset alone leave the cell empty, without NA or -',
  bad_msisdn:
    'ten digits that begin with 6 to 9, with nothing between; before them +91, 91, 0 or nothing; where there is none, leave the cell empty, without NA or -',
  missing_last_seen: 'fill it in',
  bad_date:
    'write 2026-05-30, and no day later than that of the upload, in a response under the name occurred_on; in a spreadsheet, give the column the format yyyy-mm-dd, and export again',
  self_check: 'name what is reserved for that test alone',
  not_in_direction:
    'answer it in the direction whose order carried it; where it was given back before that order, look, and say so of the day on which you looked; where no order carried it, leave it out',
  unknown_outcome:
    'write verified, failed, disconnected, surrendered, not_found, reissued, ported or extended of a number; blocked or not_found of a handset; restored, unblocked or not_found where the order says so; an order back-… is carried out, and not answered',
  before_sighting:
    'leave the row out where it is about who had the number before, as in a sheet that is kept; else say when this connection ended, or its subscriber failed',
  missing_to: 'say which operator has the number now',
  unknown_operator: 'write the id that the folders have: jio',
  same_operator: 'answer for the number, which is yours',
  disputed: 'settle it with that operator, and answer for the number',
  ported_lately: 'answer for the number',
  bad_ground:
    'of extended abroad, disability or hospital; of an appeal, whoever it is for, wrong_number, wrong_handset, cloned, reissued or court_order',
  already_extended: 'answer for the number',
  bad_activated_on:
    "say since when the number is somebody else's: write 2026-05-30, and no day later than that of the upload",
  not_after_sighting:
    'leave the row out where it is about who had the number before, as in a sheet that is kept; else answer for who has it',
  conflicts_with_recorded:
    'look which of the two is so; where it is this one, tell the administrators the same day: they are told of the row',
  bad_preview: "copy the preview's SHA-256 from preview.html; take an empty row out",
  not_this_preview:
    "copy the SHA-256 from the batch's own preview.html, where it stands beside the report's, and decide on that",
  unknown_decision: 'write approve, refuse, block, reverify, spare or strike',
  missing_ground:
    'beside approve, also that of an appeal, write public_interest or notice_given; in a row of an appeal wrong_number, wrong_handset, cloned, reissued or court_order',
  missing_remarks: 'say why',
  about_the_batch: 'strike what is to be left out; spare a held handset; approve and refuse alone',
  beside_rejects: 'mend that row, and send the whole file again',
  not_held:
    'name a handset that held.csv has, and no number: a number is left out by strike; of what is given back none is held',
  not_a_subject: 'nothing, where it is not meant; else look it up in the preview and its report',
  bad_until: 'write the day as 2026-08-15',
  until_too_far: 'write a nearer day, at most 90 days ahead, and say it again before that is over',
  superseded:
    'nothing, where that is right; else upload this file again, without a row below it that ends what the row says',
  missing_reason: 'say why',
  unknown_upload: 'copy both from the notice usage_gated',
  not_gated: 'nothing: look for its import among your notices',
  already_admitted: 'nothing: it is let in',
  bad_reference:
    'write it with hyphens, airtel-12-3-0-1-1, and nothing else in the cell; else a character was mistyped: read it to each other again',
  unknown_reference: 'ask by the number',
  several_subjects:
    'one row each, and nothing in the other cells, neither - nor NA; of an appeal for a number in its handset, write the number in place of its reference',
  too_many_of_handset: 'another file, or the handset as a whole',
  too_many_in_file: 'ask in another file',
  too_many_today: 'ask tomorrow, or have another caseworker ask',
  file_too_large: 'cut it in two',
  empty_file: 'export it again, with its header in the first line',
  spreadsheet_not_csv: 'open it in the spreadsheet, save it as CSV UTF-8, and upload that',
  not_csv: 'export it as CSV, UTF-8',
  not_utf8: 'export it as UTF-8',
  nul_byte: 'export it again',
  missing_column:
    'give a column that name; is the first line the header, each quote in it closed, and the separator a comma, a ; or a tab?',
  duplicate_column:
    'put one below the other, in rows of its own; of days, copy one into the empty cells of the other; take one out only where it is empty then, or both say the same',
  unclosed_quote: 'double a quote within a quoted cell',
  misplaced_header:
    'send each file by itself; responses may be joined if each ends with a line end and begins with a header that has outcome, and msisdn or imei',
  cr_line_ends: 'save it as CSV UTF-8, not as CSV (Macintosh)',
  line_too_long: 'export it again: a quote that is not closed, or something else than a table, makes such lines',
  wrong_folder:
    'if it is an appeal, upload it into appeals/, with its grounds in the column ground; if it only asks, take them out',
  batch_id_taken: 'change any byte, and send it again',
  sha_taken: 'change any byte, and send it again',
  unknown_direction:
    'look at the folder of the order, or its last column: it has the name of its direction; where the like was said in an older direction, leave the row out if it is an old one, and else say its day in occurred_on',
  too_many_files: 'ask the administrators',
  too_many_rows: 'cut it into several',
  too_many_exemptions: 'end exemptions that are not needed, a month before; ask the administrators',
  unknown_batch:
    'look at the id in the notice; where you withdraw a report that you have just sent, send this again once batch_registered tells of it',
  not_waiting:
    'look at what became of the batch; where somebody was to be left out or taken back, call the administrators at once: they can stop it for minutes',
  not_directed:
    'withdraw the whole report by a file of its header alone, without even an empty row, and report the others anew; or wait',
};

/** What an approver is told besides of a decision that was refused whole, since it may have been to leave somebody out. */
export const APPROVE_AGAIN =
  'as long as the batch waits, what you approved in an earlier file counts no more: approve it again';

/**
 * The remedy for a reason, also for one that goes on with the name of a column.
 * @param dates the other form of days that the file's operator has: a day is mended in that one, too
 */
export function whatToDo(reason: RowReason | FileReason, dates?: DateForm): string {
  const [name = ''] = reason.split(':');
  if (name === 'bad_date' && dates !== undefined) {
    const day = dates.replace('YYYY', '2026').replace('MM', '05').replace('DD', '30');
    return `write 2026-05-30 or ${day}, and no day later than that of the upload, in a response under the name occurred_on; in a spreadsheet, give the column the format yyyy-mm-dd or ${dates.toLowerCase()}, and export again`;
  }
  return WHAT_TO_DO[name as keyof typeof WHAT_TO_DO];
}
