/** The decisions that a story's approvers make on a report, when they are asked: from the story alone. */
import { fraction, hash } from '../../simulation/random.ts';
import { written } from '../../test/reckoning/files.ts';
import { handsetsIn, newestSightings } from './invariants/sightings.ts';
import { begunAt, decidedOf, reversedOf } from './said.ts';
import { AGENCIES, APPROVERS, HOUR, importedOf, START, type Story } from './story.ts';

/** The columns of decision files. */
export const DECISION_HEADER = 'preview,decision,imei,msisdn,ground,remarks';

/** A file of an approver. */
export interface Said {
  approver: string;
  name: string;
  /** Milliseconds after they heard of the batch; or the instant at which the time is over. */
  after: number | 'at the last instant';
  /** The rows, given the preview's SHA-256. */
  rows(preview: string): string[];
}

/** The handset (14 digits) or the number (in E.164) of an agency's report that people leave out. */
export function struckOf(story: Story, agency: string): { imei?: string; msisdn?: string } {
  const text = story.reports.find((report) => report.agency === agency)?.text ?? '';
  const handsets = handsetsIn(text);
  const one = <T>(of: readonly T[]): T | undefined => of[hash(story.seed, 'struck', agency) % Math.max(of.length, 1)];
  const decided = decidedOf(story, agency);
  if (decided === 'handset struck') return { imei: one([...handsets]) };
  if (decided !== 'number struck') return {};
  const linked = newestSightings(importedOf(story), START + begunAt(story, agency), handsets);
  return { msisdn: one(linked.map(({ msisdn }) => msisdn).sort()) };
}

/** The number of an appeal that people leave out, in E.164; the story knows of none in a withdrawal. */
function struckFrom({ reversals = [] }: Story): string | undefined {
  const [appeal] = reversals.filter(({ key }) => key.startsWith('appeals/'));
  return appeal?.text.split('\n')[1]?.split(',')[0];
}

/** The decision of one approver on a reversal that an agency or a caseworker asks for. */
export function saidOfReversal(story: Story): Said[] {
  const reversed = reversedOf(story);
  const struck = reversed === 'struck' ? struckFrom(story) : undefined;
  const words = [
    ...(struck === undefined ? [] : [`strike,,${struck},,known`]),
    reversed === 'refused' ? 'refuse,,,,no ground' : 'approve,,,public_interest,',
  ];
  return [
    {
      approver: APPROVERS[Math.floor(3 * fraction(story.seed, 'who reverses'))] ?? '',
      name: 'reversal.csv',
      after: reversed === 'late' ? 30 * HOUR : HOUR,
      rows: (preview) => words.map((word) => `${preview},${word}`),
    },
  ];
}

/**
 * The approvers' decisions on an agency's batch. Two of three approve, and in some stories the third one, too; some first write a draft
 * that can't be taken.
 * @param lapsed whether the batch lapsed before, and begins anew
 */
export function saidOf(story: Story, agency: string, lapsed: boolean): Said[] {
  const { seed } = story;
  const chance = (what: string) => fraction(seed, what, agency, Number(lapsed));
  const from = Math.floor(3 * chance('who'));
  const who = (n: number) => APPROVERS[(from + n) % APPROVERS.length] ?? '';
  // If approvers are told of two batches at once, they decide on the second one while the first one plans.
  const first = HOUR + 1000 * AGENCIES.indexOf(agency as 'mha');
  // Both approvers act at the same moment, or the second one when the first one's file has been read.
  const second = fraction(seed, 'when') < 0.3 ? first : first + 3 * HOUR;
  const of = (n: number, after: Said['after'], ...words: string[]): Said => ({
    approver: who(n),
    name: 'decision.csv',
    after,
    rows: (preview) => words.map((word) => `${preview},${word}`),
  });
  const ground = chance('ground') < 0.5 ? 'public_interest' : 'Notice_Given';
  const approve = `approve,,,${ground},`;
  const decided = decidedOf(story, agency);
  if (!lapsed && decided === 'nobody') return [];
  if (!lapsed && decided === 'one alone') return [of(0, first, approve)];
  if (!lapsed && decided === 'at the last instant')
    return [of(0, first, approve), of(1, 'at the last instant', approve)];
  if (decided === 'refused')
    return [of(0, first, approve), of(1, second, 'refuse,,,,"the list, as it was, is withdrawn"')].map((said) =>
      chance('disagree') < 0.5 ? said : { ...said, after: said.after === first ? second : first },
    );
  const { imei, msisdn } = struckOf(story, agency);
  const strikes = [
    ...(imei === undefined ? [] : [`strike,${written(imei)},,,a hospital's`]),
    ...(msisdn === undefined ? [] : [`strike,,${msisdn},,a hospital's`]),
  ];
  const strikesFirst = chance('which') < 0.5;
  const all = [
    of(0, first, ...(strikesFirst ? strikes : []), approve),
    of(1, second, approve, ...(strikesFirst ? [] : strikes)),
  ];
  // Two are enough: a row that only the slower one leaves out would not be left out.
  if (strikes.length === 0 && chance('third') < 0.3) all.push(of(2, second, approve));
  if (chance('draft') < 0.2)
    all.push({
      ...of(0, first - (2 * HOUR) / 3, approve, 'approve,,,because,', 'strike,,9000000001,,not linked', 'block,,,,'),
      name: 'draft.csv',
    });
  return all;
}
