import { setMaxListeners } from 'node:events';
import { classifyHost } from '#shared/check/host.ts';
import type { IpFamily } from '#shared/check/check.ts';
import type { Deadlines } from '../probe/deadlines.ts';
import type { Resolution, Resolver } from '../probe/resolve/resolver.ts';
import { failed, type ProbeFailure } from './query-response.ts';
import type { TcpModule } from './tcp-module.ts';

export type PickDeps = {
  readonly resolver: Pick<Resolver, 'resolve'>;
  readonly deadlines: Deadlines;
  /** Monotonic, µs. */
  readonly nowUs: () => number;
  readonly untilUs: number;
  readonly signal: AbortSignal;
};

export type Picked =
  | { readonly ok: true; readonly address: string; readonly family: IpFamily; /** Of the queries; 0 for a literal. */ readonly us: number }
  | { readonly ok: false; readonly failure: ProbeFailure; readonly us: number };

/**
 * The address to dial, by `preferred_ip_protocol` and `ip_protocol_fallback`: blackbox_exporter's meaning, where a
 * family may stand in for the other, unlike in a check. With fallback both families are asked at once.
 */
export async function pickAddress(deps: PickDeps, hostname: string, module: Pick<TcpModule, 'preferredIpProtocol' | 'ipProtocolFallback'>): Promise<Picked> {
  const preferred: IpFamily = module.preferredIpProtocol === 'ip4' ? 'IPv4' : 'IPv6';
  const host = classifyHost(hostname);
  if (host.kind === 'invalid') return { ok: false, failure: failed('resolve', 'ENOTFOUND', host.problem), us: 0 };
  if (host.kind === 'name') return await resolveName(deps, host.canonical, preferred, module.ipProtocolFallback);
  const family: IpFamily = host.kind === 'ipv4' ? 'IPv4' : 'IPv6';
  if (family === preferred || module.ipProtocolFallback) return { ok: true, address: host.canonical, family, us: 0 };
  return { ok: false, failure: failed('resolve', 'ERR_INVALID_IP_ADDRESS', `${hostname} is an ${family} address, and ip_protocol_fallback is false`), us: 0 };
}

async function resolveName(deps: PickDeps, hostname: string, preferred: IpFamily, hasFallback: boolean): Promise<Picked> {
  const other: IpFamily = preferred === 'IPv4' ? 'IPv6' : 'IPv4';
  const done = new AbortController();
  // Each lookup under way listens: two for a name, whatever the resolver adds.
  setMaxListeners(0, done.signal);
  const onAbort = (): void => done.abort();
  deps.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const asking = ask(deps, hostname, preferred, done.signal);
    const askingOther = hasFallback ? ask(deps, hostname, other, done.signal) : null;
    const first = await asking;
    if (first.ok) return picked(first, preferred, first.us);
    const second = await askingOther;
    if (second === null) return notPicked(first, first.us);
    const us = Math.max(first.us, second.us);
    if (second.ok) return picked(second, other, us);
    // That there is no address of one family says less than what is wrong with the other.
    return notPicked(first.code === 'ENODATA' ? second : first, us);
  } finally {
    deps.signal.removeEventListener('abort', onAbort);
    done.abort();
  }
}

function picked(resolution: Resolution & { ok: true }, family: IpFamily, us: number): Picked {
  const [address] = resolution.addresses;
  if (address === undefined) return { ok: false, failure: failed('resolve', 'EBADRESP', 'the answer has no address'), us };
  return { ok: true, address, family, us };
}

function notPicked({ code, message }: Resolution & { ok: false }, us: number): Picked {
  return { ok: false, failure: failed('resolve', code, message), us };
}

/** The resolver keeps the time itself and may then still ask who is to blame; a scrape cannot wait for that. */
function ask({ resolver, deadlines, nowUs, untilUs }: PickDeps, hostname: string, family: IpFamily, signal: AbortSignal): Promise<Resolution> {
  const timeoutMs = Math.max(1, (untilUs - nowUs()) / 1000);
  return new Promise((resolve) => {
    const alarm = deadlines.at(untilUs, () =>
      resolve({ ok: false, code: 'ETIMEOUT', message: `resolving ${hostname}: no answer within ${Math.round(timeoutMs)} ms`, us: Math.round(timeoutMs * 1000) }));
    void resolver.resolve({ hostname, family, dnsServer: null, timeoutMs, signal }).then((resolution) => {
      alarm.cancel();
      resolve(resolution);
    });
  });
}
