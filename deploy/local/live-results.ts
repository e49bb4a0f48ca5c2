import { type ApiClient, asRecord } from '../cli/api-client.ts';
import { ResultFeed } from '../cli/result-feed.ts';

/** Checks asked about in one round, so that the live view never uses up what the API allows one key. */
const ASKED_MAX = 3;
/** A slot's last result comes up to this many rounds after its first. */
const WARM_ROUNDS = 3;

/**
 * New results of all checks, by polling: the statuses say which checks have news, those are asked; one more is asked
 * in turn, so that what changes no status (a run by hand) is seen too.
 */
export class LiveResults {
  readonly #api: ApiClient;
  readonly #sinceMs: number;
  readonly #feeds = new Map<string, { readonly feed: ResultFeed; lastRunId: unknown; warm: number }>();
  #turn = 0;

  /** `sinceMs`: what was due before stays history. */
  constructor(api: ApiClient, sinceMs: number) {
    this.#api = api;
    this.#sinceMs = sinceMs;
  }

  /** What came since the last round, by start. */
  async round(signal: AbortSignal): Promise<readonly unknown[]> {
    const statuses = await this.#api.get('/v1/check-statuses', signal);
    this.#learn(Array.isArray(statuses) ? statuses.map(asRecord) : []);
    const found: unknown[] = [];
    for (const entry of this.#chosen()) {
      entry.warm = Math.max(0, entry.warm - 1);
      found.push(...await entry.feed.next(signal));
    }
    return found.toSorted((a, b) => startOf(a) - startOf(b));
  }

  #learn(statuses: readonly Readonly<Record<string, unknown>>[]): void {
    const present = new Set<string>();
    for (const status of statuses) {
      const id = String(status['checkId']);
      present.add(id);
      const known = this.#feeds.get(id);
      if (known === undefined) {
        const feed = new ResultFeed(this.#api, id);
        feed.startAt(this.#sinceMs);
        this.#feeds.set(id, { feed, lastRunId: status['lastCheckRunId'], warm: WARM_ROUNDS });
      } else if (known.lastRunId !== status['lastCheckRunId']) {
        known.lastRunId = status['lastCheckRunId'];
        known.warm = WARM_ROUNDS;
      }
    }
    for (const id of this.#feeds.keys()) if (!present.has(id)) this.#feeds.delete(id);
  }

  /** Those with news first, in turn; then one of the others. */
  #chosen(): readonly { feed: ResultFeed; warm: number }[] {
    const all = [...this.#feeds.values()];
    if (all.length === 0) return [];
    this.#turn = (this.#turn + 1) % all.length;
    const inTurn = [...all.slice(this.#turn), ...all.slice(0, this.#turn)];
    const warm = inTurn.filter((entry) => entry.warm > 0).slice(0, ASKED_MAX);
    const other = inTurn.find((entry) => !warm.includes(entry));
    return other === undefined ? warm : [...warm, other];
  }
}

function startOf(entry: unknown): number {
  return Date.parse(String(asRecord(entry)['startedAt'])) || 0;
}
