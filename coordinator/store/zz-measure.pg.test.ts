import { randomUUID } from 'node:crypto';
import { it } from 'vitest';
import { runIdOf } from '#shared/check/run-id.ts';
import { aCheck } from '#shared/testing/builders.ts';
import { owedSpans, owedBetween } from '../planning/owed-slots.ts';
import { aStore } from './testing/a-store.ts';
import { aResultRow, aWorld } from './testing/rows.ts';

it('measures', async () => {
  const at = await aStore();
  const world = await aWorld(at.store);
  const start = Date.UTC(2026, 0, 1);
  const range = { fromMs: start, toMs: start + 10 * 86_400_000 };
  const checkId = randomUUID();
  await at.store.createCheck(world.accountId, checkId, aCheck(), null);
  const epochs = [{ fromAtMs: 0, intervalMs: 10_000, strategy: 'parallel' as const, order: [world.locationId], active: true }];
  const owed = owedSpans({ checkId, epochs, availability: [], ...range });
  const dues = owedBetween(owed.get(world.locationId)!, range.fromMs, range.toMs);
  const row = (dueAtMs: number) => aResultRow(world, { checkId, dueAtMs, runId: runIdOf({ accountId: world.accountId, checkId, locationId: world.locationId, dueAtMs }) });
  let t = performance.now();
  for (let i = 0; i < dues.length; i += 1000) await at.store.ingest(dues.slice(i, i + 1000).map(row));
  console.log('ingest rows/s', Math.round(dues.length / ((performance.now() - t) / 1000)));
  for (const label of ['cold', 'warm']) {
    t = performance.now();
    const s = await at.store.listSettled(world.accountId, [{ checkId, owed, openFromMs: range.toMs }], range, 100);
    console.log(label, dues.length, 'slots ms', Math.round(performance.now() - t), JSON.stringify(s.get(checkId)!.counts));
  }
  const flips = Array.from({ length: 3000 }, (_, i) => ({ locationId: world.locationId, fromAtMs: start + i * 280_000, available: i % 2 === 0 }));
  const rr = owedSpans({ checkId, epochs: [{ ...epochs[0]!, strategy: 'round_robin' as const, order: [world.locationId, randomUUID()] }], availability: flips, ...range });
  t = performance.now();
  await at.store.listSettled(world.accountId, [{ checkId, owed: rr, openFromMs: range.toMs }], range, 100);
  console.log('spans', [...rr.values()].flat().length, 'ms', Math.round(performance.now() - t));
  const runs = dues.slice(5000, 7000).map((dueAtMs) => ({ accountId: world.accountId, checkId, locationId: world.locationId, dueAtMs, runId: row(dueAtMs).result.runId }));
  for (const _ of [1, 2, 3]) { t = performance.now(); const n = (await at.store.findUnsettled(runs)).length; console.log('anti-join 2000', n, Math.round(performance.now() - t), 'ms'); }
  await at.end();
}, 120_000);
