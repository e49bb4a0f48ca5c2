import { z } from 'zod';
import { PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN } from '../sign-in/password.ts';
import { ROLES, type ApiKeyRow, type Invitation, type StoredAuditEntry, type User, type UserSession } from '../users-port.ts';
import { isoOf, isoOrNull } from './iso.ts';

const NAME_CHARS_MAX = 100;
const TOKEN_CHARS_MAX = 200;

export const role = z.enum(ROLES);
export const email = z.string().trim().toLowerCase().max(254).pipe(z.email('must be an email address'));
export const personName = z.string().trim().min(1, 'must be at least 1 character').max(NAME_CHARS_MAX);
export const oneTimeToken = z.string().trim().max(TOKEN_CHARS_MAX);
export const newPassword = z.string()
  .min(PASSWORD_CHARS_MIN, `must be ${PASSWORD_CHARS_MIN} characters or more; several words are easy to remember`).max(PASSWORD_CHARS_MAX);
/** One that exists: whatever it is, it is compared. */
export const givenPassword = z.string().max(PASSWORD_CHARS_MAX);

export const SessionEntity = z.object({
  account: z.object({ id: z.string(), name: z.string() }),
  user: z.object({ id: z.string(), name: z.string(), email: z.string(), role }).nullable().meta({ description: 'null: an API key asked' }),
  scopes: z.array(z.string()),
}).meta({ id: 'Session' });

export const UserEntity = z.object({
  id: z.string(), name: z.string(), email: z.string(), role, created_at: z.iso.datetime(), lastSeenAt: z.iso.datetime().nullable(),
}).meta({ id: 'User' });

export function userEntity({ id, name, email: address, role: held, createdAtMs, lastSeenAtMs }: User): z.output<typeof UserEntity> {
  return { id, name, email: address, role: held, created_at: isoOf(createdAtMs), lastSeenAt: isoOrNull(lastSeenAtMs) };
}

export const UserSessionEntity = z.object({
  id: z.string(), address: z.string(), userAgent: z.string(), isCurrent: z.boolean(),
  created_at: z.iso.datetime(), lastSeenAt: z.iso.datetime(), expiresAt: z.iso.datetime(),
}).meta({ id: 'UserSession' });

export function userSessionEntity(session: UserSession, currentId: string | null): z.output<typeof UserSessionEntity> {
  return {
    id: session.id, address: session.address, userAgent: session.userAgent, isCurrent: session.id === currentId,
    created_at: isoOf(session.createdAtMs), lastSeenAt: isoOf(session.lastSeenAtMs), expiresAt: isoOf(session.expiresAtMs),
  };
}

export const InvitationEntity = z.object({
  id: z.string(), email: z.string(), role, invitedBy: z.string(), created_at: z.iso.datetime(), expiresAt: z.iso.datetime(),
  link: z.string().optional().meta({ description: 'what to send to the person; shown this once' }),
}).meta({ id: 'Invitation' });

export function invitationEntity(invitation: Invitation, link?: string): z.output<typeof InvitationEntity> {
  const { id, email: address, role: held, invitedBy, createdAtMs, expiresAtMs } = invitation;
  return { id, email: address, role: held, invitedBy, created_at: isoOf(createdAtMs), expiresAt: isoOf(expiresAtMs), ...(link === undefined ? {} : { link }) };
}

export const ApiKeyEntity = z.object({
  id: z.string(), name: z.string(), masked: z.string(), scopes: z.array(z.string()),
  created_at: z.iso.datetime(), expiresAt: z.iso.datetime().nullable(), lastUsedAt: z.iso.datetime().nullable(),
  rawKey: z.string().optional().meta({ description: 'the key itself; shown this once' }),
}).meta({ id: 'ApiKey' });

export function apiKeyEntity(key: ApiKeyRow, rawKey?: string): z.output<typeof ApiKeyEntity> {
  const { id, name, masked, scopes, createdAtMs, expiresAtMs, lastUsedAtMs } = key;
  return {
    id, name, masked, scopes: [...scopes], created_at: isoOf(createdAtMs), expiresAt: isoOrNull(expiresAtMs), lastUsedAt: isoOrNull(lastUsedAtMs),
    ...(rawKey === undefined ? {} : { rawKey }),
  };
}

export const AuditEntryEntity = z.object({
  id: z.string(), at: z.iso.datetime(),
  actor: z.object({ kind: z.enum(['user', 'key', 'stranger']), id: z.string(), name: z.string() }),
  action: z.string().meta({ description: 'the route' }), target: z.string().nullable(), address: z.string(), status: z.number(),
  details: z.record(z.string(), z.unknown()),
}).meta({ id: 'AuditEntry' });

export function auditEntity({ id, atMs, actor, action, target, address, status, details }: StoredAuditEntry): z.output<typeof AuditEntryEntity> {
  return { id: String(id), at: isoOf(atMs), actor, action, target, address, status, details: { ...details } };
}
