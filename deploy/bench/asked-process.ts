import { fork, type ChildProcess } from 'node:child_process';

type Message = { readonly kind: string };

/** The parent's side of a process that answers what it is asked over its channel, and ends with it. */
export class AskedProcess<Order extends Message, Answer extends Message> {
  readonly #child: ChildProcess;
  readonly #name: string;

  constructor(name: string, file: URL) {
    this.#name = name;
    this.#child = fork(file, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child.on('error', () => {}); // `ask` sees its end.
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Says it and waits for the answer of that kind. Throws when the process ends, or does not answer in time. */
  ask<K extends Answer['kind']>(order: Order, answer: K, withinMs: number): Promise<Extract<Answer, { kind: K }>> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(impatience);
        this.#child.off('message', onMessage);
        this.#child.off('exit', onExit);
        act();
      };
      const onMessage = (message: unknown): void => {
        if ((message as Answer).kind === answer) settle(() => resolve(message as Extract<Answer, { kind: K }>));
      };
      const onExit = (): void => settle(() => reject(new Error(`the ${this.#name} ended`)));
      const impatience = setTimeout(() => settle(() => reject(new Error(`the ${this.#name} did not answer '${order.kind}' within ${withinMs / 1000} s`))), withinMs);
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
