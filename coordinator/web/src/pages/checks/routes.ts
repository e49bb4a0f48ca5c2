import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { onlyWith, signedInRoute } from '../../shell/root-routes.ts';
import { checkSearch } from './check/check-search.ts';

/** Creating, editing and looking at one check. */
export const checkRoutes = [
  createRoute({ getParentRoute: () => signedInRoute, path: '/checks/new', beforeLoad: () => { throw redirect({ to: '/checks/new/tcp', replace: true }); } }),
  createRoute({
    getParentRoute: () => signedInRoute, path: '/checks/new/tcp', ...onlyWith('checks:write'),
    component: lazyRouteComponent(() => import('./new-check-page.tsx'), 'NewCheckPage'),
  }),
  createRoute({
    getParentRoute: () => signedInRoute, path: '/checks/$id', validateSearch: checkSearch,
    component: lazyRouteComponent(() => import('./check/check-page.tsx'), 'CheckPage'),
  }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/checks/$id/runs/$runId', component: lazyRouteComponent(() => import('./run/run-page.tsx'), 'RunPage') }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/checks/$id/edit', ...onlyWith('checks:write'), component: lazyRouteComponent(() => import('./edit-check-page.tsx'), 'EditCheckPage') }),
] as const;
