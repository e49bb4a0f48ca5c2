import { Buffer } from 'node:buffer';
import type { FailureCode } from '#shared/run/failure.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { Random } from '../random.ts';
import { type RandomSpec, WORDS } from './random-spec.ts';
import type { Reply, ReplyEvent } from './reply.ts';
import { TRANSCRIPTS } from './transcripts.ts';

/** Bytes past every limit that the probe has: the cap, the engine's own buffer. */
const HUGE_BYTES = [65_535, 65_536, 65_537, 150_000, 300_000] as const;

/** What a server, good, broken or hostile, does to an attempt with this spec. */
export function randomReply(random: Random, { spec, transcript }: RandomSpec): Reply {
  const turns = transcript !== null && random.chance(0.75) ? turnsOf(random, transcript.turns) : turnsOf(random, random.pick(TRANSCRIPTS).turns, true);
  return {
    resolution: resolution(random, spec),
    connect: connect(random),
    handshake: handshake(random),
    events: withEnd(random, turns.flatMap((bytes, index) => segments(random, bytes, index))),
    stalledWrite: random.chance(0.02) ? random.int(0, 2) : null,
    writeUs: random.pick([0, 12.25, 40.5, 900]),
    cancelAfterUs: random.chance(0.02) ? random.int(0, spec.maxResponseTimeMs * 1000) + 0.5 : null,
    block: random.chance(0.02) ? { operation: random.int(1, 6), us: random.pick([3_000, 60_000, 400_000, 6_000_000]) + 0.25 } : null,
  };
}

function turnsOf(random: Random, turns: readonly string[], inOne = false): readonly Uint8Array[] {
  if (random.chance(0.12)) return [anyBytes(random)];
  const parts = inOne ? ['', turns.join('')] : turns;
  return parts.map((turn) => (random.chance(0.6) ? Buffer.from(turn, 'latin1') : mutated(random, Buffer.from(turn, 'latin1'))));
}

function anyBytes(random: Random): Uint8Array {
  switch (random.int(0, 5)) {
    case 0: return new Uint8Array(0);
    case 1: return random.bytes(random.int(1, 300));
    case 2: return Buffer.alloc(random.int(1, 50));
    case 3: return Buffer.from([0xc3, 0x28, 0xe2, 0x82, 0xff, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98, 0xc0, 0xaf, 0xfe].slice(random.int(0, 6), random.int(7, 14)));
    case 4: return Buffer.from(Array.from({ length: random.int(1, 12) }, () => random.pick(WORDS)).join(''));
    // Seldom, because each costs as much as a thousand others.
    default: return random.chance(0.04) ? Buffer.alloc(random.pick(HUGE_BYTES), random.pick(['x', 'a\n', 'OK ', '\0', '\u00fc'])) : Buffer.from('a'.repeat(random.int(1, 900)));
  }
}

function mutated(random: Random, bytes: Uint8Array): Uint8Array {
  let result = Buffer.from(bytes);
  for (let round = random.int(1, 3); round > 0; round -= 1) {
    const at = random.int(0, result.length);
    const [before, after] = [result.subarray(0, at), result.subarray(at)];
    switch (random.int(0, 6)) {
      case 0: result = Buffer.concat([before, random.bytes(1), after]); break;
      case 1: result = Buffer.concat([before, after.subarray(random.int(1, 4))]); break;
      case 2: result = Buffer.concat([before, Buffer.from(random.pick(WORDS)), after]); break;
      case 3: result = Buffer.from(before); break;
      case 4: result = Buffer.concat([result, before]); break;
      case 5: if (at < result.length) result[at] = (result[at] ?? 0) ^ (1 << random.int(0, 7)); break;
      default: result = Buffer.concat([before, Buffer.from(result.toString('latin1').toUpperCase(), 'latin1')]);
    }
  }
  return result.subarray(0, 2_000);
}

/** In pieces of any size, bytes apart by nothing, by little, by about the time that ends an answer, by far more. */
function segments(random: Random, bytes: Uint8Array, afterWrites: number): readonly ReplyEvent[] {
  const piecesMax = random.pick([1, 1, 2, 5, 40]);
  const cuts = Array.from({ length: Math.min(piecesMax, bytes.length) - 1 }, () => random.int(0, bytes.length)).sort((a, b) => a - b);
  const pace = random.int(0, 3);
  return [...cuts, bytes.length].map((end, index) => ({
    gapUs: gapUs(random, pace),
    afterWrites,
    what: { kind: 'data' as const, bytes: bytes.subarray(cuts[index - 1] ?? 0, end) },
  }));
}

function gapUs(random: Random, pace: number): number {
  switch (pace) {
    case 0: return 0;
    case 1: return random.int(0, 900) + 0.5;
    case 2: return random.int(0, 40_000) + 0.25;
    default: return random.pick([199_999.5, 200_000, 250_000, 300_250.75, 1_000_000, random.int(0, 2_000_000)]);
  }
}

function withEnd(random: Random, events: readonly ReplyEvent[]): readonly ReplyEvent[] {
  const kept = random.chance(0.4) ? events.slice(0, random.int(0, events.length)) : events;
  const afterWrites = kept.at(-1)?.afterWrites ?? 0;
  const end = (what: ReplyEvent['what']): ReplyEvent => ({ gapUs: gapUs(random, random.int(0, 3)), afterWrites, what });
  switch (random.int(0, 5)) {
    case 0: return [...kept, end({ kind: 'fin' })];
    case 1: return [...kept, end({ kind: 'reset' })];
    case 2: return [...kept, end({ kind: 'fin' }), end({ kind: 'reset' })];
    case 3: return random.chance(0.2) ? [...kept, end({ kind: 'alert', name: 'certificate_required' })] : kept;
    default: return kept;
  }
}

const REFUSALS: readonly FailureCode[] = ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'EMFILE', 'ENOBUFS', 'EADDRNOTAVAIL', 'ERR_NO_ROUTE', 'EACCES'];

function connect(random: Random): Reply['connect'] {
  const afterUs = random.pick([0, 90.25, 310.5, 20_000, 180_000]);
  if (random.chance(0.03)) return { kind: 'silence' };
  if (random.chance(0.06)) return { kind: 'failed', afterUs, code: random.pick(REFUSALS) };
  return { kind: 'accepted', afterUs, reached: random.chance(0.01) ? '127.0.0.99' : null, synRetransmits: random.pick([null, 0, 0, 1]) };
}

function handshake(random: Random): Reply['handshake'] {
  const afterUs = random.pick([0, 700.5, 15_000]);
  if (random.chance(0.05)) return { kind: 'silence' };
  if (random.chance(0.3)) {
    const code = random.pick<FailureCode>(['ERR_TLS_ALERT', 'ERR_TLS_NOT_TLS', 'ERR_TLS_CERT_EXPIRED', 'ERR_TLS_HANDSHAKE', 'ERR_TLS_VERSION', 'ECONNRESET']);
    return { kind: 'failed', afterUs, code, alert: code === 'ERR_TLS_ALERT' ? random.pick(['handshake_failure', 'certificate_required']) : null, hasFacts: code === 'ERR_TLS_CERT_EXPIRED' };
  }
  return { kind: 'accepted', afterUs, version: random.pick(['TLSv1.2', 'TLSv1.3', 'TLSv1.3']), notAfterMs: Date.UTC(2026, 0, random.int(1, 500)) };
}

function resolution(random: Random, spec: ProbeSpec): Reply['resolution'] {
  const us = random.pick([0, 1_234, 40_000]);
  const code = random.pick<FailureCode>(['ENOTFOUND', 'ENODATA', 'ESERVFAIL', 'EREFUSED', 'ETIMEOUT', 'EBADRESP', 'ERR_RESOLVER_DOWN', 'ERR_INVALID_IP_ADDRESS']);
  if (random.chance(0.05)) return { kind: 'hangs' };
  if (random.chance(0.2)) return { ok: false, code, message: `resolving ${spec.hostname}: ${code}`, us };
  const good = spec.ipFamily === 'IPv4' ? '127.0.0.1' : '::1';
  const addresses = random.pick([[good], [good], [good, '192.0.2.1'], ['10.0.0.1', good], ['169.254.169.254'], ['64:ff9b::7f00:1'], ['::ffff:169.254.169.254'], ['not an address'], ['0x7f.1'], []]);
  return { ok: true, addresses, us };
}
