import { describe, expect, it } from 'vitest';
import type { ApiClient } from './api-client.ts';
import { ResultFeed } from './result-feed.ts';

const startMs = Date.UTC(2026, 0, 1);

type Stored = { readonly id: string; readonly dueMs: number };

/** The part of the API that a feed asks: newest first, `from` in seconds, pages by position. */
function apiOver(stored: Stored[]): ApiClient {
  return {
    get: async (path: string) => {
      const query = new URL(path, 'http://x').searchParams;
      const from = Number(query.get('from') ?? 0) * 1_000;
      const all = stored.filter(({ dueMs }) => dueMs >= from).toSorted((a, b) => b.dueMs - a.dueMs);
      const at = Number(query.get('nextId') ?? 0);
      const entries = all.slice(at, at + Number(query.get('limit')));
      const end = at + entries.length;
      return {
        entries: entries.map(({ id, dueMs }) => ({ id, tcpCheckResult: { dueAt: new Date(dueMs).toISOString() } })),
        nextId: end < all.length ? String(end) : null,
      };
    },
  } as unknown as ApiClient;
}

const idsOf = (entries: readonly unknown[]): string[] => entries.map((entry) => (entry as Stored).id);

describe('following results', () => {
  it('hands out each once, oldest first, also one that comes late', async () => {
    const stored: Stored[] = [{ id: 'a', dueMs: startMs }, { id: 'b', dueMs: startMs + 10_000 }];
    const feed = new ResultFeed(apiOver(stored), 'c');
    expect(idsOf(await feed.newest(20))).toEqual(['a', 'b']);
    expect(await feed.next()).toEqual([]);
    stored.push({ id: 'd', dueMs: startMs + 30_000 });
    expect(idsOf(await feed.next())).toEqual(['d']);
    stored.push({ id: 'c', dueMs: startMs + 20_000 });
    expect(idsOf(await feed.next())).toEqual(['c']);
    expect(await feed.next()).toEqual([]);
  });

  it('shows nothing due before it was told to start', async () => {
    const feed = new ResultFeed(apiOver([{ id: 'old', dueMs: startMs - 1_000 }, { id: 'new', dueMs: startMs }]), 'c');
    feed.startAt(startMs);
    expect(idsOf(await feed.next())).toEqual(['new']);
  });

  it('takes a burst of more than a page', async () => {
    const stored: Stored[] = [{ id: 'first', dueMs: startMs }];
    const feed = new ResultFeed(apiOver(stored), 'c');
    await feed.newest(1);
    for (let index = 0; index < 250; index += 1) stored.push({ id: `r${index}`, dueMs: startMs + 1_000 + index });
    expect(await feed.next()).toHaveLength(250);
  });
});
