import { SESSIONS_PER_SECOND } from './reconnect-window.ts';

/**
 * Openings worked on at the same time: enough to have something to do while each waits for its answers from Postgres, and
 * so few that everything else which shares the store's connections never waits long for one.
 */
export const OPENING_MAX = 16;
/** Whoever would wait for longer is sent away: it gives up after ten seconds, and work for those who have left is lost. */
export const WAIT_MAX_MS = 4_000;
/** Whoever is turned away comes back no sooner; and is never sent away for longer than the last. */
const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 20_000;
/** Between two openings that are done; an opening that hangs on its lock says nothing about the next. */
const PACE_MAX_MS = 500;
/** How much the newest opening counts. */
const PACE_WEIGHT = 1 / 16;

/**
 * Who may open a session, by what openings are found to take: some are worked on, some wait, and the others are told
 * to come back one after the other at that pace. Instants are monotonic ms.
 */
export type AdmissionState = {
  readonly underWay: number;
  readonly waiting: number;
  /** From one opening done to the next, while others wait. */
  readonly paceMs: number;
  readonly doneAtMs: number;
  /** When the last of those that were turned away is to come. */
  readonly lineEndsMs: number;
};

export type Answer = { readonly kind: 'begin' } | { readonly kind: 'wait' } | { readonly kind: 'later'; readonly retryAfterMs: number };

export const NEW_ADMISSION: AdmissionState = { underWay: 0, waiting: 0, paceMs: 1_000 / SESSIONS_PER_SECOND, doneAtMs: 0, lineEndsMs: 0 };

/** One more wants a session. */
export function askToOpen(state: AdmissionState, nowMs: number): { readonly state: AdmissionState; readonly answer: Answer } {
  if (state.underWay < OPENING_MAX) return { state: { ...state, underWay: state.underWay + 1, doneAtMs: state.underWay === 0 ? nowMs : state.doneAtMs }, answer: { kind: 'begin' } };
  const waitMs = (state.waiting + 1) * state.paceMs;
  if (waitMs <= WAIT_MAX_MS) return { state: { ...state, waiting: state.waiting + 1 }, answer: { kind: 'wait' } };
  const placeMs = Math.max(nowMs + RETRY_MIN_MS, state.lineEndsMs) + state.paceMs;
  const lineEndsMs = Math.min(nowMs + RETRY_MAX_MS, placeMs);
  return { state: { ...state, lineEndsMs }, answer: { kind: 'later', retryAfterMs: Math.ceil(lineEndsMs - nowMs) } };
}

/** An opening is done, well or badly; `next`: the first of those that wait begins. */
export function noteDone(state: AdmissionState, nowMs: number): { readonly state: AdmissionState; readonly next: boolean } {
  const tookMs = Math.min(PACE_MAX_MS, Math.max(0, nowMs - state.doneAtMs));
  // With nobody waiting the time between two is that between two arrivals.
  const paceMs = state.waiting > 0 ? state.paceMs + (tookMs - state.paceMs) * PACE_WEIGHT : state.paceMs;
  const next = state.waiting > 0;
  return { state: { ...state, paceMs, doneAtMs: nowMs, underWay: state.underWay - (next ? 0 : 1), waiting: state.waiting - (next ? 1 : 0) }, next };
}

/** One that waited has gone. */
export function noteGone(state: AdmissionState): AdmissionState {
  return { ...state, waiting: state.waiting - 1 };
}
