import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { signedInRoute } from '../../shell/root-routes.ts';

/** Users, API keys, audit log, and one's own password and sessions. */
export const settingsRoutes = [
  createRoute({ getParentRoute: () => signedInRoute, path: '/users', component: lazyRouteComponent(() => import('./users-page.tsx'), 'UsersPage') }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/api-keys', component: lazyRouteComponent(() => import('./api-keys-page.tsx'), 'ApiKeysPage') }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/audit-log', component: lazyRouteComponent(() => import('./audit-log-page.tsx'), 'AuditLogPage') }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/profile', component: lazyRouteComponent(() => import('./profile-page.tsx'), 'ProfilePage') }),
] as const;
