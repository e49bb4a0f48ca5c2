/**
 * Protocol N−1: a client made of the contract as it was frozen, never changed with today's. It must live through a
 * whole session, and whatever changes in the contract must leave what it knows as it was.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as protoLoader from '@grpc/proto-loader';
import { afterEach, describe, expect, test } from 'vitest';
import { aCheck, aProbeSpec, aRequest } from '#shared/testing/builders.ts';
import { A_CHECK, A_LOCATION, AN_ACCOUNT } from '#shared/testing/results.ts';
import { aBatch, aCoordinator, aPlannedCheck, endEverything, PROTO, type Wire } from './testing/independent-client.ts';

const FROZEN = fileURLToPath(new URL('./testing/fleet-v1-frozen.proto', import.meta.url));

afterEach(endEverything);

describe('a client of the protocol as it was frozen', () => {
  test('lives through a whole session: hello, config, shot, results acknowledged, goodbye', async () => {
    const { store, fleet, dial } = await aCoordinator(FROZEN);
    const check = aPlannedCheck();
    store.put(check);
    const agent = dial();
    const session = agent.hello();
    const { session_id, generation, reconnect_window_ms } = await session.next('welcome');
    expect(reconnect_window_ms).toBeGreaterThan(0);
    const snapshot = await session.next('snapshot');
    expect(snapshot['assignments']).toMatchObject([{ check_id: A_CHECK, spec: { hostname: '127.0.0.1' }, turns: [{ interval_ms: 10_000 }] }]);
    session.send({ applied: { revision: snapshot['revision'], hash: snapshot['hash'], rejected: [] } });
    session.send({ heartbeat: { sent_at_us: 7, applied_revision: snapshot['revision'] } });
    expect(await session.next('heartbeat_reply')).toMatchObject({ echo_sent_at_us: 7 });

    const results = agent.openResults({ session_id, generation });
    await results.next('opened');
    const batch = aBatch(check);
    results.send({ batch });
    expect(await results.next('acknowledged')).toMatchObject({ through_sequence: 7, refused: [] });
    expect(store.rows.size).toBe(1);

    store.put({ ...check, revision: 2, check: aCheck({ request: aRequest({ port: 6380 }) }) });
    const delta = await session.next('delta');
    expect(delta).toMatchObject({ upserts: [{ revision: 2, spec: { port: 6380 } }] });
    expect(delta['base_revision']).toBeGreaterThanOrEqual(snapshot['revision']);

    const [here] = store.locations;
    const answer = fleet.runShot({ accountId: AN_ACCOUNT, location: here!, spec: aProbeSpec(), saved: null, timeoutMs: 5_000 });
    let shot: Wire;
    do shot = await session.next('shot'); while (!shot['unsaved']);
    const done: Wire = { ...batch['results'], run_ids: Buffer.from(shot['run_id'].replaceAll('-', ''), 'hex'), trigger: ['TRIGGER_MANUAL'] };
    session.send({ shot_done: { run_id: shot['run_id'], result: done } });
    expect(await answer).toMatchObject({ kind: 'done', result: { outcome: 'passed', runId: shot['run_id'] } });

    session.send({ goodbye: { last_slot_ms: Date.now(), reason: 'stopping' } });
    await expect.poll(() => [...store.sessions.values()].at(-1)!.lastSlotMs).toBeGreaterThan(0);
    expect(store.locations[0]!.id).toBe(A_LOCATION);
  });

  test('finds every message, field and value of it in today’s contract, as it was', () => {
    const [frozen, today] = [shapesIn(FROZEN), shapesIn(PROTO)];
    expect(frozen.size).toBeGreaterThan(150);
    expect([...frozen].filter(([name, shape]) => today.get(name) !== shape)).toEqual([]);
  });
});

describe('a client of a protocol still to come', () => {
  const dir = mkdtempSync(join(tmpdir(), 'sonde-proto-'));
  const FUTURE = join(dir, 'fleet.proto');
  writeFileSync(FUTURE, readFileSync(PROTO, 'utf8')
    .replace('message Hello {', 'message Hello {\n  string mood = 900;')
    .replace('message Heartbeat {', 'message Heartbeat {\n  repeated uint64 moods = 900;')
    .replace('message SpoolBatch {', 'message SpoolBatch {\n  bytes mood = 900;')
    .replace('OUTCOME_CODE_EGRESS_DENIED = 5;', 'OUTCOME_CODE_EGRESS_DENIED = 5;\n  OUTCOME_CODE_FORETOLD = 90;'));

  test('is understood where it says what is known: unknown fields are passed over, a row with an unknown value is refused alone', async () => {
    const { store, dial } = await aCoordinator(FUTURE);
    const check = aPlannedCheck();
    store.put(check);
    const agent = dial();
    const session = agent.hello({ mood: 'bright' });
    const { session_id, generation } = await session.next('welcome');
    session.send({ heartbeat: { sent_at_us: 9, moods: [1, 2, 3] } });
    expect(await session.next('heartbeat_reply')).toMatchObject({ echo_sent_at_us: 9 });
    const results = agent.openResults({ session_id, generation });
    await results.next('opened');
    const known = aBatch(check);
    results.send({ batch: { ...known, results: { ...known['results'], outcome: ['OUTCOME_CODE_FORETOLD'] } } });
    expect(await results.next('acknowledged')).toMatchObject({ refused: [{ sequence: 7, code: 'unknown_value' }] });
    results.send({ batch: { ...known, mood: Buffer.from('bright') } });
    expect(await results.next('acknowledged')).toMatchObject({ refused: [] });
    expect(store.rows.size).toBe(1);
    rmSync(dir, { recursive: true });
  });
});

/** `message.field` and `enum.value` with everything that a peer could notice of it. */
function shapesIn(proto: string): ReadonlyMap<string, string> {
  type Entry = { readonly name: string; readonly number: number; readonly type?: string; readonly label?: string; readonly typeName?: string };
  type Type = { readonly name: string; readonly field?: readonly Entry[]; readonly value?: readonly Entry[] };
  const definition = protoLoader.loadSync(proto, { keepCase: true });
  return new Map(Object.values(definition).flatMap((part) => ('type' in part ? [part.type as Type] : []))
    .flatMap(({ name, field = [], value = [] }) => [...field, ...value].map((entry): [string, string] => (
      [`${name}.${entry.name}`, JSON.stringify([entry.number, entry.type, entry.label, entry.typeName])]
    ))));
}
