/** Whether a text leaves somebody out, in the words of decisions and in people's own, in the languages that approvers write. */

/** What says of somebody that they are left out: as part of a word, or as a word of its own. */
const LEAVES_OUT_WITHIN =
  'except|exclu[ds]|exempt|white\\s?list|protect|innocent|genuine|छोड़|छो\u0921\u093cकर|सिवाय|अलावा|नहीं|बिना|(?<![\\p{L}\\p{M}])मत(?![\\p{L}\\p{M}])|हटा|वगळ|छूट|न\\s?काट';
const LEAVES_OUT_WORDS = [
  ...[
    'leav(?:e[sd]?|ing)',
    'left',
    'spar(?:e[sd]?|ing)',
    'omit(?:s|ted|ting)?',
    'skip(?:s|ped|ping)?',
    'excl',
    'excpt',
  ],
  ...['drop(?:s|ped|ping)?', 'ignor(?:e[sd]?|ing)', 'remov(?:e[sd]?|al|ing)', 'str(?:ike|uck|iking)', 'clear(?:ed)?'],
  ...[
    'hold(?:ing|s)?',
    'held',
    'keep(?:ing|s)?',
    'kept',
    'retain(?:s|ed|ing)?',
    'releas(?:e[sd]?|ing)',
    'restor(?:e[sd]?|ing)',
  ],
  ...[
    'not',
    'no\\s+action',
    'don.?t',
    'do\\s?nt',
    'never',
    'without',
    'w/o',
    'but',
    'minus',
    'less',
    'save[ds]?',
    'barring',
  ],
  ...[
    'other\\s+than',
    'apart',
    'aside',
    'unblock(?:ed)?',
    'nahi(?:n)?',
    'cho?h?od\\w*',
    'mat',
    'hospital',
    'patients?',
  ],
  ...['wards?', 'victims?', 'wrong(?:ly)?'],
].join('|');
const LEAVES_OUT = new RegExp(`${LEAVES_OUT_WITHIN}|(?<![a-z])(?:${LEAVES_OUT_WORDS})(?![a-z])`, 'iu');

/** Whether a cell of a row about all, in a column of who wrote it, says whom they leave out. */
export const leavesOut = (cell: string): boolean => LEAVES_OUT.test(cell);
