import { Alert, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { getRouteApi } from '@tanstack/react-router';
import { fieldErrors } from '../../api/api-problem.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Door } from './door.tsx';
import { ProviderButton } from './provider-button.tsx';
import { providerProblem } from './provider-problem.ts';
import { useEnter } from './use-enter.ts';

const route = getRouteApi('/sign-in');

export function SignInPage() {
  const { next, problem } = route.useSearch();
  const form = useForm({ mode: 'uncontrolled', initialValues: { email: '', password: '' } });
  const enter = useEnter<{ email: string; password: string }>('/v1/session', next);
  const submit = form.onSubmit((values) => enter.mutate(values, { onError: (error) => form.setErrors(fieldErrors(error)) }));
  return (
    <Door title="Sign in">
      {problem !== undefined && enter.error === null && <Alert color="red" variant="outline" title="Not signed in" role="alert">{providerProblem(problem)}</Alert>}
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <ProblemAlert error={enter.error} title="Not signed in" />
          <TextInput label="Email" type="email" autoComplete="username" required autoFocus {...form.getInputProps('email')} key={form.key('email')} />
          <PasswordInput label="Password" autoComplete="current-password" required {...form.getInputProps('password')} key={form.key('password')} />
          <Button type="submit" loading={enter.isPending} fullWidth mt="xs">Sign in</Button>
        </Stack>
      </form>
      <ProviderButton {...(next === undefined ? {} : { next })} />
    </Door>
  );
}
