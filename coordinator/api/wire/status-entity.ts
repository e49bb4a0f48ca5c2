import { z } from 'zod';
import type { CheckStatus } from '../ports.ts';
import { isoOf } from './iso.ts';
import { flagsOf } from './result-entity.ts';

/** The current state of one check (checkly-api.md §5.5); `status`, `lastRunAt` and `revision` are added. */
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
  status: z.enum(['passing', 'degraded', 'failing', 'noData']).meta({ description: 'no data is a state of its own, and not passing' }),
  lastRunAt: z.iso.datetime().nullable(),
  revision: z.int(),
}).meta({ id: 'CheckStatus' });

/** No data raises none of the flags and says so in `status`. */
export function statusEntity(status: CheckStatus): z.output<typeof CheckStatusEntity> {
  const { last } = status;
  return {
    name: status.name,
    checkId: status.checkId,
    ...(last ? flagsOf(last.outcome) : { hasFailures: false, hasErrors: false, isDegraded: false }),
    longestRun: roundedMs(status.longestRunMs),
    shortestRun: roundedMs(status.shortestRunMs),
    lastRunLocation: last?.locationCode ?? null,
    lastCheckRunId: last?.runId ?? null,
    sslDaysRemaining: null,
    created_at: isoOf(status.createdAtMs),
    updated_at: isoOf(status.updatedAtMs),
    status: stateOf(last),
    lastRunAt: last ? isoOf(last.dueAtMs) : null,
    revision: status.revision,
  };
}

function stateOf(last: CheckStatus['last']): 'passing' | 'degraded' | 'failing' | 'noData' {
  if (last === null) return 'noData';
  switch (last.outcome) {
    case 'passed': return 'passing';
    case 'degraded': return 'degraded';
    case 'failed': return 'failing';
    // Neutral to state: nothing was seen of the target (rules.md 6).
    case 'agent_fault': case 'egress_denied': return 'noData';
  }
}

function roundedMs(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
