import type { AttemptResult } from '#shared/run/result.ts';
import { reachOf } from '#shared/run/reach.ts';
import type { Endpoint } from '#shared/settings/values.ts';
import type { Clock, Timer } from '#shared/time/clock.ts';
import { Episodes, type Episode } from './episodes.ts';
import { afterRound, nextRoundInMs, NOT_ASKED, type WitnessState } from './witness-state.ts';

export type WitnessReport = {
  readonly state: 'none' | WitnessState['kind'];
  /** Coordinator time, ms; 0 for none and unknown. */
  readonly sinceMs: number;
  /** In the last round. */
  readonly answering: number;
  readonly total: number;
  readonly episodes: readonly Episode[];
};

export type WitnessWatchDeps = {
  readonly clock: Clock;
  /** Coordinator time, ms. */
  readonly nowMs: () => number;
  /** Resolves within the time given, never rejects. */
  readonly ask: (witness: Endpoint, timeoutMs: number) => Promise<boolean>;
  readonly onChange: (isFailing: boolean) => void;
};

/**
 * Asks the agent's witnesses, which no check depends on, whether the network is there: all of them at once, every five
 * seconds, every second while in doubt. Without witnesses it never doubts: an agent cannot know alone (rules.md 22).
 */
export class WitnessWatch {
  readonly #deps: WitnessWatchDeps;
  readonly #episodes = new Episodes();
  #witnesses: readonly Endpoint[] = [];
  #state: WitnessState = NOT_ASKED;
  #answering = 0;
  #timer: Timer | null = null;
  /** Counts the sets of witnesses: a round of an earlier set says nothing any more. */
  #turn = 0;

  constructor(deps: WitnessWatchDeps) {
    this.#deps = deps;
  }

  get isFailing(): boolean {
    return this.#state.kind === 'failing';
  }

  /** At most eight are asked. The same ones again change nothing. */
  watch(witnesses: readonly Endpoint[]): void {
    const next = witnesses.slice(0, WITNESSES_MAX);
    if (JSON.stringify(next) === JSON.stringify(this.#witnesses)) return;
    this.stop();
    this.#witnesses = next;
    this.#become(NOT_ASKED);
    if (next.length > 0) void this.#round();
  }

  /** What an attempt says about the way to `target`. */
  saw(target: string, { report, startedAtMs }: Pick<AttemptResult, 'report' | 'startedAtMs'>): void {
    const reach = reachOf(report);
    if (reach !== null) this.#episodes.saw(target, reach === 'reached', startedAtMs);
  }

  report(): WitnessReport {
    const episodes = this.#episodes.list(this.#deps.nowMs());
    const total = this.#witnesses.length;
    if (total === 0) return { state: 'none', sinceMs: 0, answering: 0, total, episodes };
    return { state: this.#state.kind, sinceMs: this.#state.kind === 'unknown' ? 0 : this.#state.sinceMs, answering: this.#answering, total, episodes };
  }

  stop(): void {
    this.#turn += 1;
    this.#timer?.cancel();
  }

  async #round(): Promise<void> {
    const turn = this.#turn;
    const atMs = this.#deps.nowMs();
    const answers = await Promise.all(this.#witnesses.map((witness) => this.#deps.ask(witness, ASK_MS)));
    if (turn !== this.#turn) return;
    this.#answering = answers.filter((isAnswered) => isAnswered).length;
    this.#become(afterRound(this.#state, { atMs, isAnswered: this.#answering > 0 }));
    this.#timer = this.#deps.clock.setTimer(nextRoundInMs(this.#state), () => void this.#round());
  }

  #become(state: WitnessState): void {
    const wasFailing = this.isFailing;
    this.#state = state;
    if (state.kind === 'failing' && !wasFailing) this.#episodes.begin(state.sinceMs);
    if (state.kind !== 'failing' && wasFailing) this.#episodes.end(this.#deps.nowMs());
    if (wasFailing !== this.isFailing) this.#deps.onChange(this.isFailing);
  }
}

const WITNESSES_MAX = 8;
/** A handshake around the world takes a fraction of it. */
const ASK_MS = 2_000;
