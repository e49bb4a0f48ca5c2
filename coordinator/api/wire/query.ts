import { z } from 'zod';

/** The largest page; checkly-api.md §5.5. */
export const PAGE_ENTRIES_MAX = 100;
const PAGE_MAX = 1_000_000;
const SECONDS_MAX = 253_402_300_799;

export const limit = z.coerce.number().int().min(1).max(PAGE_ENTRIES_MAX).default(10);
export const page = z.coerce.number().int().min(1).max(PAGE_MAX).default(1).meta({ description: '1 is the first' });
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
export const unixSeconds = z.coerce.number().min(0).max(SECONDS_MAX).meta({ description: 'seconds since the Unix epoch' });

const ISO_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** An instant in whole ms since the epoch, from ISO 8601 with its zone or from seconds. */
export const instantMs = z.string().max(40).transform((text, context) => {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : ISO_INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms) && ms >= 0 && ms <= SECONDS_MAX * 1000) return Math.floor(ms);
  context.addIssue({ code: 'custom', message: 'must be an instant like 2026-11-22T10:00:00Z, or seconds since the Unix epoch' });
  return z.NEVER;
}).meta({ description: 'ISO 8601 with its zone, or seconds since the Unix epoch' });

/** Any UUID, of whatever version; compared in lower case. */
export const checkIdParam = z.object({
  id: z.guid().transform((id) => id.toLowerCase()).meta({ description: 'the id of the check' }),
});
export const resultsOfParam = z.object({
  checkId: z.guid().transform((id) => id.toLowerCase()).meta({ description: 'the id of the check' }),
});
