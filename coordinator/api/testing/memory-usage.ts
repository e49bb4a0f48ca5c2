import type { Quota } from '../../usage/usage.ts';
import type { AccountFacts } from '../../prometheus/account-metrics.ts';
import type { PrometheusStore } from '../prometheus-port.ts';
import type { ExternalUsage, UsageOfDay, UsageStore } from '../usage-port.ts';

/** Usage as a test sets it. What depends on the store is tested on Postgres. */
export class MemoryUsage implements UsageStore, PrometheusStore {
  accountFacts: AccountFacts = { checks: [], counted: [], privateLocations: [] };
  readonly usage: UsageOfDay[] = [];
  readonly quotas = new Map<string, Quota>();

  async readUsage(_accountId: string, { fromMs, toMs }: { fromMs: number; toMs: number }): Promise<readonly UsageOfDay[]> {
    return this.usage.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
  }

  async putExternalUsage(_accountId: string, entries: readonly ExternalUsage[]): Promise<void> {
    for (const { date, ...entry } of entries) this.usage.push({ ...entry, atMs: Date.parse(date), kind: 'external', degraded: 0, failed: 0, overMax: 0 });
  }

  async readQuotas(): Promise<ReadonlyMap<string, Quota>> {
    return this.quotas;
  }

  async setQuota(_accountId: string, pool: string, quota: Quota | null): Promise<void> {
    if (quota === null) this.quotas.delete(pool);
    else this.quotas.set(pool, quota);
  }

  async readAccountFacts(): Promise<AccountFacts> {
    return this.accountFacts;
  }

  async tellQuotas(): Promise<void> {}
}
