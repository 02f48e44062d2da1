/**
 * Counts the events that a path through a state machine leaves in its execution's history, by the types of HistoryEvent in
 * the Step Functions API reference. A Map Run's children are executions with histories of their own; the iterations of an
 * inline Map stand in the history of the execution that contains it.
 */

/** An execution with more events than this fails. */
export const MOST_EVENTS = 25_000;
/** A state's input or output, as text, in bytes. */
export const MOST_BYTES = 256 * 1024;

export interface State {
  Type: string;
  Resource?: string;
  Next?: string;
  End?: boolean;
  Choices?: { Next: string }[];
  Default?: string;
  Retry?: { MaxAttempts?: number }[];
  Catch?: { Next: string }[];
  ItemProcessor?: Flow & { ProcessorConfig?: { Mode?: string } };
  ItemBatcher?: { MaxItemsPerBatch?: number };
}

export interface Flow {
  StartAt: string;
  TimeoutSeconds?: number;
  States: Record<string, State>;
}

/** The choices of a path where a definition leaves them open. */
export interface Path {
  /** The next states, by a state's name: one for each time that it is reached, in order; the last one holds for all further times. */
  next?: Record<string, string[]>;
  /** The number of a Map's items, by its name; that of a batch, if it has an ItemBatcher. */
  items?: Record<string, number>;
  /** Whether every task fails as often as its Retry allows before it goes on. */
  retrying?: boolean;
}

export interface Counted {
  /** The events of the execution itself. */
  events: number;
  /** The events of one child of each Map Run. */
  children: Record<string, number>;
}

/** The events of a task without retries: entered, scheduled, started, submitted when it waits, succeeded (or timed out), exited. */
function eventsOfTask({ Resource = '' }: State): number {
  return waits(Resource) ? 6 : 5;
}

/** The events of a failed attempt: scheduled, started, submitted when it waits, failed. */
function eventsOfFailure({ Resource = '' }: State): number {
  return waits(Resource) ? 4 : 3;
}

const waits = (resource: string) => resource.endsWith('.waitForTaskToken') || /\.sync(:2)?$/.test(resource);

function retriesOf({ Retry = [] }: State): number {
  return Retry.reduce((sum, { MaxAttempts = 3 }) => sum + MaxAttempts, 0);
}

/** Counts the events of an execution of `flow` along `path`; its start and its end are two of them. */
export function countExecution(flow: Flow, path: Path = {}): Counted {
  const { events, children } = countFlow(flow, path);
  return { events: events + 2, children };
}

function countFlow(flow: Flow, path: Path): Counted {
  let events = 0;
  const children: Record<string, number> = {};
  const reached = new Map<string, number>();
  let name: string | undefined = flow.StartAt;
  while (name !== undefined) {
    const state: State | undefined = flow.States[name];
    if (state === undefined) throw new Error(`there is no state ${name}`);
    events += eventsOf(name, state, path, children);
    const times = reached.get(name) ?? 0;
    reached.set(name, times + 1);
    if (times > 100_000) throw new Error(`the path never leaves ${name}`);
    name = nextOf(name, state, path, times);
  }
  return { events, children };
}

function eventsOf(name: string, state: State, path: Path, children: Record<string, number>): number {
  const failures = path.retrying ? retriesOf(state) * eventsOfFailure(state) : 0;
  switch (state.Type) {
    case 'Pass':
    case 'Choice':
    case 'Wait':
    case 'Succeed':
      return 2;
    case 'Task':
      return eventsOfTask(state) + failures;
    case 'Map': {
      if (state.ItemProcessor === undefined) throw new Error(`Map ${name} has no ItemProcessor`);
      const inner = countFlow(state.ItemProcessor, path);
      Object.assign(children, inner.children);
      if (state.ItemProcessor.ProcessorConfig?.Mode === 'DISTRIBUTED') {
        children[name] = inner.events + 2;
        // The events are: entered, started, the Map Run started and succeeded, succeeded, exited.
        return 6;
      }
      const items = path.items?.[name];
      if (items === undefined) throw new Error(`the path does not say how many items Map ${name} has`);
      // The events are: entered, started, succeeded, exited; and each iteration's start and success.
      return 4 + items * (inner.events + 2);
    }
    default:
      throw new Error(`a state of type ${state.Type} is not counted here`);
  }
}

function nextOf(name: string, state: State, path: Path, times: number): string | undefined {
  const ways = path.next?.[name];
  const way = ways?.[Math.min(times, ways.length - 1)];
  const possible = [
    ...(state.Choices ?? []).map(({ Next }) => Next),
    ...(state.Catch ?? []).map(({ Next }) => Next),
    ...[state.Default, state.Next].filter((next) => next !== undefined),
  ];
  if (way !== undefined) {
    if (!possible.includes(way)) throw new Error(`${name} does not lead to ${way}`);
    return way;
  }
  if (state.Type === 'Choice') throw new Error(`the path does not say where ${name} leads`);
  return state.Next;
}
