import { SESSIONS_PER_SECOND } from './reconnect-window.ts';

/** Let in at once after a quiet time: two seconds' worth. */
export const BURST = 2 * SESSIONS_PER_SECOND;
/** Whoever is turned away comes back no sooner; and is never sent away for longer than the last. */
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;

/** New sessions by token bucket; those turned away stand in a line, each told its place in it. Instants are monotonic ms. */
export type AdmissionState = { readonly tokens: number; readonly atMs: number; readonly lineEndsMs: number };

export function newAdmission(nowMs: number): AdmissionState {
  return { tokens: BURST, atMs: nowMs, lineEndsMs: nowMs };
}

/** Whether one more session may begin; else after how long to ask again. */
export function admitSession(state: AdmissionState, nowMs: number): { readonly state: AdmissionState; readonly retryAfterMs: number | null } {
  const tokens = Math.min(BURST, state.tokens + (Math.max(0, nowMs - state.atMs) * SESSIONS_PER_SECOND) / 1_000);
  if (tokens >= 1) return { state: { ...state, tokens: tokens - 1, atMs: nowMs }, retryAfterMs: null };
  const lineEndsMs = Math.min(nowMs + RETRY_MAX_MS, Math.max(nowMs + RETRY_MIN_MS, state.lineEndsMs + 1_000 / SESSIONS_PER_SECOND));
  return { state: { tokens, atMs: nowMs, lineEndsMs }, retryAfterMs: Math.ceil(lineEndsMs - nowMs) };
}
