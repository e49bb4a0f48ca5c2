import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import * as protoLoader from '@grpc/proto-loader';
import { runIdOf } from '#shared/check/run-id.ts';
import { dueBetween, turnsOf } from '#shared/schedule/turns.ts';
import { aCheck } from '#shared/testing/builders.ts';
import { A_CHECK, A_LOCATION, AN_ACCOUNT } from '#shared/testing/results.ts';
import { systemClock } from '#shared/time/clock.ts';
import { FleetSide } from '../../fleet-side.ts';
import { openFleetServer } from '../fleet-server.ts';
import { MemoryStore } from './memory-store.ts';

/**
 * A second, independent client: it reads the contract itself (@grpc/proto-loader) and shares no code with the
 * agent, so that both sides cannot be wrong together.
 */
export const PROTO = fileURLToPath(import.meta.resolve('#proto/sonde/fleet/v1/fleet.proto'));
export type Wire = Record<string, any>;
type DynamicStream = grpc.ClientDuplexStream<Wire, Wire>;
type DynamicClient = grpc.Client & { Session(): DynamicStream; Results(): DynamicStream };
type Contract = { sonde: { fleet: { v1: { Fleet: new (address: string, credentials: grpc.ChannelCredentials) => DynamicClient } } } };

const AGENT = 'aaaaaaaa-0000-4000-8000-000000000001';
const opened: (() => unknown)[] = [];

/** Ends what clients and coordinators of this file have open. */
export async function endEverything(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close();
}

/** One coordinator on a store in memory, its only location and the key of it; `proto`: the contract that its clients read. */
export async function aCoordinator(proto = PROTO) {
  const store = new MemoryStore();
  const here = { id: A_LOCATION, code: 'here-1', name: 'Here', kind: 'private' as const, accountId: AN_ACCOUNT };
  store.locations.push(here);
  store.availability.push({ change: { locationId: A_LOCATION, fromAtMs: 0, available: true }, changedAt: 1 });
  store.rosters.push({ roster: { locationId: A_LOCATION, fromAtMs: 0, members: [{ agentId: AGENT, weight: 1 }] }, changedAt: 1 });
  store.keys.set('a-location-key', here);
  const stop = new AbortController();
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const fleet = new FleetSide({ store, clock: systemClock, log, ids: () => crypto.randomUUID(), hashKey: (key) => Buffer.from(key), signal: stop.signal });
  await fleet.start();
  const server = await openFleetServer({
    host: '127.0.0.1', port: 0, tls: null, reflection: true,
    onSession: (stream) => fleet.serveSession(stream), onResults: (stream) => fleet.serveResults(stream),
  });
  opened.push(async () => { stop.abort(); fleet.goAway('the test is over'); await server.close(); });
  const address = `127.0.0.1:${server.port}`;
  const contract = grpc.loadPackageDefinition(protoLoader.loadSync(proto, { longs: Number, enums: String, oneofs: true, keepCase: true, defaults: true })) as unknown as Contract;
  return { store, address, fleet, dial: () => dial(address, contract) };
}

function dial(address: string, contract: Contract) {
  const client = new contract.sonde.fleet.v1.Fleet(address, grpc.credentials.createInsecure());
  opened.push(() => client.close());
  return {
    /** `key` null: an older agent without one; `signWith`: another key than it says it has. */
    hello(changes: Wire = {}, { key = keyOf(changes['agent_id'] ?? AGENT), signWith = key }: { key?: Keys | null; signWith?: Keys | null } = {}) {
      const hello = {
        protocol_version: 1, agent_id: AGENT, instance_id: crypto.randomUUID(), location_key: 'a-location-key', name: 'independent', version: '0', capacity: 10,
        ...(key ? { public_key: rawPublicKey(key) } : {}), ...changes,
      };
      const stream = talk(client.Session(), ({ nonce }) => ({ proof: { signature: sign(null, proofMessage(nonce, hello), signWith!.privateKey) } }));
      stream.send({ hello });
      return stream;
    },
    openResults(open: Wire) {
      const stream = talk(client.Results());
      stream.send({ open });
      return stream;
    },
  };
}

type Keys = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
const keys = new Map<string, Keys>();

/** The same for the same agent, as if kept on its disk. */
function keyOf(agentId: string): Keys {
  const key = keys.get(agentId) ?? generateKeyPairSync('ed25519');
  keys.set(agentId, key);
  return key;
}

/** The last 32 bytes of its SubjectPublicKeyInfo (RFC 8410). */
function rawPublicKey({ publicKey }: Keys): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
}

function proofMessage(nonce: Buffer, hello: Wire): Buffer {
  const ids = Buffer.from(`${hello['agent_id']}${hello['instance_id']}`.replaceAll('-', ''), 'hex');
  return Buffer.concat([Buffer.from('sonde.fleet.v1 agent proof\n'), nonce, ids]);
}

/** Messages as they come; `next` waits for one of a kind and skips others. A challenge is answered by itself. */
function talk(stream: DynamicStream, prove?: (challenge: Wire) => Wire) {
  opened.push(() => stream.cancel());
  const unread: Wire[] = [];
  const counts = new Map<string, number>();
  let wake = (): void => undefined;
  stream.on('data', (message: Wire) => {
    unread.push(message);
    counts.set(message['message'], (counts.get(message['message']) ?? 0) + 1);
    if (message['message'] === 'challenge' && prove) stream.write(prove(message['challenge']));
    wake();
  });
  const ended = new Promise<void>((resolve) => { stream.on('end', resolve); stream.on('error', () => resolve()); });
  return {
    ended,
    seen: (kind: string) => counts.get(kind) ?? 0,
    send: (message: Wire) => void stream.write(message),
    async next(kind: string): Promise<Wire> {
      for (;;) {
        const message = unread.shift();
        if (message?.['message'] === kind) return message[kind];
        if (!message) await new Promise<void>((resolve) => { wake = resolve; });
      }
    },
  };
}

export function aPlannedCheck(checkId = A_CHECK) {
  return {
    accountId: AN_ACCOUNT, checkId, revision: 1, check: aCheck({ runParallel: true, frequency: 0, frequencyOffset: 10 }), isDeleted: false,
    epochs: [{ fromAtMs: Date.now() - 60_000, intervalMs: 10_000, strategy: 'parallel' as const, order: [A_LOCATION], active: true }],
  };
}

export function aDueSlot(check: ReturnType<typeof aPlannedCheck>): number {
  const turns = turnsOf({ locationId: A_LOCATION, checkId: A_CHECK, epochs: check.epochs, availability: [] });
  return dueBetween(turns, Date.now() - 30_000, Date.now())[0]!;
}

export function aBatch(check: ReturnType<typeof aPlannedCheck>, { dueAtMs = aDueSlot(check) } = {}): Wire {
  const runId = runIdOf({ accountId: AN_ACCOUNT, checkId: A_CHECK, locationId: A_LOCATION, dueAtMs });
  const zero = [0];
  return {
    spool_id: 'spool-1', lane: 'LANE_LIVE', result_sequences: [7], through_sequence: 7, gap_sequences: [],
    results: {
      count: 1, run_ids: Buffer.from(runId.replaceAll('-', ''), 'hex'),
      checks: [{ check_id: A_CHECK, revision: 1, location_owed: A_LOCATION, location_executed: A_LOCATION }], check: zero,
      addresses: ['127.0.0.1'], remote_address: [1], local_address: zero, syn_retransmits: zero, failures: [], failure: zero,
      due_at_ms: [dueAtMs], trigger: ['TRIGGER_SCHEDULE'], attempt: [1], is_final: [true], outcome: ['OUTCOME_CODE_PASSED'], flags: [2],
      started_after_due_us: [3000], lateness_us: [3000], clock_offset_us: zero, clock_error_us: zero,
      dns_us: zero, connect_us: [200], tls_us: zero, send_us: zero, first_byte_us: [300], data_us: zero, idle_us: zero,
      bytes_sent: zero, bytes_received: [2], response: [Buffer.from('hi')], stop_reason: ['STOP_CODE_CLOSED'], uncertainty_us: zero, loop_delay_us: zero,
      assertion_count: zero, assertion_passed: [], assertion_actual: [], assertion_error: [], detail_row: [], detail: [],
    },
  };
}
