import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import type { ReactNode } from 'react';

/** Asks before something is lost. `children` says what. */
export function askFirst({ title, children, verb, onConfirm }: { readonly title: string; readonly children: ReactNode; readonly verb: string; readonly onConfirm: () => void }): void {
  modals.openConfirmModal({
    title,
    children: <Text size="sm" component="div">{children}</Text>,
    labels: { confirm: verb, cancel: 'Cancel' },
    confirmProps: { color: 'red.9' },
    onConfirm,
  });
}
