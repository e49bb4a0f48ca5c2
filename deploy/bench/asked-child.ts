import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

type Said = { readonly kind: string };
type Of<Message extends Said, K extends Message['kind']> = Extract<Message, { kind: K }>;

/** Longer than a child takes to let go; then it is killed. */
const END_WITHIN_MS = 5_000;

export type AskedChildOptions = {
  /** For whoever reads the error. */
  readonly name: string;
  /** A module that does what it is told over its channel, and ends with it. */
  readonly file: URL;
  readonly args?: readonly string[];
  readonly execArgv?: readonly string[];
  /** `advanced`: numbers in bulk. */
  readonly serialization?: 'json' | 'advanced';
};

/** A module in a process of its own, asked over its channel. */
export class AskedChild<Order extends Said, Answer extends Said> {
  readonly #name: string;
  readonly #child: ChildProcess;

  constructor({ name, file, args = [], execArgv = [], serialization = 'json' }: AskedChildOptions) {
    this.#name = name;
    this.#child = fork(fileURLToPath(file), args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [...execArgv], serialization });
    this.#child.on('error', () => {}); // `hear` sees its end.
    this.#child.setMaxListeners(0);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Says it and waits for the answer of that kind. Throws when the child ends first, or has not answered in time. */
  ask<K extends Answer['kind']>(order: Order, answer: K, withinMs: number): Promise<Of<Answer, K>> {
    const heard = this.hear(answer, withinMs);
    if (!this.#hasEnded) this.#child.send(order);
    return heard;
  }

  /** What it says of that kind next. */
  hear<K extends Answer['kind']>(kind: K, withinMs: number): Promise<Of<Answer, K>> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(impatience);
        this.#child.off('message', onMessage).off('exit', onExit);
        act();
      };
      const onMessage = (message: unknown): void => {
        if ((message as Said).kind === kind) settle(() => resolve(message as Of<Answer, K>));
      };
      const onExit = (): void => settle(() => reject(new Error(`the ${this.#name} ended`)));
      const impatience = setTimeout(() => settle(() => reject(new Error(`the ${this.#name} did not say '${kind}' within ${withinMs / 1000} s`))), withinMs);
      this.#child.on('message', onMessage).on('exit', onExit);
      if (this.#hasEnded) onExit();
    });
  }

  /** May be called again. */
  async end(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), END_WITHIN_MS);
    await ended;
    clearTimeout(impatience);
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
