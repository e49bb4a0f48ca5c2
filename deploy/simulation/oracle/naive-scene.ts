import type { AlertSettings, Check } from '#shared/check/check.ts';
import type { AlertWord } from '../model/judging-model.ts';
import type { Book } from './naive-book.ts';
import { levelOf, noDataSince, type Level, type NaiveState } from './naive-standing.ts';

/** One check at one instant, and everything that says what is to be told of it. */
export type Scene = {
  readonly book: Book;
  readonly check: Check;
  readonly settings: AlertSettings;
  /** Locations it is to run in. */
  readonly chosen: readonly string[];
  readonly state: NaiveState;
  readonly nowMs: number;
  readonly voice: 'heard' | 'silenced' | 'muted' | 'deactivated' | 'deleted';
  /** Of what it depends on; `changing`: nobody can say what the judge has read. */
  readonly dependency: 'clear' | 'failing' | 'unknown' | 'changing';
  /** Dark locations that were told by themselves are all there is to say. */
  readonly isUnseenExplained: boolean;
  /** What people said of the open alerts. */
  readonly alert: AlertWord | null;
  readonly unseen: AlertWord | null;
  /** A slot was judged that had not been judged before: what is told is no history. */
  readonly isAdvanced: boolean;
};

/** rules.md 22, and the judge's grace. */
const NO_DATA_TOLD_AFTER_MS = 120_000;

export function levelIn({ state, nowMs, check, settings, chosen }: Scene): Level {
  return levelOf(state, nowMs, { check, settings, chosen });
}

export function isSnoozed({ alert, nowMs }: Scene): boolean {
  return alert !== null && alert.snoozedUntilMs !== null && nowMs < alert.snoozedUntilMs;
}

/** The reminder that is due: which one, or 0. */
export function reminderDue({ book: { beliefs }, alert, settings: { reminders }, nowMs }: Scene): number {
  if (alert?.acknowledgedAtMs != null) return 0;
  const passed = Math.floor((nowMs - beliefs.toldAtMs) / (reminders.interval * 60_000));
  return Math.min(reminders.amount, passed) > beliefs.reminders ? Math.min(reminders.amount, passed) : 0;
}

export function hasSnoozeEnded(scene: Scene): boolean {
  const { alert, book } = scene;
  return alert !== null && alert.snoozedUntilMs !== null && !isSnoozed(scene) && book.beliefs.snoozeEndedMs !== alert.snoozedUntilMs;
}

/** I5: what is to have been told by now, and was not; null: nothing. A row of the past alone never ends an alert (rules.md 20, 21). */
export function whatIsMissing(scene: Scene): string | null {
  const { book: { beliefs }, voice, state, nowMs } = scene;
  if (voice === 'silenced') return null;
  const believed = beliefs.level === 'none' ? beliefs.noDataAlertId === null ? null : 'no data' : beliefs.level;
  if (voice !== 'heard') return believed === null ? null : `is ${voice}, and ${believed} is believed of it`;
  if (scene.alert?.isResolved) return `was resolved by hand, and ${beliefs.level} is believed of it`;
  if (scene.unseen?.isResolved) return 'was resolved by hand, and no data is believed of it';
  if (state.deniedIn !== null && beliefs.isDenialTold === false) return 'is refused by an agent, and nobody is told';
  const noData = noDataSince(state);
  if (!noData) return beliefs.noDataAlertId === null ? missingOfTrouble(scene) : 'has data again, and nobody is told';
  const isOverdue = noData.sinceMs !== null && nowMs >= noData.sinceMs + NO_DATA_TOLD_AFTER_MS;
  if (!isOverdue || beliefs.noDataAlertId !== null || beliefs.noDataRests || scene.isUnseenExplained || beliefs.isDenialTold !== false) return null;
  return `has no data since ${new Date(noData.sinceMs).toISOString()}, and nobody is told`;
}

function missingOfTrouble(scene: Scene): string | null {
  const { book: { beliefs }, state, dependency, isAdvanced } = scene;
  if (beliefs.rests !== 'no') return null;
  const level = levelIn(scene);
  const told = `is ${level}, and ${beliefs.level} is believed`;
  if (beliefs.level === 'none') return level !== 'none' && dependency === 'clear' ? told : null;
  if (level === 'none') return isAdvanced && isWell(state, beliefs.level) ? told : null;
  if (isSnoozed(scene)) return null;
  if (level === beliefs.level) {
    if (state.standing === 'passing' && !isAdvanced) return null;
    return reminderDue(scene) > 0 || hasSnoozeEnded(scene) ? `is ${level} still, and nobody was reminded` : null;
  }
  if (level === 'failure') return dependency === 'clear' ? told : null;
  return isAdvanced ? told : null;
}

/** No worse than what ends this level: settings that were changed may say less of the same trouble. */
export function isWell({ standing }: NaiveState, believed: Level): boolean {
  return standing === 'passing' || (standing === 'degraded' && believed === 'failure');
}
