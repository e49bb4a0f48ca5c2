import type { Check } from '#shared/check/check.ts';
import type { Location } from '#shared/check/location.ts';
import type {
  ApiStore, Caller, CheckStatus, RunExtremes, LocationKey, NewLocationKey, PrivateLocation, PrivateLocationWrite, StoredCheck, StoredResult,
} from '../ports.ts';
import { settle, type SettledRow } from '../../planning/settle-slots.ts';
import type { AnalyticsStore, CheckName, CheckSummary, Piece, PiecesQuestion } from '../analytics-port.ts';
import type { LocationUseStore } from '../location-use-port.ts';
import type { Notice } from '../../alerting/notice.ts';
import type { AlertAction, AlertFilter, AlertRecord, AlertStore, NoticeFilter } from '../alerts-port.ts';
import type { DeliveryFilter, DeliveryLogStore, DeliveryRecord } from '../deliveries-port.ts';
import type { OverviewCheck } from '../overview-port.ts';
import type { Around, ViewStore } from '../views-port.ts';
import { MemoryResources } from './memory-resources.ts';
import type { CheckSchedule, CompletenessStore, OwedOfCheck, ScheduleFilter, Schedules, SettledOfCheck } from '../completeness-port.ts';

/**
 * A store that keeps shapes honest without Postgres: for tests of what the API makes of its answers.
 * Whatever depends on the store itself (tenancy, paging, concurrency) is tested on the real one.
 */
export class MemoryStore extends MemoryResources implements ApiStore, CompletenessStore, AnalyticsStore, DeliveryLogStore, AlertStore, LocationUseStore, ViewStore {
  /** As they are to be listed. */
  readonly alerts: AlertRecord[] = [];
  readonly told: Notice[] = [];
  readonly alertActions: AlertAction[] = [];
  /** Newest first. */
  readonly deliveries: DeliveryRecord[] = [];
  readonly callers = new Map<string, Caller>();
  readonly locations: (Location & { liveAgents: number; available: boolean; capacity?: number })[] = [];
  readonly results: StoredResult[] = [];
  readonly statuses: CheckStatus[] = [];
  readonly keys: (LocationKey & { readonly locationId: string; readonly hash: Uint8Array })[] = [];
  readonly privateLocations = new Map<string, PrivateLocation & { readonly accountId: string }>();
  readonly agentsInOwn = new Set<string>();
  readonly agentsInPublic = new Set<string>();
  readonly approved: string[] = [];
  readonly drained = new Set<string>();
  /** Thrown by every method while it is set. */
  trouble: unknown = null;
  readonly schedules: (CheckSchedule & { readonly accountId: string })[] = [];
  /** Final results and gaps, by check. */
  readonly settled = new Map<string, readonly SettledRow[]>();
  readonly #checks = new Map<string, StoredCheck>();
  readonly #idempotent = new Map<string, string>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    super();
    this.#nowMs = nowMs;
  }

  addCaller(hash: Uint8Array, caller: Caller): void {
    this.callers.set(Buffer.from(hash).toString('hex'), caller);
  }

  async countChecksByLocation(): Promise<ReadonlyMap<string, number>> {
    return new Map();
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

  async listLocations(accountId: string): Promise<readonly (Location & { liveAgents: number; available: boolean; capacity: number })[]> {
    this.#check();
    return this.locations.filter((location) => location.accountId === null || location.accountId === accountId).map((location) => ({ capacity: 0, ...location }));
  }

  async createLocation({ code, name }: { code: string; name: string }): Promise<Location | 'conflict'> {
    if (this.locations.some((location) => location.code === code)) return 'conflict';
    const location: Location = { id: `id of ${code}`, code, name, kind: 'public', accountId: null };
    this.locations.push({ ...location, liveAgents: 0, available: false, capacity: 0 });
    return location;
  }

  async createLocationKey(locationId: string, { id, hash, masked, limits = {} }: NewLocationKey): Promise<LocationKey | 'too_many'> {
    if (this.keys.filter((key) => key.locationId === locationId).length >= 2) return 'too_many';
    const key = { id, masked, createdAtMs: this.#nowMs(), expiresAtMs: null, isOneTime: false, isUsed: false, agentsMax: null, needsApproval: false, ...limits };
    this.keys.push({ ...key, locationId, hash });
    return key;
  }

  async listLocationKeys(locationId: string): Promise<readonly LocationKey[]> {
    return this.keys.filter((key) => key.locationId === locationId);
  }

  async revokeLocationKey(locationId: string, keyId: string): Promise<boolean> {
    const at = this.keys.findIndex((key) => key.locationId === locationId && key.id === keyId);
    return at >= 0 && this.keys.splice(at, 1).length > 0;
  }

  async listPrivateLocations(accountId: string): Promise<readonly PrivateLocation[]> {
    this.#check();
    return Promise.all([...this.privateLocations.values()].filter((one) => one.accountId === accountId)
      .map(async (one) => ({ ...one, keys: await this.listLocationKeys(one.id) })));
  }

  async getPrivateLocation(accountId: string, id: string): Promise<PrivateLocation | null> {
    return (await this.listPrivateLocations(accountId)).find((one) => one.id === id) ?? null;
  }

  async createPrivateLocation(accountId: string, { key, ...wanted }: PrivateLocationWrite & { id: string; slugName: string; key: NewLocationKey }): Promise<PrivateLocation | 'conflict'> {
    if ((await this.listPrivateLocations(accountId)).some(({ slugName }) => slugName === wanted.slugName)) return 'conflict';
    const nowMs = this.#nowMs();
    this.privateLocations.set(wanted.id, { ...wanted, accountId, createdAtMs: nowMs, updatedAtMs: nowMs, keys: [], lastSeenAtMs: null, agents: [] });
    await this.createLocationKey(wanted.id, key);
    return (await this.getPrivateLocation(accountId, wanted.id))!;
  }

  async updatePrivateLocation(accountId: string, id: string, change: PrivateLocationWrite): Promise<PrivateLocation | null> {
    const before = this.privateLocations.get(id);
    if (before?.accountId !== accountId) return null;
    this.privateLocations.set(id, { ...before, ...change, updatedAtMs: this.#nowMs() });
    return this.getPrivateLocation(accountId, id);
  }

  async deletePrivateLocation(accountId: string, id: string) {
    const location = this.privateLocations.get(id);
    if (location?.accountId !== accountId) return { kind: 'not_found' } as const;
    const checks = [...this.#checks.values()].filter(({ check }) => check.privateLocations.includes(location.slugName)).map(({ check }) => check.name);
    if (checks.length > 0) return { kind: 'in_use', checks } as const;
    this.privateLocations.delete(id);
    return { kind: 'deleted' } as const;
  }

  readonly pieces: Piece[] = [];
  readonly summaries: CheckSummary[] = [];

  async readPieces(_accountId: string, { checkIds }: PiecesQuestion): Promise<readonly Piece[]> {
    this.#check();
    return this.pieces.filter(({ checkId }) => checkIds.includes(checkId));
  }

  async summariseChecks(): Promise<{ entries: readonly CheckSummary[]; total: number }> {
    this.#check();
    return { entries: this.summaries, total: this.summaries.length };
  }

  async listOverview(accountId: string): Promise<readonly OverviewCheck[]> {
    return [...this.#checks.values()].filter((stored) => stored.accountId === accountId).map(({ id, check }) => ({
      checkId: id, name: check.name, tags: check.tags, target: `${check.request.hostname}:${check.request.port}`, activated: check.activated, muted: check.muted,
      status: 'noData', sinceMs: null, locations: check.locations, privateLocations: check.privateLocations,
    }));
  }

  async lastVerdictsMs(): Promise<ReadonlyMap<string, number>> {
    return new Map();
  }

  async countAgents(): Promise<{ online: number; total: number }> {
    return { online: 0, total: 0 };
  }

  async listCheckNames(accountId: string, checkIds: readonly string[] | null): Promise<readonly CheckName[]> {
    return [...this.#checks.values()].filter(({ id, accountId: owner }) => owner === accountId && (checkIds?.includes(id) ?? true))
      .map(({ id, check }) => ({ checkId: id, name: check.name, tags: check.tags, frequencyMs: 60_000, coversMs: 60_000 }));
  }

  async listAgents(): Promise<readonly []> {
    return [];
  }

  async findAgent(_accountId: string, id: string): Promise<{ inPublic: boolean; inOwn: boolean }> {
    return { inPublic: this.agentsInPublic.has(id), inOwn: this.agentsInOwn.has(id) };
  }

  async approveAgent(_accountId: string, id: string): Promise<void> {
    this.approved.push(id);
  }

  async drainAgent(_accountId: string, id: string, { isDraining }: { isDraining: boolean }): Promise<void> {
    if (isDraining) this.drained.add(id);
    else this.drained.delete(id);
  }

  async revokeAgent(_accountId: string, id: string): Promise<void> {
    this.agentsInOwn.delete(id);
    this.agentsInPublic.delete(id);
  }

  async listResults(accountId: string, filter: { checkId: string; limit: number }): Promise<{ entries: readonly StoredResult[]; nextCursor: string | null }> {
    const mine = this.results.filter((result) => result.accountId === accountId && result.checkId === filter.checkId);
    return { entries: mine.slice(0, filter.limit), nextCursor: mine.length > filter.limit ? 'more' : null };
  }

  async getResult(accountId: string, checkId: string, runId: string, attempt?: number): Promise<StoredResult | null> {
    return this.results.find((result) => result.accountId === accountId && result.checkId === checkId && result.runId === runId
      && (attempt === undefined ? result.isFinal : result.attempt === attempt)) ?? null;
  }

  async aroundResult(accountId: string, checkId: string, runId: string): Promise<Around | null> {
    const attempts = this.results.filter((result) => result.accountId === accountId && result.checkId === checkId && result.runId === runId);
    if (attempts.length === 0) return null;
    return {
      attempts: attempts.map((result) => ({ ...result, locationCode: result.locationExecutedCode, totalUs: result.report.timings.totalUs, failureCode: result.failure?.code ?? null })),
      slot: [], previous: null, next: null,
    };
  }

  async readStanding(): Promise<Awaited<ReturnType<ViewStore['readStanding']>>> {
    return { status: 'noData', sinceMs: null, alerts: [] };
  }

  readonly extremes = new Map<string, RunExtremes>();

  async listRunExtremes(): Promise<ReadonlyMap<string, RunExtremes>> {
    return this.extremes;
  }

  async listCheckStatuses(accountId: string, checkIds: readonly string[] | null): Promise<readonly CheckStatus[]> {
    return this.statuses.filter((status) => this.#checks.get(status.checkId)?.accountId === accountId && (checkIds === null || checkIds.includes(status.checkId)));
  }

  async listSchedules(accountId: string, filter: ScheduleFilter): Promise<Schedules> {
    this.#check();
    const mine = this.schedules.filter((schedule) => schedule.accountId === accountId && (filter.kind === 'page' || filter.checkId === schedule.checkId));
    const entries = filter.kind === 'one' ? mine : mine.slice((filter.page - 1) * filter.limit, filter.page * filter.limit);
    const availability = this.locations.map(({ id }) => ({ locationId: id, fromAtMs: 0, available: true }));
    return { entries, total: mine.length, availability, locationCodes: new Map(this.locations.map(({ id, code }) => [id, code])) };
  }

  async listDeliveries(_accountId: string, { limit, page }: DeliveryFilter): Promise<{ entries: readonly DeliveryRecord[]; total: number }> {
    return { entries: this.deliveries.slice((page - 1) * limit, page * limit), total: this.deliveries.length };
  }

  async listAlerts(_accountId: string, { limit, page }: AlertFilter): Promise<{ entries: readonly AlertRecord[]; total: number }> {
    return { entries: this.alerts.slice((page - 1) * limit, page * limit), total: this.alerts.length };
  }

  async getAlert(_accountId: string, id: string): Promise<AlertRecord | null> {
    return this.alerts.find((alert) => alert.id === id) ?? null;
  }

  async changeAlert(_accountId: string, id: string, action: AlertAction): Promise<AlertRecord | 'not_found' | 'closed'> {
    const found = this.alerts.find((alert) => alert.id === id);
    if (!found) return 'not_found';
    this.alertActions.push(action);
    return found.closedAtMs === null ? found : 'closed';
  }

  async listTransitions(_accountId: string, { limit, page }: NoticeFilter): Promise<{ entries: readonly Notice[]; total: number }> {
    return { entries: this.told.slice((page - 1) * limit, page * limit), total: this.told.length };
  }

  async resendDelivery(_accountId: string, id: string): Promise<DeliveryRecord | 'pending' | 'not_found'> {
    const found = this.deliveries.find((delivery) => delivery.id === id);
    if (!found) return 'not_found';
    return found.state === 'pending' ? 'pending' : { ...found, state: 'pending' };
  }

  async listSettled(_accountId: string, checks: readonly OwedOfCheck[], { fromMs, toMs }: { fromMs: number; toMs: number }, gapSpansMax: number): Promise<ReadonlyMap<string, SettledOfCheck>> {
    return new Map(checks.map(({ checkId, owed, openFromMs }) => {
      const rows = (this.settled.get(checkId) ?? []).filter(({ dueAtMs }) => dueAtMs >= fromMs && dueAtMs < toMs);
      const { counts, gapSpans } = settle(owed, rows, openFromMs);
      return [checkId, { counts, gapSpans: gapSpans.slice(0, gapSpansMax) }];
    }));
  }

  #put(stored: StoredCheck): StoredCheck {
    this.#checks.set(stored.id, stored);
    return stored;
  }

  #check(): void {
    if (this.trouble !== null) throw this.trouble;
  }
}
