/** Builders of what a test stores, with one changed fact at a time. */
import { randomUUID } from 'node:crypto';
import type { AttemptResult } from '#shared/run/result.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import { aCheck } from '#shared/testing/builders.ts';
import type { IngestRow } from '../../pipeline/ports.ts';
import type { Store } from '../open-store.ts';

export const NOON = Date.UTC(2026, 10, 22, 12);

export type World = {
  readonly accountId: string;
  readonly locationId: string;
  readonly checkId: string;
  readonly agentId: string;
};

/** An account, the public location `local-1`, a check there. */
export async function aWorld(store: Store): Promise<World> {
  const { accountId } = await store.ensureFirstAccount({ name: 'first', keyHash: new Uint8Array(32).fill(1), keyPrefix: 'sk_...abcd', scopes: ['*'] });
  const [location] = await store.ensureLocations([{ code: 'local-1', name: 'Local 1' }]);
  const checkId = randomUUID();
  await store.createCheck(accountId, checkId, aCheck(), null);
  return { accountId, locationId: location!.id, checkId, agentId: randomUUID() };
}

export function aReport(changes: Partial<ProbeReport> = {}): ProbeReport {
  return {
    timings: { dnsUs: 0, connectUs: 250, tlsUs: 0, sendUs: 20, firstByteUs: 400, dataUs: 5, totalUs: 675, idleUs: 0 },
    failure: null, established: true, resolvedAddresses: ['127.0.0.1'], remoteAddress: '127.0.0.1', localAddress: '127.0.0.1',
    bytesSent: 8, bytesReceived: 1, response: Uint8Array.of(0x4e), stopReason: 'decided', tls: null, steps: [], captures: {},
    clock: 'user', uncertaintyUs: 100, loopDelayUs: 50,
    ...changes,
  };
}

export function anAttempt(world: World, changes: Partial<AttemptResult> = {}): AttemptResult {
  return {
    runId: randomUUID(), checkId: world.checkId, checkRevision: 1, locationOwed: world.locationId, locationExecuted: world.locationId,
    trigger: 'schedule', dueAtMs: NOON, attempt: 1, isFinal: true,
    startedAtMs: NOON + 1.25, latenessUs: 1250, clockOffsetUs: -40, clockErrorUs: 200,
    outcome: 'passed', failure: null, overMaxResponseTime: false, assertions: [], report: aReport(),
    ...changes,
  };
}

export function aResultRow(world: World, changes: Partial<AttemptResult> = {}): Extract<IngestRow, { kind: 'result' }> {
  return { kind: 'result', accountId: world.accountId, agentId: world.agentId, isSurplus: false, result: anAttempt(world, changes) };
}

/** The gap that the result's run would have left. */
export function gapOf(world: World, result: Pick<AttemptResult, 'runId' | 'dueAtMs'>): Extract<IngestRow, { kind: 'gap' }> {
  return {
    kind: 'gap', accountId: world.accountId, agentId: world.agentId,
    gap: { runId: result.runId, dueAtMs: result.dueAtMs, checkId: world.checkId, locationOwed: world.locationId, reason: 'agent_lost' },
  };
}
