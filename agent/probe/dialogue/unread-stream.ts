import { Buffer } from 'node:buffer';

/** What has arrived and no step has consumed, across TLS: one stream, one character for each byte. */
export class UnreadStream {
  #text = '';

  get text(): string {
    return this.#text;
  }

  get isEmpty(): boolean {
    return this.#text === '';
  }

  append(bytes: Uint8Array): void {
    this.#text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  }

  consume(length: number): void {
    this.#text = this.#text.slice(length);
  }

  bytes(): Uint8Array {
    return Buffer.from(this.#text, 'latin1');
  }
}
