import { generateKeyPairSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import * as protoLoader from '@grpc/proto-loader';
import { afterEach, describe, expect, test } from 'vitest';
import { aCheck, aRequest } from '#shared/testing/builders.ts';
import { A_CHECK, A_LOCATION, AN_ACCOUNT } from '#shared/testing/results.ts';
import { aBatch, aCoordinator, aDueSlot, aPlannedCheck, endEverything, type Wire } from './testing/independent-client.ts';

const AGENT = 'aaaaaaaa-0000-4000-8000-000000000001';
const OTHER_AGENT = 'aaaaaaaa-0000-4000-8000-000000000002';
const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) close();
  await endEverything();
});

describe('the protocol, spoken by a client that reads only the contract', () => {
  test('hello is answered by welcome and the snapshot, and a change by its delta', async () => {
    const { store, dial } = await aCoordinator();
    store.put(aPlannedCheck());
    const session = dial().hello();
    const welcome = await session.next('welcome');
    expect(welcome).toMatchObject({ generation: 1, location_id: A_LOCATION, location_code: 'here-1', location_kind: 'private' });
    const snapshot = await session.next('snapshot');
    expect(snapshot).toMatchObject({ assignments: [{ check_id: A_CHECK, revision: 1, spec: { hostname: '127.0.0.1', port: 6379 } }] });
    session.send({ applied: { revision: snapshot['revision'], hash: snapshot['hash'], rejected: [] } });

    store.put({ ...aPlannedCheck(), revision: 2, check: aCheck({ request: aRequest({ port: 6380 }) }) });
    const delta = await session.next('delta');
    expect(delta).toMatchObject({ base_revision: snapshot['revision'], upserts: [{ revision: 2, spec: { port: 6380 } }], removals: [] });
  });

  test('a heartbeat is answered with its own stamp and the coordinator\'s', async () => {
    const { dial } = await aCoordinator();
    const session = dial().hello();
    await session.next('snapshot');
    session.send({ heartbeat: { sent_at_us: 123456 } });
    const reply = await session.next('heartbeat_reply');
    expect(reply['echo_sent_at_us']).toBe(123456);
    expect(reply['replied_at_us']).toBeGreaterThanOrEqual(reply['received_at_us']);
  });

  test('a key nobody has is rejected with a reason and a time to wait', async () => {
    const { dial } = await aCoordinator();
    const session = dial().hello({ location_key: 'wrong' });
    expect(await session.next('rejected')).toMatchObject({ code: 'unknown_key', reason: expect.stringContaining('key'), retry_after_ms: expect.any(Number) });
  });

  test('every stream is challenged with a nonce of its own', async () => {
    const { dial } = await aCoordinator();
    const [one, other] = [await dial().hello().next('challenge'), await dial().hello().next('challenge')];
    expect(one['nonce']).toHaveLength(32);
    expect(one['nonce']).not.toEqual(other['nonce']);
  });

  test('a signature by another key is rejected, and joins nothing', async () => {
    const { store, dial } = await aCoordinator();
    const session = dial().hello({}, { signWith: generateKeyPairSync('ed25519') });
    expect(await session.next('rejected')).toMatchObject({ code: 'bad_proof' });
    await session.ended;
    expect(store.pins.size).toBe(0);
  });

  test('an agent that has enrolled comes back by its own key alone', async () => {
    const { dial } = await aCoordinator();
    await dial().hello().next('welcome');
    expect(await dial().hello({ location_key: '' }).next('welcome')).toMatchObject({ location_code: 'here-1', generation: 2 });
  });

  test('an agent that never enrolled needs a location key', async () => {
    const { dial } = await aCoordinator();
    expect(await dial().hello({ location_key: '' }).next('rejected')).toMatchObject({ code: 'not_enrolled' });
  });

  test('who has the location key and the id of an agent is not yet that agent', async () => {
    const { dial } = await aCoordinator();
    await dial().hello().next('welcome');
    expect(await dial().hello({}, { key: generateKeyPairSync('ed25519') }).next('rejected')).toMatchObject({ code: 'agent_key_mismatch' });
    expect(await dial().hello({}, { key: null }).next('rejected')).toMatchObject({ code: 'agent_key_required' });
  });

  test('an older agent, which has no key of its own, joins with the location key and is not challenged', async () => {
    const { dial } = await aCoordinator();
    const session = dial().hello({}, { key: null });
    expect(await session.next('welcome')).toMatchObject({ location_code: 'here-1' });
    expect(session.seen('challenge')).toBe(0);
  });

  test('revoked while it streams: both its streams are cut within 5 s, and nothing is acknowledged any more (F31)', async () => {
    const { store, dial } = await aCoordinator();
    store.put(aPlannedCheck());
    const agent = dial();
    const session = agent.hello();
    const { session_id, generation } = await session.next('welcome');
    const results = agent.openResults({ session_id, generation });
    await results.next('opened');
    const revokedAtMs = performance.now();
    store.revokedAgents.add(AGENT);
    expect(await session.next('rejected')).toMatchObject({ code: 'agent_revoked', retry_after_ms: expect.any(Number) });
    await Promise.all([session.ended, results.ended]);
    expect(performance.now() - revokedAtMs).toBeLessThan(5_000);
    results.send({ batch: aBatch(aPlannedCheck()) });
    expect(results.seen('acknowledged')).toBe(0);
    expect(await dial().hello().next('rejected')).toMatchObject({ code: 'agent_revoked' });
  });

  test('two live copies that displace each other are noted as a conflict; one that restarts is not (F12)', async () => {
    const { store, dial } = await aCoordinator();
    for (let restart = 0; restart < 6; restart += 1) await dial().hello().next('welcome');
    expect(store.conflicts.size).toBe(0);
    const copies = [crypto.randomUUID(), crypto.randomUUID()];
    for (let turn = 0; turn < 4; turn += 1) await dial().hello({ agent_id: OTHER_AGENT, instance_id: copies[turn % 2] }).next('welcome');
    expect([...store.conflicts]).toEqual([OTHER_AGENT]);
  });

  test('an agent of another protocol version is told so', async () => {
    const { dial } = await aCoordinator();
    expect(await dial().hello({ protocol_version: 99 }).next('rejected')).toMatchObject({ code: 'protocol_version' });
  });

  test('a second agent of the location gets its part from an instant on, and the rest at a goodbye; no slot is doubled or dropped', async () => {
    const { store, dial } = await aCoordinator();
    const checks = Array.from({ length: 12 }, (_, n) => aPlannedCheck(`3f8a1c52-6f0b-4c4e-9a57-2f6f1d0f8a${10 + n}`));
    for (const check of checks) store.put(check);
    const first = dial().hello();
    const firstHeld = new Map<string, Wire>((await first.next('snapshot'))['assignments'].map((one: Wire) => [one['check_id'], one]));
    expect(firstHeld.size).toBe(checks.length);
    const second = dial().hello({ agent_id: OTHER_AGENT });
    expect(await second.next('snapshot')).toMatchObject({ assignments: [] });
    const [toFirst, toSecond] = [await first.next('delta'), await second.next('delta')];
    expect(toFirst['live_agents']).toBe(2);
    expect(toSecond['upserts'].length).toBeGreaterThan(0);
    expect(toSecond['upserts'].length).toBeLessThan(checks.length);
    for (const given of toSecond['upserts']) {
      const taken = toFirst['upserts'].find((one: Wire) => one['check_id'] === given['check_id']);
      expect(taken['turns'].at(-1)['until_ms']).toBe(given['turns'][0]['from_ms']);
    }
    expect(toFirst['upserts']).toHaveLength(toSecond['upserts'].length);

    const lastSlotMs = Date.now() + 2_500;
    first.send({ goodbye: { last_slot_ms: lastSlotMs, reason: 'stopping' } });
    const rest = await second.next('delta');
    expect(rest['live_agents']).toBe(1);
    expect(rest['upserts'].map((one: Wire) => one['turns'][0]['from_ms'])).toEqual(rest['upserts'].map(() => lastSlotMs + 1));
    expect(new Set([...toSecond['upserts'], ...rest['upserts']].map((one: Wire) => one['check_id'])).size).toBe(checks.length);
  });

  test('a newer session of the same agent displaces the older one', async () => {
    const { dial } = await aCoordinator();
    const older = dial().hello();
    await older.next('snapshot');
    const newer = dial().hello();
    expect((await newer.next('welcome'))['generation']).toBe(2);
    expect(await older.next('go_away')).toMatchObject({ reason: expect.stringContaining('superseded') });
  });

  test('a batch is acknowledged only after its commit, and a second delivery is stored once', async () => {
    const { store, dial } = await aCoordinator();
    const check = aPlannedCheck();
    store.put(check);
    const agent = dial();
    const session = agent.hello();
    const { session_id, generation } = await session.next('welcome');
    await session.next('snapshot');
    const results = agent.openResults({ session_id, generation });
    expect(await results.next('opened')).toMatchObject({ credits: expect.any(Number), batch_rows_max: expect.any(Number) });

    store.trouble = new Error('Postgres is away');
    const batch = aBatch(check);
    results.send({ batch });
    await expect.poll(() => store.ingestCalls).toBeGreaterThan(1);
    expect(results.seen('acknowledged')).toBe(0);
    store.trouble = null;
    expect(await results.next('acknowledged')).toMatchObject({ spool_id: 'spool-1', lane: 'LANE_LIVE', through_sequence: 7, refused: [] });
    results.send({ batch });
    await results.next('acknowledged');
    expect(store.rows.size).toBe(1);
    expect([...store.rows.values()][0]).toMatchObject({ kind: 'result', accountId: AN_ACCOUNT, agentId: AGENT, isSurplus: false, result: { outcome: 'passed' } });
  });

  test('a result that nobody ever owed is refused and acknowledged, so that the agent forgets it', async () => {
    const { store, dial } = await aCoordinator();
    const check = aPlannedCheck();
    store.put(check);
    const agent = dial();
    const session = agent.hello();
    const { session_id, generation } = await session.next('welcome');
    const results = agent.openResults({ session_id, generation });
    await results.next('opened');
    const batch = aBatch(check, { dueAtMs: aDueSlot(check) + 1 });
    results.send({ batch });
    expect(await results.next('acknowledged')).toMatchObject({ through_sequence: 7, refused: [{ sequence: 7, code: 'not_owed' }] });
    expect(store.rows.size).toBe(0);
  });

  test('results of a session that is not known are not taken', async () => {
    const { dial } = await aCoordinator();
    const results = dial().openResults({ session_id: 'nobody', generation: 1 });
    await results.ended;
    expect(results.seen('opened')).toBe(0);
  });

  test('health answers, and reflection names the service where it is on', async () => {
    const { address } = await aCoordinator();
    const health = protoLoader.loadSync(fileURLToPath(import.meta.resolve('grpc-health-check/proto/health/v1/health.proto')), { enums: String });
    const { grpc: { health: { v1: { Health } } } } = grpc.loadPackageDefinition(health) as any;
    const client = new Health(address, grpc.credentials.createInsecure());
    opened.push(() => client.close());
    const answer = await new Promise((resolve, reject) => client.check({ service: 'sonde.fleet.v1.Fleet' }, (error: unknown, reply: unknown) => (error ? reject(error) : resolve(reply))));
    expect(answer).toMatchObject({ status: 'SERVING' });

    const reflection = grpc.loadPackageDefinition(protoLoader.loadSync(fileURLToPath(import.meta.resolve('@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto')))) as any;
    const reflecting = new reflection.grpc.reflection.v1.ServerReflection(address, grpc.credentials.createInsecure());
    opened.push(() => reflecting.close());
    const stream = reflecting.ServerReflectionInfo();
    stream.write({ listServices: '' });
    const services = await new Promise<Wire>((resolve, reject) => { stream.once('data', resolve); stream.once('error', reject); });
    stream.end();
    expect(services['listServicesResponse'].service.map(({ name }: Wire) => name)).toContain('sonde.fleet.v1.Fleet');
  });
});
