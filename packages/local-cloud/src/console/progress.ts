import type { Execution } from '../states/execution.ts';

/** The numbers of times that an execution entered a state and left it. */
interface Visits {
  entered: number;
  exited: number;
}

interface Read {
  events: number;
  visits: Map<string, Visits>;
}

/** A state as the graph shows it; `failed` includes a state that was stopped or ran out of time. */
export interface StateProgress {
  name: string;
  entered: number;
  status: 'running' | 'failed' | 'succeeded';
}

/** Reads histories, each event once: one may hold 25,000 of them, and be looked at every second. */
export class Progress {
  readonly #read = new WeakMap<Execution, Read>();

  /** The states that an execution entered, in the order of their first visits. */
  of(execution: Execution): StateProgress[] {
    const { status } = execution;
    const left = status === 'RUNNING' ? 'running' : status === 'SUCCEEDED' ? 'succeeded' : 'failed';
    return [...this.#visits(execution)].map(([name, { entered, exited }]) => ({
      name,
      entered,
      status: entered > exited ? left : 'succeeded',
    }));
  }

  #visits(execution: Execution): Map<string, Visits> {
    const { events } = execution.history;
    let read = this.#read.get(execution);
    // A child that has ended may have let go of most of its events; the visits read before that are kept.
    if (read === undefined || (read.events > events.length && !execution.history.dropped)) {
      read = { events: 0, visits: new Map() };
      this.#read.set(execution, read);
    }
    for (; read.events < events.length; read.events++) {
      const details = events[read.events]?.details;
      const isEntered = details?.name === 'stateEnteredEventDetails';
      if (!isEntered && details?.name !== 'stateExitedEventDetails') continue;
      const name = String(details.content.name);
      const visits = read.visits.get(name) ?? { entered: 0, exited: 0 };
      read.visits.set(name, visits);
      visits[isEntered ? 'entered' : 'exited']++;
    }
    return read.visits;
  }
}
