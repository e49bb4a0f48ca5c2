import type { EgressDecision } from '#shared/net/egress-policy.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import type { Clock } from '#shared/time/clock.ts';
import { Deadlines } from './deadlines.ts';
import type { ClientCertificate } from './engine/engine.ts';
import { chooseEngine } from './engine/choose-engine.ts';
import type { EngineChoice, EngineStatus } from './engine/engine-choice.ts';
import { Descriptors } from './engine/kernel/descriptors.ts';
import { SecureContexts } from './engine/secure-contexts.ts';
import { loadTcpInfoReader } from './engine/tcp-info.ts';
import { LoopDelay } from './loop-delay.ts';
import type { PatternWork } from './pattern-work.ts';
import { createProbe } from './probe.ts';
import { createResolver, type ResolverLoad } from './resolve/create-resolver.ts';

export type OpenProbeOptions = {
  readonly resolver: 'dns' | 'system';
  readonly egress: (address: string) => EgressDecision;
  readonly clock: Clock;
  /** Left out: plain. */
  readonly engine?: EngineChoice;
  /** Where descriptors outside of Node's care are noted (`Descriptors.memory`); left out: nowhere that outlives this thread. */
  readonly descriptors?: SharedArrayBuffer;
  /** The agent's own client certificates by name; left out: it has none. */
  readonly clientCertificates?: (name: string) => ClientCertificate | null;
  /** Where long pattern work is done; left out: in this thread. */
  readonly patternWork?: PatternWork;
};

/** A probe with everything it stands on: an engine, the resolver layer, one timer for all deadlines. */
export function openProbe({ resolver: mode, egress, clock, engine: choice = 'plain', descriptors, clientCertificates = () => null, patternWork }: OpenProbeOptions): {
  probe(spec: ProbeSpec, signal: AbortSignal): Promise<ProbeReport>;
  /** How busy its resolver is. */
  resolverLoad(): ResolverLoad;
  engineStatus(): EngineStatus;
  /** Settled when the engine is chosen; until then the plain one serves. */
  readonly engineChosen: Promise<EngineStatus>;
  close(): void;
} {
  const deadlines = new Deadlines(clock);
  const resolver = createResolver({ clock, mode, egress });
  const engine = chooseEngine(choice, { clock, deadlines, secureContexts: new SecureContexts(), tcpInfo: loadTcpInfoReader() }, descriptors === undefined ? {} : { descriptors: new Descriptors(descriptors) });
  const { probe } = createProbe({ engine, resolver, egress, clock, deadlines, loopDelay: new LoopDelay(clock), clientCertificates, ...(patternWork ? { patternWork } : {}) });
  return {
    probe: (spec, signal) => probe(spec, { signal }),
    resolverLoad: () => resolver.load(),
    engineStatus: () => engine.status(),
    engineChosen: engine.chosen,
    close: () => {
      resolver.close();
      engine.close();
    },
  };
}
