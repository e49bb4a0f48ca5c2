import { compileAssertions, type CompiledAssertion } from '#shared/assertion/compile.ts';
import { cidrs } from '#shared/net/cidr.ts';
import { decideEgress, type EgressPolicy } from '#shared/net/egress-policy.ts';
import { judgeAttempt } from '#shared/run/judge-attempt.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import type { Judgement } from '#shared/run/result.ts';
import { Deadlines } from '#agent/probe/deadlines.ts';
import { LoopDelay } from '#agent/probe/loop-delay.ts';
import { createProbe, type Probe } from '#agent/probe/probe.ts';
import type { Resolution } from '#agent/probe/resolve/resolver.ts';
import { MemoryEngine, type NetworkLog } from './memory-engine.ts';
import type { Reply } from './reply.ts';
import { VirtualClock } from './virtual-clock.ts';

/** One attempt of a campaign: what it was told, what it saw, what that means, and what it did to the network. */
export type Seen = {
  readonly spec: ProbeSpec;
  readonly reply: Reply;
  readonly report: ProbeReport;
  readonly judgement: Judgement;
  readonly network: NetworkLog;
  /** From the first to the last instant of the attempt, virtual. */
  readonly tookUs: number;
  /** Waits that were left behind. */
  readonly pendingDeadlines: number;
};

/** The agent's policy in here: its own loopback and what a private location may reach. */
export const POLICY: EgressPolicy = { kind: 'private', localAllow: cidrs('127.0.0.0/8', '::1/128'), localDeny: [], serverAllow: [], serverDeny: [], ownAddresses: [] };

/** The probe as an agent has it, with time, network and names in memory; one after the other, any number of attempts. */
export class World {
  readonly #clock: VirtualClock;
  readonly #engine: MemoryEngine;
  readonly #deadlines: Deadlines;
  readonly #probe: Probe;
  #resolution: Reply['resolution'] = { kind: 'hangs' };

  constructor(startUs: number) {
    this.#clock = new VirtualClock(startUs);
    this.#engine = new MemoryEngine(this.#clock);
    this.#deadlines = new Deadlines(this.#clock);
    this.#probe = createProbe({
      engine: this.#engine,
      resolver: { resolve: async ({ timeoutMs }) => await this.#resolve(timeoutMs) },
      egress: (address) => decideEgress(address, POLICY),
      clock: this.#clock,
      deadlines: this.#deadlines,
      loopDelay: new LoopDelay(this.#clock),
      clientCertificates: (name) => (name === 'mine' ? { cert: 'in memory', key: 'in memory' } : null),
    });
  }

  async attempt(spec: ProbeSpec, assertions: readonly CompiledAssertion[], reply: Reply): Promise<Seen> {
    const startUs = this.#clock.monotonicUs();
    const cancelling = new AbortController();
    const cancel = reply.cancelAfterUs === null ? null : this.#clock.setTimer(reply.cancelAfterUs / 1000, () => cancelling.abort());
    this.#resolution = reply.resolution;
    this.#engine.expectAttempt(reply);
    const report = await this.#probe.probe(spec, cancel === null ? {} : { signal: cancelling.signal });
    cancel?.cancel();
    const judgement = judgeAttempt(spec, assertions, report, { nowMs: this.#clock.nowMs(), impaired: false });
    const tookUs = this.#clock.monotonicUs() - startUs;
    return { spec, reply, report, judgement, network: this.#engine.log, tookUs, pendingDeadlines: this.#deadlines.pending };
  }

  /** A resolver that hangs is ended by the probe, not by itself: time passes, and the probe's own alarm fires. */
  async #resolve(timeoutMs: number): Promise<Resolution> {
    const resolution = this.#resolution;
    if ('ok' in resolution) {
      this.#clock.moveTo(this.#clock.monotonicUs() + Math.min(resolution.us, timeoutMs * 1000));
      return { ...resolution, us: Math.min(resolution.us, timeoutMs * 1000) };
    }
    // The probe has to set its alarm first.
    await Promise.resolve();
    this.#clock.moveTo(this.#clock.monotonicUs() + timeoutMs * 1000 + 2_000_000);
    return await new Promise(() => {});
  }
}

/** For a spec whose patterns were chosen so that they compile. */
export function compiledFor(spec: ProbeSpec): readonly CompiledAssertion[] {
  const compiled = compileAssertions(spec.assertions);
  if (!compiled.ok) throw new Error(`invariant: ${compiled.problem}`);
  return compiled.assertions;
}
