import { Button, Card, Group, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../../api/api.ts';
import { fieldErrors } from '../../api/api-problem.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { PageHeader } from '../../shell/page-header.tsx';
import type { PrivateLocation } from './fleet.ts';
import { InstallAgent } from './install-agent.tsx';

const SLUG_CHARS_MAX = 30;

/** A name first; then its key, the commands, and the wait for the first agent. */
export function NewLocationPage() {
  const [made, setMade] = useState<PrivateLocation | null>(null);
  const queries = useQueryClient();
  const [isSlugTyped, setSlugTyped] = useState(false);
  const form = useForm({ initialValues: { name: '', slugName: '' } });
  const create = useMutation({
    mutationFn: (values: typeof form.values) => api.post<PrivateLocation>('/v1/private-locations', values),
    onSuccess: (location) => {
      setMade(location);
      void queries.invalidateQueries({ queryKey: ['fleet'] });
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  if (made !== null) {
    return (
      <>
        <PageHeader title={`Connect ${made.name}`} about="Run an agent in that network. Two or more share the checks and take over from each other." actions={<Button component={Link} to={`/locations/${made.id}`} variant="default">To the location</Button>} />
        <InstallAgent code={made.slugName} rawKey={made.keys.find(({ rawKey }) => rawKey !== undefined)?.rawKey ?? ''} />
      </>
    );
  }
  return (
    <>
      <PageHeader title="New private location" about="A place in a network of yours, with agents that connect outwards only." />
      <Card maw={560}>
        <form onSubmit={form.onSubmit((values) => create.mutate(values))} noValidate>
          <Stack gap="sm">
            <ProblemAlert error={create.error} title="Not created" />
            <TextInput
              label="Name" description="For people: the site, the network, the customer." required autoFocus placeholder="Berlin office" {...form.getInputProps('name')}
              onChange={(event) => {
                const name = event.currentTarget.value;
                form.setFieldValue('name', name);
                if (!isSlugTyped) form.setFieldValue('slugName', slugOf(name));
              }}
            />
            <TextInput
              label="Code" description="What checks name it by, for good." required placeholder="berlin-office" {...form.getInputProps('slugName')}
              onChange={(event) => { setSlugTyped(true); form.setFieldValue('slugName', event.currentTarget.value); }}
            />
            <Group mt="xs"><Button type="submit" loading={create.isPending}>Create the location</Button><Button component={Link} to="/locations" variant="default">Cancel</Button></Group>
          </Stack>
        </form>
      </Card>
    </>
  );
}

function slugOf(name: string): string {
  return name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, SLUG_CHARS_MAX).replace(/^-+|-+$/g, '');
}
