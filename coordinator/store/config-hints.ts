/**
 * LISTEN on a connection of its own. Its life: idle until somebody subscribes → connecting → listening → (lost →
 * waiting → connecting …) → closed. Every time it begins to listen it gives a hint, since it may have missed some.
 */
import { Client } from 'pg';
import { CONFIG_CHANNEL } from './config-revision.ts';
import { connectionConfig, type ConnectOptions } from './connect.ts';

/** A config poll stands behind the hints, so that slow reconnecting costs latency, nothing else. */
const RECONNECT_AFTER_MS = 1_000;

export class ConfigHints {
  readonly #options: Pick<ConnectOptions, 'databaseUrl' | 'applicationName' | 'log'>;
  readonly #callbacks = new Set<() => void>();
  #client: Client | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;
  #isHintPending = false;

  constructor(options: Pick<ConnectOptions, 'databaseUrl' | 'applicationName' | 'log'>) {
    this.#options = options;
  }

  /** Returns how to unsubscribe. */
  subscribe(callback: () => void): () => void {
    this.#callbacks.add(callback);
    if (!this.#client && !this.#timer) void this.#connect();
    return () => { this.#callbacks.delete(callback); };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#client?.end().catch(() => {});
  }

  async #connect(): Promise<void> {
    this.#timer = null;
    const client = new Client(connectionConfig(this.#options));
    this.#client = client;
    client.on('notification', () => this.#hint());
    client.on('error', () => {}); // `end` follows.
    client.once('end', () => this.#lost(client));
    try {
      await client.connect();
      await client.query(`listen ${CONFIG_CHANNEL}`);
      this.#hint();
    } catch (error) {
      this.#options.log.warn({ error: (error as Error).message }, 'cannot listen for config changes; polling goes on');
      client.end().catch(() => {});
      this.#lost(client);
    }
  }

  #lost(client: Client): void {
    if (this.#client !== client) return;
    this.#client = null;
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#connect(), RECONNECT_AFTER_MS);
  }

  /** Many notifications in one turn are one hint. */
  #hint(): void {
    if (this.#isHintPending) return;
    this.#isHintPending = true;
    setImmediate(() => {
      this.#isHintPending = false;
      for (const callback of this.#callbacks) callback();
    });
  }
}
