import type { Clock } from '#shared/time/clock.ts';
import { CliProblem } from '../cli/cli-problem.ts';
import { EXIT } from '../cli/exit-codes.ts';
import type { Output } from '../cli/output.ts';

type Undo = { readonly doing: string; readonly undo: () => Promise<void> };

/** The user wanted to stop before everything ran. */
export class Stopped extends CliProblem {
  constructor() {
    super(EXIT.ok, 'stopped');
  }
}

/** Steps of a start, each shown with its time, and their undoing in the other order. */
export class UpSteps {
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #stop: AbortSignal;
  readonly #undo: Undo[] = [];

  constructor(output: Output, clock: Clock, stop: AbortSignal) {
    this.#output = output;
    this.#clock = clock;
    this.#stop = stop;
  }

  /** Does one step. `done` puts the result in words. Between steps a wish to stop is heard. */
  async step<T>(doing: string, act: () => Promise<T>, done: (value: T) => string): Promise<T> {
    if (this.#stop.aborted) throw new Stopped();
    this.#output.progress(`${doing} …`);
    const startedUs = this.#clock.monotonicUs();
    const value = await act();
    const tookMs = Math.round((this.#clock.monotonicUs() - startedUs) / 1000);
    const { colors } = this.#output;
    this.#output.item({ event: 'step', step: doing, result: done(value), tookMs }, () => `${colors.green('✓')} ${done(value)} ${colors.dim(`(${(tookMs / 1000).toFixed(1)} s)`)}`);
    if (this.#stop.aborted) throw new Stopped();
    return value;
  }

  /** What has to be done about a step when all ends; said at once when it begins, so that a half-done one is undone too. */
  onEnd(doing: string, undo: () => Promise<void>): void {
    this.#undo.push({ doing, undo });
  }

  /** The last first. One that fails does not keep the others from it. */
  async end(): Promise<void> {
    for (let last = this.#undo.pop(); last !== undefined; last = this.#undo.pop()) {
      const { doing, undo } = last;
      this.#output.progress(`${doing} …`);
      try {
        await undo();
      } catch (error) {
        this.#output.note(`${doing}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    this.#output.progress(null);
  }
}
