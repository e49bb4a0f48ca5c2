import * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { Location } from '#shared/check/location.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { Trigger } from '#shared/run/result.ts';
import { shotToWire } from '#shared/wire/assignment.ts';
import type { RetryRun } from '../pipeline/ports.ts';
import type { ShotToDeliver } from '../pipeline/shot-port.ts';

/** Time for the way there and back, on top of the attempt's own limit. */
export const WAY_MS = 3_000;

export type ShotOrder = {
  readonly accountId: string;
  readonly location: Location;
  readonly spec: ProbeSpec;
  /** null: an unsaved definition, neither stored nor metered (rules.md 7). */
  readonly saved: { readonly checkId: string; readonly revision: number } | null;
  readonly timeoutMs: number;
  /** Left out: `manual`. */
  readonly trigger?: Exclude<Trigger, 'schedule'>;
  /** With `retry`: which attempt of which run its result becomes. */
  readonly retryOf?: RetryRun;
};

/** The order as it is stored and sent. The agent sees a run of its own; a retry becomes an attempt of its run when its result is admitted. */
export function toDeliver(order: ShotOrder, { runId, orderedAtMs, answerTo }: { runId: string; orderedAtMs: number; answerTo: string | null }): ShotToDeliver {
  const trigger = order.trigger ?? 'manual';
  const timeoutMs = order.timeoutMs + WAY_MS;
  return {
    delivery: { runId, locationId: order.location.id, timeoutMs, answerTo, isSecret: (order.spec.secrets ?? []).length > 0, shot: pb.Shot.encode(wireShot(order, { runId, orderedAtMs })).finish() },
    owed: order.saved && {
      accountId: order.accountId, runId, checkId: order.saved.checkId, checkRevision: order.saved.revision,
      locationId: order.location.id, trigger, orderedAtMs, ...(order.retryOf ? { retryOf: order.retryOf } : {}),
    },
  };
}

export function wireShot(order: ShotOrder, { runId, orderedAtMs }: { runId: string; orderedAtMs: number }): pb.Shot {
  return shotToWire({
    runId, checkId: order.saved?.checkId ?? runId, revision: order.saved?.revision ?? 0, trigger: order.trigger ?? 'manual', orderedAtMs,
    isUnsaved: order.saved === null, spec: order.spec, timeoutMs: order.timeoutMs + WAY_MS,
  });
}
