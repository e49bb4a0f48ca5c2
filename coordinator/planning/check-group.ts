import type { AlertSettings, Check, RetryStrategy } from '#shared/check/check.ts';
import type { GroupAlertSettings } from '../alerting/effective-settings.ts';

/** What checks share. null, and `FALLBACK`, leave a section to each check. */
export type CheckGroup = {
  readonly name: string;
  readonly description: string | null;
  /** false: none of its checks runs. */
  readonly activated: boolean;
  /** true: none of its checks notifies anybody. */
  readonly muted: boolean;
  /** Every check of it has these as well. */
  readonly tags: readonly string[];
  readonly locations: { readonly public: readonly string[]; readonly private: readonly string[] } | null;
  readonly runParallel: boolean | null;
  /** As of a check: minutes, or 0 and seconds. */
  readonly cadence: { readonly frequency: number; readonly frequencyOffset: number | null } | null;
  /** null: no retries for any of its checks. */
  readonly retryStrategy: RetryStrategy | null | 'FALLBACK';
  /** true: its checks follow the account's settings; false: `alertSettings`; null: each its own. */
  readonly useGlobalAlertSettings: boolean | null;
  readonly alertSettings: AlertSettings | null;
  /** Accepted, kept and echoed; without a meaning for TCP. */
  readonly runtimeId: string | null;
  readonly concurrency: number;
};

/** Where a value that is in force was set; tags, and whether a check runs and notifies, may come from both. */
export type FieldOrigin = 'check' | 'group' | 'check and group';

export type EffectiveCheck = { readonly check: Check; readonly origins: Readonly<Record<EffectiveField, FieldOrigin>> };
export type EffectiveField = 'activated' | 'muted' | 'tags' | 'locations' | 'runParallel' | 'frequency' | 'retryStrategy';

/** The check as it runs and is judged: its own definition under its group's. */
export function effectiveCheck(check: Check, group: CheckGroup | null): EffectiveCheck {
  if (group === null) return { check, origins: OWN };
  const origins: Record<EffectiveField, FieldOrigin> = {
    activated: group.activated ? 'check' : check.activated ? 'group' : 'check and group',
    muted: !group.muted ? 'check' : check.muted ? 'check and group' : 'group',
    tags: group.tags.length === 0 ? 'check' : check.tags.length === 0 ? 'group' : 'check and group',
    locations: group.locations === null ? 'check' : 'group',
    runParallel: group.runParallel === null ? 'check' : 'group',
    frequency: group.cadence === null ? 'check' : 'group',
    retryStrategy: group.retryStrategy === 'FALLBACK' ? 'check' : 'group',
  };
  return {
    origins,
    check: {
      ...check,
      activated: check.activated && group.activated,
      muted: check.muted || group.muted,
      tags: [...new Set([...check.tags, ...group.tags])],
      ...(group.locations === null ? {} : { locations: group.locations.public, privateLocations: group.locations.private }),
      ...(group.runParallel === null ? {} : { runParallel: group.runParallel }),
      ...(group.cadence ?? {}),
      ...(group.retryStrategy === 'FALLBACK' ? {} : { retryStrategy: group.retryStrategy, doubleCheck: false }),
      ...(group.useGlobalAlertSettings === true ? { useGlobalAlertSettings: true } : {}),
    },
  };
}

/** What the group says of alerts, for `effectiveAlertSettings`. */
export function groupAlertSettings(group: CheckGroup | null): GroupAlertSettings | null {
  if (group === null || group.alertSettings === null || group.useGlobalAlertSettings === true) return null;
  return { alertSettings: group.alertSettings, isEnforced: group.useGlobalAlertSettings === false };
}

const OWN: Readonly<Record<EffectiveField, FieldOrigin>> = {
  activated: 'check', muted: 'check', tags: 'check', locations: 'check', runParallel: 'check', frequency: 'check', retryStrategy: 'check',
};
