import type { NotificationData } from '@mantine/notifications';

/** What shows toasts is loaded with the first one: most visits have none. */
const load = () => import('@mantine/notifications');

let isNeeded = false;
const told = new Set<() => void>();

/** Says in a corner that something was done, or was not. */
export function toast(what: NotificationData): void {
  isNeeded = true;
  for (const tell of told) tell();
  load().then(({ notifications }) => notifications.show(what), () => {});
}

/** For `ToastHost`. */
export const toasts = {
  load,
  isNeeded: (): boolean => isNeeded,
  subscribe: (tell: () => void): (() => void) => {
    told.add(tell);
    return () => { told.delete(tell); };
  },
};
