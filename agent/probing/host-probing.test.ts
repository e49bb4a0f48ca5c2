import { MessageChannel } from 'node:worker_threads';
import { expect, test, vi } from 'vitest';
import { dueBetween } from '#shared/schedule/turns.ts';
import { systemClock } from '#shared/time/clock.ts';
import { hostProbing } from './host-probing.ts';
import type { FromProbing, Row, ToProbing } from './messages.ts';
import { aTarget, anAssignment, SETTINGS } from './testing/probing-world.ts';

const WITHIN = { timeout: 15_000, interval: 10 };

test('a thread whose answers nobody takes starts nothing more; once they are taken, the slots meanwhile are gaps', async () => {
  const target = await aTarget();
  const { port1, port2 } = new MessageChannel();
  const rows: Row[] = [];
  let untakenBytes = 0;
  let isOver = false;
  const tell = (message: ToProbing): void => port1.postMessage(message);
  port1.on('message', (message: FromProbing) => {
    if (message.kind === 'stopped') isOver = true;
    if (message.kind !== 'rows') return;
    rows.push(...message.rows);
    untakenBytes += message.bytes;
  });
  hostProbing(port2, SETTINGS, { clock: systemClock, roomBytes: 60_000 });
  const assignments = Array.from({ length: 20 }, (_, index) => anAssignment(target.port, index));
  tell({ kind: 'apply', sinceMs: Math.floor(systemClock.nowMs()) + 1, upserts: assignments, removals: [] });
  await vi.waitFor(() => expect(untakenBytes).toBeGreaterThanOrEqual(60_000), WITHIN);
  const fullAtMs = systemClock.nowMs();
  await vi.waitFor(() => expect(systemClock.nowMs()).toBeGreaterThan(fullAtMs + 700), WITHIN);
  // Those that were under way when there was no more room still came: fewer than one a check.
  expect(untakenBytes).toBeLessThan(60_000 + 20 * 2_100);
  expect(Math.max(...rows.map(slotOf))).toBeLessThan(fullAtMs + 100);

  tell({ kind: 'taken', bytes: untakenBytes });
  untakenBytes = 0;
  await vi.waitFor(() => expect(rows.some((row) => row.kind === 'gap' && row.missed.dueAtMs > fullAtMs && row.missed.reason === 'overloaded')).toBe(true), WITHIN);
  tell({ kind: 'stop', drainMs: 5_000 });
  await vi.waitFor(() => expect(isOver).toBe(true), WITHIN);
  await target.close();
  for (const { checkId, turns } of assignments) {
    const slots = rows.filter((row) => (row.kind === 'gap' ? row.missed : row.result).checkId === checkId).map(slotOf).sort((a, b) => a - b);
    expect(slots).toEqual(dueBetween(turns, slots[0]!, slots.at(-1)! + 1));
  }
});

function slotOf(row: Row): number {
  return row.kind === 'gap' ? row.missed.dueAtMs : row.result.dueAtMs;
}
