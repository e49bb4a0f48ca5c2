import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { compileC } from './c-process.ts';
import { openCProber } from './c-prober.ts';
import { DELAY_US } from './exchange.ts';
import { Target } from './target-process.ts';
import { errorsAgainst } from './truth.ts';

const dir = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const targetBinary = compileC('target', dir);
const proberBinary = compileC('prober', dir);

test.skipIf(targetBinary === null || proberBinary === null).each([
  ['closed', { kind: 'closed', inFlight: 4, totalMs: 60 }],
  ['open', { kind: 'open', inFlightMax: 8, totalMs: 60, intervalMs: 20, phasesMs: [3, 11, 17] }],
] as const)('in a %s loop the target knows every exchange that the C prober made, and that it waited as long as it was told', async (_, window) => {
  const target = await Target.open(targetBinary!);
  const prober = openCProber(proberBinary!, target.port);
  try {
    const { samples } = await prober.run(window);
    const exchanges = await target.exchanges();
    expect(samples.length).toBeGreaterThan(2);
    expect(samples.every(({ isOk, totalUs }) => isOk && totalUs >= DELAY_US)).toBe(true);
    expect(exchanges).toHaveLength(samples.length);
    expect(errorsAgainst(exchanges, samples).unmatched).toBe(0);
    // The timer is never early, but for the rounding of the two clocks that the stamps are of.
    expect(Math.min(...exchanges.map(({ arrivedUs, beforeSendUs }) => beforeSendUs - arrivedUs))).toBeGreaterThan(DELAY_US - 50);
  } finally {
    await prober.end();
    await target.end();
  }
});
