import { Worker } from 'node:worker_threads';
import type { Clock } from '#shared/time/clock.ts';
import type { TemplateVariables } from './template-variables.ts';

export type TemplatePart = { readonly name: string; readonly template: string; readonly escape: 'html' | 'uri' | 'none' };

export type TemplateJob = {
  readonly parts: readonly TemplatePart[];
  readonly variables: TemplateVariables;
  readonly chance: { readonly uuid: string; readonly randomNumber: number; readonly nowMs: number };
};

export type TemplateAnswer =
  | { readonly ok: true; readonly rendered: readonly string[] }
  /** `isLate`: it may have been the machine, not the template. */
  | { readonly ok: false; readonly problem: string; readonly isLate?: boolean };

/** rules.md 34. */
const BUDGET_MS = 100;
/** A worker that does not even start within this is given up. */
const START_MS = 10_000;
/** Jobs that wait their turn; as each takes at most its budget, nobody waits for more than a minute. */
const WAITING_MAX = 500;
const HEAP_MB_MAX = 64;

/** One thread, started when it is needed, one job at a time; stopped with the job that overstays. */
export class TemplateRenderer {
  readonly #clock: Clock;
  #worker: Worker | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async render(job: TemplateJob): Promise<TemplateAnswer> {
    if (this.#waiting >= WAITING_MAX) return { ok: false, problem: 'too many templates wait to be rendered', isLate: true };
    this.#waiting += 1;
    const answer = this.#turn.then(() => this.#run(job)).finally(() => { this.#waiting -= 1; });
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#turn;
    await this.#stop();
  }

  async #run(job: TemplateJob): Promise<TemplateAnswer> {
    if (this.#isClosed) return { ok: false, problem: 'the coordinator is stopping', isLate: true };
    this.#worker ??= await this.#start();
    if (!this.#worker) return { ok: false, problem: 'the thread for templates did not start', isLate: true };
    this.#worker.postMessage(job);
    const answer = await this.#next(this.#worker, BUDGET_MS);
    if (answer !== null && typeof answer === 'object') return answer as TemplateAnswer;
    await this.#stop();
    return { ok: false, problem: `rendering took more than ${BUDGET_MS} ms or too much memory; make the template simpler`, isLate: true };
  }

  async #start(): Promise<Worker | null> {
    const worker = new Worker(new URL('template-worker.ts', import.meta.url), {
      env: {}, stdin: false, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX, maxYoungGenerationSizeMb: 16 },
    });
    worker.unref();
    worker.on('error', () => undefined); // Its exit says it, too.
    if (await this.#next(worker, START_MS) === 'ready') return worker;
    await worker.terminate();
    return null;
  }

  /** The worker's next message; null when it is late or gone. */
  #next(worker: Worker, withinMs: number): Promise<unknown> {
    return new Promise((resolve) => {
      const settle = (answer: unknown): void => {
        timer.cancel();
        worker.off('message', settle);
        worker.off('exit', onExit);
        resolve(answer);
      };
      const onExit = (): void => settle(null);
      const timer = this.#clock.setTimer(withinMs, () => settle(null));
      worker.once('message', settle);
      worker.once('exit', onExit);
    });
  }

  async #stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}
