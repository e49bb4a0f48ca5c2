import { aboutText, intervalText } from './interval-text.ts';
import type { Draft } from './draft.ts';
import type { AlertSettingsWire } from '../wire.ts';

export type Alerting = Pick<Draft, 'everySeconds' | 'retryStrategy' | 'runParallel' | 'muted' | 'activated' | 'confirmFromOtherLocation' | 'perLocationFailedRuns'> & {
  readonly settings: AlertSettingsWire;
  readonly locations: number;
  /** null: every channel there is. */
  readonly channels: number | null;
};

const REMINDERS_WITHOUT_END = 100_000;

/** What will happen, in the words of whoever is woken by it: retries, when it alerts, reminders, recovery. */
export function alertSentence(alerting: Alerting): string {
  if (!alerting.activated) return 'The check is inactive: it does not run, and nobody is told anything.';
  const when = [whenText(alerting), remindersText(alerting.settings), recoveryText(alerting.settings)].join(', ');
  return [
    retryText(alerting),
    `${alerting.muted ? 'It is muted and tells nobody; otherwise it would alert' : 'Alerts'} ${when}.`,
    ...(alerting.perLocationFailedRuns === '' ? [] : [`Also alerts when one location alone sees ${runs(alerting.perLocationFailedRuns)} in a row fail.`]),
    ...(alerting.channels === 0 && !alerting.muted ? ['No channel is subscribed: the alert is kept and shown here, but sent to nobody.'] : []),
  ].filter((part) => part !== '').join(' ');
}

function whenText({ settings, everySeconds, runParallel, locations, confirmFromOtherLocation }: Alerting): string {
  const confirmed = confirmFromOtherLocation && locations > 1 ? ', once another location confirms it' : '';
  if (settings.escalationType === 'TIME_BASED') return `after ${settings.timeBasedEscalation.minutesFailingThreshold} minutes of failing${confirmed}`;
  const threshold = settings.runBasedEscalation.failedRunThreshold;
  const share = settings.parallelRunFailureThreshold.enabled && runParallel && locations > 1
    ? ` in at least ${settings.parallelRunFailureThreshold.percentage} % of the locations` : '';
  if (threshold === 1) return `at the first failed run${share}${confirmed}`;
  return `after ${runs(threshold)} in a row failed${share}, ${aboutText((threshold - 1) * everySeconds)} after the first${confirmed}`;
}

function remindersText({ reminders: { amount, interval } }: AlertSettingsWire): string {
  if (amount === 0) return 'does not remind';
  const every = interval === 1 ? 'every minute' : `every ${interval} minutes`;
  if (amount >= REMINDERS_WITHOUT_END) return `reminds ${every} until it is over`;
  return amount === 1 ? `reminds once after ${intervalText(interval * 60)}` : `reminds ${amount === 2 ? 'twice' : `${amount} times`}, ${every}`;
}

function recoveryText({ recoveryPassThreshold: passes }: AlertSettingsWire): string {
  return passes === 1 ? 'and says so at the first passing run' : `and says that it is over after ${passes} passing runs in a row`;
}

function retryText({ retryStrategy: retry }: Alerting): string {
  if (retry === null) return '';
  const only = retry.onlyOn?.length ? 'A connection that fails' : 'A failing attempt';
  const base = retry.baseBackoffSeconds === '' ? 0 : retry.baseBackoffSeconds;
  const count = retry.type === 'SINGLE_RETRY' ? 1 : retry.maxRetries === '' ? 2 : retry.maxRetries;
  const waits = Array.from({ length: Math.min(count, 10) }, (_, index) => waitSeconds(retry.type, base, index + 1));
  const shown = waits.length > 4 ? [...waits.slice(0, 3), '…', waits.at(-1)] : waits;
  const where = retry.sameRegion ? '' : ', in another location';
  return `${only} is tried again ${count === 1 ? 'once' : `up to ${count} times`}, after ${shown.join(', ')} s${where}, before the run counts as failed.`;
}

function waitSeconds(type: string, base: number, attempt: number): number {
  return type === 'LINEAR' ? base * attempt : type === 'EXPONENTIAL' ? base ** attempt : base;
}

function runs(count: number): string {
  return `${count} run${count === 1 ? '' : 's'}`;
}
