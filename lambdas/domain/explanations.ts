/** Explanations: what a caseworker is told of each number, handset or reference that a file of lookups asks about. */
import * as z from 'zod';
import type { Facts } from './facts.ts';
import { jsonText } from './json.ts';
import type { LookupRow } from './lookups.ts';
import { type Asking, NO_SUCH_ROW, sentenceOf } from './sentences.ts';
import { storyOf } from './story.ts';
import type { StoryEvent } from './story-events.ts';

/** What is told of one line. */
export interface Explanation {
  readonly line: number;
  readonly story: readonly StoryEvent[];
  readonly sentence: string;
}

/** Explains one line. @param facts undefined for a reference that stands for no row */
export function explain({ line }: Pick<LookupRow, 'line'>, facts: Facts | undefined, asking: Asking): Explanation {
  if (facts === undefined) return { line, story: [], sentence: NO_SUCH_ROW };
  return { line, story: storyOf(facts), sentence: sentenceOf(facts, asking) };
}

/** The explanations of a file: `{ "lookups": [ { "line", "story", "sentence" } ] }`, in the order of its lines. */
export function explanationsText(explanations: readonly Explanation[]): string {
  return jsonText({ lookups: explanations });
}

const explained = z.object({ lookups: z.array(z.object({ line: z.number() })) });

/** The lines that a text of `explanationsText` explains. */
export function linesIn(text: string): Set<number> {
  return new Set(explained.parse(JSON.parse(text)).lookups.map(({ line }) => line));
}
