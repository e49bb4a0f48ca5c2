import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router';
import { signedInRoute } from '../../shell/root-routes.ts';

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Creating, editing and looking at one check. */
export const checkRoutes = [
  createRoute({ getParentRoute: () => signedInRoute, path: '/checks/new', beforeLoad: ({ search }) => { throw redirect({ to: '/checks/new/tcp', search, replace: true }); } }),
  createRoute({
    getParentRoute: () => signedInRoute, path: '/checks/new/tcp',
    validateSearch: (search: Record<string, unknown>): { from?: string } => { const from = text(search['from']); return from === undefined ? {} : { from }; },
    component: lazyRouteComponent(() => import('./new-check-page.tsx'), 'NewCheckPage'),
  }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/checks/$id/edit', component: lazyRouteComponent(() => import('./edit-check-page.tsx'), 'EditCheckPage') }),
] as const;
