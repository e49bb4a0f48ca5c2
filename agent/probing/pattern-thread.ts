import { Worker } from 'node:worker_threads';
import type { Standing } from '#shared/assertion/standing.ts';
import type { Assertion } from '#shared/check/check.ts';
import type { JudgeContext } from '#shared/run/judge-attempt.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import type { Judgement } from '#shared/run/result.ts';
import type { Clock, Timer } from '#shared/time/clock.ts';
import type { ExpectMatch } from '../probe/dialogue/expect-pattern.ts';
import type { PatternWork } from '../probe/pattern-work.ts';
import { ownBytes } from './own-bytes.ts';
import type { PatternAnswer, PatternJob } from './pattern-jobs.ts';

export type PatternReply = { readonly ok: true; readonly answer: PatternAnswer } | { readonly ok: false; readonly problem: string };

export type PatternThreadOptions = {
  readonly clock: Clock;
  /** What runs in the thread; left out: `pattern-worker.ts`. */
  readonly entry?: URL;
  /** How often a job under way is looked at; left out: every second. */
  readonly lookMs?: number;
};

/**
 * One thread for the pattern work that is too long for the thread that times sockets. It starts with the first such
 * job: most agents have none.
 *
 * Jobs are done in order, so the first one that waits is the one under way. A thread that dies, or is five looks long
 * at one job, is ended: that job fails, which is the agent's fault, and the others go to the next thread.
 */
export class PatternThread implements PatternWork {
  readonly #options: PatternThreadOptions;
  readonly #waiting: Waiting[] = [];
  #worker: Worker | null = null;
  #timer: Timer | null = null;
  #looks = 0;
  #isClosed = false;

  constructor(options: PatternThreadOptions) {
    this.#options = options;
  }

  async standings(assertions: readonly Assertion[], response: Uint8Array): Promise<readonly Standing[]> {
    return await this.#ask({ kind: 'standings', assertions, response: ownBytes(response) }) as readonly Standing[];
  }

  async expect(source: string, unread: string): Promise<ExpectMatch | null> {
    return await this.#ask({ kind: 'expect', source, unread }) as ExpectMatch | null;
  }

  async judge(spec: ProbeSpec, report: ProbeReport, context: JudgeContext): Promise<Judgement> {
    return await this.#ask({ kind: 'judge', spec, report: { ...report, response: ownBytes(report.response) }, context }) as Judgement;
  }

  /** Fails what waits; nothing may be asked afterwards. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    void this.#worker?.terminate();
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('the pattern thread is closed'));
  }

  #ask(job: PatternJob): Promise<PatternAnswer> {
    if (this.#isClosed) return Promise.reject(new Error('the pattern thread is closed'));
    if (this.#waiting.length >= WAITING_MAX) return Promise.reject(new Error(`${WAITING_MAX} long patterns are being looked for already`));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      if (this.#worker === null) this.#spawn();
      else this.#worker.postMessage(job);
      this.#timer ??= this.#lookLater();
    });
  }

  #spawn(): void {
    const worker = new Worker(this.#options.entry ?? new URL('./pattern-worker.ts', import.meta.url), { name: 'patterns' });
    this.#worker = worker;
    let cause = 'it ended by itself';
    worker.on('message', (reply: PatternReply) => this.#answered(reply));
    worker.on('error', (error: unknown) => { cause = error instanceof Error ? error.message : String(error); });
    worker.on('exit', () => this.#died(cause));
    for (const { job } of this.#waiting) worker.postMessage(job);
  }

  #answered(reply: PatternReply): void {
    const first = this.#waiting.shift();
    this.#looks = 0;
    if (reply.ok) first?.resolve(reply.answer);
    else first?.reject(new Error(reply.problem));
  }

  #died(cause: string): void {
    this.#worker = null;
    if (this.#isClosed) return;
    const why = this.#looks >= LOOKS_MAX ? 'it took too long' : cause;
    this.#looks = 0;
    this.#waiting.shift()?.reject(new Error(`the pattern thread had to be replaced: ${why}`));
    if (this.#waiting.length > 0) this.#spawn();
  }

  /** Looks count only while this thread runs itself: a machine that slept blames nobody. */
  #lookLater(): Timer {
    return this.#options.clock.setTimer(this.#options.lookMs ?? LOOK_MS, () => {
      this.#timer = null;
      if (this.#waiting.length === 0) return;
      this.#looks += 1;
      if (this.#looks === LOOKS_MAX) void this.#worker?.terminate();
      this.#timer = this.#lookLater();
    });
  }
}

type Waiting = {
  readonly job: PatternJob;
  readonly resolve: (answer: PatternAnswer) => void;
  readonly reject: (error: Error) => void;
};

/** Of 100 ms each at the worst: longer waits would outlast the deadlines. With 64 KiB each, 8 MiB. */
const WAITING_MAX = 128;
const LOOK_MS = 1_000;
/** The longest pattern over the longest answer takes some 100 ms (PATTERN_COST_MAX); starting the thread about as long. */
const LOOKS_MAX = 5;
