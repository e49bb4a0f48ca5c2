/** What the impaired windows need from the store (rules.md 22). Times are ms since the epoch. */
import type { SeenElsewhere } from '../fleet/impaired.ts';

export type WitnessRow = {
  readonly locationId: string;
  readonly agentId: string;
  readonly state: 'none' | 'unknown' | 'ok' | 'failing';
  /** null for none and unknown. */
  readonly sinceMs: number | null;
  readonly answering: number;
  readonly total: number;
};

/** A window's identity. */
export type WindowKey = { readonly locationId: string; readonly agentId: string; readonly fromMs: number };

export type ImpairedWindow = WindowKey & {
  /** null: it is still open. */
  readonly toMs: number | null;
  readonly isWithdrawn: boolean;
};

export type ImpairedStore = {
  /** What agents say of their witnesses; the newest counts. */
  noteWitnesses(rows: readonly WitnessRow[]): Promise<void>;
  /** Windows of an agent, the newest first, at most a few. */
  windowsOfAgent(locationId: string, agentId: string): Promise<readonly ImpairedWindow[]>;
  /** What other agents, whose witnesses answered, saw of the targets of the location's checks in the span. */
  seenElsewhere(of: { readonly locationId: string; readonly agentId: string; readonly fromMs: number; readonly toMs: number }): Promise<SeenElsewhere>;
  /** Each of the three marks, by a hint, what must be judged again; doing it twice changes nothing. */
  openImpairedWindow(window: WindowKey & { readonly toMs: number | null; readonly reason: object }): Promise<void>;
  closeImpairedWindow(window: WindowKey & { readonly toMs: number }): Promise<void>;
  withdrawImpairedWindow(window: WindowKey): Promise<void>;
  /** Windows that hold for some of `[fromMs, toMs)`, withdrawn ones left out, by location, agent and beginning. */
  impairedWindows(locationIds: readonly string[], fromMs: number, toMs: number): Promise<readonly ImpairedWindow[]>;
};
