import { IconActivityHeartbeat, IconAdjustmentsHorizontal, IconBellRinging, IconBroadcast, IconChartBar, IconCalendarTime, IconFolders, IconHistory, IconKey, IconMailFast, IconMapPin, IconUrgent, IconUsers, IconVariable, type Icon } from '@tabler/icons-react';

export type NavItem = {
  readonly label: string;
  readonly to: string;
  readonly icon: Icon;
  /** Hidden from those who may not. */
  readonly scope?: string;
};
export type NavSection = { readonly title: string | null; readonly items: readonly NavItem[] };

/** The sidebar. An area adds its pages here, and its routes in router.ts. */
export const NAV: readonly NavSection[] = [
  {
    title: null,
    items: [
      { label: 'Checks', to: '/', icon: IconActivityHeartbeat, scope: 'checks:read' },
      { label: 'Groups', to: '/groups', icon: IconFolders, scope: 'groups:read' },
      { label: 'Variables', to: '/variables', icon: IconVariable, scope: 'variables:read' },
      { label: 'Maintenance', to: '/maintenance', icon: IconCalendarTime, scope: 'maintenance:read' },
      { label: 'Status pages', to: '/status-pages', icon: IconBroadcast, scope: 'account:read' },
    ],
  },
  {
    title: 'Alerting',
    items: [
      { label: 'Alerts', to: '/alerts', icon: IconUrgent, scope: 'alerts:read' },
      { label: 'Channels', to: '/alert-channels', icon: IconBellRinging, scope: 'channels:read' },
      { label: 'Delivery log', to: '/deliveries', icon: IconMailFast, scope: 'channels:read' },
      { label: 'Alert settings', to: '/alert-settings', icon: IconAdjustmentsHorizontal, scope: 'account:read' },
    ],
  },
  { title: 'Fleet', items: [{ label: 'Locations', to: '/locations', icon: IconMapPin, scope: 'locations:read' }] },
  {
    title: 'Account',
    items: [
      { label: 'Users', to: '/users', icon: IconUsers, scope: 'users:read' },
      { label: 'API keys', to: '/api-keys', icon: IconKey, scope: 'keys:read' },
      { label: 'Usage', to: '/usage', icon: IconChartBar, scope: 'account:read' },
      { label: 'Audit log', to: '/audit-log', icon: IconHistory, scope: 'audit:read' },
    ],
  },
];
