import { describe, expect, it } from 'vitest';
import { isInMaintenance, nextMaintenanceChange, type MaintenanceWindow } from './maintenance.ts';

const at = (iso: string): number => Date.parse(iso);
const aWindow = (changes: Partial<MaintenanceWindow> = {}): MaintenanceWindow => ({
  startsAtMs: at('2026-03-27T01:00:00Z'), endsAtMs: at('2026-03-27T03:00:00Z'), timeZone: 'UTC', repeat: null,
  pausing: { kind: 'none' }, silencing: { kind: 'all' }, ...changes,
});
const isSilenced = (window: MaintenanceWindow, iso: string): boolean => isInMaintenance([window], [], at(iso)).isSilenced;

describe('a maintenance window', () => {
  it('holds from its start until its end, which is outside', () => {
    expect(['2026-03-27T00:59:59Z', '2026-03-27T01:00:00Z', '2026-03-27T02:59:59Z', '2026-03-27T03:00:00Z'].map((iso) => isSilenced(aWindow(), iso)))
      .toEqual([false, true, true, false]);
  });

  it('speaks of checks with one of its tags, pausing and silencing apart; who is paused is silenced', () => {
    const window = aWindow({ pausing: { kind: 'tags', tags: ['db'] }, silencing: { kind: 'tags', tags: ['web', 'env:prod'] } });
    const during = at('2026-03-27T02:00:00Z');
    expect([['db'], ['env:prod'], ['other'], []].map((tags) => isInMaintenance([window], tags, during))).toEqual([
      { isPaused: true, isSilenced: true }, { isPaused: false, isSilenced: true }, { isPaused: false, isSilenced: false }, { isPaused: false, isSilenced: false },
    ]);
  });

  it('keeps the clock on the wall when summer begins and ends', () => {
    // 02:00–04:00 in Berlin: 01:00Z in winter, 00:00Z in summer, which begins on March 29th.
    const daily = aWindow({ timeZone: 'Europe/Berlin', repeat: { unit: 'DAY', every: 1, untilMs: null } });
    expect(['2026-03-28T00:30:00Z', '2026-03-28T01:30:00Z', '2026-03-31T00:30:00Z', '2026-03-31T02:30:00Z', '2026-11-01T00:30:00Z', '2026-11-01T02:30:00Z']
      .map((iso) => isSilenced(daily, iso))).toEqual([false, true, true, false, false, true]);
  });

  it('repeats every so many weeks and months, a 31st on the last day of a shorter month', () => {
    const fortnightly = aWindow({ repeat: { unit: 'WEEK', every: 2, untilMs: null } });
    expect(['2026-04-03T02:00:00Z', '2026-04-10T02:00:00Z', '2026-04-24T02:00:00Z'].map((iso) => isSilenced(fortnightly, iso))).toEqual([false, true, true]);
    const monthly = aWindow({ startsAtMs: at('2026-01-31T23:00:00Z'), endsAtMs: at('2026-02-01T01:00:00Z'), repeat: { unit: 'MONTH', every: 1, untilMs: null } });
    expect(['2026-02-28T23:30:00Z', '2026-03-31T23:30:00Z', '2026-03-30T23:30:00Z'].map((iso) => isSilenced(monthly, iso))).toEqual([true, true, false]);
  });

  it('stops repeating when it is told to', () => {
    const until = aWindow({ repeat: { unit: 'DAY', every: 1, untilMs: at('2026-03-28T12:00:00Z') } });
    expect(['2026-03-28T02:00:00Z', '2026-03-29T02:00:00Z'].map((iso) => isSilenced(until, iso))).toEqual([true, false]);
  });

  it('says when it next begins or ends for a check', () => {
    const daily = aWindow({ repeat: { unit: 'DAY', every: 1, untilMs: null } });
    expect(nextMaintenanceChange([daily], [], at('2026-05-01T02:00:00Z'))).toBe(at('2026-05-01T03:00:00Z'));
    expect(nextMaintenanceChange([daily], [], at('2026-05-01T03:00:00Z'))).toBe(at('2026-05-02T01:00:00Z'));
    expect(nextMaintenanceChange([aWindow()], [], at('2026-05-01T03:00:00Z'))).toBeNull();
    expect(nextMaintenanceChange([aWindow({ silencing: { kind: 'tags', tags: ['db'] } })], ['web'], at('2026-03-27T02:00:00Z'))).toBeNull();
  });
});
