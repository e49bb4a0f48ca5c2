import { createRootRoute, createRoute, redirect } from '@tanstack/react-router';
import { sessionQuery, setupQuery } from '../api/session.ts';
import { queryClient } from '../api/query-client.ts';
import { NotFound, PageError, PagePending } from './page-states.tsx';
import { Root } from './root.tsx';
import { SignedIn } from './signed-in.tsx';

export const rootRoute = createRootRoute({ component: Root, notFoundComponent: NotFound, errorComponent: PageError });

/** The parent of every page that needs somebody signed in; it brings the sidebar and live updates. */
export const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'signed-in',
  component: SignedIn,
  errorComponent: PageError,
  pendingComponent: PagePending,
  beforeLoad: async ({ location }) => {
    if (await queryClient.ensureQueryData(sessionQuery) !== null) return;
    const { isNeeded } = await queryClient.ensureQueryData(setupQuery);
    if (isNeeded) throw redirect({ to: '/setup' });
    throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { next: location.href } });
  },
});
