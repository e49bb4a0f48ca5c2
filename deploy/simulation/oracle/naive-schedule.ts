import { createHash } from 'node:crypto';
import type { AvailabilityChange, ScheduleEpoch } from '#shared/schedule/epoch.ts';

export type OwedSlot = { readonly checkId: string; readonly locationId: string; readonly dueAtMs: number };

/** What it reads: of a model, or of a database. Availability in the order in which it was written. */
export type ScheduleFacts = {
  readonly checks: ReadonlyMap<string, { readonly epochs: readonly ScheduleEpoch[] }>;
  readonly availability: readonly AvailabilityChange[];
};

/**
 * Who owes what, worked out slot by slot from the rows of the schedule and of availability, by rules.md 1–3 read
 * anew: none of the product's arithmetic is used, so that it cannot be wrong in the same way.
 */
export class NaiveSchedule {
  readonly #facts: ScheduleFacts;
  readonly #phases = new Map<string, number>();

  constructor(facts: ScheduleFacts) {
    this.#facts = facts;
  }

  /** Every slot of the check with `fromMs ≤ dueAt < toMs` that somebody owes. */
  owedOf(checkId: string, fromMs: number, toMs: number): readonly OwedSlot[] {
    const epochs = this.#facts.checks.get(checkId)?.epochs ?? [];
    const owed: OwedSlot[] = [];
    epochs.forEach((epoch, index) => {
      const untilMs = Math.min(toMs, epochs[index + 1]?.fromAtMs ?? Infinity);
      const phaseMs = this.#phaseOf(checkId, epoch.intervalMs);
      let k = Math.floor((Math.max(fromMs, epoch.fromAtMs) - phaseMs) / epoch.intervalMs) - 1;
      for (; k * epoch.intervalMs + phaseMs < untilMs; k += 1) {
        const dueAtMs = k * epoch.intervalMs + phaseMs;
        if (dueAtMs < fromMs || dueAtMs < epoch.fromAtMs) continue;
        for (const locationId of this.ownersOf(checkId, dueAtMs)) owed.push({ checkId, locationId, dueAtMs });
      }
    });
    return owed;
  }

  ownersOf(checkId: string, dueAtMs: number): readonly string[] {
    const epochs = this.#facts.checks.get(checkId)?.epochs ?? [];
    let governing = null;
    for (const epoch of epochs) if (epoch.fromAtMs <= dueAtMs) governing = epoch;
    if (governing === null || !governing.active) return [];
    const sinceMs = dueAtMs - this.#phaseOf(checkId, governing.intervalMs);
    if (sinceMs % governing.intervalMs !== 0) return [];
    if (governing.strategy === 'parallel') return governing.order;
    const there = governing.order.filter((locationId) => this.isAvailable(locationId, dueAtMs));
    const rotation = there.length === 0 ? governing.order : there;
    return [rotation[(sinceMs / governing.intervalMs) % rotation.length]!];
  }

  isParallel(checkId: string, dueAtMs: number): boolean {
    const epochs = this.#facts.checks.get(checkId)?.epochs ?? [];
    return epochs.findLast(({ fromAtMs }) => fromAtMs <= dueAtMs)?.strategy === 'parallel';
  }

  /** When it was switched on again after it had been off. */
  startsOf(checkId: string): readonly number[] {
    const epochs = this.#facts.checks.get(checkId)?.epochs ?? [];
    return epochs.flatMap(({ active, fromAtMs }, index) => (active && epochs[index - 1]?.active === false ? [fromAtMs] : []));
  }

  /** The locations it runs in then; none while it is switched off. */
  activeOrderAt(checkId: string, atMs: number): readonly string[] {
    const governing = (this.#facts.checks.get(checkId)?.epochs ?? []).findLast(({ fromAtMs }) => fromAtMs <= atMs);
    return governing?.active ? governing.order : [];
  }

  /** The slot after this one, by what is known now; null: none is planned. */
  nextDueMs(checkId: string, afterMs: number): number | null {
    const epochs = this.#facts.checks.get(checkId)?.epochs ?? [];
    for (const [index, { active, fromAtMs, intervalMs }] of epochs.entries()) {
      const untilMs = epochs[index + 1]?.fromAtMs ?? Infinity;
      const phaseMs = this.#phaseOf(checkId, intervalMs);
      let dueAtMs = Math.floor((Math.max(afterMs, fromAtMs) - phaseMs) / intervalMs) * intervalMs + phaseMs;
      while (dueAtMs <= afterMs || dueAtMs < fromAtMs) dueAtMs += intervalMs;
      if (active && dueAtMs < untilMs) return dueAtMs;
    }
    return null;
  }

  isAvailable(locationId: string, atMs: number): boolean {
    let available = false;
    for (const change of this.#facts.availability) if (change.locationId === locationId && change.fromAtMs <= atMs) available = change.available;
    return available;
  }

  #phaseOf(checkId: string, intervalMs: number): number {
    const key = `${checkId} ${intervalMs}`;
    let phaseMs = this.#phases.get(key);
    if (phaseMs === undefined) {
      const hex = createHash('sha256').update(checkId.toLowerCase()).digest('hex').slice(0, 16);
      phaseMs = Number(BigInt(`0x${hex}`) % BigInt(intervalMs));
      this.#phases.set(key, phaseMs);
    }
    return phaseMs;
  }
}
