/** A command of `sonde` as a real process: started, waited for, killed in every way, its output kept. */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isChildMessage, type ChildMessage } from '../../local/child-message.ts';
import { eventually, pause } from './eventually.ts';

export type Ready = Extract<ChildMessage, { kind: 'ready' }>;
export type Ending = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type ProcessOrder = {
  /** For the log: `coordinator`, `agent a-1`. */
  readonly name: string;
  /** Of `sonde`. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `channel`: it says when it is ready, and stops when we vanish. `terminal`: as a person starts it. */
  readonly as: 'channel' | 'terminal';
  /** Another program than `sonde`, that speaks as its children do. */
  readonly main?: string;
};

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const ENTRY = fileURLToPath(new URL('../../cli/sonde.js', import.meta.url));

const READY_WITHIN_MS = 30_000;
/** Longer than an agent takes to drain and flush; then it is killed, and the test fails for it. */
const STOP_WITHIN_MS = 20_000;
const OUTPUT_WITHIN_MS = 1_000;
/** Kept of the output, the end of it. */
const OUTPUT_CHARS_MAX = 400_000;

export class NodeProcess {
  readonly name: string;
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  #output = '';
  #message: ChildMessage | null = null;

  constructor({ name, args, env = {}, as, main = as === 'channel' ? MAIN : ENTRY }: ProcessOrder) {
    this.name = name;
    this.#child = spawn(process.execPath, [main, ...args], {
      env: { ...plainEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe', ...(as === 'channel' ? ['ipc' as const] : [])],
    });
    const keep = (chunk: Buffer): void => { this.#output = (this.#output + chunk.toString('utf8')).slice(-OUTPUT_CHARS_MAX); };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
    this.#child.on('message', (message) => { if (isChildMessage(message)) this.#message = message; });
    this.ended = endingOf(this.#child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** stdout and stderr as they came. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when it serves; throws when it says that it cannot, or ends. */
  async ready(): Promise<Ready> {
    const message = await eventually(`the ${this.name} to be ready`, async () => {
      if (this.#message === null && !this.isRunning) throw new Error(`the ${this.name} ended before it was ready\n${this.#output}`);
      return this.#message;
    }, { withinMs: READY_WITHIN_MS });
    if (message.kind === 'failed') throw new Error(`the ${this.name} did not start: ${message.message}`);
    return message;
  }

  /** kill −9. Throws unless that is what ended it: a fault that did not fire proves nothing. */
  async kill9(): Promise<void> {
    this.#child.kill('SIGKILL');
    const { signal } = await this.ended;
    if (signal !== 'SIGKILL') throw new Error(`the ${this.name} was to be killed, but had ended by itself`);
  }

  /** Gone when it resolves, by kill −9 if it had not ended already. */
  async end9(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Over its channel. */
  tell(message: object): void {
    this.#child.send(message);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Stops it as its supervisor would, and waits. May be called again. */
  async stop(): Promise<Ending> {
    if (!this.isRunning) return this.ended;
    if (this.#child.connected) this.#child.disconnect();
    else this.#child.kill('SIGTERM');
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), STOP_WITHIN_MS);
    const ending = await this.ended;
    clearTimeout(impatience);
    return ending;
  }
}

/** With what it said last; 'close' of the process itself never comes once its channel was closed from here. */
async function endingOf(child: ChildProcess): Promise<Ending> {
  const outputs = Promise.all([child.stdout, child.stderr].map((stream) => new Promise<void>((resolve) => {
    if (stream === null) resolve();
    else stream.once('close', () => resolve());
  })));
  const ending = await new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  // What it left behind may hold its output open.
  await Promise.race([outputs, pause(OUTPUT_WITHIN_MS)]);
  return ending;
}

/** Ours, without what a developer has set for their own Sonde. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env)
    .filter(([name]) => !name.startsWith('SONDE_') && name !== 'DATABASE_URL' && !name.startsWith('VITEST') && name !== 'NODE_OPTIONS'));
}
