/** A span in which no witness answered, and how the agent's targets fared in it. */
export type Episode = {
  /** Coordinator time, ms: the last answer before, and the first after; null: still none. */
  readonly fromMs: number;
  readonly toMs: number | null;
  /** Distinct targets whose last run within the span was not answered, and was. */
  readonly targetsSilent: number;
  readonly targetsReached: number;
};

type Open = { readonly fromMs: number; toMs: number | null; readonly targets: Map<string, boolean>; counted: Pick<Episode, 'targetsSilent' | 'targetsReached'> | null };

/**
 * The last few episodes, for the coordinator to judge, which may well hear of them only when they are over. A run
 * that began within one and ends after it still counts, for a minute.
 */
export class Episodes {
  readonly #all: Open[] = [];
  /** Seen lately, outside of any: an episode begins before it is known. */
  #recent: { readonly target: string; readonly isReached: boolean; readonly startedAtMs: number }[] = [];

  begin(fromMs: number): void {
    if (this.#all.at(-1)?.toMs === null) return;
    this.#all.push({ fromMs, toMs: null, targets: new Map(), counted: null });
    if (this.#all.length > EPISODES_MAX) this.#all.shift();
    for (const { target, isReached, startedAtMs } of this.#recent.splice(0)) this.saw(target, isReached, startedAtMs);
  }

  end(toMs: number): void {
    const last = this.#all.at(-1);
    if (last?.toMs === null) last.toMs = Math.max(toMs, last.fromMs);
  }

  /** A run that began at `startedAtMs` did or did not reach its target. */
  saw(target: string, isReached: boolean, startedAtMs: number): void {
    if (this.#all.at(-1)?.toMs !== null) {
      this.#recent.push({ target, isReached, startedAtMs });
      if (this.#recent.length > 2 * RECENT_MAX) this.#recent = this.#recent.slice(-RECENT_MAX);
    }
    for (const { fromMs, toMs, targets, counted } of this.#all) {
      if (counted !== null || startedAtMs < fromMs || (toMs !== null && startedAtMs > toMs)) continue;
      if (targets.size < TARGETS_MAX || targets.has(target)) targets.set(target, isReached);
    }
  }

  /** Oldest first. */
  list(nowMs: number): readonly Episode[] {
    return this.#all.map((open) => {
      const counted = open.counted ?? countOf(open.targets);
      if (open.counted === null && open.toMs !== null && nowMs > open.toMs + LATE_MS) {
        open.counted = counted;
        open.targets.clear();
      }
      return { fromMs: open.fromMs, toMs: open.toMs, ...counted };
    });
  }
}

function countOf(targets: ReadonlyMap<string, boolean>): Pick<Episode, 'targetsSilent' | 'targetsReached'> {
  const targetsReached = [...targets.values()].filter((isReached) => isReached).length;
  return { targetsReached, targetsSilent: targets.size - targetsReached };
}

/** An agent that is cut off more often than this before it can tell has told enough. */
const EPISODES_MAX = 8;
/** Beyond, the counts are a sample. */
const TARGETS_MAX = 10_000;
/** Some seconds' worth of a busy agent. */
const RECENT_MAX = 2_000;
/** The longest deadline is 45 s. */
const LATE_MS = 60_000;
