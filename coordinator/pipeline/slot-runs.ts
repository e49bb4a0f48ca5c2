import type { OwedSlot } from '../verdict/owed-slots-of.ts';
import type { Slot, SlotRun } from '../verdict/slot.ts';
import type { StoredRow } from './judging-port.ts';

/** Joins rows with the slots that were owed; both are in order of `dueAtMs`. `look` may say more of a run than its rows do. */
export function* slotsWith(rows: readonly StoredRow[], owed: Iterable<OwedSlot>, look: (dueAtMs: number, run: SlotRun) => SlotRun): Generator<Slot, void> {
  const bySlot = Map.groupBy(rows.filter((row) => row.kind === 'gap' || row.trigger !== 'confirm'), ({ dueAtMs }) => dueAtMs);
  for (const { dueAtMs, strategy, owners } of owed) {
    const ofSlot = bySlot.get(dueAtMs) ?? [];
    yield { dueAtMs, strategy, runs: owners.map((locationId) => look(dueAtMs, runOf(locationId, ofSlot))) };
  }
}

function runOf(locationId: string, rows: readonly StoredRow[]): SlotRun {
  const own = rows.filter((row) => (row.kind === 'gap' ? row.locationId : row.facts.locationId) === locationId);
  const results = own.filter((row) => row.kind === 'result');
  const final = results.find(({ isFinal }) => isFinal);
  if (final) return { kind: 'final', locationId, facts: final.facts, isImpaired: final.isImpaired };
  const gap = own.find((row) => row.kind === 'gap');
  if (gap) return { kind: 'gap', locationId, reason: gap.reason };
  return { kind: results.length > 0 ? 'begun' : 'silent', locationId };
}
