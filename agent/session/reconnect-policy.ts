/**
 * How to come back (architecture.md, Coming back): full jitter from the very first attempt after a loss, over the
 * window the coordinator last advertised; then doubling, to a cap. A stable session resets it, a connection alone
 * does not. Nothing the coordinator says makes an agent give up.
 */
export type ReconnectState = { readonly failures: number; readonly windowMs: number };

export const NEW_RECONNECT: ReconnectState = { failures: 0, windowMs: 1_000 };

/** A session this long was a stable one. */
export const STABLE_AFTER_MS = 10_000;
/** A small fleet is back before its locations count as away (8 s); a large one's coordinator advertises a longer window. */
const WAIT_MAX_MS = 5_000;

/** `random` in [0, 1). `minMs`: what the coordinator asked for at the least. */
export function reconnectDelayMs(state: ReconnectState, random: number, minMs = 0): number {
  const spreadMs = Math.min(Math.max(WAIT_MAX_MS, state.windowMs), state.windowMs * 2 ** Math.min(state.failures, 10));
  return minMs + random * spreadMs;
}

export function afterSession(state: ReconnectState, lastedMs: number, windowMs: number | null): ReconnectState {
  const failures = lastedMs >= STABLE_AFTER_MS ? 0 : state.failures + 1;
  return { failures, windowMs: windowMs ?? state.windowMs };
}
