import type { IpFamily } from '#shared/check/check.ts';
import type { TlsFacts } from '#shared/run/report.ts';
import type { Timings } from '#shared/run/timings.ts';
import type { Clock } from '#shared/time/clock.ts';
import type { Egress } from '../probe/choose-address.ts';
import type { Deadlines } from '../probe/deadlines.ts';
import type { Connection, Engine, TlsRequest } from '../probe/engine/engine.ts';
import type { Resolver } from '../probe/resolve/resolver.ts';
import { Stopwatch } from '../probe/stopwatch.ts';
import { pickAddress } from './pick-address.ts';
import type { ProbeLog } from './probe-log.ts';
import { type DialogueResult, failed, failedBy, type ProbeFailure, runQueryResponse } from './query-response.ts';
import { splitTarget } from './split-target.ts';
import type { TcpModule } from './tcp-module.ts';
import { tlsMaterial } from './tls-material.ts';
import { verifiedChainNotAfterMs } from './verified-chain.ts';

export type ProbeTargetDeps = {
  readonly engine: Engine;
  readonly resolver: Pick<Resolver, 'resolve'>;
  /** Decides on the address before anything is sent to it (rules.md 31). */
  readonly egress: Egress;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
};

export type ProbeOrder = {
  /** host:port. */
  readonly target: string;
  /** Instead of the target's host for SNI and the certificate, where the module names none; null: the target's. */
  readonly hostname: string | null;
  readonly tcp: TcpModule;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/** All that one `/probe` saw; what was not reached is null. */
export type ProbeSight = Omit<DialogueResult, 'tls'> & {
  readonly tls: TlsFacts | null;
  /** When the first certificate of the verified chain expires; null: it was not to be verified, or there was no TLS. */
  readonly verifiedNotAfterMs: number | null;
  /** null: the target has no host and port to look up. */
  readonly address: { readonly literal: string; readonly family: IpFamily } | null;
  readonly dnsUs: number;
  readonly timings: Timings;
  /** From the request to the end, as the scraper sees it. */
  readonly durationUs: number;
};

/** One probe of a module's kind. Never throws: failure is data. Nothing is sent to an address the policy denies. */
export async function probeTarget(deps: ProbeTargetDeps, order: ProbeOrder, log: ProbeLog): Promise<ProbeSight> {
  const startedUs = deps.clock.monotonicUs();
  const run = new ProbeRun(deps, order, log, startedUs);
  let result: DialogueResult;
  try {
    result = await run.probe();
  } catch (error) {
    result = failing(failed('connect', 'ERR_AGENT_INTERNAL', error instanceof Error ? error.message : String(error)));
  }
  const tls = result.tls ?? run.tls;
  return {
    ...result, tls,
    verifiedNotAfterMs: tls === null || run.tlsRequest?.verify !== true ? null : verifiedChainNotAfterMs(tls, run.tlsRequest.ca),
    address: run.address, dnsUs: run.dnsUs, timings: run.stopwatch.timings(), durationUs: deps.clock.monotonicUs() - startedUs,
  };
}

class ProbeRun {
  readonly stopwatch: Stopwatch;
  address: ProbeSight['address'] = null;
  dnsUs = 0;
  tls: TlsFacts | null = null;
  tlsRequest: TlsRequest | null = null;
  readonly #deps: ProbeTargetDeps;
  readonly #order: ProbeOrder;
  readonly #log: ProbeLog;
  readonly #untilUs: number;

  constructor(deps: ProbeTargetDeps, order: ProbeOrder, log: ProbeLog, startedUs: number) {
    this.#deps = deps;
    this.#order = order;
    this.#log = log;
    this.#untilUs = startedUs + order.timeoutMs * 1000;
    this.stopwatch = new Stopwatch(startedUs);
  }

  async probe(): Promise<DialogueResult> {
    const { tcp, target, hostname } = this.#order;
    const split = splitTarget(target);
    if (!split.ok) return failing(failed('resolve', 'ENOTFOUND', split.problem));
    const { host, port } = split;
    const notPicked = await this.#pickAddress(host);
    if (notPicked !== null) return failing(notPicked);
    if (tcp.tls || tcp.queryResponse.some(({ startTls }) => startTls)) {
      const material = await tlsMaterial(tcp.tlsConfig, hostname ?? host);
      if (!material.ok) return failing(failed('tls', 'ERR_AGENT_SECRET', material.problem));
      this.tlsRequest = material.request;
    }
    const connection = await this.#connect(port);
    if ('code' in connection) return failing(connection);
    try {
      return await this.#converse(connection, this.tlsRequest);
    } finally {
      connection.close();
    }
  }

  async #pickAddress(host: string): Promise<ProbeFailure | null> {
    const { tcp, signal } = this.#order;
    const { clock, egress, resolver, deadlines } = this.#deps;
    this.#log.note('Resolving target address', { target: host, ip_protocol: tcp.preferredIpProtocol });
    const picked = await pickAddress({ resolver, deadlines, nowUs: () => clock.monotonicUs(), untilUs: this.#untilUs, signal }, host, tcp);
    this.dnsUs = picked.us;
    this.stopwatch.add('dns', picked.us, clock.monotonicUs());
    if (!picked.ok) return picked.failure;
    this.address = { literal: picked.address, family: picked.family };
    this.#log.note('Resolved target address', { target: host, ip: picked.address });
    const decision = egress(picked.address);
    return decision.allowed ? null : failed('connect', 'ERR_EGRESS_DENIED', decision.reason);
  }

  async #connect(port: number): Promise<Connection | ProbeFailure> {
    const { literal, family } = this.address!;
    const { sourceIpAddress } = this.#order.tcp;
    this.stopwatch.skip(this.#deps.clock.monotonicUs());
    this.#log.note('Dialing TCP', { address: literal, port, ...(sourceIpAddress === null ? {} : { source: sourceIpAddress }) });
    const opened = await this.#deps.engine.open({
      address: literal, port, family, sourceAddress: sourceIpAddress, untilUs: this.#untilUs, signal: this.#order.signal,
    });
    this.stopwatch.lap('connect', opened.atUs);
    return opened.ok ? opened.connection : failedBy('connect', opened.trouble, `connecting to ${literal} port ${port}`);
  }

  async #converse(connection: Connection, tlsRequest: TlsRequest | null): Promise<DialogueResult> {
    if (this.#order.tcp.tls && tlsRequest !== null) {
      const secured = await connection.startTls(tlsRequest, this.#untilUs);
      this.stopwatch.lap('tls', secured.atUs);
      if (!secured.ok) return failing(failedBy('tls', secured.trouble, `TLS handshake as ${tlsRequest.identity}`));
      this.tls = secured.facts;
    }
    this.#log.note('Successfully dialed', this.tls === null ? {} : { version: this.tls.version });
    return await runQueryResponse(
      { connection, untilUs: this.#untilUs, nowUs: () => this.#deps.clock.monotonicUs(), stopwatch: this.stopwatch, log: this.#log, tls: tlsRequest },
      this.#order.tcp.queryResponse,
    );
  }
}

function failing(failure: ProbeFailure): DialogueResult {
  return { failure, failedDueToRegex: false, failedDueToBytes: false, expectInfo: [], tls: null };
}
