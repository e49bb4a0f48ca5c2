import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../context.ts';
import { createOutput } from '../output.ts';
import { auditCommand, type AuditFlags } from './audit.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const CHECK = '6f1c7c1e-3b0a-4b5e-9a57-1f2e3d4c5b6a';

type Entry = Record<string, unknown>;
const counts = (changes: Record<string, number> = {}) =>
  ({ due: 10, results: 8, gapCount: 2, pending: 0, missing: 0, double: 0, surplus: 0, unowed: 0, lateReplacements: 0, ...changes });
const anEntry = (changes: Entry = {}): Entry => ({
  checkId: CHECK, name: 'redis', isDeleted: false, ...counts(), gapsOmitted: 0, locations: [{ location: 'local-1', ...counts() }],
  gaps: [{ from: '2026-11-22T00:00:00.000Z', to: '2026-11-22T00:00:10.000Z', reason: 'agent_lost', location: 'local-1', count: 2 }],
  ...changes,
});

let server: Server;
let asked: URL[];
let answer: (url: URL) => unknown;
beforeAll(async () => {
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://x');
    asked.push(url);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer(url)));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
});
beforeEach(() => { asked = []; });
afterAll(() => { server.closeAllConnections(); server.close(); });

async function audit(flags: AuditFlags, json = false): Promise<{ code: number; out: string }> {
  let out = '';
  const output = createOutput({ json, env: {}, stdout: { write: (text) => { out += text; } }, stderr: { write: () => {} } });
  const env = { SONDE_API_KEY: 'a'.repeat(20), SONDE_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  const never = new AbortController().signal;
  const code = await auditCommand({ env, output, stop: never, force: never } satisfies Context, flags, NOW);
  return { code, out };
}

describe('sonde audit', () => {
  it('exits 0 and says so when every slot is accounted for, gaps or not', async () => {
    answer = () => ({ total: 1, entries: [anEntry()] });
    const { code, out } = await audit({});
    expect(code).toBe(0);
    expect(out).toMatch(/CHECK +DUE +RESULTS +GAPS +PENDING +MISSING +DOUBLE/);
    expect(out).toMatch(/redis +10 +8 +2 +0 +0 +0 +0 +0 +agent_lost 2/);
    expect(out).toContain('10 slots were due: each has a result or a reason');
    expect(asked.map(({ search }) => search)).toEqual(['?from=2026-11-21T12%3A00%3A00.000Z&to=2026-11-22T12%3A00%3A00.000Z&limit=10&page=1']);
  });

  it.each([
    ['missing', { results: 7, missing: 1 }, '1 are missing, 0 are there more than once'],
    ['double', { double: 3 }, '0 are missing, 3 are there more than once'],
  ])('exits 1 when a slot is %s', async (_, changes, sentence) => {
    answer = () => ({ total: 1, entries: [anEntry(counts(changes))] });
    const { code, out } = await audit({});
    expect([code, out.includes(sentence)]).toEqual([1, true]);
  });

  it('asks day by day and page by page, and adds up', async () => {
    answer = (url) => {
      const page = Number(url.searchParams.get('page'));
      const entries = Array.from({ length: page === 1 ? 10 : 2 }, (_, index) => anEntry({ checkId: `check ${page} ${index}` }));
      return { total: 12, entries };
    };
    const { code, out } = await audit({ from: '60h' }, true);
    const { isComplete, due, checks, from, to } = JSON.parse(out) as { isComplete: boolean; due: number; from: string; to: string; checks: { due: number; locations: unknown[]; gaps: unknown[] }[] };
    expect([code, isComplete, due, checks.length]).toEqual([0, true, 360, 12]);
    expect(checks[0]).toMatchObject({ due: 30, locations: [{ location: 'local-1', due: 30 }] });
    expect([checks[0]!.gaps.length, from, to]).toEqual([3, '2026-11-20T00:00:00.000Z', '2026-11-22T12:00:00.000Z']);
    const windows = asked.map((url) => `${url.searchParams.get('from')} ${url.searchParams.get('to')} ${url.searchParams.get('page')}`);
    expect(windows).toEqual([
      '2026-11-20T00:00:00.000Z 2026-11-21T00:00:00.000Z 1', '2026-11-20T00:00:00.000Z 2026-11-21T00:00:00.000Z 2',
      '2026-11-21T00:00:00.000Z 2026-11-22T00:00:00.000Z 1', '2026-11-21T00:00:00.000Z 2026-11-22T00:00:00.000Z 2',
      '2026-11-22T00:00:00.000Z 2026-11-22T12:00:00.000Z 1', '2026-11-22T00:00:00.000Z 2026-11-22T12:00:00.000Z 2',
    ]);
  });

  it('asks for one check alone by its id, also when it was deleted', async () => {
    answer = () => anEntry({ isDeleted: true });
    const { out } = await audit({ check: CHECK, from: '2026-11-22T00:00:00Z', to: '2026-11-22T06:00:00Z' });
    expect(out).toContain('redis (deleted)');
    expect(asked.map(({ pathname, search }) => pathname + search)).toEqual([`/v1/checks/${CHECK}/completeness?from=2026-11-22T00%3A00%3A00.000Z&to=2026-11-22T06%3A00%3A00.000Z`]);
  });

  it('does not take an answer without numbers for completeness', async () => {
    answer = () => ({ total: 1, entries: [{ checkId: CHECK, name: 'x' }] });
    await expect(audit({})).rejects.toThrow("no number 'due'");
  });

  it.each([
    [{ from: 'lately' }, "--from is 'lately'"], [{ from: '1h', to: '2h' }, 'must be before'], [{ to: '10:00' }, "--to is '10:00'"], [{ from: '0' }, 'longer than'],
  ])('refuses %j', async (flags, sentence) => {
    await expect(audit(flags)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining(sentence) });
  });
});
