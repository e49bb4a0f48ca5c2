/**
 * LISTEN on a connection of its own. Its life: idle until somebody subscribes → connecting → listening → (lost →
 * waiting → connecting …) → closed. Every time it begins to listen it gives a hint on every channel, since it may have
 * missed some. Behind every channel stands a poll: a lost hint costs latency, nothing else.
 */
import { sql } from 'kysely';
import { Client } from 'pg';
import { connectionConfig, type ConnectOptions } from './connect.ts';

/** What coordinators tell each other of: the config changed; an agent came, left or said goodbye; a shot or its answer is there; something wants judging. */
export const HINT_CHANNELS = { config: 'sonde_config', fleet: 'sonde_fleet', shots: 'sonde_shots', judge: 'sonde_judge' } as const;
/** To be selected: an agent came, left, or is to be treated otherwise. */
export const HINT_FLEET = sql`pg_notify(${sql.lit(HINT_CHANNELS.fleet)}, '')`;
/** News for dashboards, which say what happened: see events.ts. */
export const EVENT_CHANNEL = 'sonde_events';
export type HintChannel = keyof typeof HINT_CHANNELS;

const RECONNECT_AFTER_MS = 1_000;

const CHANNELS = Object.keys(HINT_CHANNELS) as readonly HintChannel[];

export class ConfigHints {
  readonly #options: Pick<ConnectOptions, 'databaseUrl' | 'applicationName' | 'log'>;
  readonly #callbacks: Readonly<Record<HintChannel, Set<() => void>>> = { config: new Set(), fleet: new Set(), shots: new Set(), judge: new Set() };
  readonly #onEvent = new Set<(payload: string | null) => void>();
  readonly #pending = new Set<HintChannel>();
  #client: Client | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: Pick<ConnectOptions, 'databaseUrl' | 'applicationName' | 'log'>) {
    this.#options = options;
  }

  /** Returns how to unsubscribe. */
  subscribe(channel: HintChannel, callback: () => void): () => void {
    this.#callbacks[channel].add(callback);
    if (!this.#client && !this.#timer) void this.#connect();
    return () => { this.#callbacks[channel].delete(callback); };
  }

  /** Each payload as it comes; null when some may have been missed. Returns how to unsubscribe. */
  subscribeEvents(callback: (payload: string | null) => void): () => void {
    this.#onEvent.add(callback);
    if (!this.#client && !this.#timer) void this.#connect();
    return () => { this.#onEvent.delete(callback); };
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
    client.on('notification', ({ channel, payload }) => {
      if (channel === EVENT_CHANNEL) this.#tell(payload ?? null);
      else this.#hint(CHANNELS.find((one) => HINT_CHANNELS[one] === channel));
    });
    client.on('error', () => {}); // `end` follows.
    client.once('end', () => this.#lost(client));
    try {
      await client.connect();
      await client.query([...CHANNELS.map((channel) => HINT_CHANNELS[channel]), EVENT_CHANNEL].map((channel) => `listen ${channel}`).join('; '));
      this.#tell(null);
      for (const channel of CHANNELS) this.#hint(channel);
    } catch (error) {
      this.#options.log.warn({ error: (error as Error).message }, 'cannot listen for hints; polling goes on');
      client.end().catch(() => {});
      this.#lost(client);
    }
  }

  #lost(client: Client): void {
    if (this.#client !== client) return;
    this.#client = null;
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#connect(), RECONNECT_AFTER_MS);
  }

  #tell(payload: string | null): void {
    for (const callback of this.#onEvent) callback(payload);
  }

  /** Many notifications in one turn are one hint. */
  #hint(channel: HintChannel | undefined): void {
    if (!channel || this.#pending.has(channel)) return;
    this.#pending.add(channel);
    setImmediate(() => {
      this.#pending.delete(channel);
      for (const callback of this.#callbacks[channel]) callback();
    });
  }
}
