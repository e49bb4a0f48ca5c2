import { ActionIcon, Group } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react';
import { useCheckForm } from './form-context.ts';

/** Up, down, remove. */
export function RowActions({ what, list, index, count }: { readonly what: string; readonly list: 'request.steps' | 'request.assertions'; readonly index: number; readonly count: number }) {
  const form = useCheckForm();
  return (
    <Group gap={2} wrap="nowrap" style={{ paddingTop: 4 }}>
      <ActionIcon variant="subtle" color="gray" disabled={index === 0} onClick={() => form.reorderListItem(list, { from: index, to: index - 1 })} aria-label={`Move ${what} up`}><IconArrowUp size={16} /></ActionIcon>
      <ActionIcon variant="subtle" color="gray" disabled={index === count - 1} onClick={() => form.reorderListItem(list, { from: index, to: index + 1 })} aria-label={`Move ${what} down`}><IconArrowDown size={16} /></ActionIcon>
      <ActionIcon variant="subtle" color="red" onClick={() => form.removeListItem(list, index)} aria-label={`Remove ${what}`}><IconTrash size={16} /></ActionIcon>
    </Group>
  );
}
