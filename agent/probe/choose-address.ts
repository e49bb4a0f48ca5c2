import { setMaxListeners } from 'node:events';
import { isIP } from 'node:net';
import { classifyHost } from '#shared/check/host.ts';
import type { Clock } from '#shared/time/clock.ts';
import type { Attempt, Stop } from './attempt.ts';
import type { Deadlines } from './deadlines.ts';
import { failing } from './failing.ts';
import { parseDnsServer } from './resolve/dns-server-address.ts';
import type { Resolution, Resolver } from './resolve/resolver.ts';

/** May this literal address be dialled? `reason` is a sentence. */
export type Egress = (address: string) => { readonly allowed: true } | { readonly allowed: false; readonly reason: string; readonly rule: string };

export type AddressDeps = {
  readonly resolver: Pick<Resolver, 'resolve'>;
  readonly egress: Egress;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
};

/**
 * The literal address to dial: the host itself, or the first its name resolves to, in the wanted family only, and
 * only if the egress policy lets it (product.md §2.1, 2.2; rules.md 16, 31). Nothing is sent to a denied address,
 * nor to a denied name server.
 */
export function chooseAddress(deps: AddressDeps, attempt: Attempt, signal: AbortSignal | undefined): Chosen | Promise<Chosen> {
  const { spec } = attempt;
  const host = classifyHost(spec.hostname);
  if (host.kind === 'invalid') return failing(attempt, { phase: 'resolve', code: 'ENOTFOUND', detail: host.problem });
  if (host.kind === 'name') return resolveName(deps, attempt, host.canonical, signal).then((stop) => stop ?? allowed(deps, attempt));
  const family = host.kind === 'ipv6' ? 'IPv6' : 'IPv4';
  if (family !== spec.ipFamily) {
    const detail = `${spec.hostname} is an ${family} address, the check asks for ${spec.ipFamily}`;
    return failing(attempt, { phase: 'resolve', code: 'ERR_INVALID_IP_ADDRESS', detail });
  }
  attempt.resolvedAddresses = [host.canonical];
  return allowed(deps, attempt);
}

type Chosen = { readonly address: string } | Stop;

/** The first of the attempt's addresses, if it may be dialled. */
function allowed(deps: AddressDeps, attempt: Attempt): Chosen {
  const [address] = attempt.resolvedAddresses;
  if (address === undefined || isIP(address) === 0) {
    return failing(attempt, { phase: 'resolve', code: 'EBADRESP', detail: 'the answer has no address' });
  }
  attempt.stopwatch.skip(deps.clock.monotonicUs());
  const decision = deps.egress(address);
  if (decision.allowed) return { address };
  return failing(attempt, { phase: 'connect', code: 'ERR_EGRESS_DENIED', detail: decision.reason });
}

/** null: the addresses are in the attempt. */
async function resolveName(deps: AddressDeps, attempt: Attempt, hostname: string, signal: AbortSignal | undefined): Promise<Stop | null> {
  const { spec, stopwatch } = attempt;
  if (spec.dnsServer !== null) {
    const decision = deps.egress(parseDnsServer(spec.dnsServer)?.address ?? spec.dnsServer);
    if (!decision.allowed) {
      return failing(attempt, { phase: 'resolve', code: 'ERR_EGRESS_DENIED', doing: `asking the name server ${spec.dnsServer}`, detail: decision.reason });
    }
  }
  const resolution = await patiently(deps, attempt, deps.resolver.resolve({
    hostname, family: spec.ipFamily, dnsServer: spec.dnsServer,
    timeoutMs: spec.maxResponseTimeMs, signal: signal ?? NEVER,
  }));
  const nowUs = deps.clock.monotonicUs();
  stopwatch.add('dns', resolution.us, nowUs);
  if (resolution.ok) {
    attempt.resolvedAddresses = resolution.addresses;
    return null;
  }
  const { code, message } = resolution;
  const stopReason = nowUs >= attempt.deadlineUs ? 'deadline' : 'failed';
  return { stopReason, failure: { phase: 'resolve', code, message } };
}

/** The resolver keeps the deadline itself and may then still ask who is to blame; this only ends a resolver that hangs. */
function patiently({ deadlines }: AddressDeps, attempt: Attempt, resolving: Promise<Resolution>): Promise<Resolution> {
  return new Promise((resolve) => {
    const us = attempt.spec.maxResponseTimeMs * 1000;
    const alarm = deadlines.at(attempt.deadlineUs + GRACE_US, () =>
      resolve({ ok: false, code: 'ETIMEOUT', message: `resolving ${attempt.spec.hostname}: no answer within ${attempt.spec.maxResponseTimeMs} ms`, us }));
    void resolving.then((resolution) => {
      alarm.cancel();
      resolve(resolution);
    });
  });
}

const GRACE_US = 1_000_000;

const NEVER = new AbortController().signal;
// Shared by all lookups under way, whose number the executor bounds.
setMaxListeners(0, NEVER);
