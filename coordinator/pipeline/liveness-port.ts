/** What keeping rosters needs of the store: who was heard of when, by Postgres' clock alone. */
import type { Sighting } from '../fleet/presence.ts';

export type LivenessStore = {
  /** A coordinator begins its life; those that ended long ago are forgotten. */
  joinCoordinators(coordinatorId: string): Promise<void>;
  /** It ends by its own will: nobody need wait for it. */
  leaveCoordinators(coordinatorId: string): Promise<void>;
  /** The newest session of every agent that is there, or was within the last minutes. */
  observeAgents(): Promise<{ readonly nowMs: number; readonly sightings: readonly Sighting[] }>;
  /** Calls back (coalesced, maybe spuriously) when an agent may have come, left or said goodbye anywhere. */
  onFleetHint(callback: () => void): () => void;
};
