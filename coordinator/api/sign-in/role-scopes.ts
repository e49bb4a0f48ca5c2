import { ACCOUNT_SCOPES, type Scope } from '../scopes.ts';
import type { Role, SignedIn } from '../users-port.ts';

/** What is about people, keys and the agents' doors is the admins'; what may be seen of it, too. */
const ADMINS_ONLY: ReadonlySet<Scope> = new Set(['users:read', 'users:write', 'keys:read', 'keys:write', 'audit:read', 'locations:write']);

/** A role as the scopes of routes. A new scope falls into place by its verb: `read` for all, `run` for runners, `write` for editors. */
export function scopesOfRole(role: Role): readonly Scope[] {
  switch (role) {
    case 'owner': case 'admin': return ACCOUNT_SCOPES;
    case 'editor': return ACCOUNT_SCOPES.filter((scope) => !ADMINS_ONLY.has(scope));
    case 'runner': return ACCOUNT_SCOPES.filter((scope) => !ADMINS_ONLY.has(scope) && !scope.endsWith(':write'));
    case 'viewer': return ACCOUNT_SCOPES.filter((scope) => !ADMINS_ONLY.has(scope) && scope.endsWith(':read'));
  }
}

/** Of a person: the role's, and the operator's for the owner who set the installation up. */
export function scopesOf({ role, isOperator }: Pick<SignedIn, 'role' | 'isOperator'>): readonly Scope[] {
  return isOperator && role === 'owner' ? [...scopesOfRole(role), 'operator'] : scopesOfRole(role);
}
