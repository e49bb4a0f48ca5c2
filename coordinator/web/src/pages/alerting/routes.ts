import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { onlyWith, signedInRoute } from '../../shell/root-routes.ts';

export type DeliverySearch = { page?: number; days?: number; failed?: boolean };

/** Channels, what was sent to them, and when checks alert. */
export const alertingRoutes = [
  createRoute({
    getParentRoute: () => signedInRoute, path: '/alerts',
    validateSearch: (search): { page?: number; closed?: boolean } => ({ ...(isPositive(search['page']) ? { page: search['page'] } : {}), ...(search['closed'] === true ? { closed: true } : {}) }),
    component: lazyRouteComponent(() => import('./alerts-page.tsx'), 'AlertsPage'),
  }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/alert-channels', component: lazyRouteComponent(() => import('./channels-page.tsx'), 'ChannelsPage') }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/alert-channels/new', ...onlyWith('channels:write'), component: lazyRouteComponent(() => import('./channel-form-page.tsx'), 'NewChannelPage') }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/alert-channels/$channelId', component: lazyRouteComponent(() => import('./channel-form-page.tsx'), 'ChannelPage') }),
  createRoute({
    getParentRoute: () => signedInRoute, path: '/deliveries',
    validateSearch: (search): DeliverySearch => ({
      ...(isPositive(search['page']) ? { page: search['page'] } : {}), ...(search['days'] === 7 || search['days'] === 30 ? { days: search['days'] } : {}), ...(search['failed'] === true ? { failed: true } : {}),
    }),
    component: lazyRouteComponent(() => import('./delivery-log-page.tsx'), 'DeliveryLogPage'),
  }),
  createRoute({ getParentRoute: () => signedInRoute, path: '/alert-settings', component: lazyRouteComponent(() => import('./alert-settings-page.tsx'), 'AlertSettingsPage') }),
] as const;

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}
