import type { Location } from '#shared/check/location.ts';
import type { AvailabilityChange } from '#shared/schedule/epoch.ts';
import type { IngestRow, IngestStore, PlannedCheck, PlanStore, SessionStore, ShotStore } from '../../pipeline/ports.ts';

/** The ports of the fleet side held in memory, for tests of the protocol; Postgres has tests of its own. */
export class MemoryStore implements PlanStore, IngestStore, SessionStore, ShotStore {
  revision = 1;
  readonly checks = new Map<string, PlannedCheck & { changedAt: number }>();
  readonly locations: Location[] = [];
  readonly availability: { readonly change: AvailabilityChange; readonly changedAt: number }[] = [];
  readonly keys = new Map<string, Location>();
  readonly rows = new Map<string, IngestRow>();
  readonly shots = new Map<string, Parameters<ShotStore['recordShot']>[0]>();
  readonly holders = new Map<string, string>();
  readonly sessions = new Map<string, { agentId: string; locationId: string; generation: number }>();
  readonly generations = new Map<string, number>();
  /** While set, ingest throws it: Postgres in trouble. */
  trouble: Error | null = null;
  ingestCalls = 0;
  #hint = (): void => undefined;

  put(check: PlannedCheck): void {
    this.revision += 1;
    this.checks.set(check.checkId, { ...check, changedAt: this.revision });
    this.#hint();
  }

  async configRevision(): Promise<number> { return this.revision; }

  async loadConfig(since: number) {
    const checks = [...this.checks.values()].filter(({ changedAt }) => changedAt > since);
    return { revision: this.revision, checks, locations: this.locations, availability: this.availability.flatMap(({ change, changedAt }) => (changedAt > since ? [change] : [])) };
  }

  async appendAvailability(changes: readonly AvailabilityChange[]): Promise<void> {
    this.revision += 1;
    for (const change of changes) this.availability.push({ change, changedAt: this.revision });
    this.#hint();
  }

  onConfigHint(callback: () => void): () => void {
    this.#hint = callback;
    return () => { this.#hint = () => undefined; };
  }

  async ingest(rows: readonly IngestRow[]) {
    this.ingestCalls += 1;
    if (this.trouble) throw this.trouble;
    const fresh = rows.filter((row) => {
      const key = row.kind === 'result' ? `${row.result.runId}/${row.result.attempt}` : `gap ${row.gap.runId}`;
      const isNew = !this.rows.has(key);
      if (isNew) this.rows.set(key, row);
      return isNew;
    });
    return { inserted: fresh.length, duplicates: rows.length - fresh.length };
  }

  async findLocationByKey(hash: Uint8Array) { return this.keys.get(Buffer.from(hash).toString()) ?? null; }

  async openSession({ agentId, locationId }: { agentId: string; locationId: string }) {
    const generation = (this.generations.get(agentId) ?? 0) + 1;
    this.generations.set(agentId, generation);
    const sessionId = `session-${agentId}-${generation}`;
    this.sessions.set(sessionId, { agentId, locationId, generation });
    return { sessionId, generation };
  }

  async findSession(sessionId: string) {
    const session = this.sessions.get(sessionId);
    return session ? { ...session, isNewest: this.generations.get(session.agentId) === session.generation } : null;
  }

  async touchSessions(): Promise<void> {}
  async closeSession(): Promise<void> {}
  async setHolder(locationId: string, agentId: string | null): Promise<void> {
    if (agentId === null) this.holders.delete(locationId);
    else this.holders.set(locationId, agentId);
  }
  async listHolders() { return this.holders; }
  async recordShot(shot: Parameters<ShotStore['recordShot']>[0]): Promise<void> { this.shots.set(shot.runId, shot); }
  async findShots(runIds: readonly string[]) { return runIds.flatMap((id) => this.shots.get(id) ?? []); }
}
