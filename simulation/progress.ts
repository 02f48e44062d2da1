/** The display of a run's work for a person. */
export interface Progress {
  /** A new stage begins; the one before is done. */
  stage(name: string): void;
  /** Says how far the stage is. */
  update(detail: string): void;
  /** Tells of an event within the stage. */
  event(what: string): void;
  /** Asks regularly how far the stage is, until the next one begins. */
  follow(detail: () => string): void;
  /** Says that this share of the whole work is done, 0 to 1; from the first call on, the time left is told. */
  reached(share: number): void;
  /** The last stage is done: nothing more is shown, whatever comes after it. */
  end(): void;
}

/** Milliseconds between two looks at a stage: often on a terminal, rarely where every look is a line of a log. */
const TERMINAL_INTERVAL = 250;
const LOG_INTERVAL = 10_000;

/** A terminal, or anything else that takes the lines. */
export interface Screen {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/**
 * Shows one line per stage on a terminal, which changes as the work goes on, and plain lines elsewhere.
 * @param now milliseconds of a clock that only goes on
 */
export function showProgress(screen: Screen, now: () => number = () => performance.now()): Progress {
  const terminal = screen.isTTY === true;
  let name: string | undefined;
  let detail = '';
  let source: (() => string) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let printed = '';
  const began = now();
  let expectedEnd: number | undefined;

  let over = false;

  const draw = () => {
    if (name === undefined) return;
    if (source !== undefined) detail = source();
    const left = expectedEnd === undefined ? '' : timeLeft(expectedEnd - now());
    const more = [detail, left].filter((part) => part !== '').join(', ');
    const line = more === '' ? name : `${name}: ${more}`;
    if (line === printed) return;
    printed = line;
    screen.write(terminal ? `\r\u001B[K${line.slice(0, (screen.columns ?? 80) - 1)}` : `${line}\n`);
  };
  const close = () => {
    if (name === undefined) return;
    if (terminal) {
      draw();
      screen.write('\n');
    }
    clearInterval(timer);
    name = undefined;
    source = undefined;
    detail = '';
  };
  return {
    stage(next) {
      if (over) return;
      close();
      name = next;
      draw();
      timer = setInterval(draw, terminal ? TERMINAL_INTERVAL : LOG_INTERVAL);
      timer.unref();
    },
    update(text) {
      detail = text;
    },
    event(what) {
      if (over) return;
      if (terminal) screen.write(`\r\u001B[K  ${what}\n`);
      else screen.write(`  ${what}\n`);
      printed = '';
      if (terminal) draw();
    },
    follow(next) {
      source = next;
    },
    reached(share) {
      const elapsed = now() - began;
      expectedEnd = share > 0 ? began + elapsed / share : undefined;
    },
    end() {
      close();
      over = true;
    },
  };
}

/** The time left, in words that don't change too often; empty where it is over soon. */
function timeLeft(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return '';
  return seconds < 120 ? `about ${Math.ceil(seconds / 10) * 10} s left` : `about ${Math.ceil(seconds / 60)} min left`;
}
