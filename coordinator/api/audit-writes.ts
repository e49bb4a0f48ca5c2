import type { FastifyInstance, FastifyRequest } from 'fastify';
import { asksOnly } from './asks-only.ts';
import { auditDetails } from './audit-details.ts';
import type { Caller } from './ports.ts';
import type { AuditEntry, UserStore } from './users-port.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** On public routes: who turned out to be behind the write. */
    auditedAs: Pick<AuditEntry, 'accountId' | 'actor'> | null;
    /** What the answer says, before it becomes text. */
    auditedAnswer: unknown;
  }
}

const FINGERPRINT_HEX = 12;

/**
 * Every write leaves a line: who, what, from where, and how it was answered. Written before the answer goes out;
 * a log that cannot be written is told in the coordinator's own log and keeps nobody from working.
 */
export function auditWrites(app: FastifyInstance, { store, hashToken }: { readonly store: Pick<UserStore, 'recordAudit'>; readonly hashToken: (token: string) => Uint8Array }): void {
  app.decorateRequest('auditedAs', null);
  app.decorateRequest('auditedAnswer', null);
  app.addHook('preSerialization', async (request, _reply, payload) => {
    request.auditedAnswer = payload;
    return payload;
  });
  app.addHook('onSend', async (request, reply) => {
    const { method, routeOptions: { url } } = request;
    const by = request.auditedAs ?? (request.caller === null ? null : { accountId: request.caller.accountId, actor: actorOf(request.caller) });
    if (url === undefined || by === null || method === 'GET' || method === 'HEAD' || asksOnly(url) || isRefusedInput(reply.statusCode)) return;
    const fingerprint = (secret: string): string => Buffer.from(hashToken(`fingerprint ${secret}`)).toString('hex').slice(0, FINGERPRINT_HEX);
    const details = auditDetails(request.body, reply.statusCode < 300 ? request.auditedAnswer : null, fingerprint);
    await store.recordAudit({
      ...by, action: `${method} ${url}`, target: targetOf(request, details), address: request.ip, status: reply.statusCode, details,
    }).catch((error: unknown) => request.log.error({ err: error, action: `${method} ${url}` }, 'this write could not be noted in the audit log'));
  });
}

/** For public routes, whose caller is known only once a password or a token has been looked at. */
export function auditAs(request: FastifyRequest, who: Pick<AuditEntry, 'accountId' | 'actor'>): void {
  request.auditedAs = who;
}

/** What was never done for a reason of its own: a typing error, a revision, a limit. Refusals (401, 403) are told. */
function isRefusedInput(status: number): boolean {
  return status >= 400 && status !== 401 && status !== 403;
}

function actorOf({ user, keyId, keyName }: Caller): AuditEntry['actor'] {
  return user === undefined ? { kind: 'key', id: keyId, name: keyName ?? keyId } : { kind: 'user', id: user.id, name: user.email };
}

function targetOf(request: FastifyRequest, details: Readonly<Record<string, unknown>>): string | null {
  const params = Object.values((request.params ?? {}) as Record<string, unknown>).filter((value) => typeof value === 'string' || typeof value === 'number');
  if (params.length > 0) return params.join('/');
  return typeof details['id'] === 'string' || typeof details['id'] === 'number' ? String(details['id']) : null;
}
