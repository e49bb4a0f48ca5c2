import { lazy, Suspense, useSyncExternalStore } from 'react';
import { toasts } from './toast.ts';

const Notifications = lazy(async () => ({ default: (await toasts.load()).Notifications }));

/** Where toasts appear. */
export function ToastHost() {
  const isNeeded = useSyncExternalStore(toasts.subscribe, toasts.isNeeded);
  return isNeeded ? <Suspense fallback={null}><Notifications position="bottom-right" /></Suspense> : null;
}
