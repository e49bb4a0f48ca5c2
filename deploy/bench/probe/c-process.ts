import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Compiles one of this folder's C files into `dir`; null when there is no compiler or it does not like it. */
export function compileC(name: 'target' | 'prober', dir: string): string | null {
  const binary = join(dir, name);
  try {
    execFileSync('cc', ['-O2', '-o', binary, join(import.meta.dirname, `${name}.c`), '-lm'], { stdio: ['ignore', 'ignore', 'inherit'] });
    return binary;
  } catch {
    return null;
  }
}

/** A C program that takes orders on standard input and answers in doubles, their number of rows first. */
export class CProcess {
  readonly #child: ChildProcess;
  readonly #fields: number;
  #bytes: Buffer[] = [];
  #length = 0;
  #wake = (): void => {};

  constructor(binary: string, args: readonly string[], fields: number) {
    this.#fields = fields;
    this.#child = spawn(binary, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout!.on('data', (bytes: Buffer) => {
      this.#bytes.push(bytes);
      this.#length += bytes.length;
      this.#wake();
    });
    this.#child.on('exit', () => this.#wake());
  }

  get pid(): number {
    return this.#child.pid!;
  }

  order(text: string): void {
    this.#child.stdin!.write(text);
  }

  async line(withinMs: number): Promise<string> {
    await this.#until(() => Buffer.concat(this.#bytes).includes(10), withinMs);
    const text = Buffer.concat(this.#bytes).toString('latin1');
    this.#bytes = [];
    this.#length = 0;
    return text.trim();
  }

  async doubles(withinMs: number): Promise<Float64Array> {
    await this.#until(() => this.#length >= 8, withinMs);
    const needed = 8 + Buffer.concat(this.#bytes).readDoubleLE(0) * this.#fields * 8;
    await this.#until(() => this.#length >= needed, withinMs);
    const all = Buffer.concat(this.#bytes);
    this.#bytes = [];
    this.#length = 0;
    // A copy of its own is aligned for doubles; a slice of a Buffer need not be.
    return new Float64Array(new Uint8Array(all.subarray(8, needed)).buffer);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async #until(isThere: () => boolean, withinMs: number): Promise<void> {
    const untilMs = performance.now() + withinMs;
    while (!isThere()) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw new Error('a C program of the bench ended');
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) throw new Error(`a C program of the bench did not answer within ${withinMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => { clearTimeout(timer); resolve(); };
      });
    }
  }
}
