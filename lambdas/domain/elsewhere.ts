/** The list of what a batch linked and did not direct: it stands in a direction of another batch, or people left it out. */
import { csvLine } from './csv-line.ts';
import {
  type DirectionId,
  type Imei,
  isImei as isImeiText,
  isMsisdn,
  isOperatorId,
  type Msisdn,
  type OperatorId,
  parseDirectionId,
} from './identifiers.ts';
import { imeiOut } from './imeis.ts';
import {
  type AlreadyState,
  CLAIM_STATES,
  type ClaimState,
  DIRECTION_KIND_NAMES,
  type DirectionKind,
  type LeftOut,
  rulesOf,
} from './kinds.ts';
import { BadWorkLine } from './tabbed.ts';

/**
 * A number, or a handset at an operator, that this batch did not direct, and the direction that is the reason; null if people are the
 * reason, or a reversal.
 */
export type Elsewhere = {
  readonly kind: DirectionKind;
  readonly identifier: Imei | Msisdn;
  readonly operator: OperatorId;
} & (
  | { readonly state: AlreadyState; readonly directionId: DirectionId }
  | { readonly state: LeftOut | 'reversed'; readonly directionId: null }
);

/** The first line of the list of what stands elsewhere, with its end. */
export const elsewhereHeader = csvLine(['kind', 'identifier', 'operator', 'state', 'directionId']);

/**
 * Lines of the list of what stands elsewhere, for administrators: without their ends, sorted by their columns in their order, with IMEIs in
 * 15 digits. Identifiers of a kind have one length, and no character of an id comes before the comma: so lines that are sorted as texts are
 * sorted by their columns, and sorted lists can be merged line by line.
 */
export function elsewhereLines(entries: Iterable<Elsewhere>): string[] {
  const lines: string[] = [];
  for (const { kind, identifier, operator, state, directionId } of entries) {
    const shown = isImei(kind, identifier) ? imeiOut(identifier) : identifier;
    lines.push(csvLine([kind, shown, operator, state, directionId ?? '']).slice(0, -1));
  }
  return lines.sort();
}

function isImei(kind: DirectionKind, _identifier: Imei | Msisdn): _identifier is Imei {
  return rulesOf(kind).subject === 'handset';
}

/** What a line of the list says. */
export interface ElsewhereLine {
  readonly kind: DirectionKind;
  readonly identifier: Imei | Msisdn;
  readonly operator: OperatorId;
  readonly state: Exclude<ClaimState, 'directed'>;
  readonly directionId: DirectionId | null;
}

/** The identifier of a line that `elsewhereLines` made, as it stands there: IMEIs in 15 digits. */
export function shownIn(line: string): string {
  const start = line.indexOf(',') + 1;
  return line.slice(start, line.indexOf(',', start));
}

/**
 * Reads a line that `elsewhereLines` made.
 * @throws BadWorkLine
 */
export function parseElsewhereLine(line: string): ElsewhereLine {
  const [kindName, shown = '', operator = '', stateName, directionText, ...more] = line.split(',');
  const kind = DIRECTION_KIND_NAMES.find((name) => name === kindName);
  const state = CLAIM_STATES.find((name) => name === stateName);
  const identifier = isMsisdn(shown) ? shown : shown.slice(0, -1);
  const direction = directionText === '' ? null : parseDirectionId(directionText ?? '');
  const isRead = kind !== undefined && state !== undefined && state !== 'directed' && isOperatorId(operator);
  if (!isRead || more.length > 0 || !(isMsisdn(identifier) || isImeiText(identifier)))
    throw new BadWorkLine('what stands elsewhere is a kind, an identifier, an operator, a state and a direction');
  return { kind, identifier, operator, state, directionId: direction?.id ?? null };
}
