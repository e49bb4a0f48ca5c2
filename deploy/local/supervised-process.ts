/**
 * A child process and its life: starting → ready → (ended → waiting → starting → …) → stopping → stopped.
 * A first start that fails is told and not repeated; after that it is started again whenever it ends.
 * The child stops when its channel closes, so it does not outlive us, however we end.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { sleep, type Clock } from '#shared/time/clock.ts';
import { CliProblem } from '../cli/cli-problem.ts';
import { EXIT, type ExitCode } from '../cli/exit-codes.ts';
import type { BoundedLog } from './bounded-log.ts';
import { isChildMessage, type ChildMessage } from './child-message.ts';
import { restartDelayMs, STABLE_AFTER_MS } from './restart-delay.ts';

export type ProcessOrder = {
  /** For people: `coordinator`, `agent local-1`. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Of Node itself; left out: none. */
  readonly nodeFlags?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: BoundedLog;
  readonly clock: Clock;
  readonly onSpawn: (pid: number) => void;
  /** A sentence about what happened to it after it was ready. */
  readonly onNews: (sentence: string) => void;
};

type Ready = Extract<ChildMessage, { kind: 'ready' }>;

/** Time for agents to say goodbye and for the coordinator to finish what it took. */
const STOP_PATIENCE_MS = 15_000;
const LAST_WORDS_MS = 1_000;

export class SupervisedProcess {
  readonly #order: ProcessOrder;
  readonly #stopping = new AbortController();
  #child: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  #endings = 0;
  #loop: Promise<void> | null = null;

  constructor(order: ProcessOrder) {
    this.#order = order;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the child is ready; throws a CliProblem when it cannot start. */
  async start(): Promise<Ready> {
    const ready = await this.#launch();
    this.#loop = this.#keepRunning();
    return ready;
  }

  /** Resolves when it is gone; may be called at any time, and again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child !== null && isAlive(child)) {
      if (child.connected) child.disconnect();
      const patience = this.#order.clock.setTimer(STOP_PATIENCE_MS, () => child.kill('SIGKILL'));
      await this.#ended;
      patience.cancel();
    }
    await this.#loop;
  }

  kill(): void {
    this.#stopping.abort();
    this.#child?.kill('SIGKILL');
  }

  async #keepRunning(): Promise<void> {
    const { name, clock, onNews, log } = this.#order;
    while (!this.#stopping.signal.aborted) {
      const startedUs = clock.monotonicUs();
      await this.#ended;
      if (this.#stopping.signal.aborted) return;
      if (clock.monotonicUs() - startedUs > STABLE_AFTER_MS * 1_000) this.#endings = 0;
      await this.#startAgain(`the ${name} ended unexpectedly`);
      if (!this.#stopping.signal.aborted) onNews(`the ${name} runs again (its log: ${log.path})`);
    }
  }

  /** Until it is ready, or we stop. */
  async #startAgain(reason: string): Promise<void> {
    const { name, clock, onNews } = this.#order;
    for (let why = reason; !this.#stopping.signal.aborted;) {
      this.#endings += 1;
      const delayMs = restartDelayMs(this.#endings);
      onNews(`${why}; starting it again in ${delayMs / 1_000} s`);
      await sleep(clock, delayMs, this.#stopping.signal);
      if (this.#stopping.signal.aborted) return;
      try {
        await this.#launch();
        return;
      } catch (error) {
        why = error instanceof Error ? error.message : `the ${name} did not start`;
      }
    }
  }

  #launch(): Promise<Ready> {
    const { name, file, args, nodeFlags = [], env, log, clock, onSpawn } = this.#order;
    const child = spawn(process.execPath, [...nodeFlags, file, ...args], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.#child = child;
    if (child.pid !== undefined) onSpawn(child.pid);
    child.stdout?.on('data', (chunk: Buffer) => log.write(chunk));
    child.stderr?.on('data', (chunk: Buffer) => log.write(chunk));
    this.#ended = endOf(child, clock);
    return new Promise((resolve, reject) => {
      child.on('message', (message) => {
        if (!isChildMessage(message)) return;
        if (message.kind === 'ready') resolve(message);
        else reject(new CliProblem(asExitCode(message.exitCode), message.message));
      });
      child.once('error', (error) => reject(new CliProblem(EXIT.failed, `the ${name} cannot be started: ${error.message}`)));
      child.once('exit', (code, signal) => reject(new CliProblem(EXIT.failed, `the ${name} ended before it was ready (${signal ?? `code ${code}`}); its log is ${log.path}`)));
    });
  }
}

/** Gone, and its last words read; somebody else who holds its output open is not waited for. */
function endOf(child: ChildProcess, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
    child.once('exit', () => clock.setTimer(LAST_WORDS_MS, resolve));
  });
}

function isAlive(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function asExitCode(code: number): ExitCode {
  return Object.values(EXIT).find((known) => known === code) ?? EXIT.failed;
}
