import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { queryClient } from '../../api/query-client.ts';
import { signedInRoute } from '../../shell/root-routes.ts';
import { homeSearch, overviewQuery } from './overview.ts';

export const homeRoutes = [
  createRoute({
    getParentRoute: () => signedInRoute, path: '/', validateSearch: homeSearch,
    loaderDeps: ({ search }) => search,
    // While the page's code is on its way; the page itself waits for it, or shows what went wrong.
    loader: ({ deps }) => { void queryClient.prefetchQuery(overviewQuery(deps)); },
    component: lazyRouteComponent(() => import('./home-page.tsx'), 'HomePage'),
  }),
] as const;
