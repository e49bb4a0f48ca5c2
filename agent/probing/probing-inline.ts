import type { Assignment } from '#shared/run/assignment.ts';
import type { Clock } from '#shared/time/clock.ts';
import { ProbingSide } from './probing-side.ts';
import type { Probing, ProbingEvents, ProbingSettings } from './probing.ts';

/** Probing in the thread that calls: for processes that do nothing else, and what a thread of its own is held against. */
export function startProbingInline(settings: ProbingSettings, events: ProbingEvents, { clock, nowMs }: {
  readonly clock: Clock;
  /** Coordinator time. */
  readonly nowMs: () => number;
}): Probing {
  const side = new ProbingSide(settings, clock, events);
  const held = new Set<string>();
  let isUp = true;
  return {
    apply(upserts: readonly Assignment[], removals: readonly string[]) {
      for (const checkId of removals) held.delete(checkId);
      for (const { checkId } of upserts) held.add(checkId);
      side.apply(Math.floor(nowMs()) + 1, upserts, removals);
    },
    endAt: (lastSlotMs) => side.endAt(lastSlotMs),
    setClockOffset: (offset) => side.setClockOffset(offset),
    setImpaired: (isImpaired) => side.setImpaired(isImpaired),
    setLocation: (location) => side.setLocation(location),
    shoot: (shot, onAnswer) => side.shoot(shot, onAnswer),
    stats: () => ({ ...side.report(), isUp, assignments: held.size, restarts: 0 }),
    async stop(drainMs) {
      isUp = false;
      await side.stop(drainMs);
    },
  };
}
