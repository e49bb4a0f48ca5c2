import type { Random } from '../fuzz/random.ts';
import type { Lab } from './lab.ts';

/** What is thrown at the lab (reliability.md, Faults). */
export type Fault = {
  /** `F1`. */
  readonly id: string;
  readonly name: string;
  /** Why this machine cannot make it; null: it can. Left out: it always can. */
  readonly cannot?: (lab: Lab) => Promise<string | null>;
  /**
   * Makes it and undoes it. Resolves with what proves that it fired; throws when it did not, or when what is expected
   * of the product at once (a conflict reported, a stream cut) did not come.
   */
  readonly strike: (lab: Lab, random: Random) => Promise<string>;
};

export class DidNotFire extends Error {}
