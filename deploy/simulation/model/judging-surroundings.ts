import type { AccountContext } from '#coordinator/pipeline/judging-port.ts';

/** An agent was cut off itself; `toMs` null: until further notice. */
export type ImpairedSpan = { readonly locationId: string; readonly agentId: string; readonly fromMs: number; readonly toMs: number | null; isWithdrawn: boolean };

/** What the judge reads besides the rows of a check: tables that others write. */
export class JudgingSurroundings {
  /** By account. */
  readonly contexts = new Map<string, AccountContext>();
  readonly impaired: ImpairedSpan[] = [];
  /** By account and location: when the outage of it that was told last ended; null: it goes on. */
  readonly outages = new Map<string, number | null>();

  contextOf(accountId: string): AccountContext {
    return this.contexts.get(accountId) ?? NOBODY_SAID_ANYTHING;
  }

  isImpaired({ locationId, agentId, dueAtMs }: { readonly locationId: string; readonly agentId: string; readonly dueAtMs: number }): boolean {
    return this.impaired.some((span) => !span.isWithdrawn && span.locationId === locationId && span.agentId === agentId
      && dueAtMs >= span.fromMs && (span.toMs === null || dueAtMs <= span.toMs));
  }
}

const NOBODY_SAID_ANYTHING: AccountContext = { alertSettings: null, groups: new Map(), windows: [] };
