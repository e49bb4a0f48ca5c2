import { uuidV5 } from '#shared/check/run-id.ts';
import type { PlannedCheck, RetryRun } from './ports.ts';

/** A run that the judge asks for, to be ordered once its look is committed; `runId` is the shot's. `retryOf` null: its result is for the judge alone. */
export type JudgeOrder = {
  readonly check: PlannedCheck;
  readonly locationId: string;
  readonly runId: string;
  /** What it counts as ordered at, ms since the epoch; null: now. */
  readonly atMs: number | null;
  readonly retryOf: RetryRun | null;
};

/** The same purpose of the same thing is the same shot, whoever judges: it is ordered at most once. `id` is a UUID. */
export function shotIdOf(id: string, purpose: string): string {
  return uuidV5(Buffer.from(id.replaceAll('-', ''), 'hex'), purpose);
}

/** The next in the order of the check, round and round, that has an agent. */
export function nextAvailable(order: readonly string[], after: string, isAvailable: (id: string) => boolean): string | null {
  const at = order.indexOf(after);
  return [...order.slice(at + 1), ...order.slice(0, Math.max(0, at))].find((id) => id !== after && isAvailable(id)) ?? null;
}
