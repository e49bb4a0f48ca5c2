/**
 * When what an agent saw was of its own making (rules.md 22). An agent that is cut off sees every target silent; so
 * does one whose whole site is truly down. What tells them apart: the agent's witnesses, which no target depends on,
 * and what others saw of the same targets at the same time. A real outage must never hide behind this, so every doubt
 * lets the results count.
 */
export type WitnessEpisode = {
  /** No witness answered from then on; ms since the epoch. The identity of the episode, with its agent. */
  readonly fromMs: number;
  /** null: none has answered since. */
  readonly toMs: number | null;
  /** Distinct targets the agent's runs within did not reach, and did. */
  readonly targetsSilent: number;
  readonly targetsReached: number;
};

/** What agents whose own witnesses answered (siblings in the location, other locations) saw of the same targets meanwhile; distinct targets. */
export type SeenElsewhere = { readonly silent: number; readonly reached: number };

export type ImpairedDecision =
  | { readonly kind: 'impaired' }
  /** Its results stand. */
  | { readonly kind: 'not_impaired'; readonly because: 'few_silent' | 'targets_reached' | 'others_see_it_too' };

/**
 * Decided anew while the episode lasts and for a while after it, since runs end late: a window that was opened is
 * withdrawn when this no longer says `impaired`.
 */
export function decideImpaired({ targetsSilent, targetsReached }: WitnessEpisode, elsewhere: SeenElsewhere): ImpairedDecision {
  if (targetsSilent === 0) return { kind: 'not_impaired', because: 'few_silent' };
  // Targets are reached where witnesses are not: the witnesses are at fault.
  if (targetsSilent < SILENT_SHARE_MIN * (targetsSilent + targetsReached)) return { kind: 'not_impaired', because: 'targets_reached' };
  // Others, which are not cut off, do not reach most of these targets either: they are down.
  if (elsewhere.silent > 0 && elsewhere.silent >= elsewhere.reached) return { kind: 'not_impaired', because: 'others_see_it_too' };
  return { kind: 'impaired' };
}

/** "Many of them together": a firewall in between may leave a few reachable. */
const SILENT_SHARE_MIN = 0.6;

export type KnownWindow = { readonly fromMs: number; readonly toMs: number | null; readonly isWithdrawn: boolean };

export type WindowChange =
  | { readonly kind: 'open'; readonly fromMs: number; readonly toMs: number | null }
  | { readonly kind: 'close'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'withdraw'; readonly fromMs: number };

/** What must become of an episode's window. A window once withdrawn stays so: nothing is judged back and forth. */
export function windowChange(episode: WitnessEpisode, decision: ImpairedDecision, known: KnownWindow | null): WindowChange | null {
  if (known?.isWithdrawn) return null;
  if (decision.kind === 'not_impaired') return known === null ? null : { kind: 'withdraw', fromMs: episode.fromMs };
  if (known === null) return { kind: 'open', fromMs: episode.fromMs, toMs: episode.toMs };
  return known.toMs === null && episode.toMs !== null ? { kind: 'close', fromMs: episode.fromMs, toMs: episode.toMs } : null;
}

/** How long after its end an episode is looked at: the longest run (45 s), its retries, and a backlog that drains. */
export const SETTLED_AFTER_MS = 300_000;
