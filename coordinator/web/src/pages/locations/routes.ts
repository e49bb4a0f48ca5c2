import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { onlyWith, signedInRoute } from '../../shell/root-routes.ts';

/** Where checks run from: locations, their keys, their agents. */
export const locationRoutes = [
  createRoute({ getParentRoute: () => signedInRoute, path: '/locations', component: lazyRouteComponent(() => import('./locations-page.tsx'), 'LocationsPage') }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/locations/new', ...onlyWith('locations:write'), component: lazyRouteComponent(() => import('./new-location-page.tsx'), 'NewLocationPage') }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/locations/$locationId', component: lazyRouteComponent(() => import('./location-page.tsx'), 'LocationPage') }),
] as const;
