import { StatesError } from '../errors.ts';

/** A history event in the shape of the API's HistoryEvent, its timestamp in epoch milliseconds. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
  readonly details: { readonly name: string; readonly content: Record<string, unknown> } | null;
}

/** Quota "maximum execution event history size": with this many events an execution fails. */
const HISTORY_LIMIT = 25_000;

/** The events of one execution, in order. */
export class History {
  #events: HistoryEvent[] = [];
  #dropped = false;

  get events(): readonly HistoryEvent[] {
    return this.#events;
  }

  get dropped(): boolean {
    return this.#dropped;
  }

  /**
   * Adds an event and returns its id.
   * @throws States.Runtime where the last place, kept for the event that ends the execution, would be taken
   */
  add(
    timestamp: number,
    previousEventId: number,
    type: string,
    name: string | null,
    content: Record<string, unknown>,
  ): number {
    if (this.#events.length >= HISTORY_LIMIT - 1 && !type.startsWith('Execution')) {
      throw new StatesError(
        'States.Runtime',
        `The execution reached the maximum number of history events (${HISTORY_LIMIT}).`,
      );
    }
    const id = this.#events.length + 1;
    this.#events.push({ id, previousEventId, timestamp, type, details: name === null ? null : { name, content } });
    return id;
  }

  /** Lets go of everything between the first event and the last. */
  drop(): void {
    const first = this.#events[0];
    const last = this.#events.at(-1);
    this.#dropped = this.#events.length > 2;
    if (first !== undefined && last !== undefined && first !== last) this.#events = [first, last];
  }
}

/** An event as GetExecutionHistory answers it; dates in epoch seconds. */
export function eventAnswer(event: HistoryEvent, withData: boolean): Record<string, unknown> {
  const answer: Record<string, unknown> = {
    timestamp: event.timestamp / 1000,
    type: event.type,
    id: event.id,
    previousEventId: event.previousEventId,
  };
  if (event.details !== null) {
    const content = { ...event.details.content };
    if (!withData) for (const field of ['input', 'output', 'parameters']) delete content[field];
    answer[event.details.name] = content;
  }
  return answer;
}
