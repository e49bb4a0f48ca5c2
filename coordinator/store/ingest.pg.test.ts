import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS } from './partitions.ts';
import { aStore, type AStore } from './testing/a-store.ts';
import { aReport, aResultRow, aWorld, gapOf, NOON, type World } from './testing/rows.ts';

describe('ingest', () => {
  let at: AStore;
  let world: World;

  beforeAll(async () => {
    at = await aStore();
    world = await aWorld(at.store);
  });
  afterAll(() => at?.end());

  async function countOf(table: 'results' | 'gaps', runIds: readonly string[]): Promise<number> {
    const { rows } = await at.client.query<{ n: string }>(`select count(*) as n from ${table} where run_id = any($1)`, [runIds]);
    return Number(rows[0]!.n);
  }

  it('stores a row once, however often it comes, within a batch and across', async () => {
    const row = aResultRow(world);
    const other = aResultRow(world);
    expect(await at.store.ingest([row, other, row])).toEqual({ inserted: 2, duplicates: 1 });
    expect(await at.store.ingest([other, row])).toEqual({ inserted: 0, duplicates: 2 });
    expect(await countOf('results', [row.result.runId, other.result.runId])).toBe(2);
  });

  it('keeps the first of two rows with one key', async () => {
    const row = aResultRow(world);
    await at.store.ingest([row]);
    await at.store.ingest([{ ...row, result: { ...row.result, outcome: 'failed' } }]);
    expect((await at.store.getResult(world.accountId, world.checkId, row.result.runId))?.outcome).toBe('passed');
  });

  it('keeps each attempt of a run', async () => {
    const first = aResultRow(world, { isFinal: false, outcome: 'failed' });
    const second = aResultRow(world, { ...first.result, attempt: 2, isFinal: true, outcome: 'passed' });
    expect(await at.store.ingest([first, second])).toEqual({ inserted: 2, duplicates: 0 });
    expect((await at.store.getResult(world.accountId, world.checkId, first.result.runId))?.attempt).toBe(2);
    expect((await at.store.getResult(world.accountId, world.checkId, first.result.runId, 1))?.outcome).toBe('failed');
  });

  it('a result takes the place of its gap', async () => {
    const row = aResultRow(world);
    expect(await at.store.ingest([gapOf(world, row.result)])).toEqual({ inserted: 1, duplicates: 0 });
    await at.store.ingest([row]);
    expect(await countOf('gaps', [row.result.runId])).toBe(0);
    expect(await countOf('results', [row.result.runId])).toBe(1);
  });

  it('results beside those that replace a gap are stored with them, and each gap that is replaced is told', async () => {
    const dueAtMs = NOON + 3_600_000;
    const rows = Array.from({ length: 6 }, () => aResultRow(world, { dueAtMs }));
    await at.store.ingest([gapOf(world, rows[1]!.result), gapOf(world, rows[4]!.result), gapOf(world, { runId: randomUUID(), dueAtMs })]);
    expect(await at.store.ingest(rows)).toEqual({ inserted: 6, duplicates: 0 });
    const runIds = rows.map(({ result }) => result.runId);
    const { rows: stored } = await at.client.query('select run_id from results where run_id = any($1) and replaced_gap is not null', [runIds]);
    expect(stored.map(({ run_id: runId }) => runId).sort()).toEqual([runIds[1], runIds[4]].sort());
    expect([await countOf('results', runIds), await countOf('gaps', runIds)]).toEqual([6, 0]);
  });

  it('a gap of a run that has a result is dropped, also in one batch with it', async () => {
    const row = aResultRow(world);
    expect(await at.store.ingest([gapOf(world, row.result), row])).toEqual({ inserted: 1, duplicates: 1 });
    expect(await at.store.ingest([gapOf(world, row.result)])).toEqual({ inserted: 0, duplicates: 1 });
    expect(await countOf('gaps', [row.result.runId])).toBe(0);
  });

  it('a result and a gap of one run that come at the same time leave the result alone', async () => {
    const rows = Array.from({ length: 40 }, () => aResultRow(world));
    await Promise.all(rows.flatMap((row) => [at.store.ingest([row]), at.store.ingest([gapOf(world, row.result)])]));
    const runIds = rows.map(({ result }) => result.runId);
    expect(await countOf('results', runIds)).toBe(40);
    expect(await countOf('gaps', runIds)).toBe(0);
  });

  it('a batch across midnight lands in both days', async () => {
    const midnight = Date.UTC(2031, 0, 1);
    const rows = [-1, 0, 1].map((ms) => aResultRow(world, { dueAtMs: midnight + ms }));
    expect(await at.store.ingest([...rows, gapOf(world, { runId: randomUUID(), dueAtMs: midnight - DAY_MS })])).toEqual({ inserted: 4, duplicates: 0 });
    const { rows: days } = await at.client.query(`select tableoid::regclass::text as day, count(*)::int as n from results where due_at > '2030-12-01' group by 1 order by 1`);
    expect(days).toEqual([{ day: 'results_20301231', n: 1 }, { day: 'results_20310101', n: 2 }]);
  });

  it('makes a day again that was dropped behind its back', async () => {
    const dueAtMs = Date.UTC(2032, 5, 1);
    await at.store.ingest([aResultRow(world, { dueAtMs })]);
    await at.client.query('drop table results_20320601; drop table gaps_20320601');
    expect(await at.store.ingest([aResultRow(world, { dueAtMs })])).toEqual({ inserted: 1, duplicates: 0 });
  });

  it('gives back every fact of an attempt as it came, to the µs', async () => {
    const row = aResultRow(world, {
      runId: '00000000-0000-5000-8000-00000000000a', dueAtMs: NOON + 7, startedAtMs: NOON + 8.123, latenessUs: 4_000_000_000, clockOffsetUs: -3_600_000_000,
      attempt: 3, isFinal: true, outcome: 'failed', overMaxResponseTime: true, trigger: 'retry',
      failure: { phase: 'read', code: 'ERR_EXPECT_MISMATCH', message: 'said “no” 🙈', step: 2 },
      assertions: [{ passed: false, actual: 'a\u0000b \ud800', error: 'is not what it should be' }],
      report: aReport({
        failure: { phase: 'read', code: 'ECONNRESET', message: 'cut' }, resolvedAddresses: ['10.0.0.1', '10.0.0.2'], remoteAddress: '10.0.0.1', localAddress: null,
        bytesReceived: 8_000_000_000, response: Uint8Array.from({ length: 256 }, (_, byte) => byte), stopReason: 'failed', synRetransmits: 2,
        steps: [{ kind: 'expect', us: 12, ok: false, detail: '220 x\u0000' }], captures: { banner: 'x' }, clock: 'kernel',
        tls: {
          version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', alpn: null, authorized: true, alert: null, subject: 's', issuer: 'i', subjectAltNames: ['a'],
          serialNumber: '01', fingerprint256: 'ff', notBeforeMs: 1, notAfterMs: 2, chainNotAfterMs: 2,
        },
      }),
    });
    await at.store.ingest([row]);
    const stored = await at.store.getResult(world.accountId, world.checkId, row.result.runId, 3);
    const { accountId, agentId, isSurplus, receivedAtMs, locationOwedCode, locationExecutedCode, check, ...attempt } = stored!;
    expect({ ...attempt, report: { ...attempt.report, response: new Uint8Array(attempt.report.response) } }).toEqual(row.result);
    expect({ accountId, agentId, isSurplus, locationOwedCode, locationExecutedCode }).toEqual({
      accountId: world.accountId, agentId: world.agentId, isSurplus: false, locationOwedCode: 'local-1', locationExecutedCode: 'local-1',
    });
    expect(check.name).toBe('redis-eu');
    expect(receivedAtMs).toBeGreaterThan(0);
  });

  it('does not choke on U+0000 in a message', async () => {
    const row = aResultRow(world, { outcome: 'failed', failure: { phase: 'read', code: 'ERR_ASSERTION', message: 'got \u0000' } });
    await at.store.ingest([row]);
    expect((await at.store.getResult(world.accountId, world.checkId, row.result.runId))?.failure?.message).toBe('got \uFFFD');
  });

  it('of several batches at once each row is stored once', async () => {
    const rows = Array.from({ length: 300 }, () => aResultRow(world));
    const batches = [rows, rows.toReversed(), rows.slice(100), rows.slice(0, 250)];
    const answers = await Promise.all(batches.map((batch) => at.store.ingest(batch)));
    expect(answers.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(300);
    expect(await countOf('results', rows.map(({ result }) => result.runId))).toBe(300);
  });

  it('writes an empty batch without ado', async () => {
    expect(await at.store.ingest([])).toEqual({ inserted: 0, duplicates: 0 });
  });
});
