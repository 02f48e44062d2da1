/** Simulated approvers: they approve at once whatever they are asked about, in the public interest, and say nothing of held handsets. */
import { bucketsOf } from './buckets.ts';
import { messageOf, type OutsideCloud } from './desk.ts';

export class SimulatedApprovers {
  readonly #ids: readonly string[];
  readonly #answered = new Set<string>();

  /** @param ids those of the configuration; the first of them decide, as many as are needed */
  constructor(ids: readonly string[]) {
    this.#ids = ids;
  }

  /** Takes a notice as it is published. Where it asks the approvers, they upload their decisions at this instant of the cloud. */
  hear(cloud: OutsideCloud, text: string): void {
    const { kind, approver, batchId, people, sha256 } = messageOf(text);
    const asked = `${batchId} ${sha256}`;
    // The administrators are told, too; and notices may double.
    if (kind !== 'decision_needed' || approver === undefined || this.#answered.has(asked)) return;
    this.#answered.add(asked);
    const file = `preview,decision,ground\n${sha256},approve,public_interest\n`;
    for (const id of this.#ids.slice(0, Number(people)))
      cloud.outside(cloud.clock.now(), () =>
        cloud.put(bucketsOf(cloud).inbox, `decisions/${id}/${batchId}/approve.csv`, file),
      );
  }
}
