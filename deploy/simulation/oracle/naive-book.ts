import type { Notice } from '#coordinator/alerting/notice.ts';
import type { AlertSettings, Check } from '#shared/check/check.ts';
import type { KeptState } from '#coordinator/pipeline/judging-port.ts';
import type { Answer, Heard, NaiveHistory } from './naive-history.ts';
import type { Level, NaiveState } from './naive-standing.ts';

/** What receivers believe of a check, by what they were told. */
export type Beliefs = {
  level: Level;
  alertId: string | null;
  toldAtMs: number;
  reminders: number;
  /** The end of the snooze after which it was told again. */
  snoozeEndedMs: number | null;
  /** Somebody closed the alert: nothing more is told until the trouble is over. `maybe`: it was over, if rows of the past count. */
  rests: 'no' | 'yes' | 'maybe';
  noDataAlertId: string | null;
  noDataRests: boolean;
  /** null: it cannot be said. */
  isDenialTold: boolean | null;
};

export const NOTHING_BELIEVED: Beliefs = { level: 'none', alertId: null, toldAtMs: 0, reminders: 0, snoozeEndedMs: null, rests: 'no', noDataAlertId: null, noDataRests: false, isDenialTold: false };

/** What is known of a check beside what was stored of it. */
export type Book = {
  readonly checkId: string;
  readonly history: NaiveHistory;
  /** Stored, and not heard by the history yet; with how many changes there were with it. */
  readonly unheard: { readonly change: number; readonly heard: Heard }[];
  /** Of a turn whose commit has not been seen. */
  notices: Notice[];
  readonly beliefs: Beliefs;
  /** Times in which a failure was believed; from the slot it began with. */
  readonly told: { readonly fromMs: number; toMs: number }[];
  /** Questions to other locations: about failures by slot, and further attempts by run and attempt. */
  readonly asked: Map<number, { readonly runId: string; readonly untilMs: number; answer: Answer }>;
  readonly retried: Map<string, number>;
  /** As last seen, and how its slots are judged by that; since when it is like that, and whether it was ever different. */
  check: Check | null;
  settings: AlertSettings | null;
  rulesKey: string;
  rulesMs: number;
  settingsKey: string | null;
  haveSettingsChanged: boolean;
  lookedMs: number;
  throughMs: number;
  /** As it stood at the last look, and when the real judge last said something else of it than before; true time. */
  state: NaiveState | null;
  status: string;
  statusMs: number;
  /** Of what something is missing, and since when. */
  missing: { readonly what: string; readonly sinceMs: number } | null;
};

export function aBook(checkId: string, history: NaiveHistory): Book {
  return {
    checkId, history, unheard: [], notices: [], beliefs: { ...NOTHING_BELIEVED }, told: [], asked: new Map(), retried: new Map(),
    check: null, settings: null, rulesKey: '', rulesMs: 0, settingsKey: null, haveSettingsChanged: false, lookedMs: 0, throughMs: -1, state: null, status: '', statusMs: 0, missing: null,
  };
}

/** Notes how slots are judged from now on. Deadlines may be other ones for a while; settings change what was judged before, too. */
export function noteRules(book: Book, check: Check, settings: AlertSettings, nowMs: number): void {
  if (book.check === check && book.settings === settings) return;
  Object.assign(book, { check, settings });
  const { escalationType, runBasedEscalation, recoveryPassThreshold, parallelRunFailureThreshold } = settings;
  const rulesKey = JSON.stringify([check.maxResponseTime, check.retryStrategy, check.doubleCheck, check.runParallel, check.locations, check.frequency, check.frequencyOffset, check.request]);
  if (rulesKey !== book.rulesKey) Object.assign(book, { rulesKey, rulesMs: nowMs });
  const settingsKey = JSON.stringify([escalationType, runBasedEscalation, recoveryPassThreshold, parallelRunFailureThreshold, check.whenUnseen, check.confirmFromOtherLocation]);
  if (book.settingsKey !== null && settingsKey !== book.settingsKey) book.haveSettingsChanged = true;
  book.settingsKey = settingsKey;
}

/** What the judge asked of other locations, and what of their answers was there at this look. */
export function noteQuestions(book: Book, { confirmations, retries }: Pick<KeptState, 'confirmations' | 'retries'>, nowMs: number): readonly number[] {
  const fresh = confirmations.filter(({ dueAtMs }) => !book.asked.has(dueAtMs));
  for (const [, question] of book.asked) {
    if (question.answer !== 'waiting') continue;
    const outcome = book.history.confirmations.get(question.runId)?.outcome;
    if (outcome === 'passed' || outcome === 'degraded') question.answer = 'refuted';
    else if (outcome !== undefined || nowMs >= question.untilMs) question.answer = 'confirmed';
  }
  for (const { dueAtMs, runId, untilMs, answer } of fresh) book.asked.set(dueAtMs, { runId, untilMs, answer });
  for (const { runId, attempt, untilMs } of retries) book.retried.set(`${runId}/${attempt}`, untilMs);
  return fresh.map(({ dueAtMs }) => dueAtMs);
}
