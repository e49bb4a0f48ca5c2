import type { Outcome } from '#shared/run/result.ts';
import type { Random } from '../../fuzz/random.ts';

type Spell = { readonly untilMs: number; readonly where: readonly string[]; readonly outcome: 'passed' | 'degraded' | 'failed' };

/** How targets really are: well, slow or down for a while, everywhere or as some locations see them. */
export class TruthOfTargets {
  readonly #random: Random;
  readonly #locationIds: readonly string[];
  readonly #spells = new Map<string, Spell[]>();

  constructor(random: Random, locationIds: readonly string[]) {
    this.#random = random;
    this.#locationIds = locationIds;
  }

  /** What an attempt sees; chance has a hand in it, and agents have trouble of their own. */
  outcome(checkId: string, locationId: string, atMs: number): Outcome {
    if (this.#random.chance(0.03)) return this.#random.pick(['agent_fault', 'agent_fault', 'egress_denied', 'failed', 'degraded'] as const);
    const spell = this.#spellAt(checkId, atMs);
    return spell.where.includes(locationId) ? spell.outcome : 'passed';
  }

  #spellAt(checkId: string, atMs: number): Spell {
    const spells = this.#spells.get(checkId) ?? [];
    this.#spells.set(checkId, spells);
    while ((spells.at(-1)?.untilMs ?? -Infinity) <= atMs) {
      const isWell = spells.length === 0 || spells.at(-1)!.outcome !== 'passed';
      const outcome = isWell && !this.#random.chance(0.15) ? 'passed' : this.#random.pick(['failed', 'failed', 'degraded'] as const);
      const where = this.#random.chance(0.4) ? [this.#random.pick(this.#locationIds)] : this.#locationIds;
      spells.push({ untilMs: (spells.at(-1)?.untilMs ?? atMs) + this.#random.pick([20_000, 60_000, 180_000, 400_000]) * (0.3 + this.#random.fraction()), where, outcome });
    }
    return spells.find(({ untilMs }) => atMs < untilMs)!;
  }
}
