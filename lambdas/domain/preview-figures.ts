/** The figures of a batch in its preview, for the notice that asks people about it. */
import * as z from 'zod';
import { fields } from './stored.ts';

/** For a report whom it would reach; for a reversal how many subjects it is asked to give back. */
export type Figures =
  | Readonly<Record<'handsets' | 'held' | 'linked' | 'linkedOnlyByHeld', number>>
  | { readonly subjects: number };

/** What is read back of the figures of a report's preview. */
export const reportFigures = z.object({
  report: z.object({ handsets: fields.count }),
  held: fields.count,
  linked: fields.count,
  linkedOnlyByHeld: fields.count,
});

const told = z.discriminatedUnion('kind', [
  reportFigures
    .extend({ kind: z.literal('report') })
    .transform(({ report, held, linked, linkedOnlyByHeld }): Figures => {
      return { handsets: report.handsets, held, linked, linkedOnlyByHeld };
    }),
  z
    .object({ kind: z.literal('reversal'), subjects: fields.count })
    .transform(({ subjects }): Figures => ({ subjects })),
]);

/** The figures of a preview, from its bytes. */
export function figuresIn(text: string): Figures {
  return told.parse(JSON.parse(text));
}
