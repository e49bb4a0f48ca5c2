/**
 * Batches of a backlog that are admitted and committed at a time, of all agents together: what two transactions take
 * and the next one waits with. However many agents come back with old results at once, they take the event loop and
 * the writers a few at a time, and what is live finds both free. The line behind is bounded by the streams' credits.
 */
const UNDER_WAY_MAX = 12;

/** Lets batches through in the order they came. */
export class BackfillGate {
  readonly #line: (() => void)[] = [];
  #underWay = 0;

  /** Resolves or rejects as `work` does, once it had its turn. */
  async through<T>(work: () => Promise<T>): Promise<T> {
    if (this.#underWay >= UNDER_WAY_MAX) await new Promise<void>((resolve) => { this.#line.push(resolve); });
    else this.#underWay += 1;
    try {
      return await work();
    } finally {
      const next = this.#line.shift();
      // Whoever is next takes over the place.
      if (next) next();
      else this.#underWay -= 1;
    }
  }
}
