import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { parseEndpoint, type Endpoint } from '#shared/settings/values.ts';
import type { WitnessReport } from '../witness/witness-watch.ts';

/** For a heartbeat. Instants are coordinator time already. */
export function witnessesToWire({ state, sinceMs, answering, total, episodes }: WitnessReport): pb.WitnessReport {
  return {
    state, sinceMs: toMs(sinceMs), answering, total,
    episodes: episodes.map((episode) => ({
      fromMs: toMs(episode.fromMs), toMs: toMs(episode.toMs ?? 0), targetsSilent: episode.targetsSilent, targetsReached: episode.targetsReached,
    })),
  };
}

/** Those the coordinator names; what cannot be read is left out. */
export function witnessesFromWire({ witnesses }: pb.Welcome): readonly Endpoint[] {
  return witnesses.map(parseEndpoint).filter((endpoint) => endpoint !== undefined);
}

function toMs(ms: number): bigint {
  return BigInt(Math.max(0, Math.round(ms)));
}
