import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { onlyWith, signedInRoute } from '../../shell/root-routes.ts';

/** What checks have in common: groups, variables, maintenance. */
export const groupRoutes = [
  createRoute({ getParentRoute: () => signedInRoute, path: '/groups', component: lazyRouteComponent(() => import('./groups-page.tsx'), 'GroupsPage') }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/groups/new', ...onlyWith('groups:write'), component: lazyRouteComponent(() => import('./group-form-page.tsx'), 'NewGroupPage') }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/groups/$groupId', component: lazyRouteComponent(() => import('./group-form-page.tsx'), 'GroupPage') }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/variables', component: lazyRouteComponent(() => import('../variables/variables-page.tsx'), 'VariablesPage') }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/maintenance', component: lazyRouteComponent(() => import('../maintenance/maintenance-page.tsx'), 'MaintenancePage') }),
] as const;
