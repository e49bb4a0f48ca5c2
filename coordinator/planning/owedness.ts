import type { AvailabilityIndex } from '#shared/schedule/availability.ts';
import { cadenceOf, isSlot } from '#shared/schedule/cadence.ts';
import type { ScheduleEpoch } from '#shared/schedule/epoch.ts';
import { ownersOf } from '#shared/schedule/turns.ts';

/**
 * Was this slot ever this location's? `surplus` is a slot of the check, in a location of its order, that had been
 * given to another location by then, or was switched off before the agent knew: kept, never judged (rules.md 3, 9).
 */
export type Owedness = 'owed' | 'surplus' | 'not_owed';

export type SlotQuestion = {
  readonly checkId: string;
  readonly locationId: string;
  readonly dueAtMs: number;
  readonly epochs: readonly ScheduleEpoch[];
  readonly availability: AvailabilityIndex;
};

export function owednessOf(question: SlotQuestion): Owedness {
  const { checkId, locationId, dueAtMs, epochs, availability } = question;
  if (ownersOf(epochs, availability, checkId, dueAtMs).includes(locationId)) return 'owed';
  const governing = epochs.findLastIndex(({ fromAtMs }) => fromAtMs <= dueAtMs);
  const around = epochs.slice(Math.max(0, governing - 1), governing + 1);
  const wasThere = around.some((epoch) => epoch.order.includes(locationId) && isSlot(cadenceOf(checkId, epoch.intervalMs), dueAtMs));
  return wasThere ? 'surplus' : 'not_owed';
}
