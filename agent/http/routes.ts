import type { Registry } from 'prom-client';
import { json, text, type Handler } from './http-server.ts';

/** Alive, ready, connected are three questions: a process without a coordinator is alive and, with checks to run, ready. */
export type AgentHealth = {
  readonly isReady: boolean;
  readonly reasons: readonly string[];
  readonly isConnected: boolean;
  readonly assignments: number;
};

/** `/probe` is there once modules are configured (rules.md 31). */
export function agentRoutes(registry: Registry, probe: Handler | null, health: () => AgentHealth): Map<string, Handler> {
  return new Map<string, Handler>([
    ...(probe ? [['/probe', probe] as const] : []),
    ['/metrics', async () => ({ status: 200, type: registry.contentType, body: await registry.metrics() })],
    ['/healthz', () => text(200, 'ok\n')],
    ['/readyz', () => { const now = health(); return json(now.isReady ? 200 : 503, now); }],
  ]);
}
