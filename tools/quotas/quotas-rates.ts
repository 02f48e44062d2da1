/**
 * The limits that hold work back: token buckets, and tables that grow with their load. All times are in seconds; a refused caller waits and
 * loses nothing else.
 */

/** Seconds of one step. */
export const STEP = 0.1;

/** A limit of which only a certain amount is given in a second. */
export interface Limit {
  readonly name: string;
  /** Lets time pass: the amount that may be taken grows. */
  pass(seconds: number): void;
  /** Takes up to `wanted`, and returns the amount taken. */
  take(wanted: number): number;
}

/** A bucket of `burst` tokens, refilled at `perSecond`: n tokens take max(0, (n − burst) / perSecond) seconds. */
export class TokenBucket implements Limit {
  readonly name: string;
  readonly #burst: number;
  readonly #perSecond: number;
  #level: number;

  constructor(name: string, burst: number, perSecond: number) {
    this.name = name;
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#level = burst;
  }

  pass(seconds: number): void {
    // A bucket smaller than a step's refill would lose what the step is too coarse to hand out.
    const room = Math.max(this.#burst, this.#perSecond * STEP);
    this.#level = Math.min(room, this.#level + this.#perSecond * seconds);
  }

  take(wanted: number): number {
    const taken = Math.min(wanted, this.#level);
    this.#level -= taken;
    return taken;
  }
}

/** The load that an on-demand table bears. Reads and writes share it: a read unit takes `writes / reads` of a write unit. */
export interface Throughput {
  /** Write units a second at the start. */
  writes: number;
  /** Read units a second at the start. */
  reads: number;
  /** The table's quotas, up to which it grows. */
  mostWrites: number;
  mostReads: number;
  /** Seconds of load until it bears twice as much. */
  doublesWithin: number;
}

/**
 * An on-demand table. It grows to twice its peak while it is used to at least half of what it bears. Therefore n writes take n / w seconds
 * while n ≤ w × doublesWithin, the next w × 2 × doublesWithin writes half as long each, and so on up to its quota.
 */
export class Table {
  readonly writes: Limit;
  readonly reads: Limit;
  readonly #throughput: Throughput;
  /** Write units a second that it bears now. */
  #bears: number;
  readonly #mostBorne: number;
  readonly #readsPerWrite: number;
  #level = 0;
  #writesLeft = 0;
  #readsLeft = 0;
  #step = 0;
  #loaded = 0;

  constructor(name: string, throughput: Throughput) {
    this.#throughput = throughput;
    this.#bears = throughput.writes;
    this.#readsPerWrite = throughput.reads / throughput.writes;
    this.#mostBorne = Math.max(throughput.writes, throughput.mostWrites, throughput.mostReads / this.#readsPerWrite);
    this.writes = {
      name: `${name}: writes`,
      pass: (seconds) => this.#pass(seconds),
      take: (wanted) => {
        const taken = Math.min(wanted, this.#level, this.#writesLeft);
        this.#level -= taken;
        this.#writesLeft -= taken;
        return taken;
      },
    };
    this.reads = {
      name: `${name}: reads`,
      // Time passes for the table only through the writes' limit.
      pass: () => {},
      take: (wanted) => {
        const taken = Math.min(wanted, this.#level * this.#readsPerWrite, this.#readsLeft);
        this.#level -= taken / this.#readsPerWrite;
        this.#readsLeft -= taken;
        return taken;
      },
    };
  }

  #pass(seconds: number): void {
    const used = this.#bears * this.#step - this.#level;
    if (this.#step > 0 && used >= (this.#bears * this.#step) / 2) this.#loaded += this.#step;
    if (this.#loaded >= this.#throughput.doublesWithin) {
      this.#bears = Math.min(2 * this.#bears, this.#mostBorne);
      this.#loaded = 0;
    }
    this.#step = seconds;
    this.#level = this.#bears * seconds;
    this.#writesLeft = Math.max(this.#throughput.mostWrites, this.#throughput.writes) * seconds;
    this.#readsLeft = Math.max(this.#throughput.mostReads, this.#throughput.reads) * seconds;
  }
}

/**
 * The units a second for work of which the share `hottest` goes to one key: no more than one partition gives to that key.
 * @param evenly the units that the table bears when the work is spread evenly
 */
export function hotPartition(evenly: number, perPartition: number, hottest: number): number {
  return hottest === 0 ? evenly : Math.min(evenly, perPartition / hottest);
}
