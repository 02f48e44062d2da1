import { mergeDecisions, mergePorted } from '../domain/books.ts';
import type { BatchId } from '../domain/identifiers.ts';
import { DIRECTION_KIND_NAMES, type DirectionKind, REPORT_DIRECTS } from '../domain/kinds.ts';
import { mustAddUp, type Plan, type ShardDecision, type SubjectCounts } from '../domain/plans.ts';
import { SUBJECT_STATES, type SubjectState } from '../domain/subject-states.ts';
import type { Gathered } from './input.ts';

/**
 * Whether the shards hold all that was gathered, each once.
 * @throws PlanIncomplete
 */
export function mustBeComplete(shards: readonly ShardDecision[], gathered: Gathered): void {
  const taken = (kind: DirectionKind) =>
    shards.reduce((sum, shard) => sum + (shard.kind === kind ? shard.taken : 0), 0);
  mustAddUp('shards claimed', new Set(shards.map(({ kind, shard }) => `${kind} ${shard}`)).size, gathered.shards);
  mustAddUp('results of shards', shards.length, gathered.shards);
  const { listed = { [REPORT_DIRECTS.number]: gathered.links, [REPORT_DIRECTS.handset]: gathered.handsets } } =
    gathered;
  for (const kind of DIRECTION_KIND_NAMES) mustAddUp(`${kind} subjects claimed`, taken(kind), listed[kind] ?? 0);
}

/** What Direct starts for each direction, in the order of their ids. */
export function startsOf(batchId: BatchId, shards: readonly ShardDecision[]) {
  return shards
    .flatMap(({ rungs, directions }) =>
      directions.map(({ directionId, operator, rungs: own = rungs }) => ({
        directionId,
        batchId,
        operator,
        rungs: own,
        rung: 1,
      })),
    )
    .sort((a, b) => (a.directionId < b.directionId ? -1 : 1));
}

/** The plan that the decisions of all shards make. */
export function mergedPlan(shards: readonly ShardDecision[], gathered: Gathered, manifestKey: string): Plan {
  return {
    operators: gathered.operators,
    linked: gathered.linked,
    decisions: mergeDecisions(shards.map(({ decisions }) => decisions)),
    ported: mergePorted(shards.map(({ ported }) => ported)),
    directions: shards.flatMap(({ directions }) => directions),
    elsewhere: shards.flatMap(({ elsewhere }) => elsewhere ?? []),
    moved: shards.flatMap(({ moved }) => moved ?? []),
    reversal: gathered.asked === undefined ? null : reversalOf(gathered.asked + gathered.conditional, shards),
    manifestKey,
  };
}

/** What a reversal was asked, and what became of that. A subject that was dropped counts as asked for by nobody. */
function reversalOf(listed: number, shards: readonly ShardDecision[]): Plan['reversal'] {
  const reversed = shards.flatMap((shard) => shard.reversed ?? []);
  const asked = listed - reversed.reduce((sum, { dropped }) => sum + dropped, 0);
  const countOf = (state: SubjectState) => reversed.reduce((sum, { subjects }) => sum + subjects[state], 0);
  const subjects = Object.fromEntries(SUBJECT_STATES.map((state) => [state, countOf(state)]));
  // A shard of which all is dropped lists nothing, and an empty range of bytes can't be read.
  const lists = reversed.map(({ list }) => list).filter(({ bytes }) => bytes > 0);
  return { asked, subjects: subjects as SubjectCounts, lists };
}
