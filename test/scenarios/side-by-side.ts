import type { FaultPlan } from 'local-cloud';
import { beforeAll, it } from 'vitest';
import { DAY, type Lab, START } from './lab.ts';

/** What a story has: the lab that it shares with those beside it, and the time, which passes for all of them. */
export interface Telling {
  readonly lab: Lab;
  /** Goes to `days` after the start. */
  at(days: number): Promise<void>;
  /** The same for a story that needs no nights until then; they come where another story needs them. */
  quietlyAt(days: number): Promise<void>;
  /** Works through all that is left of the ladders of all stories. */
  toTheEnd(): Promise<void>;
}

/** What is done, and found, on the days of one story, in their order. Handsets and numbers are its own. */
type Story = (telling: Telling) => Promise<void>;

/** What goes wrong in stories that share a lab: of their plans, which may become more, the first that has a fault. */
export const anyOf = (plans: readonly FaultPlan[]) =>
  ({
    beforeCall: (call) => plans.map((plan) => plan.beforeCall?.(call)).find((fault) => fault !== undefined),
    afterWrite: (call) => plans.map((plan) => plan.afterWrite?.(call)).find((fault) => fault !== undefined),
  }) satisfies FaultPlan;

/**
 * Tells stories in one lab, before the first test: time passes for all of them, and those that come to an instant act there one after the
 * other, each until it goes to a later one. A story that fails ends there, and its own test with it; the others are told on.
 * @returns the function that takes a story as a test with its title
 */
export function sideBySide(open: () => Promise<Lab>): (title: string, story: Story) => void {
  const stories: Story[] = [];
  const told = new Map<Story, Promise<void>>();
  const waiting: { until: number; quietly: boolean; goOn: () => void }[] = [];
  /** Lets one story act; ends when it waits, or has ended. */
  let rests = () => {};
  const turn = (acts: () => void) =>
    new Promise<void>((resolve) => {
      rests = resolve;
      acts();
    });
  const wait = (until: number, quietly: boolean) =>
    new Promise<void>((goOn) => {
      waiting.push({ until, quietly, goOn });
      rests();
    });

  beforeAll(async () => {
    const lab = await open();
    const telling: Telling = {
      lab,
      at: (days) => wait(START + Math.round(days * DAY), false),
      quietlyAt: (days) => wait(START + Math.round(days * DAY), true),
      toTheEnd: () => wait(Number.POSITIVE_INFINITY, true),
    };
    try {
      for (const story of stories)
        await turn(() => {
          const ended = story(telling);
          told.set(story, ended);
          void ended.catch(() => {}).then(() => rests());
        });
      while (waiting.length > 0) {
        const until = Math.min(...waiting.map((one) => one.until));
        const end = Number.isFinite(until) ? until : undefined;
        if (waiting.every(({ quietly }) => quietly)) await lab.quietly(end);
        else await lab.cloud.run(end);
        const [next] = waiting.splice(
          waiting.findIndex((one) => one.until === until),
          1,
        );
        await turn(() => next?.goOn());
      }
    } finally {
      await lab.close();
    }
  }, 300_000);

  return (title, story) => {
    stories.push(story);
    it(title, async () => await told.get(story));
  };
}
