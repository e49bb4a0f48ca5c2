import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { availabilityIndex } from '#shared/schedule/availability.ts';
import { dueBetween, type Turns } from '#shared/schedule/turns.ts';
import { aCheck } from '#shared/testing/builders.ts';
import type { MaintenanceWindow } from '../alerting/maintenance.ts';
import { gapOf, runsToClose } from '../pipeline/close-slots.ts';
import { isPausedAt, outsideOf, pausedSpans, type WindowVersion } from './pauses.ts';

const HOUR = 3_600_000;
/** Two days before summer time begins in Berlin. */
const START = Date.UTC(2026, 2, 27);
const aWindow = (changes: Partial<MaintenanceWindow> = {}): MaintenanceWindow => ({
  startsAtMs: START + HOUR, endsAtMs: START + 3 * HOUR, timeZone: 'Europe/Berlin', repeat: { unit: 'DAY', every: 1, untilMs: null },
  pausing: { kind: 'tags', tags: ['db'] }, silencing: { kind: 'none' }, ...changes,
});
const version = (window: MaintenanceWindow, changes: Partial<WindowVersion> = {}): WindowVersion => ({ windowId: 1, fromAtMs: START, untilMs: null, window, ...changes });
const TURNS: Turns = { fromAtMs: START, untilMs: null, intervalMs: 1_800_000, phaseMs: 123_000, modulus: 1, remainder: 0 };

const aVersion = fc.record({
  hours: fc.integer({ min: 0, max: 60 }), lasts: fc.integer({ min: 1, max: 30 }), every: fc.integer({ min: 1, max: 3 }), repeats: fc.boolean(),
  from: fc.integer({ min: 0, max: 40 }), until: fc.option(fc.integer({ min: 1, max: 40 })), silent: fc.boolean(),
}).map(({ hours, lasts, every, repeats, from, until, silent }) => version(aWindow({
  startsAtMs: START + hours * HOUR, endsAtMs: START + (hours + lasts) * HOUR, repeat: repeats ? { unit: 'DAY', every, untilMs: null } : null,
  ...(silent ? { pausing: { kind: 'none' } as const } : {}),
}), { fromAtMs: START + from * HOUR, untilMs: until === null ? null : START + (from + until) * HOUR }));

describe('pauses', () => {
  it('leave the agent exactly the slots that the coordinator does not call paused', { timeout: 30_000 }, () => {
    fc.assert(fc.property(fc.array(aVersion, { maxLength: 4 }), (versions) => {
      const [fromMs, toMs] = [START, START + 96 * HOUR];
      const left = dueBetween(outsideOf([TURNS], pausedSpans(versions, ['db'], fromMs, toMs)), fromMs, toMs);
      expect(left).toEqual(dueBetween([TURNS], fromMs, toMs).filter((dueAtMs) => !isPausedAt(versions, ['db'], dueAtMs)));
    }), { numRuns: 20 });
  });

  it('keep the clock on the wall when summer time begins', () => {
    expect(pausedSpans([version(aWindow())], ['db'], START, START + 72 * HOUR).map(({ fromMs }) => new Date(fromMs).toISOString().slice(8, 16)))
      .toEqual(['27T01:00', '28T01:00', '29T01:00']);
    expect(isPausedAt([version(aWindow())], ['db'], START + 74 * HOUR - 1)).toBe(true);
    expect(new Date(pausedSpans([version(aWindow())], ['db'], START + 72 * HOUR, START + 96 * HOUR)[0]!.fromMs).toISOString()).toBe('2026-03-30T00:00:00.000Z');
  });

  it('are of a version from when it was made until it was changed, and of no other checks', () => {
    const ended = version(aWindow(), { untilMs: START + 2 * HOUR });
    expect([START + 2 * HOUR - 1, START + 2 * HOUR].map((atMs) => isPausedAt([ended], ['db'], atMs))).toEqual([true, false]);
    expect(isPausedAt([ended], ['web'], START + HOUR)).toBe(false);
  });

  it('close slots as maintenance, and the others as before', () => {
    const checkId = '6f1c7c1e-3b0a-4b5e-9a57-1f2e3d4c5b6a';
    const epochs = [{ fromAtMs: START, intervalMs: HOUR, strategy: 'parallel' as const, order: ['ams'], active: true }];
    const runs = runsToClose(
      { accountId: '11111111-1111-4111-8111-111111111111', checkId, epochs, check: aCheck({ tags: ['db'] }), windows: [version(aWindow())] },
      availabilityIndex([{ locationId: 'ams', fromAtMs: 0, available: true }]), { fromMs: START, toMs: START + 6 * HOUR },
    );
    const reasons = runs.map((run) => gapOf({ ...run, wasRejected: false }).reason);
    expect(reasons.filter((reason) => reason === 'maintenance')).toHaveLength(2);
    expect(new Set(reasons)).toEqual(new Set(['agent_lost', 'maintenance']));
  });
});
