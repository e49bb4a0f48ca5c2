import type { FastifyInstance, FastifyRequest } from 'fastify';
import { asksOnly } from './asks-only.ts';
import { auditDetails } from './audit-details.ts';
import type { Caller } from './ports.ts';
import type { AuditDraft, AuditEntry, UserStore } from './users-port.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** On public routes: who turned out to be behind the write. */
    auditedAs: Pick<AuditEntry, 'accountId' | 'actor'> | null;
    /** What the answer says, before it becomes text. */
    auditedAnswer: unknown;
    /** Of requests that may change something. */
    auditDraft: AuditDraft | null;
  }
}

const FINGERPRINT_HEX = 12;

/**
 * Every write leaves a line: who, what, from where, and how it was answered. A change writes it in its own transaction:
 * neither is there without the other. What changes no row of its own (a refusal, a run, a test of a channel) is told
 * before the answer goes out; a log that cannot be written is then told in the coordinator's own.
 */
export function auditWrites(app: FastifyInstance, { store, hashToken }: { readonly store: Pick<UserStore, 'recordAudit' | 'withAuditDraft'>; readonly hashToken: (token: string) => Uint8Array }): void {
  const fingerprint = (secret: string): string => Buffer.from(hashToken(`fingerprint ${secret}`)).toString('hex').slice(0, FINGERPRINT_HEX);

  app.decorateRequest('auditedAs', null);
  app.decorateRequest('auditedAnswer', null);
  app.decorateRequest('auditDraft', null);
  app.addHook('preHandler', (request, _reply, done) => {
    if (!mayChange(request)) return done();
    request.auditDraft = {
      isDone: false,
      entryOf: (made, by) => entryOf(request, { by: by ?? behind(request), status: statusOfSuccess(request), details: auditDetails(request.body, made, fingerprint) }),
    };
    store.withAuditDraft(request.auditDraft, done);
  });
  app.addHook('preSerialization', async (request, _reply, payload) => {
    request.auditedAnswer = payload;
    return payload;
  });
  app.addHook('onSend', async (request, reply) => {
    const { auditDraft: draft } = request;
    const isTold = draft?.isDone ?? !mayChange(request);
    if (draft !== null) draft.isDone = true; // What goes on behind the answer is not the request's.
    if (isTold || isRefusedInput(reply.statusCode)) return;
    const answer = reply.statusCode < 300 ? request.auditedAnswer : null;
    const entry = entryOf(request, { by: behind(request), status: reply.statusCode, details: auditDetails(request.body, answer, fingerprint) });
    if (entry === null) return;
    await store.recordAudit(entry).catch((error: unknown) => request.log.error({ err: error, action: entry.action }, 'this write could not be noted in the audit log'));
  });
}

/** For public routes, whose caller is known only once a password or a token has been looked at. */
export function auditAs(request: FastifyRequest, who: Pick<AuditEntry, 'accountId' | 'actor'>): void {
  request.auditedAs = who;
}

/** By its method, or because its route says so: coming back from another site is a GET. */
function mayChange({ method, routeOptions: { url, config } }: FastifyRequest): boolean {
  return url !== undefined && !asksOnly(url) && ((method !== 'GET' && method !== 'HEAD') || config.isAudited === true);
}

function behind({ auditedAs, caller }: FastifyRequest): Pick<AuditEntry, 'accountId' | 'actor'> | null {
  return auditedAs ?? (caller === null ? null : { accountId: caller.accountId, actor: actorOf(caller) });
}

type Told = { readonly by: Pick<AuditEntry, 'accountId' | 'actor'> | null; readonly status: number; readonly details: AuditEntry['details'] };

function entryOf(request: FastifyRequest, { by, status, details }: Told): AuditEntry | null {
  const action = `${request.method} ${request.routeOptions.url ?? ''}`;
  return by && { ...by, action, target: targetOf(request, details), address: request.ip, status, details };
}

/** The change is committed before it is answered: this is what the route says it answers then. */
function statusOfSuccess({ routeOptions: { schema } }: FastifyRequest): number {
  const answers = Object.keys((schema?.response ?? {}) as object).map(Number).filter((status) => status >= 200 && status < 400);
  return answers.length === 0 ? 200 : Math.min(...answers);
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
