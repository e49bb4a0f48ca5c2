import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { rootRoute } from '../../shell/root-routes.ts';

/** What can be opened while signed out. Tokens come in the fragment, which no server and no log ever sees. */
export const signInRoutes = [
  createRoute({
    getParentRoute: () => rootRoute, path: '/sign-in',
    validateSearch: (search): { next?: string; problem?: string } => ({
      ...(isOwnPath(search['next']) ? { next: search['next'] } : {}), ...(typeof search['problem'] === 'string' ? { problem: search['problem'] } : {}),
    }),
    component: lazyRouteComponent(() => import('./sign-in-page.tsx'), 'SignInPage'),
  }),
  createRoute({ getParentRoute: () => rootRoute, path: '/setup', component: lazyRouteComponent(() => import('./setup-page.tsx'), 'SetupPage') }),
  createRoute({ getParentRoute: () => rootRoute, path: '/invitation', component: lazyRouteComponent(() => import('./invitation-page.tsx'), 'InvitationPage') }),
] as const;

/** A path on this site: `//elsewhere` and `/\elsewhere` are other sites to a browser. */
function isOwnPath(value: unknown): value is string {
  return typeof value === 'string' && /^\/(?![/\\])/.test(value);
}
