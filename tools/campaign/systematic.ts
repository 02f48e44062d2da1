/** The systematic campaign: small stories, told again with each single fault that they can meet. */
import type { Outcome } from './ideal.ts';
import type { Seen } from './invariants.ts';
import { type Case, casesOf, endsAlike, MODES, OneFault, patienceFor } from './one-fault.ts';
import type { Result, Stage } from './run.ts';
import { mayLapse } from './said.ts';
import { lapsedStory, movedStory, smallStory, WIDE_CONTEXT, wideStory, withdrawnStory } from './small-stories.ts';
import { CONTEXT, DECIDE_WITHIN, HOUR, START, type Story } from './story.ts';

/** The places of the wide story that the small one lacks: the Map Run that directs, its children, and what each of them starts. */
const WIDE =
  /^Batch (s3 \w+ plans\/1\/direct|.*: Direct the operators at scale|Direct's child)|^Batch states StartExecution mha_block_airtel_1-0-0/;
/** The places of the lapsed story that the small one lacks: a batch that waits until its time is over, and ends without effect. */
const LAPSED = /^Await |^Batch [^:]*: (Await the decision|What was decided\?|Ended without effect)/;
/** The function of the withdrawn story that no other has. */
const WITHDRAWN = /^Withdraw /;
/** The first of the places that are alike and side by side. */
const FIRST = / 1$/;

/** The number of places that are alike in the moved story and are tried: one night that finds nothing is like any other. */
const ALIKE = 3;

/**
 * Whether a place is one that the moved story has beside the small one: a move and its follow-up, an appeal, and what is taken back, for
 * which Commit changes ledgers that were there before.
 */
function isMoved({ place }: Case, small: ReadonlySet<string>): boolean {
  const [kind, n = ''] = place.split(/ (?=\d+$)/);
  if (small.has(kind ?? '')) return /^(Commit|Resume) /.test(place) && !small.has(place);
  return Number(n) <= ALIKE;
}

/** Whether a fault of a story is tried, given the places of the small one. */
type Tries = (one: Case, small: ReadonlySet<string>) => boolean;

const STORIES = {
  small: { of: smallStory, context: CONTEXT, tries: (() => true) as Tries },
  moved: { of: movedStory, context: CONTEXT, tries: isMoved },
  lapsed: { of: lapsedStory, context: CONTEXT, tries: ({ place }: Case) => LAPSED.test(place) },
  withdrawn: { of: withdrawnStory, context: CONTEXT, tries: ({ place }: Case) => WITHDRAWN.test(place) },
  wide: { of: wideStory, context: WIDE_CONTEXT, tries: ({ place }: Case) => WIDE.test(place) && FIRST.test(place) },
};
export type StoryName = keyof typeof STORIES;
const NAMES = Object.keys(STORIES) as StoryName[];
export const CONTEXTS = [...new Set(NAMES.map((name) => STORIES[name].context))];

/** A fault with its story, and its number among those of all stories. */
export interface NumberedCase extends Case {
  n: number;
  story: StoryName;
}

/** The command that tells a story with one fault again. */
export const repeatingCase = (seed: number, n: number): string =>
  `npm run campaign -- --systematic --seed ${seed} --only ${n}`;

/** The notes from telling the stories without faults. */
export interface Noted {
  /** The numbers of calls and invocations, and of states that executions entered. */
  calls: number;
  states: number;
  cases: NumberedCase[];
}

/**
 * The functions in which no fault is tried. Release and Resume work only once something else went wrong, which the campaign of chance has,
 * too; the others work only when somebody calls them by hand.
 */
const LEFT_OUT = ['Release', 'Resume', 'Erase', 'RedriveAudit'];
/** Kinds of places that are easily lost: a batch waits while another one plans, a Map's child is stopped, a batch ends without effect. */
const RARE = [
  /^Batch .*: Wait while another batch plans 1$/,
  /^Batch Expand's child: /,
  /^Batch .*: Ended without effect 1$/,
];

/**
 * What all stories together have no fault of, in words; empty if they have some of each kind.
 * @param app the app's functions and state machines, by their names in it
 */
export function untried(cases: readonly Case[], app: readonly string[]): string[] {
  const who = new Set(cases.map(({ place }) => place.split(' ')[0]));
  const modes = new Set(cases.map(({ mode }) => mode));
  return [
    ...app.filter((one) => !LEFT_OUT.includes(one) && !who.has(one)),
    ...MODES.filter((mode) => !modes.has(mode)),
    ...RARE.filter((kind) => !cases.some(({ place }) => kind.test(place))).map(String),
  ];
}

/**
 * Tells stories without faults, and notes every place in them.
 * @param stories all of them, or a part
 * @throws an Error where one breaks a rule by itself, or all together have no fault of some function, machine, mode or rare kind of place
 */
export async function note(stage: Stage, seed: number, stories: readonly StoryName[] = NAMES): Promise<Noted> {
  const noted: Noted = { calls: 0, states: 0, cases: [] };
  const small = new Set<string>();
  let app: string[] = [];
  for (const story of stories) {
    const { of, context } = STORIES[story];
    const tell = () => stage.play(of(seed), (now) => new OneFault(now), { context });
    // The first telling is not noted: functions start in it and fetch what they keep.
    await tell();
    const { told, troubles, cloud } = await tell();
    app = [...Object.keys(cloud.names.functions), ...Object.keys(cloud.names.machines)];
    if (told.broken.length > 0)
      throw new Error(`without a fault, the ${story} story breaks a rule: ${told.broken.join('; ')}`);
    noted.calls += troubles.met.size;
    noted.states += troubles.visited.size;
    const cases = casesOf(troubles);
    if (story === 'small') for (const { place } of cases) small.add(place).add(place.replace(/ \d+$/, ''));
    for (const one of cases.filter((it) => STORIES[story].tries(it, small)))
      noted.cases.push({ ...one, story, n: noted.cases.length });
  }
  const lacking = stories === NAMES ? untried(noted.cases, app) : [];
  if (lacking.length > 0) throw new Error(`no fault is tried of: ${lacking.join(', ')}`);
  return noted;
}

/** The outcome of each story without a fault, if it isn't worked out from the story: told once. */
const ideals = new Map<StoryName, Promise<Record<string, Outcome> | undefined>>();

/** Tells a story with one fault. */
export async function tryCase(stage: Stage, seed: number, { n, story: name, ...one }: NumberedCase): Promise<Result> {
  const began = performance.now();
  const { of, context } = STORIES[name];
  const story = of(seed);
  const ideal = ideals.get(name) ?? stage.idealOf(story, context);
  ideals.set(name, ideal);
  const without = await ideal;
  const tell = () =>
    stage.play(story, (now) => new OneFault(now, one), {
      context,
      ideal: without,
      redrives: true,
      patience: patienceFor(one),
      endsAlike: (seen) => endsAlike(one) && plannedInTime(story, seen),
    });
  let { told, troubles } = await tell();
  // If calls race each other, the one that comes second may come first.
  if (!troubles.wasMet) ({ told, troubles } = await tell());
  const broken = troubles.wasMet ? told.broken : ['its place was not met', ...told.broken];
  return { n, broken, faults: told.faults, milliseconds: performance.now() - began };
}

/** The time from a report until it is approved by as many as must: they look, and the second one may wait for the first one's file. */
const APPROVED_WITHIN = 7 * HOUR;

/**
 * The time from a report until it is approved if its batch lapses first: when its time is over, its agency looks, and uploads the file
 * again.
 */
const APPROVED_ANEW_WITHIN = APPROVED_WITHIN + DECIDE_WITHIN + 4 * HOUR;

/** Whether the batches were planned in the story's order, and soon: otherwise they direct other rows, or at other times. */
function plannedInTime(story: Story, { cases }: Pick<Seen, 'cases'>): boolean {
  const batches = story.reports.map(({ agency, at }) => {
    const batch = Object.values(cases).find((item) => item.agency === agency && item.batchId !== undefined);
    return { plan: Number(batch?.plan), late: Date.parse(String(batch?.startedAt)) - (START + at) };
  });
  const [first] = story.reports;
  const within = first && mayLapse(story, first.agency) ? APPROVED_ANEW_WITHIN : APPROVED_WITHIN;
  return batches.every(({ plan, late }, n) => late < within + HOUR && plan > (batches[n - 1]?.plan ?? 0));
}
