import { CProcess } from './c-process.ts';
import { DELAY_US } from './exchange.ts';
import type { Truth } from './truth.ts';

const FIELDS = 5;
const ANSWER_WITHIN_MS = 10_000;

/** The parent's side of `target.c`. */
export class Target {
  readonly #process: CProcess;
  readonly port: number;

  private constructor(process: CProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  static async open(binary: string): Promise<Target> {
    const process = new CProcess(binary, [String(DELAY_US)], FIELDS);
    return new Target(process, Number(await process.line(ANSWER_WITHIN_MS)));
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The exchanges since the last time, in order of their answers. */
  async exchanges(): Promise<readonly Truth[]> {
    this.#process.order('D');
    const numbers = await this.#process.doubles(ANSWER_WITHIN_MS);
    return Array.from({ length: numbers.length / FIELDS }, (_, index) => {
      const [address, handshakeUs, arrivedUs, beforeSendUs, afterSendUs] = numbers.subarray(index * FIELDS, (index + 1) * FIELDS) as unknown as [number, number, number, number, number];
      return { address, handshakeUs, arrivedUs, beforeSendUs, afterSendUs };
    });
  }

  end(): Promise<void> {
    return this.#process.end();
  }
}
