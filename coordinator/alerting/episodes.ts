import { alertLevelOf } from '../verdict/alert-level.ts';
import type { CheckState } from '../verdict/check-state.ts';
import type { Policy } from '../verdict/policy.ts';
import { DIGEST_AFTER_MS } from './decide-notices.ts';
import type { Episode, Told } from './told.ts';

/** So many are remembered, and told of in one digest. */
const EPISODES_MAX = 16;

/** Remembers the failures that a fold went through; `unheardOf` are over by now and touch none that was known (rules.md 21). */
export function rememberEpisodes(told: Told, states: readonly CheckState[], policy: Policy): { readonly told: Told; readonly unheardOf: readonly Episode[] } {
  const found = episodesIn(states, policy);
  if (found.length === 0) return { told, unheardOf: [] };
  const last = states.at(-1)!;
  const isOver = (episode: Episode): boolean => !(last.standing === 'failing' && last.sinceMs === episode.fromMs);
  const unheardOf = found.filter((episode) => isOver(episode) && !told.episodes.some((known) => touches(known, episode)));
  const untouched = told.episodes.filter((known) => !found.some((episode) => touches(known, episode)));
  const episodes = [...untouched, ...found].sort((a, b) => a.fromMs - b.fromMs).slice(-EPISODES_MAX);
  return { told: { ...told, episodes }, unheardOf };
}

/** To be told once what comes with them has come. */
export function withDigest(told: Told, unheardOf: readonly Episode[], nowMs: number): Told {
  if (unheardOf.length === 0) return told;
  return { ...told, digest: [...told.digest, ...unheardOf].slice(-EPISODES_MAX), digestAtMs: told.digestAtMs ?? nowMs + DIGEST_AFTER_MS };
}

function touches(a: Episode, b: Episode): boolean {
  return a.fromMs <= b.toMs && b.fromMs <= a.toMs;
}

function episodesIn(states: readonly CheckState[], policy: Policy): readonly Episode[] {
  const episodes: Episode[] = [];
  for (const state of states) {
    if (state.standing !== 'failing' || alertLevelOf(state, policy, state.throughMs) !== 'failure') continue;
    const last = episodes.at(-1);
    if (last?.fromMs === state.sinceMs) episodes[episodes.length - 1] = { fromMs: last.fromMs, toMs: state.throughMs };
    else episodes.push({ fromMs: state.sinceMs, toMs: state.throughMs });
  }
  return episodes;
}
