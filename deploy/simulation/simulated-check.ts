import type { MaintenanceWindow } from '#coordinator/alerting/maintenance.ts';
import type { AccountContext } from '#coordinator/pipeline/judging-port.ts';
import type { AlertSettings, Check } from '#shared/check/check.ts';
import type { Location } from '#shared/check/location.ts';
import { aCheck, aRequest } from '#shared/testing/builders.ts';
import { Random } from '../fuzz/random.ts';

/** Any check: how often, where, in turns or side by side, with or without retries. Its target is `target-<index>`. */
export function aSimulatedCheck(index: number, { locations, checkIds }: { readonly locations: readonly Location[]; readonly checkIds: readonly string[] }, random: Random): Check {
  const seconds = random.pick([10, 15, 20, 30, 60, 60, 120]);
  const codes = shuffled(locations.map(({ id }) => id), random).slice(0, random.int(1, locations.length));
  const hasRetries = random.chance(0.4);
  return aCheck({
    name: `check ${index}`, locations: codes, runParallel: random.chance(0.5),
    ...(seconds < 60 ? { frequency: 0, frequencyOffset: seconds } : { frequency: seconds / 60 }),
    maxResponseTime: random.pick([1_000, 3_000, 5_000, 12_000]), degradedResponseTime: 1_000,
    request: aRequest({ hostname: `target-${index}`, port: 1_000 + random.int(0, 3) }),
    alertSettings: alertSettingsOf(index), useGlobalAlertSettings: index % 6 === 5, groupId: index % 6 === 4 ? GROUP_ID : null, tags: index % 4 === 3 ? [SILENCED_TAG] : [],
    whenUnseen: index % 11 === 10 ? 'failing' : 'noData', confirmFromOtherLocation: index % 5 === 2, dependsOn: index % 7 === 6 ? [checkIds[index - 6]!] : [],
    retryStrategy: hasRetries ? {
      type: random.pick(['FIXED', 'LINEAR'] as const), baseBackoffSeconds: random.int(0, 3), maxRetries: random.int(1, 2), maxDurationSeconds: 30, sameRegion: true, onlyOn: null,
    } : null,
  });
}

const GROUP_ID = 1;
const SILENCED_TAG = 'silenced';
const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000];

/** What holds for the account: settings of its own, an enforced group, and two windows in which nothing is told of some checks. */
export function aSimulatedContext(startMs: number): AccountContext {
  const silenced = (fromMs: number, minutes: number): MaintenanceWindow => ({
    startsAtMs: fromMs, endsAtMs: fromMs + minutes * 60_000, timeZone: 'Europe/Berlin', repeat: { unit: 'DAY', every: 1, untilMs: null },
    pausing: { kind: 'none' }, silencing: { kind: 'tags', tags: [SILENCED_TAG] },
  });
  return {
    alertSettings: { reminders: { amount: 1, interval: 5 }, recoveryPassThreshold: 2 },
    groups: new Map([[GROUP_ID, { name: 'a group', isEnforced: true, alertSettings: { escalationType: 'RUN_BASED', runBasedEscalation: { failedRunThreshold: 2 } } }]]),
    windows: [silenced(startMs - 2 * DAY_MS + HOUR_MS / 6, 6), silenced(startMs - DAY_MS + HOUR_MS / 2, 10)],
  };
}

/** Every kind; the same after an edit, so that a history can be judged anew from its rows alone. */
function alertSettingsOf(index: number): AlertSettings {
  const random = new Random(index, 8);
  return {
    escalationType: random.chance(0.25) ? 'TIME_BASED' : 'RUN_BASED',
    runBasedEscalation: { failedRunThreshold: random.pick([1, 1, 1, 2, 3]) }, timeBasedEscalation: { minutesFailingThreshold: random.int(1, 3) },
    reminders: { amount: random.pick([0, 0, 2]), interval: 5 },
    parallelRunFailureThreshold: { enabled: random.chance(0.4), percentage: random.pick([34, 50, 67, 100]) },
    recoveryPassThreshold: random.pick([1, 1, 2, 3]),
  };
}

function shuffled<T>(list: readonly T[], random: Random): readonly T[] {
  const result = [...list];
  for (let index = result.length - 1; index > 0; index -= 1) {
    const other = random.int(0, index);
    [result[index], result[other]] = [result[other]!, result[index]!];
  }
  return result;
}
