import { z } from 'zod';
import type { ApiApp, ApiDeps } from '../api-app.ts';

/** For whoever keeps this coordinator running: no key, nothing of any account. */
export function serviceRoutes(app: ApiApp, { version, health, metrics }: ApiDeps): void {
  app.get('/healthz', {
    config: { scope: 'public' },
    schema: {
      tags: ['service'], summary: 'Is the process alive?',
      response: { 200: z.object({ status: z.literal('ok'), version: z.string() }) },
    },
  }, async (_request, reply) => reply.send({ status: 'ok', version }));

  const Readiness = z.object({ status: z.enum(['ready', 'not ready']), problems: z.array(z.string()) });
  app.get('/readyz', {
    config: { scope: 'public' },
    schema: { tags: ['service'], summary: 'Can it do its work?', response: { 200: Readiness, 503: Readiness } },
  }, async (_request, reply) => {
    const { isReady, problems } = await health();
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready', problems: [...problems] });
  });

  if (metrics === undefined) return;
  app.get('/metrics', {
    config: { scope: 'public' },
    schema: { tags: ['service'], summary: 'Prometheus metrics', response: { 200: { description: 'OpenMetrics text', content: { 'text/plain': { schema: z.string() } } } } },
  }, async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics()));
}
