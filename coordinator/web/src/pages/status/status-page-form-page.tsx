import { ActionIcon, Anchor, Button, Card, Checkbox, Fieldset, Group, MultiSelect, SimpleGrid, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { IconExternalLink, IconPlus, IconTrash } from '@tabler/icons-react';
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { api } from '../../api/api.ts';
import { fieldErrors } from '../../api/api-problem.ts';
import { askFirst } from '../../parts/ask-first.tsx';
import { checkNamesQuery } from '../../parts/check-names.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useAct } from '../../parts/use-act.ts';
import { PageHeader } from '../../shell/page-header.tsx';
import { NotFound } from '../../shell/page-states.tsx';
import { statusPagesQuery, type StatusPageSettings } from './status-pages.ts';

const route = getRouteApi('/signed-in/status-pages/$pageId');
type FormSection = { name: string; checks: string[] };

export function NewStatusPage() {
  return <Editor page={null} />;
}

export function StatusPage() {
  const { pageId } = route.useParams();
  const { data } = useSuspenseQuery(statusPagesQuery);
  const page = data.find(({ id }) => String(id) === pageId);
  return page === undefined ? <NotFound /> : <Editor key={page.updated_at} page={page} />;
}

function Editor({ page }: { readonly page: StatusPageSettings | null }) {
  const { data: checks } = useSuspenseQuery(checkNamesQuery);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const nameOf = new Map(checks.map(({ checkId, name }) => [checkId, name]));
  const form = useForm({
    initialValues: {
      slug: page?.slug ?? '', title: page?.title ?? '', description: page?.description ?? '', on: page?.on ?? false,
      showIncidents: page?.showIncidents ?? true, showMaintenance: page?.showMaintenance ?? true,
      sections: page === null ? [{ name: '', checks: [] }] as FormSection[] : page.sections.map(({ name, components }): FormSection => ({ name, checks: components.flatMap(({ checkId }) => (nameOf.has(checkId) ? [checkId] : [])) })),
      /** By check: what the public calls it. */
      names: Object.fromEntries(page?.sections.flatMap(({ components }) => components.map(({ checkId, name }) => [checkId, name ?? ''] as const)) ?? []) as Record<string, string>,
    },
  });
  const save = useMutation({
    mutationFn: ({ names, sections, ...values }: typeof form.values) => {
      const body = { ...values, description: values.description === '' ? null : values.description, sections: sections.map(({ name, checks: chosen }) => ({ name, components: chosen.map((checkId) => ({ checkId, name: names[checkId]?.trim() || null })) })) };
      return page === null ? api.post<StatusPageSettings>('/v1/status-pages', body) : api.put<StatusPageSettings>(`/v1/status-pages/${page.id}`, body);
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['settings', 'status-pages'] });
      await navigate({ to: '/status-pages' });
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  const remove = useAct<void>({ run: async () => { await api.delete(`/v1/status-pages/${page!.id}`); await navigate({ to: '/status-pages' }); }, stale: ['settings'], done: () => 'The status page is deleted' });
  return (
    <>
      <PageHeader
        title={page?.title ?? 'New status page'} about="Shown to everybody where it is on: titles, the names given here, ninety days of each, nothing else."
        actions={page?.on === true && <Button component="a" href={`/status/${page.slug}`} target="_blank" rel="noreferrer" variant="default" leftSection={<IconExternalLink size={16} />}>Open it</Button>}
      />
      <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
        <Stack gap="md" maw={760}>
          <Card>
            <Stack gap="sm">
              <ProblemAlert error={save.error} title="Not saved" />
              <Switch size="md" label="Public" description="Off: it is not there for anybody." {...form.getInputProps('on', { type: 'checkbox' })} />
              <SimpleGrid cols={{ base: 1, xs: 2 }}>
                <TextInput label="Title" required placeholder="Acme status" {...form.getInputProps('title')} />
                <TextInput label="Address" required placeholder="acme" description={`${window.location.origin}/status/${form.values.slug || '…'}`} {...form.getInputProps('slug')} />
              </SimpleGrid>
              <Textarea label="A word to readers" autosize minRows={2} {...form.getInputProps('description')} />
              <Checkbox label="Incidents" description="When its checks alerted, and for how long." {...form.getInputProps('showIncidents', { type: 'checkbox' })} />
              <Checkbox label="Maintenance" description="Windows of its checks, by their names, two weeks ahead." {...form.getInputProps('showMaintenance', { type: 'checkbox' })} />
            </Stack>
          </Card>
          {form.values.sections.map((section, index) => (
            <Card key={index}>
              <Stack gap="sm">
                <Group align="flex-end" wrap="nowrap">
                  <TextInput label="Section" placeholder="without a heading" style={{ flex: 1 }} {...form.getInputProps(`sections.${index}.name`)} />
                  <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Remove section ${section.name === '' ? index + 1 : section.name}`} onClick={() => form.removeListItem('sections', index)}><IconTrash size={16} /></ActionIcon>
                </Group>
                <MultiSelect label="Checks" data={checks.map(({ checkId, name }) => ({ value: checkId, label: name }))} searchable limit={50} nothingFoundMessage="No such check" {...form.getInputProps(`sections.${index}.checks`)} />
                {section.checks.length > 0 && (
                  <Fieldset legend="Names for the public">
                    <Stack gap="xs">
                      <Text size="xs" c="dimmed">Left empty, a check’s own name is shown.</Text>
                      {section.checks.map((checkId) => <TextInput key={checkId} aria-label={`Public name of ${nameOf.get(checkId) ?? checkId}`} placeholder={nameOf.get(checkId) ?? ''} value={form.values.names[checkId] ?? ''} onChange={(event) => form.setFieldValue('names', { ...form.values.names, [checkId]: event.currentTarget.value })} />)}
                    </Stack>
                  </Fieldset>
                )}
              </Stack>
            </Card>
          ))}
          <Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => form.insertListItem('sections', { name: '', checks: [] })} style={{ alignSelf: 'flex-start' }}>Add a section</Button>
          {checks.length === 0 && <Text size="sm" c="dimmed">There are no checks yet: <Anchor component={Link} to="/checks/new/tcp" size="sm">create one</Anchor> first.</Text>}
          <Group justify="space-between">
            <Group gap="xs"><Button type="submit" loading={save.isPending}>{page === null ? 'Create the page' : 'Save'}</Button><Button component={Link} to="/status-pages" variant="default">Cancel</Button></Group>
            {page !== null && <Button variant="default" c="var(--mantine-color-error)" onClick={() => askFirst({ title: `Delete ${page.title}?`, children: 'Whoever opens its address finds nothing any more. Checks and results stay.', verb: 'Delete', onConfirm: () => remove.mutate() })}>Delete</Button>}
          </Group>
        </Stack>
      </form>
    </>
  );
}
