import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromAgents, ToAgents } from './synthetic-agents.ts';

const FILE = fileURLToPath(new URL('./synthetic-agents.ts', import.meta.url));
/** A round that takes longer has lost its agents. */
const ANSWER_WITHIN_MS = 120_000;

/** The parent's side of `synthetic-agents.ts`. */
export class AgentsProcess {
  readonly #child: ChildProcess = fork(FILE, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: ['--expose-gc'] });

  constructor() {
    // A message to one that has ended; `ask` sees that by its exit.
    this.#child.on('error', () => {});
  }

  /** Says it and waits for the answer of that kind. */
  ask<K extends FromAgents['kind']>(order: ToAgents, answer: K): Promise<Extract<FromAgents, { kind: K }>> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(impatience);
        this.#child.off('message', onMessage);
        this.#child.off('exit', onExit);
        act();
      };
      const onMessage = (message: unknown): void => {
        if ((message as FromAgents).kind === answer) settle(() => resolve(message as Extract<FromAgents, { kind: K }>));
      };
      const onExit = (): void => settle(() => reject(new Error('the synthetic agents ended')));
      const impatience = setTimeout(() => settle(() => reject(new Error(`the synthetic agents did not answer '${order.kind}' within ${ANSWER_WITHIN_MS / 1000} s`))), ANSWER_WITHIN_MS);
      this.#child.on('message', onMessage);
      this.#child.on('exit', onExit);
      if (this.#hasEnded) onExit();
      else this.#child.send(order);
    });
  }

  async end(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = new Promise((resolve) => { this.#child.once('exit', resolve); });
    this.#child.disconnect();
    await ended;
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
