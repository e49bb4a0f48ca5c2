import type * as pb from '#proto/gen/sonde/fleet/v1/fleet.ts';
import { ASSERTION_COMPARISONS, ASSERTION_SOURCES, type Assertion, type DataFormat, type Step, type TlsSettings, type TlsVersion } from '../check/check.ts';
import type { ProbeSpec } from '../run/probe-spec.ts';
import { WireError } from './wire-error.ts';

export function probeSpecToWire(spec: ProbeSpec): pb.ProbeSpec {
  return {
    hostname: spec.hostname,
    port: spec.port,
    ipFamily: spec.ipFamily === 'IPv6' ? 'IP_FAMILY_IPV6' : 'IP_FAMILY_IPV4',
    payload: spec.payload === null ? undefined : Buffer.from(spec.payload),
    sendAfter: spec.sendAfter === 'banner' ? 'SEND_AFTER_BANNER' : 'SEND_AFTER_CONNECT',
    steps: spec.steps.map(stepToWire),
    tls: spec.tls ? tlsToWire(spec.tls) : undefined,
    readMaxBytes: spec.readMaxBytes,
    idleMs: spec.idleMs,
    sourceAddress: spec.sourceAddress ?? '',
    dnsServer: spec.dnsServer ?? '',
    assertions: spec.assertions.map((assertion) => ({ ...assertion })),
    shouldFail: spec.shouldFail,
    degradedResponseTimeMs: spec.degradedResponseTimeMs,
    maxResponseTimeMs: spec.maxResponseTimeMs,
    secrets: [...spec.secrets ?? []],
  };
}

/** Throws WireError when this build does not know what is asked: the check is rejected, not guessed at. */
export function probeSpecFromWire(spec: pb.ProbeSpec | undefined): ProbeSpec {
  if (!spec) throw new WireError('the assignment has no probe spec');
  return {
    hostname: spec.hostname,
    port: inRange('port', spec.port, 1, 65_535),
    ipFamily: familyFromWire(spec.ipFamily),
    payload: spec.payload ?? null,
    sendAfter: sendAfterFromWire(spec.sendAfter),
    steps: spec.steps.map(stepFromWire),
    tls: spec.tls ? tlsFromWire(spec.tls) : null,
    readMaxBytes: inRange('read_max_bytes', spec.readMaxBytes, 1, 65_536),
    idleMs: inRange('idle_ms', spec.idleMs, 1, 45_000),
    sourceAddress: spec.sourceAddress || null,
    dnsServer: spec.dnsServer || null,
    assertions: spec.assertions.map(assertionFromWire),
    shouldFail: spec.shouldFail,
    degradedResponseTimeMs: inRange('degraded_response_time_ms', spec.degradedResponseTimeMs, 0, 45_000),
    maxResponseTimeMs: inRange('max_response_time_ms', spec.maxResponseTimeMs, 1, 45_000),
    ...(spec.secrets.length > 0 ? { secrets: spec.secrets } : {}),
  };
}

function inRange(field: string, value: number, min: number, max: number): number {
  if (value < min || value > max) throw new WireError(`${field} ${value} is outside ${min}–${max}`);
  return value;
}

function familyFromWire(family: pb.IpFamily): ProbeSpec['ipFamily'] {
  switch (family) {
    case 'IP_FAMILY_IPV4': return 'IPv4';
    case 'IP_FAMILY_IPV6': return 'IPv6';
    case 'IP_FAMILY_UNSPECIFIED':
    case 'UNRECOGNIZED': throw new WireError('an IP family this agent does not know');
  }
}

function sendAfterFromWire(sendAfter: pb.SendAfter): ProbeSpec['sendAfter'] {
  switch (sendAfter) {
    case 'SEND_AFTER_CONNECT': return 'connect';
    case 'SEND_AFTER_BANNER': return 'banner';
    case 'SEND_AFTER_UNSPECIFIED':
    case 'UNRECOGNIZED': throw new WireError('a moment to send that this agent does not know');
  }
}

function stepToWire(step: Step): pb.Step {
  switch (step.kind) {
    case 'expect': return { step: { $case: 'expect', value: step.pattern } };
    case 'send': return { step: { $case: 'send', value: { data: step.data, dataFormat: step.dataFormat } } };
    case 'startTls': return { step: { $case: 'startTls', value: true } };
  }
}

function stepFromWire({ step }: pb.Step): Step {
  if (!step) throw new WireError('a dialogue step this agent does not know');
  switch (step.$case) {
    case 'expect': return { kind: 'expect', pattern: step.value };
    case 'send': return { kind: 'send', data: step.value.data, dataFormat: oneOf('data_format', step.value.dataFormat, DATA_FORMATS) };
    case 'startTls': return { kind: 'startTls' };
  }
}

const DATA_FORMATS: readonly DataFormat[] = ['text', 'escaped', 'hex', 'base64'];
const TLS_VERSIONS: readonly TlsVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

function oneOf<T extends string>(field: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new WireError(`${field} '${value}' is not known to this agent`);
  return found;
}

function tlsToWire(tls: TlsSettings): pb.TlsSettings {
  return {
    implicit: tls.mode === 'implicit',
    serverName: tls.serverName ?? '',
    verify: tls.verify,
    ca: tls.ca ?? '',
    alpn: [...tls.alpn],
    minVersion: tls.minVersion ?? '',
    clientCertificate: tls.clientCertificate ?? '',
    degradedDaysLeft: tls.degradedDaysLeft ?? undefined,
    expectAlert: tls.expectAlert ?? '',
  };
}

function tlsFromWire(tls: pb.TlsSettings): TlsSettings {
  return {
    mode: tls.implicit ? 'implicit' : 'none',
    serverName: tls.serverName || null,
    verify: tls.verify,
    ca: tls.ca || null,
    alpn: tls.alpn,
    minVersion: tls.minVersion ? oneOf('min_version', tls.minVersion, TLS_VERSIONS) : null,
    clientCertificate: tls.clientCertificate || null,
    degradedDaysLeft: tls.degradedDaysLeft ?? null,
    expectAlert: tls.expectAlert || null,
  };
}

function assertionFromWire(assertion: pb.Assertion): Assertion {
  return {
    source: oneOf('assertion source', assertion.source, ASSERTION_SOURCES),
    property: assertion.property,
    comparison: oneOf('assertion comparison', assertion.comparison, ASSERTION_COMPARISONS),
    target: assertion.target,
  };
}
