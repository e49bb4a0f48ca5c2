import type { IncomingMessage } from 'node:http';
import { stringify } from 'yaml';
import { type Handler, type HttpAnswer, text } from '../http/http-server.ts';
import { EXPOSITION_TYPE, expositionText } from './exposition.ts';
import type { Modules } from './modules.ts';
import { ProbeLog } from './probe-log.ts';
import { probeMetrics } from './probe-metrics.ts';
import { probeTarget, type ProbeTargetDeps } from './probe-target.ts';
import { probeTimeoutMs } from './scrape-timeout.ts';
import { shownModule } from './shown-module.ts';

export type BlackboxDeps = ProbeTargetDeps & {
  /** The modules as they are now. */
  readonly modules: () => Modules;
  /** A module was asked for that there is not. */
  readonly onUnknownModule?: () => void;
};

/** Probes at once; more are refused, so that a flood of requests is no flood of connections. */
export const PROBES_MAX = 512;

/** What blackbox_exporter takes when no module is named. */
const DEFAULT_MODULE = 'http_2xx';

/** `GET /probe?target=host:port&module=name[&hostname=…][&debug=true]`, answered as blackbox_exporter does. */
export function blackboxHandler(deps: BlackboxDeps): Handler {
  let underWay = 0;
  return async (url, request) => {
    if (underWay >= PROBES_MAX) return text(503, `${PROBES_MAX} probes are under way already\n`);
    underWay += 1;
    try {
      return await answer(deps, url.searchParams, request);
    } finally {
      underWay -= 1;
    }
  };
}

async function answer(deps: BlackboxDeps, query: URLSearchParams, request: IncomingMessage): Promise<HttpAnswer> {
  const name = query.get('module') || DEFAULT_MODULE;
  const module = deps.modules().get(name);
  if (module === undefined) {
    deps.onUnknownModule?.();
    return text(400, `Unknown module ${JSON.stringify(name)}\n`);
  }
  const header = request.headers['x-prometheus-scrape-timeout-seconds'];
  const timeoutMs = probeTimeoutMs(typeof header === 'string' ? header : undefined, module.kind === 'tcp' ? module.timeoutMs : null);
  if (timeoutMs === null) return text(500, `Failed to parse timeout from Prometheus header: ${JSON.stringify(header)} is no number of seconds\n`);
  const target = query.get('target') ?? '';
  if (target === '') return text(400, 'Target parameter is missing\n');
  if (module.kind === 'other') return text(400, `Unknown prober ${JSON.stringify(module.prober)}: module ${JSON.stringify(name)} needs it, and this agent probes tcp only\n`);

  const log = new ProbeLog({ module: name, target }, () => deps.clock.nowMs());
  log.note('Beginning probe', { probe: 'tcp', timeout_seconds: timeoutMs / 1000 });
  const leaving = untilLeft(request);
  const sight = await probeTarget(deps, { target, hostname: query.get('hostname') || null, tcp: module.tcp, timeoutMs, signal: leaving.signal }, log);
  leaving.forget();
  const { failure } = sight;
  const duration_seconds = Math.round(sight.durationUs) / 1e6;
  if (failure === null) log.note('Probe succeeded', { duration_seconds });
  else log.note('Probe failed', { phase: failure.phase, code: failure.code, err: failure.detail, duration_seconds }, 'error');

  const metrics = expositionText(probeMetrics(sight));
  if (query.get('debug') !== 'true') return { status: 200, type: EXPOSITION_TYPE, body: metrics };
  return text(200, [
    'Logs for the probe:', log.text(), '', '', 'Metrics that would have been returned:', metrics, '', '',
    'Module configuration:', stringify(shownModule(module)),
  ].join('\n'));
}

/** Aborts when the scraper goes away before its answer. */
function untilLeft({ socket }: IncomingMessage): { readonly signal: AbortSignal; forget(): void } {
  const left = new AbortController();
  const onClose = (): void => left.abort();
  socket.once('close', onClose);
  return { signal: left.signal, forget: () => void socket.off('close', onClose) };
}
