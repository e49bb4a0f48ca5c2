import { hash } from 'node:crypto';

/** The beat of a check: slot k is due at `k · intervalMs + phaseMs`, in ms since the Unix epoch (rules.md 1). */
export type Cadence = {
  readonly intervalMs: number;
  /** 0 ≤ phaseMs < intervalMs. */
  readonly phaseMs: number;
};

export function cadenceOf(checkId: string, intervalMs: number): Cadence {
  const known = lately.get(checkId);
  if (known?.intervalMs === intervalMs) return known;
  const cadence = { intervalMs, phaseMs: phaseMs(checkId, intervalMs) };
  if (lately.size >= LATELY_MAX) lately.clear();
  lately.set(checkId, cadence);
  return cadence;
}

/** What was asked for lately: the same few thousand are, over and over, and hashing costs a microsecond. */
const lately = new Map<string, Cadence>();
const LATELY_MAX = 20_000;

/**
 * The first 8 bytes, big-endian, of SHA-256(lower-case check id) mod `intervalMs` (rules.md 1): load spreads
 * evenly, and both sides, SQL and any later version find the same slots with nothing stored.
 */
export function phaseMs(checkId: string, intervalMs: number): number {
  const digest = hash('sha256', checkId.toLowerCase(), 'buffer');
  return Number(digest.readBigUInt64BE(0) % BigInt(intervalMs));
}

/** k of the slot due at `dueAtMs`; for an instant between slots, that of the slot before it. */
export function slotIndex(cadence: Cadence, dueAtMs: number): number {
  const k = Math.floor((dueAtMs - cadence.phaseMs) / cadence.intervalMs);
  // An instant with decimals can be rounded across a slot by the division; the slots themselves are exact.
  if (dueAtOf(cadence, k + 1) <= dueAtMs) return k + 1;
  return dueAtOf(cadence, k) > dueAtMs ? k - 1 : k;
}

/** The instant slot k is due. */
export function dueAtOf(cadence: Cadence, k: number): number {
  return k * cadence.intervalMs + cadence.phaseMs;
}

/** Is a slot due at exactly this instant? */
export function isSlot(cadence: Cadence, atMs: number): boolean {
  return dueAtOf(cadence, slotIndex(cadence, atMs)) === atMs;
}

/** The due instant of the first slot that is not before `atMs`. */
export function firstSlotAtOrAfter(cadence: Cadence, atMs: number): number {
  const at = dueAtOf(cadence, slotIndex(cadence, atMs));
  return at === atMs ? at : at + cadence.intervalMs;
}

/** The due instants in [fromMs, toMs), in order. As long as the window asks for; `slotCount` says how long. */
export function slotsBetween(cadence: Cadence, fromMs: number, toMs: number): readonly number[] {
  const first = firstSlotAtOrAfter(cadence, fromMs);
  return Array.from({ length: slotCount(cadence, fromMs, toMs) }, (_, n) => first + n * cadence.intervalMs);
}

/** How many slots are due in [fromMs, toMs), in closed form. */
export function slotCount(cadence: Cadence, fromMs: number, toMs: number): number {
  if (toMs <= fromMs) return 0;
  return (firstSlotAtOrAfter(cadence, toMs) - firstSlotAtOrAfter(cadence, fromMs)) / cadence.intervalMs;
}
