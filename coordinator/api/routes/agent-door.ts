import { z } from 'zod';
import type { ApiApp, ApiDeps } from '../api-app.ts';

const AgentDoorEntity = z.object({
  host: z.string().nullable().meta({ description: 'null: the host under which this API is reached' }),
  port: z.int(),
  tls: z.enum(['none', 'known', 'own']).meta({ description: '`own`: give agents the certificate of the authority in SONDE_FLEET_TLS_CA; `none`: plaintext' }),
  version: z.string().meta({ description: 'of the coordinator; agents of it fit best' }),
}).meta({ id: 'AgentDoor' });

/** What the commands that start an agent need to say. */
export function agentDoorRoutes(app: ApiApp, { agentDoor, version }: ApiDeps): void {
  if (!agentDoor) return;
  app.get('/v1/agent-door', {
    config: { scope: 'locations:read' },
    schema: { tags: ['fleet'], summary: 'Where agents connect to', response: { 200: AgentDoorEntity } },
  }, async (_request, reply) => reply.send({ ...agentDoor, version }));
}
