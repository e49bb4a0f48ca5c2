import type { Notice } from '#coordinator/alerting/notice.ts';
import { hasSnoozeEnded, isSnoozed, isWell, levelIn, reminderDue, type Scene } from './naive-scene.ts';
import { noDataSince, type NaiveState } from './naive-standing.ts';

/** A notice that should not be there: double (I4) or false (I6). */
export type Complaint = { readonly rule: 'I4' | 'I6'; readonly what: string };

/** `isJudgedAlike` false: what the judge has seen is not known well enough to call a notice false. */
export type Hearing = { readonly scene: Scene; readonly isJudgedAlike: boolean };

/** What is wrong with a notice, by what was believed before it; then it is believed. */
export function hearNotice(notice: Notice, hearing: Hearing): readonly Complaint[] {
  switch (notice.kind) {
    case 'failure': case 'degraded': return notice.isReminder ? hearReminder(notice, hearing) : hearLevel(notice, notice.kind, hearing);
    case 'recovery': return hearRecovery(notice, hearing);
    case 'no_data': return hearNoData(notice, hearing);
    case 'data_again': return hearDataAgain(notice, hearing);
    case 'egress_denied': return hearDenial(hearing);
    case 'digest': return hearDigest(hearing);
    default: return [{ rule: 'I6', what: `has a notice ${notice.kind}, for which there is no cause` }];
  }
}

function hearLevel(notice: Notice, kind: 'failure' | 'degraded', { scene, isJudgedAlike }: Hearing): readonly Complaint[] {
  const { book: { beliefs, told }, state, voice, dependency } = scene;
  const level = levelIn(scene);
  const isDependent = dependency === 'failing' || dependency === 'unknown';
  const found = [
    ...when('I4', beliefs.level === kind, `is told to be ${kind} twice`),
    ...when('I4', beliefs.level !== 'none' && notice.alertId !== beliefs.alertId, `is told to be ${kind} by another alert than the one that is open`),
    ...when('I6', isJudgedAlike && level !== kind, `is told to be ${kind}, and is ${level} by ${shown(state)}`),
    ...when('I6', isJudgedAlike && noDataSince(state) !== null, `is told to be ${kind}, and has no data`),
    ...when('I6', isJudgedAlike && voice !== 'heard', `is told to be ${kind}, and is ${voice}`),
    ...when('I6', isJudgedAlike && beliefs.rests === 'yes', `is told to be ${kind}, and somebody closed its alert`),
    ...when('I6', isJudgedAlike && isSnoozed(scene), `is told to be ${kind}, and is snoozed`),
    ...when('I6', isJudgedAlike && isDependent && (beliefs.level === 'none' || kind === 'failure'), `is told to be ${kind}, and what it depends on is ${dependency}`),
  ];
  Object.assign(beliefs, { level: kind, alertId: notice.alertId, toldAtMs: scene.nowMs, reminders: 0, rests: 'no', snoozeEndedMs: scene.alert?.snoozedUntilMs ?? null });
  const last = told.at(-1);
  if (last?.toMs === Infinity) last.toMs = scene.nowMs;
  if (kind === 'failure') told.push({ fromMs: state.sinceMs, toMs: Infinity });
  return found;
}

function hearReminder(notice: Notice, { scene, isJudgedAlike }: Hearing): readonly Complaint[] {
  const { book: { beliefs }, voice, alert } = scene;
  const isDue = reminderDue(scene) > 0 || hasSnoozeEnded(scene);
  const found = [
    ...when('I6', beliefs.level !== notice.kind, `is told to be ${notice.kind} still, and ${beliefs.level} was told last`),
    ...when('I4', notice.reminderSequence <= beliefs.reminders, `is told to be ${notice.kind} still a ${notice.reminderSequence}th time, after ${beliefs.reminders}`),
    ...when('I6', isJudgedAlike && !isDue, `is told to be ${notice.kind} still, and no reminder is due`),
    ...when('I6', isJudgedAlike && (voice !== 'heard' || isSnoozed(scene)), `is told to be ${notice.kind} still, and is ${voice === 'heard' ? 'snoozed' : voice}`),
  ];
  Object.assign(beliefs, { reminders: notice.reminderSequence, snoozeEndedMs: alert?.snoozedUntilMs ?? null });
  return found;
}

function hearRecovery(notice: Notice, { scene, isJudgedAlike }: Hearing): readonly Complaint[] {
  const { book: { beliefs, told }, voice, state, alert } = scene;
  const isByHand = alert?.isResolved === true;
  const isEnded = voice === 'muted' || voice === 'deactivated' || voice === 'deleted' || isByHand;
  const level = levelIn(scene);
  const found = [
    ...when('I4', beliefs.level === 'none', 'is told to have recovered, and nobody was told of trouble'),
    ...when('I4', beliefs.level !== 'none' && notice.alertId !== beliefs.alertId, 'is told to have recovered by another alert than the one that is open'),
    ...when('I6', isJudgedAlike && voice === 'silenced', 'is told to have recovered, and is silenced'),
    ...when('I6', isJudgedAlike && !isEnded && !(level === 'none' && isWell(state, beliefs.level)), `is told to have recovered, and is ${level} by ${shown(state)}`),
  ];
  const last = told.at(-1);
  if (last?.toMs === Infinity) last.toMs = scene.nowMs;
  Object.assign(beliefs, { level: 'none', alertId: null, reminders: 0, snoozeEndedMs: null, rests: isByHand ? 'yes' : 'no' });
  return found;
}

function hearNoData(notice: Notice, { scene, isJudgedAlike }: Hearing): readonly Complaint[] {
  const { book: { beliefs }, voice, state, isUnseenExplained } = scene;
  const found = [
    ...when('I4', beliefs.noDataAlertId !== null, 'is told to have no data twice'),
    ...when('I6', isJudgedAlike && noDataSince(state) === null, `is told to have no data, and stands ${shown(state)}`),
    ...when('I6', isJudgedAlike && voice !== 'heard', `is told to have no data, and is ${voice}`),
    ...when('I6', isJudgedAlike && beliefs.noDataRests, 'is told to have no data, and somebody closed that alert'),
    ...when('I6', isJudgedAlike && beliefs.isDenialTold === true, 'is told to have no data, and was told to be refused by an agent'),
    ...when('I6', isJudgedAlike && isUnseenExplained, 'is told to have no data, and its locations were told to be dark'),
  ];
  beliefs.noDataAlertId = notice.alertId;
  return found;
}

function hearDataAgain(notice: Notice, { scene: { book: { beliefs }, unseen, voice, state }, isJudgedAlike }: Hearing): readonly Complaint[] {
  const isByHand = unseen?.isResolved === true;
  const isEnded = isByHand || (voice !== 'heard' && voice !== 'silenced');
  const found = [
    ...when('I4', beliefs.noDataAlertId === null || notice.alertId !== beliefs.noDataAlertId, 'is told to have data again, and nobody was told that it had none'),
    ...when('I6', isJudgedAlike && !isEnded && noDataSince(state) !== null, 'is told to have data again, and has none'),
  ];
  Object.assign(beliefs, { noDataAlertId: null, noDataRests: isByHand });
  return found;
}

function hearDenial({ scene: { book: { beliefs }, state, voice }, isJudgedAlike }: Hearing): readonly Complaint[] {
  const found = [
    ...when('I4', beliefs.isDenialTold === true, 'is told to be refused by an agent twice'),
    ...when('I6', isJudgedAlike && (state.deniedIn === null || voice !== 'heard'), `is told to be refused by an agent, and is not, or is ${voice}`),
  ];
  beliefs.isDenialTold = true;
  return found;
}

function hearDigest({ scene: { voice }, isJudgedAlike }: Hearing): readonly Complaint[] {
  return when('I6', isJudgedAlike && voice !== 'heard', `is told of past trouble, and is ${voice}`);
}

function when(rule: Complaint['rule'], isSo: boolean, what: string): readonly Complaint[] {
  return isSo ? [{ rule, what }] : [];
}

export function shown({ throughMs, standing, sinceMs, streak, passes, unseenSinceMs }: Pick<NaiveState, 'throughMs' | 'standing' | 'sinceMs' | 'streak' | 'passes' | 'unseenSinceMs'>): string {
  const instant = (ms: number | null): string => (ms === null || ms < 0 ? 'never' : new Date(ms).toISOString().slice(11, 19));
  return `${standing} since ${instant(sinceMs)} (${streak} runs, ${passes} passes, unseen since ${instant(unseenSinceMs)}) up to ${instant(throughMs)}`;
}
