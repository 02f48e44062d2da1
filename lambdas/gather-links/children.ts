import { type Gathered, mustAddUp } from '../domain/plans.ts';

/**
 * The children of Expand in the order of their handsets, after each handset of the batch was found to be one child's.
 * @param handsets the number of the batch's handsets
 * @throws PlanIncomplete if handsets are missing, or came twice
 */
export function checkChildren(children: readonly Gathered[], handsets: number): Gathered[] {
  const inOrder = children.toSorted((a, b) => a.first - b.first);
  let read = 0;
  for (const child of inOrder) {
    mustAddUp('handsets before those of a child', child.first, read);
    read += child.handsets;
  }
  mustAddUp('handsets read', read, handsets);
  return inOrder;
}
