import '../checks.css';
import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useMutation, useQueryClient, useSuspenseQueries } from '@tanstack/react-query';
import { useBlocker, useNavigate, type UseNavigateResult } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, type ReactNode } from 'react';
import { api } from '../../../api/api.ts';
import { ApiProblem } from '../../../api/api-problem.ts';
import { useMay } from '../../../api/session.ts';
import { ProblemAlert } from '../../../parts/problem-alert.tsx';
import type { AlertSettingsWire, ChannelWire, CheckWire, GroupWire, LocationWire } from '../wire.ts';
import { AlertingSection } from './alerting-section.tsx';
import { AssertionsSection } from './assertions-section.tsx';
import { BasicsSection } from './basics-section.tsx';
import { bodyOf, type Draft } from './draft.ts';
import { CheckFormProvider, useNewCheckForm } from './form-context.ts';
import { FrequencySection } from './frequency-section.tsx';
import { LimitsSection } from './limits-section.tsx';
import { LocationsSection } from './locations-section.tsx';
import { RequestSection } from './request-section.tsx';
import { RunNow } from './run-now.tsx';
import { problemsByField, useLiveProblems } from './use-live-problems.ts';

const AsCode = lazy(async () => ({ default: (await import('./as-code.tsx')).AsCode }));
const LIST_MAX = 100;

type Props = {
  readonly initial: Draft;
  /** The check that is edited; null: a new one. */
  readonly before: CheckWire | null;
  readonly etag: string | null;
  readonly onSaved: (id: string, navigate: UseNavigateResult<string>) => void;
  /** At the bottom: Delete. */
  readonly footer?: ReactNode;
};

/** Create and edit: the sections in the order in which one thinks of them, beside them a run of what is there. */
export function CheckForm({ initial, before, etag, onSaved, footer }: Props) {
  const { locations, channels, groups, accountSettings } = useChoices();
  const form = useNewCheckForm({ initialValues: before === null ? withLocations(initial, locations) : initial });
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [isCode, code] = useDisclosure(false);
  const body = bodyOf(form.values, before);
  const isDone = useRef(false);
  const save = useMutation({
    mutationFn: () => (before === null ? api.post<CheckWire>('/v1/checks/tcp', body, { headers: { 'idempotency-key': idempotencyKey(body) } })
      : api.put<CheckWire>(`/v1/checks/${before.id}`, body, etag === null ? {} : { ifMatch: etag })),
    onError: (error) => {
      form.setErrors(problemsByField(error));
      requestAnimationFrame(() => document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus());
    },
    onSuccess: (saved) => {
      isDone.current = true;
      void queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === 'checks' || (queryKey[0] === 'check' && queryKey[1] === saved.id) });
      onSaved(saved.id, navigate as UseNavigateResult<string>);
    },
  });
  useProblemsAtOnce(form, body);
  const isChanged = form.isDirty();
  useBlocker({
    shouldBlockFn: () => isChanged && !isDone.current && !window.confirm('Leave without saving? What you changed here is lost.'),
    enableBeforeUnload: () => isChanged && !isDone.current,
  });
  return (
    <CheckFormProvider form={form}>
      <form noValidate onSubmit={(event) => { event.preventDefault(); save.mutate(); }} aria-label={before === null ? 'New check' : 'Edit the check'}>
        <div className="check-layout">
          <Stack gap="md">
            <BasicsSection groups={groups} />
            <RequestSection />
            <LimitsSection />
            <AssertionsSection />
            <LocationsSection locations={locations} />
            <FrequencySection />
            <AlertingSection channels={channels} accountSettings={accountSettings} />
          </Stack>
          <aside className="check-aside" aria-label="Try it"><RunNow locations={locations} before={before} /></aside>
        </div>
        <div style={{ marginTop: 16 }}><SaveProblem error={save.error} fields={Object.keys(form.errors).length} /></div>
        <div className="check-savebar">
          <Text size="sm" c="dimmed">{isChanged ? 'Not saved yet.' : before === null ? 'Nothing entered yet.' : 'No changes.'}</Text>
          <Group gap="xs">
            <Button variant="subtle" onClick={code.open}>YAML or JSON</Button>
            <Button variant="default" onClick={() => window.history.back()}>Cancel</Button>
            <Button type="submit" loading={save.isPending}>{before === null ? 'Create' : 'Save'}</Button>
          </Group>
        </div>
      </form>
      {footer}
      <Modal opened={isCode} onClose={code.close} title="This check as code" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}><Suspense fallback={null}>{isCode && <AsCode body={body} />}</Suspense></Modal>
    </CheckFormProvider>
  );
}

function SaveProblem({ error, fields }: { readonly error: unknown; readonly fields: number }) {
  if (!(error instanceof ApiProblem) || error.errors.length === 0) return <ProblemAlert error={error} title="Not saved" />;
  if (fields === 0) return null;
  return <Alert color="red" variant="outline" role="alert" icon={<IconAlertTriangle />} title="Not saved">{fields === 1 ? 'One field needs' : `${fields} fields need`} another value; what is wrong is said there.</Alert>;
}

/** What the API says of a field is shown once its user has been there; of all fields, once saving was tried. */
function useProblemsAtOnce(form: ReturnType<typeof useNewCheckForm>, body: Readonly<Record<string, unknown>>): void {
  const problems = useLiveProblems(body);
  const { setErrors, isTouched, errors } = form;
  const shown = useRef<readonly string[]>([]);
  useEffect(() => {
    const wanted = Object.fromEntries(Object.entries(problems).filter(([field]) => field in errors || (isTouched(field) && isFilled(form.values, field))));
    const fields = Object.keys(wanted);
    if (fields.length === 0 && shown.current.length === 0) return;
    shown.current = fields;
    setErrors(wanted);
    // Only when the API has said something new: what is typed meanwhile clears its field by itself.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [problems]);
}

/** An empty field is told about when saving, not while one is on the way to it. */
function isFilled(values: Draft, field: string): boolean {
  const value = field.split('.').reduce<unknown>((at, part) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[part] : undefined), values);
  return value !== '' && value !== null && !(Array.isArray(value) && value.length === 0);
}

function useChoices() {
  const may = useMay();
  const listed = { limit: LIST_MAX };
  const [locations, channels, groups, accountSettings] = useSuspenseQueries({
    queries: [
      { queryKey: ['fleet', 'locations'], queryFn: () => api.get<readonly LocationWire[]>('/v1/locations') },
      { queryKey: ['settings', 'channels', 'of-form'], queryFn: async () => (may('channels:read') ? api.get<readonly ChannelWire[]>('/v1/alert-channels', listed) : []) },
      { queryKey: ['settings', 'groups', 'of-form'], queryFn: async () => (may('groups:read') ? api.get<readonly GroupWire[]>('/v2/check-groups', listed) : []) },
      { queryKey: ['settings', 'alert-settings'], queryFn: async () => (may('account:read') ? api.get<AlertSettingsWire>('/v1/account/alert-settings') : null) },
    ],
  });
  return { locations: locations.data, channels: channels.data, groups: groups.data, accountSettings: accountSettings.data };
}

/** A new check begins in the public locations that have an agent, three at most; or in the only private one. */
function withLocations(draft: Draft, locations: readonly LocationWire[]): Draft {
  if (draft.locations.length + draft.privateLocations.length > 0) return draft;
  const live = locations.filter(({ liveAgents }) => liveAgents > 0);
  const chosen = live.filter(({ kind }) => kind === 'public').slice(0, 3).map(({ code }) => code);
  return chosen.length > 0 ? { ...draft, locations: chosen } : { ...draft, privateLocations: live.filter(({ kind }) => kind === 'private').slice(0, 1).map(({ code }) => code) };
}

const keys = new Map<string, string>();

/** The same body sent twice, by a double click or after a lost answer, is one check. */
function idempotencyKey(body: unknown): string {
  const text = JSON.stringify(body);
  const key = keys.get(text) ?? Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  keys.clear();
  keys.set(text, key);
  return key;
}
