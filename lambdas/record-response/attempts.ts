/**
 * Works of one attempt of which none keeps the others from being done. The first failure is thrown at the end: the file comes back for it.
 */
export class Attempts {
  readonly #errors: unknown[] = [];

  async do(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#errors.push(error);
    }
  }

  get haveFailed(): boolean {
    return this.#errors.length > 0;
  }

  /** Throws the first failure, if there is one. */
  end(): void {
    if (this.haveFailed) throw this.#errors[0];
  }
}
