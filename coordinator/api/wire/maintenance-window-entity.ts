import { z } from 'zod';
import { isOpen, nextMaintenanceChange, type MaintenanceWindow } from '../../alerting/maintenance.ts';
import { isTimeZone } from '../../alerting/local-time.ts';
import type { StoredWindow } from '../windows-port.ts';
import { isoOf } from './iso.ts';

const echoed = z.unknown().optional().meta({ readOnly: true });
const instant = z.union([z.iso.datetime({ offset: true }), z.iso.date()], { error: 'must be an instant like 2026-11-22T10:00:00Z' }).transform((text) => Date.parse(text));
const UNITS = ['DAY', 'WEEK', 'MONTH'] as const;

/** Nobody's maintenance takes longer, and a slip of a digit must not silence for years. */
const LASTS_MAX_MS = 366 * 86_400_000;

export const MaintenanceWindowWriteBody = z.strictObject({
  name: z.string().trim().min(1).max(255),
  startsAt: instant,
  endsAt: instant.meta({ description: 'of the first time; outside the window itself' }),
  timeZone: z.string().max(64).nullish().refine((name) => name == null || isTimeZone(name), 'must be the name of a time zone, like Europe/Berlin')
    .meta({ default: 'UTC', description: 'IANA name; repeats keep the clock on its walls when summer time begins and ends. Added to the API this follows.' }),
  repeatUnit: z.enum(UNITS).nullish(),
  repeatInterval: z.int().min(1).max(365).nullish().meta({ default: 1 }),
  repeatEndsAt: instant.nullish().meta({ description: 'no time begins after this' }),
  tags: z.array(z.string().min(1).max(255)).max(100).nullish().meta({ description: 'checks with at least one of these; none: all checks' }),
  action: z.enum(['pause', 'silence']).nullish()
    .meta({ default: 'pause', description: 'pause: nothing is run, and its slots are gaps with the reason maintenance. silence: runs go on, nobody is told. Added to the API this follows.' }),
  id: echoed, created_at: echoed, updated_at: echoed, status: echoed, nextChangeAt: echoed, projectBindings: echoed,
}).superRefine(({ startsAt, endsAt, repeatEndsAt }, context) => {
  if (!(endsAt > startsAt)) context.addIssue({ code: 'custom', path: ['endsAt'], message: 'must be after startsAt' });
  else if (endsAt - startsAt > LASTS_MAX_MS) context.addIssue({ code: 'custom', path: ['endsAt'], message: 'must be within a year of startsAt' });
  if (repeatEndsAt != null && repeatEndsAt < startsAt) context.addIssue({ code: 'custom', path: ['repeatEndsAt'], message: 'must not be before startsAt' });
}).meta({ id: 'MaintenanceWindowWrite' });

export const MaintenanceWindowEntity = z.object({
  id: z.int(),
  name: z.string(),
  startsAt: z.iso.datetime(),
  endsAt: z.iso.datetime(),
  timeZone: z.string(),
  repeatUnit: z.enum(UNITS).nullable(),
  repeatInterval: z.int().nullable(),
  repeatEndsAt: z.iso.datetime().nullable(),
  tags: z.array(z.string()),
  action: z.enum(['pause', 'silence']),
  status: z.enum(['SCHEDULED', 'IN_PROGRESS', 'COMPLETED']),
  nextChangeAt: z.iso.datetime().nullable().meta({ description: 'when it next begins or ends' }),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
}).meta({ id: 'MaintenanceWindow' });

export function windowOf(body: z.output<typeof MaintenanceWindowWriteBody>): MaintenanceWindow {
  const scope = body.tags == null || body.tags.length === 0 ? { kind: 'all' as const } : { kind: 'tags' as const, tags: body.tags };
  const pauses = (body.action ?? 'pause') === 'pause';
  return {
    startsAtMs: body.startsAt, endsAtMs: body.endsAt, timeZone: body.timeZone ?? 'UTC',
    repeat: body.repeatUnit == null ? null : { unit: body.repeatUnit, every: body.repeatInterval ?? 1, untilMs: body.repeatEndsAt ?? null },
    pausing: pauses ? scope : { kind: 'none' }, silencing: pauses ? { kind: 'none' } : scope,
  };
}

export function maintenanceWindowEntity({ id, name, window, createdAtMs, updatedAtMs }: StoredWindow, nowMs: number): z.output<typeof MaintenanceWindowEntity> {
  const pauses = window.pausing.kind !== 'none';
  const scope = pauses ? window.pausing : window.silencing;
  const nextMs = nextMaintenanceChange([{ ...window, pausing: { kind: 'all' } }], [], nowMs);
  return {
    id, name, startsAt: isoOf(window.startsAtMs), endsAt: isoOf(window.endsAtMs), timeZone: window.timeZone,
    repeatUnit: window.repeat?.unit ?? null, repeatInterval: window.repeat?.every ?? null,
    repeatEndsAt: window.repeat?.untilMs == null ? null : isoOf(window.repeat.untilMs),
    tags: scope.kind === 'tags' ? [...scope.tags] : [], action: pauses ? 'pause' : 'silence',
    status: isOpen(window, nowMs) ? 'IN_PROGRESS' : nextMs === null ? 'COMPLETED' : 'SCHEDULED',
    nextChangeAt: nextMs === null ? null : isoOf(nextMs), created_at: isoOf(createdAtMs), updated_at: isoOf(updatedAtMs),
  };
}
