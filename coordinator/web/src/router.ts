import { createRouter } from '@tanstack/react-router';
import { checkRoutes } from './pages/checks/routes.ts';
import { alertingRoutes } from './pages/alerting/routes.ts';
import { groupRoutes } from './pages/groups/routes.ts';
import { homeRoutes } from './pages/home/routes.ts';
import { locationRoutes } from './pages/locations/routes.ts';
import { settingsRoutes } from './pages/settings/routes.ts';
import { signInRoutes } from './pages/sign-in/routes.ts';
import { publicStatusRoutes, statusPageRoutes } from './pages/status/routes.ts';
import { usageRoutes } from './pages/usage/routes.ts';
import { rootRoute, signedInRoute } from './shell/root-routes.ts';

/** Every page. An area adds its routes in its own `routes.ts`, and one line here. */
const routeTree = rootRoute.addChildren([
  ...signInRoutes,
  ...publicStatusRoutes,
  signedInRoute.addChildren([
    ...homeRoutes,
    ...groupRoutes,
    ...statusPageRoutes,
    ...alertingRoutes,
    ...locationRoutes,
    ...checkRoutes,
    ...settingsRoutes,
    ...usageRoutes,
  ]),
]);

export const router = createRouter({ routeTree, defaultPreload: 'intent', defaultPreloadStaleTime: 0, scrollRestoration: true });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
