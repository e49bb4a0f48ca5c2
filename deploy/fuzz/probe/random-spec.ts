import { Buffer } from 'node:buffer';
import { compilePattern } from '#shared/assertion/pattern.ts';
import { ASSERTION_COMPARISONS, ASSERTION_SOURCES, type Assertion, type Step, type TlsSettings } from '#shared/check/check.ts';
import { FAILURE_CODES } from '#shared/run/failure.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import type { Random } from '../random.ts';
import { TRANSCRIPTS, type Transcript } from './transcripts.ts';

/** What a user could have saved, and the protocol its dialogue is of, if it has one. */
export type RandomSpec = { readonly spec: ProbeSpec; readonly transcript: Transcript | null };

/** A spec within a check's own limits (product.md §1); its patterns are such that a check with them can be saved. */
export function randomSpec(random: Random): RandomSpec {
  const transcript = random.chance(0.6) ? random.pick(TRANSCRIPTS) : null;
  const steps = stepsOf(random, transcript);
  const target = random.pick(TARGETS);
  const maxResponseTimeMs = random.pick([random.pick([1, 20, 150]), 300, 1_000, 1_000, 2_000, 3_000, 5_000, 5_000, random.chance(0.1) ? 45_000 : 700]);
  const spec = aProbeSpec({
    ...target,
    port: random.int(1, 65_535),
    steps,
    payload: steps.length > 0 || random.chance(0.3) ? null : payload(random),
    sendAfter: random.chance(0.3) ? 'banner' : 'connect',
    tls: random.chance(0.25) ? tls(random) : null,
    readMaxBytes: random.pick([1, 2, 7, 100, 4_096, 65_536, 65_536, 65_536]),
    idleMs: random.pick([1, 10, 250, 250, 250, 1_000, 45_000]),
    sourceAddress: random.chance(0.05) ? '127.0.0.9' : null,
    dnsServer: random.chance(0.05) ? random.pick(['127.0.0.1:53', '169.254.169.254', '[::1]:53']) : null,
    assertions: Array.from({ length: random.pick([0, 0, 1, 1, 1, 2, 3, 6]) }, () => assertion(random)),
    shouldFail: random.chance(0.1),
    maxResponseTimeMs,
    degradedResponseTimeMs: random.int(1, maxResponseTimeMs),
  });
  return { spec, transcript };
}

/** Mostly what is dialled at once, so that most runs come to the exchange. */
const TARGETS: readonly Pick<ProbeSpec, 'hostname' | 'ipFamily'>[] = [
  ...Array.from({ length: 12 }, () => ({ hostname: '127.0.0.1', ipFamily: 'IPv4' } as const)),
  { hostname: '::1', ipFamily: 'IPv6' }, { hostname: '::1', ipFamily: 'IPv4' }, { hostname: '169.254.169.254', ipFamily: 'IPv4' },
  { hostname: 'db.example', ipFamily: 'IPv4' }, { hostname: 'db.example', ipFamily: 'IPv6' }, { hostname: 'db.example', ipFamily: 'IPv4' },
];

function stepsOf(random: Random, transcript: Transcript | null): readonly Step[] {
  if (transcript !== null && random.chance(0.7)) {
    // Cut short, and now and then with a step too many, as a person's first try is.
    const steps = transcript.steps.slice(0, random.chance(0.3) ? random.int(0, transcript.steps.length) : transcript.steps.length);
    return random.chance(0.15) ? [...steps, step(random)] : steps;
  }
  if (random.chance(0.6)) return [];
  const steps = Array.from({ length: random.int(1, 5) }, () => step(random));
  const firstTls = steps.findIndex((each) => each.kind === 'startTls');
  return steps.filter((each, index) => each.kind !== 'startTls' || index === firstTls);
}

function step(random: Random): Step {
  const kind = random.int(0, 9);
  if (kind === 0) return { kind: 'startTls' };
  if (kind < 6) return { kind: 'expect', pattern: pattern(random) };
  const data = random.pick(['PING\\r\\n', '${a}', '${word}!${greeting}', 'a\\x00b', '', 'QUIT\\n']);
  return { kind: 'send', data, dataFormat: 'escaped' };
}

/** Words that replies are made of, so that patterns and targets meet them. */
export const WORDS = ['OK', '220 ', 'PONG', 'STARTTLS', 'a', 'ab', '\r\n', '\n', '250', 'Gr\u00fc\u00dfe', '\u0000', '\ufffd', 'error', '0', '12.5', '-3', '1e3', '<p>', '\u4e16'];

const PATTERN_PARTS = [
  'a', 'ab?', '(a|ab)', '(?P<a>.*)', '.*', '\\d+', '(?P<word>\\w+)', '\\r?\\n', '^', '$', '\\b', '[^\\n]*\\n', '(?: ready)?', 'OK', '220', '\\xff', '[\\x80-\\xff]',
  '\\p{L}+', '\u00fc', '(?i)ok', '(?m)^250', '(?s).', 'x{2,5}', '(a+)+', '\\x00', '.{4}',
];

export function pattern(random: Random): string {
  const source = Array.from({ length: random.int(1, 4) }, () => random.pick(PATTERN_PARTS)).join('');
  return compilePattern(source).ok ? source : 'OK';
}

function assertion(random: Random): Assertion {
  const source = random.chance(0.65) ? 'RESPONSE_DATA' : random.pick(ASSERTION_SOURCES);
  const comparison = random.pick(ASSERTION_COMPARISONS);
  const property = source === 'RESPONSE_DATA' && random.chance(0.25) ? pattern(random) : '';
  return { source, property, comparison, target: targetOf(random, source, comparison) };
}

function targetOf(random: Random, source: Assertion['source'], comparison: Assertion['comparison']): string {
  if (comparison === 'MATCHES' || comparison === 'NOT_MATCHES') return pattern(random);
  if (comparison === 'LESS_THAN' || comparison === 'GREATER_THAN') return random.pick(['0', '1', '12.5', '300', '1e3', '-1', '365']);
  if (source === 'FAILURE_CODE') return random.pick(Object.keys(FAILURE_CODES));
  if (source === 'RESOLVED_ADDRESS') return random.pick(['127.0.0.1', '::1', '']);
  return random.chance(0.1) ? '' : Array.from({ length: random.int(1, 2) }, () => random.pick(WORDS)).join('');
}

function payload(random: Random): Uint8Array {
  return random.pick([Buffer.from('PING\r\n'), Buffer.from('GET / HTTP/1.0\r\n\r\n'), new Uint8Array(0), random.bytes(random.int(1, 64)), Buffer.alloc(16_384, 'x')]);
}

function tls(random: Random): TlsSettings {
  return {
    mode: random.chance(0.5) ? 'implicit' : 'none', serverName: random.chance(0.3) ? 'fuzz.example' : null, verify: random.chance(0.8), ca: null, alpn: [],
    minVersion: null, clientCertificate: random.pick([null, null, null, 'mine', 'missing']), degradedDaysLeft: random.chance(0.3) ? random.int(1, 400) : null,
    expectAlert: random.chance(0.15) ? random.pick(['certificate_required', 'handshake-failure']) : null,
  };
}
