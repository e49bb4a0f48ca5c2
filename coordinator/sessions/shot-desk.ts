import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import type { AttemptResult } from '#shared/run/result.ts';
import type { Clock, Timer } from '#shared/time/clock.ts';
import { resultsFromWire } from '#shared/wire/results-from-wire.ts';

export type ShotAnswer =
  | { readonly kind: 'done'; readonly result: AttemptResult & { readonly agentId: string } }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'no_agent' }
  | { readonly kind: 'timeout' };

/** Shots under way, and who waits for their answers. At most `WAITING_MAX`; past that a shot is refused at once. */
export class ShotDesk {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, { agentId: string; timer: Timer; resolve: (answer: ShotAnswer) => void }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves with the agent's answer, or after `timeoutMs`. */
  expect(runId: string, agentId: string, timeoutMs: number): Promise<ShotAnswer> {
    if (this.#waiting.size >= WAITING_MAX) return Promise.resolve({ kind: 'refused', reason: `${WAITING_MAX} runs are already waiting` });
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(timeoutMs, () => this.#answer(runId, { kind: 'timeout' }));
      this.#waiting.set(runId, { agentId, timer, resolve });
    });
  }

  /** An agent's answer; ignored unless this very agent was asked. */
  done(agentId: string, message: pb.ShotDone): void {
    if (this.#waiting.get(message.runId)?.agentId !== agentId) return;
    if (message.answer?.$case === 'result') {
      const [result] = resultsFromWire(message.answer.value);
      if (result) { this.#answer(message.runId, { kind: 'done', result: { ...result, agentId } }); return; }
    }
    this.#answer(message.runId, { kind: 'refused', reason: message.answer?.$case === 'refused' ? message.answer.value : 'the agent sent no result' });
  }

  /** The agent's session is over: nobody will answer. */
  lost(agentId: string): void {
    for (const [runId, waiting] of this.#waiting) if (waiting.agentId === agentId) this.#answer(runId, { kind: 'no_agent' });
  }

  #answer(runId: string, answer: ShotAnswer): void {
    const waiting = this.#waiting.get(runId);
    if (!waiting) return;
    this.#waiting.delete(runId);
    waiting.timer.cancel();
    waiting.resolve(answer);
  }
}

/** People and pages press "run now"; a thousand at once is a script gone wrong. */
const WAITING_MAX = 1_000;
