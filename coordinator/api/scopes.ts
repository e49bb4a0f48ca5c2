/** What a key may do. A route names exactly one of these; `public` asks for no key at all. */
export const SCOPES = [
  'account:read', 'account:write', 'checks:read', 'checks:write', 'checks:run', 'results:read', 'locations:read', 'locations:write', 'agents:read',
  'users:read', 'users:write', 'keys:read', 'keys:write', 'audit:read',
  'alerts:read', 'alerts:write', 'groups:read', 'groups:write', 'channels:read', 'channels:write', 'maintenance:read', 'maintenance:write', 'variables:read', 'variables:write',
  /** The operator of the installation, above accounts: the catalogue of public locations. */
  'operator',
] as const;
export type Scope = (typeof SCOPES)[number];
export type RouteScope = Scope | 'public';

/** Of an account's own key: everything but what is the operator's. */
export const ACCOUNT_SCOPES: readonly Scope[] = SCOPES.filter((scope) => scope !== 'operator');

export function isRouteScope(value: unknown): value is RouteScope {
  return value === 'public' || SCOPES.some((scope) => scope === value);
}

/** A route as it was registered: what the scope test and the tenancy walk enumerate. */
export type RegisteredRoute = { readonly method: string; readonly url: string; readonly scope: RouteScope };
