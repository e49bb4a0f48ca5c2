import type { Check, TcpRequest } from '../check/check.ts';
import type { ProbeSpec } from '../run/probe-spec.ts';

/** A valid check with one changed fact at a time: `aCheck({ frequency: 5 })`. */
export function aCheck(changes: Partial<Check> = {}): Check {
  return {
    name: 'redis-eu', description: null, tags: [], activated: true, muted: false,
    request: aRequest(), shouldFail: false, degradedResponseTime: 3000, maxResponseTime: 5000,
    frequency: 10, frequencyOffset: null, locations: ['local-1'], privateLocations: [], runParallel: false,
    retryStrategy: null, doubleCheck: false, alertSettings: null, useGlobalAlertSettings: true,
    alertChannelSubscriptions: [], groupId: null, groupOrder: null, runtimeId: null, triggerIncident: null,
    confirmFromOtherLocation: false, perLocationFailedRuns: null, whenUnseen: 'noData', dependsOn: [],
    ...changes,
  };
}

export function aRequest(changes: Partial<TcpRequest> = {}): TcpRequest {
  return {
    hostname: '127.0.0.1', port: 6379, ipFamily: 'IPv4', data: null, dataFormat: 'text', sendAfter: 'connect',
    steps: [], assertions: [], tls: null, read: { maxBytes: 65_536, idleMs: 250 }, sourceAddress: null,
    dns: { server: null },
    ...changes,
  };
}

export function aProbeSpec(changes: Partial<ProbeSpec> = {}): ProbeSpec {
  return {
    hostname: '127.0.0.1', port: 6379, ipFamily: 'IPv4', payload: null, sendAfter: 'connect', steps: [], tls: null,
    readMaxBytes: 65_536, idleMs: 250, sourceAddress: null, dnsServer: null, assertions: [], shouldFail: false,
    degradedResponseTimeMs: 3000, maxResponseTimeMs: 5000,
    ...changes,
  };
}
