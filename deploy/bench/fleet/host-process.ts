import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromHost, ToHost } from './agents-host.ts';

const FILE = fileURLToPath(new URL('./agents-host.ts', import.meta.url));
const ANSWER_WITHIN_MS = 300_000;

/** The parent's side of `agents-host.ts`. */
export class HostProcess {
  readonly #child: ChildProcess = fork(FILE, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });

  constructor() {
    this.#child.on('error', () => {}); // `ask` sees its end.
  }

  /** Says it and waits for the answer of that kind. */
  ask<K extends FromHost['kind']>(order: ToHost, answer: K): Promise<Extract<FromHost, { kind: K }>> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(impatience);
        this.#child.off('message', onMessage);
        this.#child.off('exit', onExit);
        act();
      };
      const onMessage = (message: unknown): void => {
        if ((message as FromHost).kind === answer) settle(() => resolve(message as Extract<FromHost, { kind: K }>));
      };
      const onExit = (): void => settle(() => reject(new Error('the hosted agents ended')));
      const impatience = setTimeout(() => settle(() => reject(new Error(`the hosted agents did not answer '${order.kind}' within ${ANSWER_WITHIN_MS / 1000} s`))), ANSWER_WITHIN_MS);
      this.#child.on('message', onMessage);
      this.#child.on('exit', onExit);
      this.#child.send(order);
    });
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => { this.#child.once('exit', resolve); });
    this.#child.disconnect();
    await ended;
  }
}
