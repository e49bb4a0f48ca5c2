import { Buffer } from 'node:buffer';
import { uuidV5 } from '#shared/check/run-id.ts';
import type { Notice } from '../alerting/notice.ts';
import { monthOf, projectedRuns, quotaStateOf, type Quota } from './usage.ts';

/** Never to change: it is what keeps a warning from being told twice. */
const NAMESPACE = Buffer.from('b1c02d5ee9a74d1f8a3750f2c4d6e817', 'hex');

export type QuotaFacts = { readonly accountId: string; readonly pool: string; readonly quota: Quota; readonly used: number; readonly nowMs: number };

/**
 * The notices that are due as usage stands: a warning before, and one at the quota. Their ids follow from account,
 * pool, month, quota and state, so that a notice that was told already is the same one, and is not told again.
 */
export function quotaNotices(facts: QuotaFacts): readonly Notice[] {
  const { accountId, pool, quota, used, nowMs } = facts;
  const state = quotaStateOf(quota, used);
  if (state === 'ok') return [];
  const id = uuidV5(NAMESPACE, `${accountId}/${pool}/${monthOf(nowMs).name}/${quota.runsPerMonth}/${state}`.toLowerCase());
  return [{
    id, accountId, kind: 'quota', alertType: null, alertId: null, isReminder: false, reminderSequence: 0,
    title: state === 'exceeded' ? `The quota of ${runs(quota.runsPerMonth)} of this month is used up` : `${percentOf(facts)} % of this month's quota of ${runs(quota.runsPerMonth)} is used`,
    text: linesOf(facts, state).join('\n'),
    createdAtMs: Math.floor(nowMs), sinceMs: null, check: null, location: null, result: null, failing: null, affected: null,
  }];
}

function linesOf(facts: QuotaFacts, state: 'warning' | 'exceeded'): readonly string[] {
  const { pool, quota, used, nowMs } = facts;
  const month = monthOf(nowMs);
  const projected = projectedRuns(used, nowMs);
  return [
    `${runs(used)} of the pool '${pool}' were made since ${month.name}-01 (UTC), of ${runs(quota.runsPerMonth)}.`,
    ...(projected !== null && state === 'warning' ? [`If it goes on like this the month comes to ${runs(projected)}.`] : []),
    state === 'exceeded'
      ? `All checks go on running. ${quota.policy === 'refuse_new' ? 'New checks and manual runs are refused until the month ends or the quota is raised.' : 'What goes beyond is counted and shown with its price.'}`
      : `At the quota ${quota.policy === 'refuse_new' ? 'new checks and manual runs will be refused; what runs goes on running.' : 'everything goes on running.'}`,
    'Raise the quota, choose longer intervals, or run in fewer locations at once.',
  ];
}

function percentOf({ quota, used }: QuotaFacts): number {
  return Math.floor((used * 100) / quota.runsPerMonth);
}

function runs(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'run' : 'runs'}`;
}
