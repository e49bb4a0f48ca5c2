import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { WitnessEpisode } from '../fleet/impaired.ts';
import type { HeardWitnesses } from '../pipeline/watch-impaired.ts';

const STATES = ['none', 'unknown', 'ok', 'failing'] as const;
const EPISODES_MAX = 8;
const COUNT_MAX = 1_000_000;
/** A clock that is not measured yet may be a little ahead. */
const AHEAD_MS = 60_000;

/** What a heartbeat says of the agent's witnesses; null from an agent that knows of none of this. What makes no sense is left out. */
export function heardWitnesses(
  report: pb.WitnessReport | undefined, agent: { readonly locationId: string; readonly agentId: string }, nowMs: number,
): HeardWitnesses | null {
  if (!report) return null;
  const state = STATES.find((one) => one === report.state) ?? 'unknown';
  const sinceMs = instantOf(report.sinceMs, nowMs);
  return {
    ...agent, state, sinceMs: state === 'ok' || state === 'failing' ? sinceMs : null,
    answering: Math.min(report.answering, COUNT_MAX), total: Math.min(report.total, COUNT_MAX),
    episodes: report.episodes.slice(-EPISODES_MAX).flatMap((episode) => episodeOf(episode, nowMs) ?? []),
  };
}

function episodeOf({ fromMs, toMs, targetsSilent, targetsReached }: pb.WitnessEpisode, nowMs: number): WitnessEpisode | null {
  const from = instantOf(fromMs, nowMs);
  const to = instantOf(toMs, nowMs);
  if (from === null || (toMs !== 0n && (to === null || to < from))) return null;
  return { fromMs: from, toMs: to, targetsSilent: Math.min(targetsSilent, COUNT_MAX), targetsReached: Math.min(targetsReached, COUNT_MAX) };
}

function instantOf(ms: bigint, nowMs: number): number | null {
  return ms > 0n && ms <= BigInt(Math.round(nowMs + AHEAD_MS)) ? Number(ms) : null;
}
