import type { Clock } from '#shared/time/clock.ts';
import type { RunDefinition } from '../../planning/closing-time.ts';
import type { ClosingStore, Lease, OwedRun } from '../closing-port.ts';
import type { IngestRow, IngestStore } from '../ports.ts';

/** Postgres as closing slots sees it, in memory: leases in its own time, the mark, one row a run and kind. */
export class MemoryClosing implements ClosingStore, IngestStore {
  readonly rows = new Map<string, IngestRow>();
  readonly replaced: { readonly checkId: string; readonly definition: RunDefinition; readonly replacedAtMs: number }[] = [];
  readonly rejected = new Set<string>();
  revision = 1;
  markMs: number;
  queries = 0;
  /** Thrown by the next writes of gaps while it is above 0. */
  failures = 0;
  readonly #clock: Clock;
  readonly #leases = new Map<string, { holder: string; token: number; endsMs: number }>();

  constructor(clock: Clock, markMs: number) {
    this.#clock = clock;
    this.markMs = markMs;
  }

  async configRevision(): Promise<number> { return this.revision; }

  async acquireLease(name: string, holder: string, ttlMs: number): Promise<Lease | null> {
    const nowMs = this.#clock.nowMs();
    const known = this.#leases.get(name) ?? { holder: '', token: 0, endsMs: -Infinity };
    const isRunning = known.endsMs > nowMs;
    if (isRunning && known.holder !== holder) return null;
    const token = isRunning ? known.token : known.token + 1;
    this.#leases.set(name, { holder, token, endsMs: nowMs + ttlMs });
    return { name, holder, token, ttlMs, nowMs };
  }

  async releaseLease({ name, token }: Lease): Promise<void> {
    const known = this.#leases.get(name);
    if (known?.token === token) known.endsMs = this.#clock.nowMs();
  }

  async closedThroughMs(): Promise<number> { return this.markMs; }

  async moveClosedThrough({ name, token }: Lease, dueMs: number): Promise<boolean> {
    const known = this.#leases.get(name);
    if (known?.token !== token || known.endsMs <= this.#clock.nowMs()) return false;
    this.markMs = Math.max(this.markMs, dueMs);
    return true;
  }

  async findUnsettled<Run extends OwedRun>(runs: readonly Run[]): Promise<readonly (Run & { readonly wasRejected: boolean })[]> {
    this.queries += 1;
    return runs.filter(({ runId }) => !this.rows.has(`result ${runId}`) && !this.rows.has(`gap ${runId}`))
      .map((run) => ({ ...run, wasRejected: this.rejected.has(run.checkId) }));
  }

  async listReplacedDefinitions(sinceMs: number) {
    return this.replaced.filter(({ replacedAtMs }) => replacedAtMs >= sinceMs);
  }

  async ingest(rows: readonly IngestRow[]) {
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('Postgres is away');
    }
    let inserted = 0;
    for (const row of rows) {
      const runId = row.kind === 'gap' ? row.gap.runId : row.result.runId;
      const key = `${row.kind} ${runId}`;
      if (this.rows.has(key) || (row.kind === 'gap' && this.rows.has(`result ${runId}`))) continue;
      if (row.kind === 'result') this.rows.delete(`gap ${runId}`);
      this.rows.set(key, row);
      inserted += 1;
    }
    return { inserted, duplicates: rows.length - inserted };
  }
}
