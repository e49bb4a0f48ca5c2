import { describe, expect, it } from 'vitest';
import type { ApiClient } from '../cli/api-client.ts';
import { LiveResults } from './live-results.ts';

const startMs = Date.UTC(2026, 0, 1);
const never = new AbortController().signal;

/** Checks by id, each with results [id, ms after the start]; counts what is asked. */
function aServer(checks: Map<string, [string, number][]>): { api: ApiClient; asked: string[] } {
  const asked: string[] = [];
  const api = {
    get: async (path: string) => {
      if (path === '/v1/check-statuses') return [...checks].map(([checkId, results]) => ({ checkId, lastCheckRunId: results.at(-1)?.[0] ?? null }));
      const id = path.split('/').at(-1)?.split('?')[0] ?? '';
      asked.push(id);
      const entries = (checks.get(id) ?? []).toReversed().map(([result, afterMs]) => {
        const at = new Date(startMs + afterMs).toISOString();
        return { id: result, startedAt: at, tcpCheckResult: { dueAt: at } };
      });
      return { entries, nextId: null };
    },
  } as unknown as ApiClient;
  return { api, asked };
}

const idsOf = (entries: readonly unknown[]): string[] => entries.map((entry) => (entry as { id: string }).id);

describe('the live view', () => {
  it('shows what comes of all checks in the order it started, each once', async () => {
    const checks = new Map<string, [string, number][]>([['a', [['a1', 2_000]]], ['b', [['b1', 1_000]]]]);
    const live = new LiveResults(aServer(checks).api, startMs);
    expect(idsOf(await live.round(never))).toEqual(['b1', 'a1']);
    checks.get('b')?.push(['b2', 3_000]);
    expect(idsOf(await live.round(never))).toEqual(['b2']);
    expect(await live.round(never)).toEqual([]);
  });

  it('sees a result that changes no status in its turn, a new check at once, and forgets a deleted one', async () => {
    const checks = new Map<string, [string, number][]>([['a', [['a1', 1]]], ['b', [['b1', 1]]]]);
    const { api, asked } = aServer(checks);
    const live = new LiveResults(api, startMs);
    for (let round = 0; round < 5; round += 1) await live.round(never);
    checks.get('a')?.unshift(['by-hand', 0]);
    expect([...idsOf(await live.round(never)), ...idsOf(await live.round(never))]).toEqual(['by-hand']);
    checks.set('c', [['c1', 5]]);
    expect(idsOf(await live.round(never))).toEqual(['c1']);
    checks.delete('a');
    asked.length = 0;
    for (let round = 0; round < 5; round += 1) await live.round(never);
    expect(asked).not.toContain('a');
  });

  it('asks about at most four checks a round, however many there are', async () => {
    const checks = new Map(Array.from({ length: 500 }, (_, index): [string, [string, number][]] => [`c${index}`, [[`r${index}`, index]]]));
    const { api, asked } = aServer(checks);
    const live = new LiveResults(api, startMs);
    for (let round = 0; round < 10; round += 1) await live.round(never);
    expect(asked.length).toBeLessThanOrEqual(40);
    expect(new Set(asked).size).toBeGreaterThan(10);
  });
});
