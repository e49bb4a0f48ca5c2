import type { SeenElsewhere } from '../../fleet/impaired.ts';
import type { ImpairedStore, ImpairedWindow, WindowKey, WitnessRow } from '../impaired-port.ts';

/** Impaired windows in memory; Postgres has tests of its own. */
export class MemoryImpaired implements ImpairedStore {
  readonly windows = new Map<string, ImpairedWindow>();
  readonly witnesses = new Map<string, WitnessRow>();
  elsewhere: SeenElsewhere = { silent: 0, reached: 0 };
  /** Locations that were marked for the judge. */
  readonly hints: string[] = [];

  async noteWitnesses(rows: readonly WitnessRow[]): Promise<void> {
    for (const row of rows) this.witnesses.set(row.agentId, row);
  }

  async windowsOfAgent(locationId: string, agentId: string): Promise<readonly ImpairedWindow[]> {
    return [...this.windows.values()].filter((window) => window.locationId === locationId && window.agentId === agentId);
  }

  async seenElsewhere(): Promise<SeenElsewhere> {
    return this.elsewhere;
  }

  async openImpairedWindow({ reason: _, ...window }: Parameters<ImpairedStore['openImpairedWindow']>[0]): Promise<void> {
    if (!this.windows.has(keyOf(window))) this.#put({ ...window, isWithdrawn: false });
  }

  async closeImpairedWindow({ toMs, ...key }: Parameters<ImpairedStore['closeImpairedWindow']>[0]): Promise<void> {
    const window = this.windows.get(keyOf(key));
    if (window?.toMs === null) this.#put({ ...window, toMs });
  }

  async withdrawImpairedWindow(key: WindowKey): Promise<void> {
    const window = this.windows.get(keyOf(key));
    if (window && !window.isWithdrawn) this.#put({ ...window, isWithdrawn: true });
  }

  async impairedWindows(locationIds: readonly string[], fromMs: number, toMs: number): Promise<readonly ImpairedWindow[]> {
    return [...this.windows.values()].filter((window) => locationIds.includes(window.locationId) && !window.isWithdrawn
      && window.fromMs < toMs && (window.toMs === null || window.toMs > fromMs));
  }

  #put(window: ImpairedWindow): void {
    this.windows.set(keyOf(window), window);
    this.hints.push(window.locationId);
  }
}

function keyOf({ locationId, agentId, fromMs }: WindowKey): string {
  return `${locationId} ${agentId} ${fromMs}`;
}
