import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { signedInRoute } from '../../shell/root-routes.ts';

export const usageRoutes = [
  createRoute({
    getParentRoute: () => signedInRoute, path: '/usage',
    validateSearch: (search): { range?: string } => (search['range'] === 'lastMonth' || search['range'] === 'last30Days' ? { range: search['range'] } : {}),
    component: lazyRouteComponent(() => import('./usage-page.tsx'), 'UsagePage'),
  }),
] as const;
