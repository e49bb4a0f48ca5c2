import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { onlyWith, rootRoute, signedInRoute } from '../../shell/root-routes.ts';

/** What everybody may read, outside of sign-in. */
export const publicStatusRoutes = [
  createRoute({ getParentRoute: () => rootRoute, path: '/status/$slug', component: lazyRouteComponent(() => import('./public-status-page.tsx'), 'PublicStatusPage') }),
] as const;

/** Where it is decided what that is. */
export const statusPageRoutes = [
  createRoute({ getParentRoute: () => signedInRoute, path: '/status-pages', component: lazyRouteComponent(() => import('./status-pages-page.tsx'), 'StatusPagesPage') }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/status-pages/new', ...onlyWith('account:write'), component: lazyRouteComponent(() => import('./status-page-form-page.tsx'), 'NewStatusPage') }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/status-pages/$pageId', component: lazyRouteComponent(() => import('./status-page-form-page.tsx'), 'StatusPage') }),
] as const;
