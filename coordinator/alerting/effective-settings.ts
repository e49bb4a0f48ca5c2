import type { AlertSettings, Check } from '#shared/check/check.ts';

/** Where a setting that is in force was made. */
export type SettingOrigin = 'default' | 'account' | 'group' | 'check';

/** What is decided together: one section comes from one place. */
export type SettingSection = 'escalation' | 'reminders' | 'parallelRunFailureThreshold' | 'recoveryPassThreshold';

export type EffectiveAlertSettings = {
  readonly settings: AlertSettings;
  readonly origins: Readonly<Record<SettingSection, SettingOrigin>>;
};

/** A group's own settings. `isEnforced`: they stand above those of its checks, else only where a check has none. */
export type GroupAlertSettings = { readonly alertSettings: Partial<AlertSettings> | null; readonly isEnforced: boolean };

/** checkly-api.md §4.2; recovery after one pass. */
export const DEFAULT_ALERT_SETTINGS: AlertSettings = {
  escalationType: 'RUN_BASED',
  runBasedEscalation: { failedRunThreshold: 1 },
  timeBasedEscalation: { minutesFailingThreshold: 5 },
  reminders: { amount: 0, interval: 5 },
  parallelRunFailureThreshold: { enabled: false, percentage: 10 },
  recoveryPassThreshold: 1,
};

/**
 * What is in force for a check, section by section, and where it comes from: the group's where it is enforced, else
 * the check's own unless it uses the global ones, else the group's, else the account's, else the default.
 */
export function effectiveAlertSettings(
  account: Partial<AlertSettings> | null, group: GroupAlertSettings | null, check: Pick<Check, 'alertSettings' | 'useGlobalAlertSettings'>,
): EffectiveAlertSettings {
  const sources: readonly (readonly [SettingOrigin, Partial<AlertSettings> | null])[] = [
    ['group', group?.isEnforced ? group.alertSettings : null],
    ['check', check.useGlobalAlertSettings ? null : check.alertSettings],
    ['group', group?.alertSettings ?? null],
    ['account', account],
    ['default', DEFAULT_ALERT_SETTINGS],
  ];
  const sourceOf = (field: keyof AlertSettings) => sources.find(([, settings]) => settings?.[field] !== undefined)! as readonly [SettingOrigin, AlertSettings];
  const [escalation, escalated] = sourceOf('escalationType');
  const [reminders, reminded] = sourceOf('reminders');
  const [parallel, measured] = sourceOf('parallelRunFailureThreshold');
  const [recovery, recovered] = sourceOf('recoveryPassThreshold');
  return {
    settings: {
      escalationType: escalated.escalationType,
      runBasedEscalation: escalated.runBasedEscalation ?? DEFAULT_ALERT_SETTINGS.runBasedEscalation,
      timeBasedEscalation: escalated.timeBasedEscalation ?? DEFAULT_ALERT_SETTINGS.timeBasedEscalation,
      reminders: reminded.reminders,
      parallelRunFailureThreshold: measured.parallelRunFailureThreshold,
      recoveryPassThreshold: recovered.recoveryPassThreshold,
    },
    origins: { escalation, reminders, parallelRunFailureThreshold: parallel, recoveryPassThreshold: recovery },
  };
}
