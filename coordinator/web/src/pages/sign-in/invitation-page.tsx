import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/api.ts';
import { fieldErrors } from '../../api/api-problem.ts';
import type { Role } from '../../api/session.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { PagePending } from '../../shell/page-states.tsx';
import { Door } from './door.tsx';
import { ProviderButton } from './provider-button.tsx';
import { useTokenInFragment } from './token-in-fragment.ts';
import { useEnter } from './use-enter.ts';

type Invited = { readonly email: string; readonly role: Role; readonly accountName: string; readonly isUser: boolean };
type Accept = { token: string; name: string; password: string };

/** Where the link of an invitation leads. */
export function InvitationPage() {
  const [token] = useTokenInFragment();
  const invited = useQuery({ queryKey: ['invitation'], queryFn: () => api.post<Invited>('/v1/invitations/look', { token }), retry: false });
  const form = useForm<Accept>({ mode: 'uncontrolled', initialValues: { token, name: '', password: '' } });
  const enter = useEnter<Accept>('/v1/invitations/accept');
  if (invited.isPending) return <PagePending />;
  if (invited.isError) {
    return <Door title="This invitation does not work"><ProblemAlert error={invited.error} title="Not accepted" /><Text size="sm" c="dimmed">Ask whoever sent it for a new one.</Text></Door>;
  }
  const { email, role, accountName, isUser } = invited.data;
  return (
    <Door title={`Join ${accountName}`} about={`${email} was invited as ${role}.`}>
      <form onSubmit={form.onSubmit((values) => enter.mutate(isUser ? { ...values, name: email } : values, { onError: (error) => form.setErrors(fieldErrors(error)) }))} noValidate>
        <Stack gap="sm">
          <ProblemAlert error={enter.error} title="Not accepted" />
          {!isUser && <TextInput label="Your name" autoComplete="name" required autoFocus {...form.getInputProps('name')} key={form.key('name')} />}
          <PasswordInput
            label="Password" autoComplete={isUser ? 'current-password' : 'new-password'} required description={isUser ? 'The one you sign in with already.' : '12 characters or more.'}
            {...form.getInputProps('password')} key={form.key('password')}
          />
          <Button type="submit" loading={enter.isPending} fullWidth mt="xs">Join</Button>
        </Stack>
      </form>
      <ProviderButton />
    </Door>
  );
}
