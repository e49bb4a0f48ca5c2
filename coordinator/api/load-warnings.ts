import { intervalMsOf, type Check } from '#shared/check/check.ts';
import type { FastifyReply } from 'fastify';
import { demandOf, loadOf, overloadWarnings } from '../fleet/forecast-load.ts';
import type { LocationDemandPort } from './load-port.ts';
import type { ApiStore } from './ports.ts';

type Locations = Awaited<ReturnType<ApiStore['listLocations']>>;

/** One header a location that the check would bring beyond its capacity: saved it is all the same. */
export function warnOfLoad(reply: FastifyReply, { checkId, check }: { readonly checkId: string; readonly check: Check }, known: Locations, demand: LocationDemandPort | undefined): void {
  if (!demand) return;
  const where = known.filter(({ kind, code }) => (kind === 'public' ? check.locations : check.privateLocations).includes(code));
  const own = demandOf(check, {
    intervalMs: intervalMsOf(check), strategy: check.runParallel ? 'parallel' : 'round_robin', order: where.map(({ id }) => id), active: check.activated,
  });
  if (own === 0) return;
  const warnings = overloadWarnings(where.map(({ id, code, capacity }) => ({ code, load: loadOf(demand.in(id, checkId) + own, capacity) })));
  if (warnings.length > 0) reply.header('sonde-warning', warnings);
}
