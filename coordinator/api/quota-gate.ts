import type { FastifyInstance } from 'fastify';
import type { Clock } from '#shared/time/clock.ts';
import { ApiError } from './api-error.ts';
import { quotasNow } from './routes/usage.ts';
import { DEFAULT_USAGE_SETTINGS, type UsageSettings, type UsageStore } from './usage-port.ts';

/** What starts more runs than there are. */
const STARTS_RUNS = new Set(['POST /v1/checks/tcp', 'POST /v1/checks/:id/run']);

type Gate = { readonly store: Pick<UsageStore, 'readUsage' | 'readQuotas'>; readonly clock: Clock; readonly usage?: UsageSettings };

/** Where the policy says so, an account at its quota gets neither new checks nor manual runs, and is told why. What runs goes on. */
export function guardQuota(app: FastifyInstance, { store, clock, usage = DEFAULT_USAGE_SETTINGS }: Gate): void {
  app.addHook('onRequest', async (request) => {
    if (request.caller === null || !STARTS_RUNS.has(`${request.method} ${request.routeOptions.url}`)) return;
    const quotas = await quotasNow(store, request.caller.accountId, usage.defaultQuota, clock.nowMs());
    const full = quotas.find(({ state, policy }) => state === 'exceeded' && policy === 'refuse_new');
    if (!full) return;
    throw new ApiError(402, `the quota of ${full.runsPerMonth} runs of ${full.period} is used up: what runs goes on, but new checks and manual runs are refused until ${full.to.slice(0, 10)}; raise the quota with PUT /v1/usage/quota`);
  });
}
