/** Shots on their way: ordered anywhere, run by whichever coordinator has an agent there (rules.md 7, 9). */
import type { ShotStore } from './ports.ts';

/** What makes a shot's result owed. */
export type OwedShot = Parameters<ShotStore['recordShot']>[0];

export type ShotDelivery = {
  readonly runId: string;
  readonly locationId: string;
  /** `sonde.fleet.v1.Shot`, encoded. */
  readonly shot: Uint8Array;
  /** It holds values of secrets: it is sealed on its way. */
  readonly isSecret: boolean;
  /** From now on; nobody begins it later. */
  readonly timeoutMs: number;
  /** The coordinator that waits for the answer; null: the result is enough. */
  readonly answerTo: string | null;
};

/** `owed` null: an unsaved definition, whose result is stored nowhere. */
export type ShotToDeliver = { readonly delivery: ShotDelivery; readonly owed: OwedShot | null };

export type ClaimedShot = { readonly runId: string; readonly locationId: string; readonly shot: Uint8Array; readonly leftMs: number };

/** As it travels between coordinators: `done` has a `ResultBatch` of one row, encoded, and who ran it. */
export type RoutedAnswer =
  | { readonly kind: 'done'; readonly result: Uint8Array; readonly agentId: string }
  | { readonly kind: 'refused' | 'no_agent' | 'timeout' };

/** First runs of checks at a revision. */
export type DeployOrder = { readonly accountId: string; readonly checkId: string; readonly revision: number; readonly shots: readonly ShotToDeliver[] };

export type ShotRouteStore = {
  /** All of them or none. */
  orderShots(shots: readonly ShotToDeliver[]): Promise<void>;
  /** Of those checks only for which nobody has ordered this revision or a newer one: each once, however many coordinators see the change. */
  orderDeploys(orders: readonly DeployOrder[]): Promise<void>;
  /** Shots for these locations that nobody has taken; each goes to one coordinator. */
  claimShots(coordinatorId: string, locationIds: readonly string[], max: number): Promise<readonly ClaimedShot[]>;
  /** Its agent has gone before it was told: somebody else's. */
  releaseShot(runId: string): Promise<void>;
  answerShot(runId: string, answer: RoutedAnswer): Promise<void>;
  /** Those of these shots that were answered; told once. */
  takeAnswers(runIds: readonly string[]): Promise<readonly { readonly runId: string; readonly answer: RoutedAnswer }[]>;
  /** Shots that nobody waits for any more. */
  forgetShots(): Promise<void>;
  /** Is an agent connected to any coordinator that means to stay? */
  hasAgent(locationId: string): Promise<boolean>;
  /** Calls back (coalesced, maybe spuriously) when there may be a shot to take or an answer. */
  onShotHint(callback: () => void): () => void;
};
