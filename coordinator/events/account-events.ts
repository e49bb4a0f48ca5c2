import type { Log } from '#shared/log.ts';
import type { Clock, Timer } from '#shared/time/clock.ts';

/** What changed: results came, a check's status moved, a definition was written, an agent came or went, an alert, a setting. */
export const EVENT_KINDS = ['results', 'statuses', 'checks', 'fleet', 'alerts', 'settings'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** `checkIds` null: no check in particular, or too many to name. */
export type AccountEvent = { readonly kind: EventKind; readonly checkIds: readonly string[] | null };

export type EventStore = {
  /** To every coordinator, this one among them. Each is one short text. */
  publishEvents(payloads: readonly string[]): Promise<void>;
  /** `onPayload` null: some may have been missed. Returns how to end it. */
  watchEvents(onPayload: (payload: string | null) => void): () => void;
  /** Agents came or went, somewhere. */
  watchFleet(onChange: () => void): () => void;
};

/** What happens within this is one event. People see it as at once. */
const GATHER_MS = 500;
/** A payload of Postgres holds 8,000 bytes; beyond this a dashboard reads everything again anyway. */
const CHECKS_NAMED_MAX = 100;
/** Of accounts and kinds waiting to be told; beyond it the news is dropped, and pages refresh by their own clock. */
const WAITING_MAX = 2_000;

type Pending = { readonly accountId: string; readonly kind: EventKind; readonly checkIds: Set<string> | null };

/**
 * News of an account, for whoever looks at it now, through Postgres so that any coordinator may have seen the cause.
 * Hints, nothing more: one that is lost costs freshness.
 */
export class AccountEvents {
  readonly #deps: { readonly store: EventStore; readonly clock: Clock; readonly log: Pick<Log, 'warn'> };
  readonly #listeners = new Map<string, Set<(event: AccountEvent) => void>>();
  readonly #pending = new Map<string, Pending>();
  readonly #unwatch: (() => void)[] = [];
  #timer: Timer | null = null;
  #fleetTimer: Timer | null = null;

  constructor(deps: { readonly store: EventStore; readonly clock: Clock; readonly log: Pick<Log, 'warn'> }) {
    this.#deps = deps;
  }

  start(): void {
    const { store, clock } = this.#deps;
    this.#unwatch.push(store.watchEvents((payload) => this.#hear(payload)), store.watchFleet(() => {
      this.#fleetTimer ??= clock.setTimer(GATHER_MS, () => {
        this.#fleetTimer = null;
        this.#tellAll({ kind: 'fleet', checkIds: null });
      });
    }));
  }

  stop(): void {
    for (const end of this.#unwatch.splice(0)) end();
    this.#timer?.cancel();
    this.#fleetTimer?.cancel();
    this.#listeners.clear();
  }

  /** Something changed; told within a second. `checkIds` null: no check in particular. */
  note(accountId: string, kind: EventKind, checkIds: Iterable<string> | null): void {
    const key = `${accountId} ${kind}`;
    const before = this.#pending.get(key);
    if (!before && this.#pending.size >= WAITING_MAX) return;
    const ids = before && before.checkIds === null ? null : checkIds === null ? null : new Set([...before?.checkIds ?? [], ...checkIds]);
    this.#pending.set(key, { accountId, kind, checkIds: ids !== null && ids.size > CHECKS_NAMED_MAX ? null : ids });
    this.#timer ??= this.#deps.clock.setTimer(GATHER_MS, () => this.#publish());
  }

  /** Returns how to end it. */
  subscribe(accountId: string, listener: (event: AccountEvent) => void): () => void {
    const listeners = this.#listeners.get(accountId) ?? new Set();
    this.#listeners.set(accountId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(accountId) === listeners) this.#listeners.delete(accountId);
    };
  }

  #publish(): void {
    this.#timer = null;
    const payloads = [...this.#pending.values()].map(({ accountId, kind, checkIds }) => JSON.stringify([accountId, kind, checkIds && [...checkIds]]));
    this.#pending.clear();
    this.#deps.store.publishEvents(payloads).catch((error: unknown) => this.#deps.log.warn({ err: error }, 'could not tell dashboards what changed; they refresh by themselves'));
  }

  #hear(payload: string | null): void {
    if (payload === null) {
      for (const kind of EVENT_KINDS) this.#tellAll({ kind, checkIds: null });
      return;
    }
    const [accountId, kind, checkIds] = JSON.parse(payload) as [string, EventKind, readonly string[] | null];
    for (const listener of this.#listeners.get(accountId) ?? []) listener({ kind, checkIds });
  }

  #tellAll(event: AccountEvent): void {
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener(event);
  }
}
