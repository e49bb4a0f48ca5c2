import { z } from 'zod';
import { ALERT_TYPES, NOTICE_KINDS, type Notice } from '../../alerting/notice.ts';
import { ALERT_KINDS, type AlertRecord } from '../alerts-port.ts';
import { isoOf, isoOrNull } from './iso.ts';

export const AlertEntity = z.object({
  id: z.string(), checkId: z.string(), checkName: z.string(), target: z.string().meta({ description: 'host:port, as the check has it now' }),
  kind: z.enum(ALERT_KINDS), isOpen: z.boolean(),
  openedAt: z.iso.datetime().meta({ description: 'when it was decided' }),
  since: z.iso.datetime().nullable().meta({ description: 'since when what it tells of holds: the due instant of the first run' }),
  closedAt: z.iso.datetime().nullable(),
  ending: z.string().nullable().meta({ description: 'recovered, resolved (by hand), muted, deactivated, deleted; null: it is open' }),
  resolvedBy: z.string().nullable(),
  acknowledgedAt: z.iso.datetime().nullable(), acknowledgedBy: z.string().nullable(),
  snoozedUntil: z.iso.datetime().nullable(),
  lastNotice: z.object({
    id: z.string(), kind: z.enum(NOTICE_KINDS), title: z.string(), text: z.string(), createdAt: z.iso.datetime(), isReminder: z.boolean(),
    locations: z.array(z.string()).meta({ description: 'codes of those that see it fail' }),
    failure: z.object({ phase: z.string(), code: z.string(), message: z.string() }).nullable(),
    checkResultId: z.string().nullable().meta({ description: 'the run it rests on' }),
  }).nullable(),
}).meta({ id: 'Alert' });

export function alertEntity(alert: AlertRecord): z.output<typeof AlertEntity> {
  const { target: { hostname, port }, lastNotice } = alert;
  return {
    id: alert.id, checkId: alert.checkId, checkName: alert.checkName, target: `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`,
    kind: alert.kind, isOpen: alert.closedAtMs === null,
    openedAt: isoOf(alert.openedAtMs), since: isoOrNull(alert.sinceMs), closedAt: isoOrNull(alert.closedAtMs), ending: alert.ending, resolvedBy: alert.resolvedBy,
    acknowledgedAt: isoOrNull(alert.acknowledgedAtMs), acknowledgedBy: alert.acknowledgedBy, snoozedUntil: isoOrNull(alert.snoozedUntilMs),
    lastNotice: lastNotice && {
      id: lastNotice.id, kind: lastNotice.kind, title: lastNotice.title, text: lastNotice.text, createdAt: isoOf(lastNotice.createdAtMs), isReminder: lastNotice.isReminder,
      locations: [...lastNotice.failing?.codes ?? []], failure: lastNotice.result?.failure ?? null, checkResultId: lastNotice.result?.runId ?? null,
    },
  };
}

/** As clients of the Checkly API read it (checkly-api.md §4.1, §5.5); from `alertId` on it is added. */
export const CheckAlertEntity = z.object({
  id: z.string(), name: z.string(), checkId: z.string(), checkType: z.enum(['TCP']),
  hasFailures: z.boolean(), hasErrors: z.boolean(), isDegraded: z.boolean(),
  alertType: z.enum(ALERT_TYPES),
  responseTime: z.int().nullable(), runLocation: z.string().nullable(), error: z.string().nullable(), statusCode: z.string().nullable(),
  sslDaysRemaining: z.int().nullable(), startedAt: z.iso.datetime().nullable(), created_at: z.iso.datetime(),
  alertId: z.string().nullable(), isReminder: z.boolean(), checkResultId: z.string().nullable(), title: z.string(),
}).meta({ id: 'CheckAlert' });

/** null: the notice is of no transition. */
export function checkAlertEntity({ id, kind, check, alertType, alertId, isReminder, result, title, createdAtMs }: Notice): z.output<typeof CheckAlertEntity> | null {
  if (check === null || alertType === null) return null;
  return {
    id, name: check.name, checkId: check.id, checkType: 'TCP', hasFailures: kind === 'failure', hasErrors: false, isDegraded: kind === 'degraded', alertType,
    responseTime: result ? Math.round(result.responseTimeMs) : null, runLocation: result?.locationCode ?? null, error: result?.failure?.message ?? null,
    statusCode: result?.failure?.code ?? null, sslDaysRemaining: null, startedAt: result ? isoOf(result.startedAtMs) : null, created_at: isoOf(createdAtMs),
    alertId, isReminder, checkResultId: result?.runId ?? null, title,
  };
}
