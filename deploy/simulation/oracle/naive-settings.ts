import type { AlertSettings, Check } from '#shared/check/check.ts';
import type { AccountContext } from '#coordinator/pipeline/judging-port.ts';

const DEFAULTS: AlertSettings = {
  escalationType: 'RUN_BASED', runBasedEscalation: { failedRunThreshold: 1 }, timeBasedEscalation: { minutesFailingThreshold: 5 },
  reminders: { amount: 0, interval: 5 }, parallelRunFailureThreshold: { enabled: false, percentage: 10 }, recoveryPassThreshold: 1,
};

/** What is in force for a check (checkly-api.md §4.2): default, account, group, check and enforced group, each over the one before. */
export function naiveSettings({ alertSettings: ofAccount, groups }: AccountContext, check: Check): AlertSettings {
  const group = check.groupId === null ? undefined : groups.get(check.groupId);
  let settings = DEFAULTS;
  settings = over(settings, ofAccount);
  settings = over(settings, group?.alertSettings ?? null);
  if (!check.useGlobalAlertSettings) settings = over(settings, check.alertSettings);
  if (group?.isEnforced) settings = over(settings, group.alertSettings);
  return settings;
}

/** Who says how it escalates says both numbers, or leaves them at their defaults. */
function over(below: AlertSettings, above: Partial<AlertSettings> | null): AlertSettings {
  if (above === null) return below;
  const escalation = above.escalationType === undefined ? below : {
    escalationType: above.escalationType,
    runBasedEscalation: above.runBasedEscalation ?? DEFAULTS.runBasedEscalation,
    timeBasedEscalation: above.timeBasedEscalation ?? DEFAULTS.timeBasedEscalation,
  };
  return {
    escalationType: escalation.escalationType, runBasedEscalation: escalation.runBasedEscalation, timeBasedEscalation: escalation.timeBasedEscalation,
    reminders: above.reminders ?? below.reminders,
    parallelRunFailureThreshold: above.parallelRunFailureThreshold ?? below.parallelRunFailureThreshold,
    recoveryPassThreshold: above.recoveryPassThreshold ?? below.recoveryPassThreshold,
  };
}
