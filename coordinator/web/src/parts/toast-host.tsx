import { lazy, Suspense, useSyncExternalStore, type ComponentType } from 'react';
import { toasts } from './toast.ts';

/** A coordinator that was brought up to date meanwhile has other files: no toast then, and the page stays. */
const Toasts = lazy((): Promise<{ readonly default: ComponentType }> => toasts.load().then(
  ({ Notifications }) => ({ default: () => <Notifications position="bottom-right" /> }),
  () => ({ default: () => null }),
));

/** Where toasts appear. */
export function ToastHost() {
  const isNeeded = useSyncExternalStore(toasts.subscribe, toasts.isNeeded);
  return isNeeded ? <Suspense fallback={null}><Toasts /></Suspense> : null;
}
