import type { MaintenanceWindow, TagScope } from '#coordinator/alerting/maintenance.ts';
import type { AlertSettings, Check } from '#shared/check/check.ts';
import { aCheck, aRequest } from '#shared/testing/builders.ts';
import type { Random } from '../../fuzz/random.ts';

export const TAGS = ['db', 'eu', 'web'] as const;
export const GROUP_IDS = [1, 2] as const;

/** Any check with every setting that says how it is judged and told of; `others` are those that it may depend on. */
export function aHistoryCheck(index: number, locationIds: readonly string[], others: readonly string[], random: Random): Check {
  const seconds = random.pick([15, 20, 30, 30, 60]);
  const first = random.int(0, locationIds.length - 1);
  return aCheck({
    name: `check ${index}`, request: aRequest({ hostname: `target-${index}` }), tags: TAGS.filter(() => random.chance(0.5)),
    locations: [...locationIds.slice(first), ...locationIds.slice(0, first)].slice(0, random.pick([1, 2, 3, 3])), runParallel: random.chance(0.5),
    frequency: seconds < 60 ? 0 : 1, frequencyOffset: seconds, maxResponseTime: random.pick([1_000, 3_000, 5_000]),
    useGlobalAlertSettings: random.chance(0.5), alertSettings: random.chance(0.7) ? { ...FULL, ...someSettings(random) } : null,
    groupId: random.chance(0.5) ? random.pick(GROUP_IDS) : null,
    retryStrategy: random.chance(0.4) ? {
      type: random.pick(['FIXED', 'LINEAR', 'EXPONENTIAL', 'SINGLE_RETRY'] as const), baseBackoffSeconds: random.int(0, 4), maxRetries: 1,
      maxDurationSeconds: random.pick([10, 60]), sameRegion: random.chance(0.3), onlyOn: random.chance(0.2) ? 'NETWORK_ERROR' : null,
    } : null,
    confirmFromOtherLocation: random.chance(0.4), perLocationFailedRuns: random.chance(0.2) ? random.int(2, 4) : null,
    whenUnseen: random.chance(0.15) ? 'failing' : 'noData', dependsOn: others.filter(() => random.chance(0.35)), muted: false,
  });
}

const FULL: AlertSettings = {
  escalationType: 'RUN_BASED', runBasedEscalation: { failedRunThreshold: 1 }, timeBasedEscalation: { minutesFailingThreshold: 5 },
  reminders: { amount: 0, interval: 5 }, parallelRunFailureThreshold: { enabled: false, percentage: 10 }, recoveryPassThreshold: 1,
};

/** Any of the sections, as accounts and groups have them. */
export function someSettings(random: Random): Partial<AlertSettings> {
  return {
    ...(random.chance(0.6) ? {
      escalationType: random.chance(0.3) ? 'TIME_BASED' as const : 'RUN_BASED' as const, runBasedEscalation: { failedRunThreshold: random.pick([1, 2, 3]) },
      timeBasedEscalation: { minutesFailingThreshold: random.int(1, 3) },
    } : {}),
    ...(random.chance(0.5) ? { reminders: { amount: random.pick([0, 1, 2, 5]), interval: random.int(1, 3) } } : {}),
    ...(random.chance(0.5) ? { parallelRunFailureThreshold: { enabled: random.chance(0.6), percentage: random.pick([34, 50, 67, 100]) } } : {}),
    ...(random.chance(0.5) ? { recoveryPassThreshold: random.pick([1, 2, 3]) } : {}),
  };
}

const DAY_MS = 86_400_000;

/** A window that is open for some minutes soon after now, maybe by a repeat of one that began long ago. */
export function aWindow(nowMs: number, random: Random): MaintenanceWindow {
  const lengthMs = random.int(1, 8) * 60_000;
  const soonMs = Math.floor(nowMs / 1000) * 1000 + random.int(-2, 6) * 60_000;
  const repeat = random.chance(0.5) ? { unit: random.pick(['DAY', 'WEEK', 'MONTH'] as const), every: random.int(1, 3), untilMs: random.chance(0.2) ? soonMs + random.int(-2, 2) * DAY_MS : null } : null;
  const backMs = repeat === null ? 0 : random.int(0, 3) * repeat.every * { DAY: 1, WEEK: 7, MONTH: 30 }[repeat.unit] * DAY_MS;
  const scope = (): TagScope => random.pick<TagScope>([{ kind: 'all' }, { kind: 'tags', tags: [random.pick(TAGS)] }, { kind: 'none' }, { kind: 'none' }]);
  const [pausing, silencing] = [scope(), scope()];
  return {
    startsAtMs: soonMs - backMs, endsAtMs: soonMs - backMs + lengthMs, timeZone: random.pick(['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata']),
    repeat, pausing, silencing: pausing.kind === 'none' && silencing.kind === 'none' ? { kind: 'all' } : silencing,
  };
}
