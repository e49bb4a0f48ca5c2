import { createRootRoute, createRoute, notFound, redirect } from '@tanstack/react-router';
import { sessionQuery, setupQuery, type Session } from '../api/session.ts';
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

/** For pages whose only use is a write: whoever may not would fill in a form in vain. */
export function onlyWith(scope: string): { readonly beforeLoad: () => void } {
  return {
    beforeLoad: () => {
      const session = queryClient.getQueryData<Session | null>(sessionQuery.queryKey);
      if (!session?.scopes.includes(scope)) throw notFound();
    },
  };
}
