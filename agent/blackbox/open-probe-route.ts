import type { Log } from '#shared/log.ts';
import type { EgressDecision } from '#shared/net/egress-policy.ts';
import type { Clock } from '#shared/time/clock.ts';
import type { Handler } from '../http/http-server.ts';
import { Deadlines } from '../probe/deadlines.ts';
import { plainEngine } from '../probe/engine/plain-engine.ts';
import { SecureContexts } from '../probe/engine/secure-contexts.ts';
import { createResolver } from '../probe/resolve/create-resolver.ts';
import { blackboxHandler } from './handler.ts';
import { openModulesFile } from './modules-file.ts';

export type ProbeRouteOptions = {
  /** SONDE_PROBE_MODULES. */
  readonly modulesPath: string;
  readonly resolver: 'dns' | 'system';
  readonly egress: (address: string) => EgressDecision;
  readonly clock: Clock;
  readonly log: Log;
  readonly onUnknownModule?: () => void;
};

/**
 * `/probe` with everything it stands on, apart from the probing of checks, so that a busy scraper and a busy
 * timetable do not wait for each other's name lookups. Throws when the module file cannot be used.
 */
export function openProbeRoute({ modulesPath, resolver: mode, egress, clock, log, onUnknownModule = () => {} }: ProbeRouteOptions): {
  readonly handler: Handler;
  close(): void;
} {
  const modules = openModulesFile(modulesPath, { clock, log });
  const deadlines = new Deadlines(clock);
  const resolver = createResolver({ clock, mode, egress });
  const engine = plainEngine({ clock, deadlines, secureContexts: new SecureContexts(), tcpInfo: null });
  return {
    handler: blackboxHandler({ modules, engine, resolver, egress, clock, deadlines, onUnknownModule }),
    close: () => resolver.close(),
  };
}
