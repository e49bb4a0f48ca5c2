import { Button, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { fieldErrors } from '../../api/api-problem.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import type { Location } from './fleet.ts';

export function RenameModal({ location, opened, onClose }: { readonly location: Location; readonly opened: boolean; readonly onClose: () => void }) {
  const queries = useQueryClient();
  const form = useForm({ initialValues: { name: location.name } });
  const rename = useMutation({
    mutationFn: (values: { name: string }) => api.put(`/v1/private-locations/${location.id}`, values),
    onSuccess: () => { onClose(); void queries.invalidateQueries({ queryKey: ['fleet'] }); },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  return (
    <Modal opened={opened} onClose={onClose} title="Rename the location" closeButtonProps={{ 'aria-label': 'Close' }}>
      <form onSubmit={form.onSubmit((values) => rename.mutate(values))} noValidate>
        <Stack gap="sm">
          <ProblemAlert error={rename.error} title="Not renamed" />
          <TextInput label="Name" description="Its code stays." required data-autofocus {...form.getInputProps('name')} />
          <Button type="submit" loading={rename.isPending}>Rename</Button>
        </Stack>
      </form>
    </Modal>
  );
}
