/**
 * Do the agent's witnesses answer? (rules.md 22) One answer is enough to know that the network is there; only when
 * none of them answers, twice in a row, does the agent believe that it is cut off. Instants are coordinator time, ms.
 *
 * unknown → ok ⇄ doubtful → failing → ok
 */
export type WitnessState =
  | { readonly kind: 'unknown'; readonly failedRounds: number; readonly firstFailedAtMs: number }
  | { readonly kind: 'ok'; readonly sinceMs: number; readonly lastOkMs: number; readonly failedRounds: number }
  /** Since the last answer: what was seen after it may be of the agent's own making. */
  | { readonly kind: 'failing'; readonly sinceMs: number };

export const NOT_ASKED: WitnessState = { kind: 'unknown', failedRounds: 0, firstFailedAtMs: 0 };

/** One round of asking all witnesses, which began at `atMs`. */
export function afterRound(state: WitnessState, { atMs, isAnswered }: { readonly atMs: number; readonly isAnswered: boolean }): WitnessState {
  if (isAnswered) return { kind: 'ok', sinceMs: state.kind === 'ok' ? state.sinceMs : atMs, lastOkMs: atMs, failedRounds: 0 };
  switch (state.kind) {
    case 'failing': return state;
    case 'ok': return state.failedRounds + 1 < FAILED_ROUNDS ? { ...state, failedRounds: state.failedRounds + 1 } : { kind: 'failing', sinceMs: state.lastOkMs };
    case 'unknown': {
      const firstFailedAtMs = state.failedRounds === 0 ? atMs : state.firstFailedAtMs;
      return state.failedRounds + 1 < FAILED_ROUNDS ? { kind: 'unknown', failedRounds: state.failedRounds + 1, firstFailedAtMs } : { kind: 'failing', sinceMs: firstFailedAtMs };
    }
  }
}

/** How long to wait before the next round: a doubt is settled soon. */
export function nextRoundInMs(state: WitnessState): number {
  return state.kind === 'failing' || state.failedRounds > 0 ? SOON_MS : EVERY_MS;
}

/** One lost packet is no outage. */
const FAILED_ROUNDS = 2;
/** A window is then known to 5 s; eight witnesses are asked less than twice a second together. */
const EVERY_MS = 5_000;
const SOON_MS = 1_000;
