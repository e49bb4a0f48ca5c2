import { createResolver } from '../../probe/resolve/create-resolver.ts';
import { systemClock } from '#shared/time/clock.ts';
import { openHttpServer } from '../../http/http-server.ts';
import { Deadlines } from '../../probe/deadlines.ts';
import { plainEngine } from '../../probe/engine/plain-engine.ts';
import { SecureContexts } from '../../probe/engine/secure-contexts.ts';
import { type BlackboxDeps, blackboxHandler } from '../handler.ts';
import { parseModules } from '../modules.ts';

export type ProbeAnswer = { readonly status: number; readonly type: string; readonly body: string; /** By name and labels. */ readonly metrics: ReadonlyMap<string, number> };

export type ProbeDoor = {
  readonly url: string;
  ask(query: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>): Promise<ProbeAnswer>;
  close(): Promise<void>;
};

/** `/probe` behind a real HTTP server on a free port, with everything real unless changed; the policy allows all. */
export async function openProbeDoor(yaml: string, changes: Partial<BlackboxDeps> = {}): Promise<ProbeDoor> {
  const parsed = parseModules(yaml);
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'));
  const clock = systemClock;
  const deadlines = new Deadlines(clock);
  const resolver = createResolver({ clock, mode: 'dns', egress: () => ({ allowed: true }) });
  const engine = plainEngine({ clock, deadlines, secureContexts: new SecureContexts(), tcpInfo: null });
  const handler = blackboxHandler({ modules: () => parsed.modules, engine, resolver, egress: () => ({ allowed: true }), clock, deadlines, ...changes });
  const http = await openHttpServer({ host: '127.0.0.1', port: 0, variable: 'SONDE_AGENT_HTTP_PORT' }, new Map([['/probe', handler]]));
  return {
    url: http.url,
    async ask(query, headers = {}) {
      const response = await fetch(`${http.url}/probe?${new URLSearchParams(query)}`, { headers });
      const body = await response.text();
      return { status: response.status, type: response.headers.get('content-type') ?? '', body, metrics: metricsOf(body) };
    },
    async close() {
      await http.close();
      resolver.close();
    },
  };
}

function metricsOf(body: string): ReadonlyMap<string, number> {
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}
