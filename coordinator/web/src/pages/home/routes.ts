import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { signedInRoute } from '../../shell/root-routes.ts';
import { homeSearch } from './overview.ts';

export const homeRoutes = [
  createRoute({
    getParentRoute: () => signedInRoute, path: '/', validateSearch: homeSearch,
    component: lazyRouteComponent(() => import('./home-page.tsx'), 'HomePage'),
  }),
] as const;
