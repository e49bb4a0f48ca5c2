import { describe, expect, it } from 'vitest';
import { FakeClock } from '#shared/testing/fake-clock.ts';
import { RollUp } from './roll-up.ts';
import type { RolledUp, RollupStore } from './rollup-port.ts';

function aRollUp(batches: readonly RolledUp[], isHeldByAnother = false) {
  const waiting = [...batches];
  let asked = 0;
  const store: RollupStore = {
    acquireLease: async (name, holder, ttlMs) => (isHeldByAnother ? null : { name, holder, token: 1, ttlMs, nowMs: 0 }),
    releaseLease: async () => undefined,
    rollUpMarked: async () => { asked += 1; return waiting.shift() ?? { marks: 0, hours: 0, days: 0 }; },
    rebuildRollups: async () => undefined,
  };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  return { rollUp: new RollUp({ store, clock: new FakeClock(), log, holder: 'me' }), asked: () => asked };
}

describe('rolling up', () => {
  it('goes on until no mark is left', async () => {
    const { rollUp, asked } = aRollUp([{ marks: 2_000, hours: 7, days: 1 }, { marks: 3, hours: 2, days: 1 }]);
    await rollUp.rollUp();
    expect([rollUp.hours, asked()]).toEqual([9, 3]);
  });

  it('is left to whoever holds the lease', async () => {
    const { rollUp, asked } = aRollUp([{ marks: 1, hours: 1, days: 1 }], true);
    await rollUp.rollUp();
    expect(asked()).toBe(0);
  });
});
