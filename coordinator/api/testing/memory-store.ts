import type { Check } from '#shared/check/check.ts';
import type { Location } from '#shared/check/location.ts';
import type { ApiStore, Caller, CheckStatus, StoredCheck, StoredResult } from '../ports.ts';

/**
 * A store that keeps shapes honest without Postgres: for tests of what the API makes of its answers.
 * Whatever depends on the store itself (tenancy, paging, concurrency) is tested on the real one.
 */
export class MemoryStore implements ApiStore {
  readonly callers = new Map<string, Caller>();
  readonly locations: (Location & { liveAgents: number; available: boolean })[] = [];
  readonly results: StoredResult[] = [];
  readonly statuses: CheckStatus[] = [];
  readonly keys: { locationId: string; hash: Uint8Array; masked: string }[] = [];
  /** Thrown by every method while it is set. */
  trouble: unknown = null;
  readonly #checks = new Map<string, StoredCheck>();
  readonly #idempotent = new Map<string, string>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  addCaller(hash: Uint8Array, caller: Caller): void {
    this.callers.set(Buffer.from(hash).toString('hex'), caller);
  }

  async findCaller(hash: Uint8Array): Promise<Caller | null> {
    this.#check();
    return this.callers.get(Buffer.from(hash).toString('hex')) ?? null;
  }

  async getAccount(accountId: string): Promise<{ id: string; name: string; createdAtMs: number }> {
    return { id: accountId, name: 'first', createdAtMs: this.#nowMs() };
  }

  async createCheck(accountId: string, id: string, check: Check, idempotencyKey: string | null): Promise<StoredCheck> {
    this.#check();
    const before = idempotencyKey === null ? undefined : this.#checks.get(this.#idempotent.get(idempotencyKey) ?? '');
    if (before) return before;
    if (idempotencyKey !== null) this.#idempotent.set(idempotencyKey, id);
    return this.#put({ id, accountId, revision: 1, check, createdAtMs: this.#nowMs(), updatedAtMs: this.#nowMs() });
  }

  async listChecks(accountId: string, at: { limit: number; page: number; tag?: string; search?: string }): Promise<{ entries: readonly StoredCheck[]; total: number }> {
    this.#check();
    const all = [...this.#checks.values()].filter(({ check, accountId: owner }) => owner === accountId
      && (at.tag === undefined || check.tags.includes(at.tag)) && (at.search === undefined || check.name.includes(at.search)));
    return { entries: all.slice((at.page - 1) * at.limit, at.page * at.limit), total: all.length };
  }

  async getCheck(accountId: string, id: string): Promise<StoredCheck | null> {
    this.#check();
    const stored = this.#checks.get(id);
    return stored?.accountId === accountId ? stored : null;
  }

  async replaceCheck(accountId: string, id: string, check: Check, ifRevision: number | null): Promise<StoredCheck | 'not_found' | 'conflict'> {
    const stored = await this.getCheck(accountId, id);
    if (!stored) return 'not_found';
    if (ifRevision !== null && ifRevision !== stored.revision) return 'conflict';
    return this.#put({ ...stored, check, revision: stored.revision + 1, updatedAtMs: this.#nowMs() });
  }

  async deleteCheck(accountId: string, id: string): Promise<boolean> {
    return await this.getCheck(accountId, id) !== null && this.#checks.delete(id);
  }

  async listLocations(accountId: string): Promise<readonly (Location & { liveAgents: number; available: boolean })[]> {
    this.#check();
    return this.locations.filter((location) => location.accountId === null || location.accountId === accountId);
  }

  async createLocation({ code, name }: { code: string; name: string }): Promise<Location | 'conflict'> {
    if (this.locations.some((location) => location.code === code)) return 'conflict';
    const location: Location = { id: `id of ${code}`, code, name, kind: 'public', accountId: null };
    this.locations.push({ ...location, liveAgents: 0, available: false });
    return location;
  }

  async createLocationKey(locationId: string, key: { id: string; hash: Uint8Array; masked: string }): Promise<void> {
    this.keys.push({ locationId, hash: key.hash, masked: key.masked });
  }

  async listAgents(): Promise<readonly []> {
    return [];
  }

  async listResults(accountId: string, filter: { checkId: string; limit: number }): Promise<{ entries: readonly StoredResult[]; nextCursor: string | null }> {
    const mine = this.results.filter((result) => result.accountId === accountId && result.checkId === filter.checkId);
    return { entries: mine.slice(0, filter.limit), nextCursor: mine.length > filter.limit ? 'more' : null };
  }

  async getResult(accountId: string, checkId: string, runId: string, attempt?: number): Promise<StoredResult | null> {
    return this.results.find((result) => result.accountId === accountId && result.checkId === checkId && result.runId === runId
      && (attempt === undefined ? result.isFinal : result.attempt === attempt)) ?? null;
  }

  async listCheckStatuses(accountId: string, checkIds: readonly string[] | null): Promise<readonly CheckStatus[]> {
    return this.statuses.filter((status) => this.#checks.get(status.checkId)?.accountId === accountId && (checkIds === null || checkIds.includes(status.checkId)));
  }

  #put(stored: StoredCheck): StoredCheck {
    this.#checks.set(stored.id, stored);
    return stored;
  }

  #check(): void {
    if (this.trouble !== null) throw this.trouble;
  }
}
