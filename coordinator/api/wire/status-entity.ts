import { z } from 'zod';
import type { CheckStatus, RunExtremes } from '../ports.ts';
import { isoOf, isoOrNull } from './iso.ts';

const JUDGED = z.enum(['passing', 'degraded', 'failing', 'noData']);

/** The current state of one check (checkly-api.md §5.5); from `status` on it is added. */
export const CheckStatusEntity = z.object({
  name: z.string(),
  checkId: z.string(),
  hasFailures: z.boolean(),
  hasErrors: z.boolean(),
  isDegraded: z.boolean(),
  longestRun: z.int().nullable().meta({ description: 'ms, over the last 24 hours' }),
  shortestRun: z.int().nullable().meta({ description: 'ms, over the last 24 hours' }),
  lastRunLocation: z.string().nullable(),
  lastCheckRunId: z.string().nullable(),
  sslDaysRemaining: z.int().nullable(),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
  status: JUDGED.meta({ description: 'as it alerts: thresholds of locations and confirmations count; no data is a state of its own, and not passing' }),
  since: z.iso.datetime().nullable().meta({ description: 'the due instant of the first run that says so' }),
  locations: z.array(z.object({ location: z.string(), status: JUDGED, since: z.iso.datetime().nullable() })).meta({ description: 'as seen from each location' }),
  lastRunAt: z.iso.datetime().nullable(),
  revision: z.int(),
}).meta({ id: 'CheckStatus' });

/** No data raises none of the flags and says so in `status`. */
export function statusEntity(status: CheckStatus, extremes: RunExtremes | undefined): z.output<typeof CheckStatusEntity> {
  const { last } = status;
  return {
    name: status.name,
    checkId: status.checkId,
    hasFailures: status.status === 'failing', hasErrors: false, isDegraded: status.status === 'degraded',
    longestRun: roundedMs(extremes?.longestMs),
    shortestRun: roundedMs(extremes?.shortestMs),
    lastRunLocation: last?.locationCode ?? null,
    lastCheckRunId: last?.runId ?? null,
    sslDaysRemaining: null,
    created_at: isoOf(status.createdAtMs),
    updated_at: isoOf(status.updatedAtMs),
    status: status.status, since: isoOrNull(status.sinceMs),
    locations: status.locations.map(({ code, status: own, sinceMs }) => ({ location: code, status: own, since: isoOrNull(sinceMs) })),
    lastRunAt: last ? isoOf(last.dueAtMs) : null,
    revision: status.revision,
  };
}

function roundedMs(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value);
}
