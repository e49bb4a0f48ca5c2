import { describe, expect, it } from 'vitest';
import { DEFAULT_ALERT_SETTINGS, effectiveAlertSettings } from './effective-settings.ts';

const ofCheck = { useGlobalAlertSettings: false, alertSettings: { ...DEFAULT_ALERT_SETTINGS, recoveryPassThreshold: 3 } };
const global = { useGlobalAlertSettings: true, alertSettings: null };
const reminders = { amount: 2, interval: 10 };

describe('alert settings in force', () => {
  it('are the defaults where nobody said anything', () => {
    expect(effectiveAlertSettings(null, null, global)).toEqual({
      settings: DEFAULT_ALERT_SETTINGS,
      origins: { escalation: 'default', reminders: 'default', parallelRunFailureThreshold: 'default', recoveryPassThreshold: 'default' },
    });
  });

  it.each([
    ['the account’s, for a check that uses the global ones', { reminders }, null, { ...ofCheck, useGlobalAlertSettings: true }, 'account'],
    ['the check’s own', { reminders }, null, ofCheck, 'check'],
    ['the group’s before the account’s', {}, { alertSettings: { reminders }, isEnforced: false }, global, 'group'],
    ['the check’s before those of a group that does not insist', {}, { alertSettings: { reminders }, isEnforced: false }, ofCheck, 'check'],
    ['the group’s before the check’s when it insists', {}, { alertSettings: { reminders }, isEnforced: true }, ofCheck, 'group'],
  ] as const)('are %s', (_, account, group, check, origin) => {
    const { settings, origins } = effectiveAlertSettings(account, group, check);
    expect(origins.reminders).toBe(origin);
    expect(settings.reminders).toEqual(origin === 'check' ? ofCheck.alertSettings.reminders : reminders);
  });

  it('come section by section: a group that insists on reminders leaves the rest to its checks', () => {
    const { settings, origins } = effectiveAlertSettings(null, { alertSettings: { reminders }, isEnforced: true }, ofCheck);
    expect([settings.recoveryPassThreshold, origins.recoveryPassThreshold, origins.reminders]).toEqual([3, 'check', 'group']);
  });
});
