import { z } from 'zod';
import type { ApiApp } from '../api-app.ts';
import { callerOf } from '../authenticate.ts';
import type { People } from '../sign-in/people.ts';
import { AuditEntryEntity, auditEntity } from '../wire/user-entities.ts';

const ENTRIES_MAX = 200;
const Query = z.object({
  limit: z.coerce.number().int().min(1).max(ENTRIES_MAX).default(50),
  nextId: z.string().regex(/^\d{1,15}$/, 'must be the nextId of an answer').optional(),
});

/** Who did what from where. */
export function auditLogRoutes(app: ApiApp, { store }: People): void {
  app.get('/v1/audit-log', {
    config: { scope: 'audit:read' },
    schema: {
      tags: ['users'], summary: 'Who changed what, newest first', querystring: Query,
      response: { 200: z.object({ length: z.number(), entries: z.array(AuditEntryEntity), nextId: z.string().nullable() }) },
    },
  }, async (request, reply) => {
    const { limit, nextId } = request.query;
    const entries = await store.listAudit(callerOf(request).accountId, { limit, beforeId: nextId === undefined ? null : Number(nextId) });
    const last = entries.length === limit ? entries.at(-1) : undefined;
    return reply.send({ length: entries.length, entries: entries.map(auditEntity), nextId: last === undefined ? null : String(last.id) });
  });
}
