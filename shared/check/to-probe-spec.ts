import type { ProbeSpec } from '../run/probe-spec.ts';
import type { Check, TcpRequest } from './check.ts';
import { classifyHost } from './host.ts';
import { decodePayload } from './payload.ts';

/** What an agent needs of a check to probe. The check is one that `parseCheck` let through. */
export function toProbeSpec(check: Check): ProbeSpec {
  const { request } = check;
  return {
    hostname: dialledHost(request.hostname),
    port: request.port,
    ipFamily: request.ipFamily,
    payload: payloadOf(request),
    sendAfter: request.sendAfter,
    steps: request.steps,
    tls: request.tls,
    readMaxBytes: request.read.maxBytes,
    idleMs: request.read.idleMs,
    sourceAddress: request.sourceAddress,
    dnsServer: request.dns.server,
    assertions: request.assertions,
    shouldFail: check.shouldFail,
    degradedResponseTimeMs: check.degradedResponseTime,
    maxResponseTimeMs: check.maxResponseTime,
  };
}

/** As a resolver and a socket take it; a name with a `{{VARIABLE}}` stays as written. */
function dialledHost(hostname: string): string {
  const host = classifyHost(hostname);
  return host.kind === 'invalid' ? hostname : host.canonical;
}

function payloadOf({ data, dataFormat }: TcpRequest): Uint8Array | null {
  if (data === null) return null;
  const payload = decodePayload(data, dataFormat);
  if (!payload.ok) throw new Error(`invariant: a stored check's data does not decode: ${payload.problem}`);
  return payload.bytes;
}
