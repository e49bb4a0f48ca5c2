import { z } from 'zod';
import { alertSettingsSchema } from '#shared/check/check-schema.ts';
import { alertSettingsOf } from '#shared/check/parse-check.ts';
import { DEFAULT_ALERT_SETTINGS, effectiveAlertSettings } from '../../alerting/effective-settings.ts';
import { effectiveCheck, groupAlertSettings } from '../../planning/check-group.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { callerOf } from '../authenticate.ts';
import { validated } from '../validate.ts';
import { checkEntity } from '../wire/check-entity.ts';
import { AlertSettingsShown, CheckEntity } from '../wire/check-entity-schema.ts';
import { checkIdParam } from '../wire/query.ts';
import { savedCheck } from './checks.ts';

const AccountAlertSettings = AlertSettingsShown.meta({ id: 'AccountAlertSettings' });
const origin = z.enum(['check', 'group', 'check and group']);
const settingOrigin = z.enum(['default', 'account', 'group', 'check']);
const EffectiveCheckEntity = z.object({
  check: CheckEntity.meta({ description: 'as it runs and is judged' }),
  origins: z.object({
    activated: origin, muted: origin, tags: origin, locations: origin, runParallel: origin, frequency: origin, retryStrategy: origin,
  }),
  alertSettings: AlertSettingsShown,
  alertSettingsOrigins: z.record(z.string(), settingOrigin),
  group: z.object({ id: z.int(), name: z.string() }).nullable(),
}).meta({ id: 'EffectiveCheck' });

/** What holds where nothing else is said, and what holds for a check. */
export function alertSettingsRoutes(app: ApiApp, { store }: ApiDeps): void {
  app.get('/v1/account/alert-settings', {
    config: { scope: 'account:read' },
    schema: { tags: ['account'], summary: 'Alert settings of the account', description: 'For checks that neither have their own nor get their group\'s.', response: { 200: AccountAlertSettings } },
  }, async (request, reply) => reply.send(shown(await store.getAlertSettings(callerOf(request).accountId) ?? DEFAULT_ALERT_SETTINGS)));

  app.put('/v1/account/alert-settings', {
    config: { scope: 'account:write' },
    schema: { tags: ['account'], summary: 'Set the alert settings of the account', description: 'What is left out returns to its default.', body: alertSettingsSchema, response: { 200: AccountAlertSettings } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const settings = alertSettingsOf(validated(alertSettingsSchema, request.body ?? {}));
    await store.setAlertSettings(accountId, settings);
    return reply.send(shown(settings));
  });

  app.get('/v1/checks/:id/effective', {
    config: { scope: 'checks:read' },
    schema: {
      tags: ['checks'], summary: 'What holds for a check, and where it comes from', description: 'Its own definition under its group\'s and the account\'s.',
      params: checkIdParam, response: { 200: EffectiveCheckEntity },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const stored = await savedCheck(store, accountId, request.params.id);
    const group = stored.check.groupId === null ? null : await store.getGroup(accountId, stored.check.groupId);
    const effective = effectiveCheck(stored.check, group?.group ?? null);
    const alerts = effectiveAlertSettings(await store.getAlertSettings(accountId), groupAlertSettings(group?.group ?? null), effective.check);
    return reply.send({
      check: checkEntity({ ...stored, check: effective.check }), origins: effective.origins,
      alertSettings: shown(alerts.settings), alertSettingsOrigins: alerts.origins,
      group: group === null ? null : { id: group.id, name: group.group.name },
    });
  });
}

/** With every section, also where it was set before a section was added. */
function shown(settings: Partial<typeof DEFAULT_ALERT_SETTINGS>): typeof DEFAULT_ALERT_SETTINGS {
  return { ...DEFAULT_ALERT_SETTINGS, ...settings };
}
