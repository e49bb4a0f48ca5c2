import { Counter, Gauge, Registry } from 'prom-client';
import type { Log } from '#shared/log.ts';
import { systemClock } from '#shared/time/clock.ts';
import { VERSION } from '#shared/version.ts';
import type { AgentConfig } from '../config.ts';
import { AgentEgress } from '../egress.ts';
import { watchSecrets } from '../watch-secrets.ts';
import { openHttpServer } from '../http/http-server.ts';
import { agentRoutes } from '../http/routes.ts';
import { openProbeRoute } from './open-probe-route.ts';

/** What an agent without a coordinator needs to know. */
export type ProbeOnlyConfig = Pick<AgentConfig, 'http' | 'egress' | 'resolver' | 'secretsPath'> & { readonly probeModulesPath: string };

/**
 * `sonde agent` without a coordinator: `/probe`, `/metrics`, `/healthz` and `/readyz`, and nothing else. Such an agent
 * is its operator's own: private addresses may be probed; its own machine's only if SONDE_EGRESS_ALLOW says so.
 */
export async function startProbeOnly(config: ProbeOnlyConfig, log: Log): Promise<{ readonly httpUrl: string; stop(): Promise<void> }> {
  const clock = systemClock;
  const metrics = probeOnlyMetrics();
  const nowMs = (): number => clock.monotonicUs() / 1000;
  const { secrets, stop: stopWatchingSecrets } = watchSecrets(config.secretsPath, nowMs, log);
  const egress = new AgentEgress({ ...config.egress, fileLists: () => secrets.egress(), kind: 'private', nowMs });
  const route = openProbeRoute({
    modulesPath: config.probeModulesPath, resolver: config.resolver, egress: (address) => egress.decide(address),
    clock, log, onUnknownModule: metrics.countUnknownModule,
  });
  const routes = agentRoutes(metrics.registry, route.handler, () => ({ isReady: true, reasons: [], isConnected: false, assignments: 0 }));
  const http = await openHttpServer({ ...config.http, variable: 'SONDE_AGENT_HTTP_PORT' }, routes).catch((error: unknown) => {
    route.close();
    throw error;
  });
  log.info({ httpUrl: http.url }, 'probing without a coordinator');
  return {
    httpUrl: http.url,
    async stop() {
      await http.close();
      route.close();
      stopWatchingSecrets();
    },
  };
}

function probeOnlyMetrics(): { readonly registry: Registry; countUnknownModule(): void } {
  const registry = new Registry();
  const registers = [registry];
  const unknown = new Counter({ name: 'blackbox_module_unknown_total', help: 'Count of unknown modules requested by probes', registers });
  new Gauge({ name: 'sonde_agent_info', help: 'The version that runs.', labelNames: ['version'], registers }).set({ version: VERSION }, 1);
  registry.registerMetric(new Gauge({
    name: 'sonde_process_resident_memory_bytes', help: 'Resident memory.', registers: [], collect() { this.set(process.memoryUsage.rss()); },
  }));
  registry.registerMetric(new Gauge({
    name: 'sonde_process_cpu_seconds', help: 'CPU time of this process.', registers: [],
    collect() { const { user, system } = process.cpuUsage(); this.set((user + system) / 1e6); },
  }));
  return { registry, countUnknownModule: () => unknown.inc() };
}
