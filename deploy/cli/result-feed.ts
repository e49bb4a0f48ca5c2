import { type ApiClient, asRecord } from './api-client.ts';

/** How far back of the newest slot seen a late result is still looked for. */
const LATE_SECONDS = 120;
const PAGE_ENTRIES = 100;
/** Pages taken in one go; what lies beyond is older than anybody follows. */
const PAGES_MAX = 10;

/** The results of one check as they come, each once, oldest first. */
export class ResultFeed {
  readonly #api: ApiClient;
  readonly #checkId: string;
  readonly #filter: Readonly<Record<string, string>>;
  /** Ids with their due instants, to know again what was handed out; those out of sight are forgotten. */
  #seen = new Map<string, number>();
  #newestDueMs = 0;

  constructor(api: ApiClient, checkId: string, filter: Readonly<Record<string, string>> = {}) {
    this.#api = api;
    this.#checkId = checkId;
    this.#filter = filter;
  }

  /** The newest `limit` (at most 100) that there are. */
  async newest(limit: number, signal?: AbortSignal): Promise<readonly unknown[]> {
    return this.#take((await this.#page({ limit: String(limit) }, signal)).entries);
  }

  /** Starts at this instant: nothing due before it is handed out. */
  startAt(dueMs: number): void {
    this.#newestDueMs = dueMs + LATE_SECONDS * 1000;
  }

  /** What came since. */
  async next(signal?: AbortSignal): Promise<readonly unknown[]> {
    const from = String(Math.max(0, Math.floor(this.#newestDueMs / 1000) - LATE_SECONDS));
    const found: unknown[] = [];
    let nextId: string | null = null;
    for (let pages = 0; pages < PAGES_MAX; pages += 1) {
      const page: ResultPage = await this.#page({ limit: String(PAGE_ENTRIES), from, ...(nextId === null ? {} : { nextId }) }, signal);
      found.push(...page.entries);
      nextId = page.nextId;
      // Newest first: a page without news means that all behind it is known, but for what came late.
      if (nextId === null || page.entries.every((entry) => this.#seen.has(keyOf(entry)))) break;
    }
    return this.#take(found);
  }

  async #page(query: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<ResultPage> {
    const body = asRecord(await this.#api.get(`/v2/check-results/${this.#checkId}?${new URLSearchParams({ ...this.#filter, ...query })}`, signal));
    const { entries, nextId } = body;
    return { entries: Array.isArray(entries) ? entries : [], nextId: typeof nextId === 'string' ? nextId : null };
  }

  #take(entries: readonly unknown[]): readonly unknown[] {
    const fresh = entries.filter((entry) => !this.#seen.has(keyOf(entry)));
    for (const entry of fresh) {
      const dueMs = dueMsOf(entry);
      this.#seen.set(keyOf(entry), dueMs);
      this.#newestDueMs = Math.max(this.#newestDueMs, dueMs);
    }
    const oldestMs = this.#newestDueMs - (LATE_SECONDS + 60) * 1000;
    this.#seen = new Map([...this.#seen].filter(([, dueMs]) => dueMs >= oldestMs));
    return fresh.toSorted((a, b) => dueMsOf(a) - dueMsOf(b));
  }
}

type ResultPage = { readonly entries: readonly unknown[]; readonly nextId: string | null };

/** An attempt has its number in the id already; a result of another location has another run. */
function keyOf(entry: unknown): string {
  return String(asRecord(entry)['id']);
}

function dueMsOf(entry: unknown): number {
  return Date.parse(String(asRecord(asRecord(entry)['tcpCheckResult'])['dueAt'])) || 0;
}
