import { Alert, Anchor, Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { fieldErrors } from '../../api/api-problem.ts';
import { setupQuery } from '../../api/session.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Door } from './door.tsx';
import { useTokenInFragment } from './token-in-fragment.ts';
import { useEnter } from './use-enter.ts';

type Setup = { token: string; name: string; email: string; password: string; accountName: string };

/** First run: whoever holds the one-time token becomes the owner. */
export function SetupPage() {
  const [fromLink] = useTokenInFragment();
  const { data } = useQuery(setupQuery);
  const form = useForm<Setup>({ mode: 'uncontrolled', initialValues: { token: fromLink, name: '', email: '', password: '', accountName: '' } });
  const enter = useEnter<Setup>('/v1/setup');
  const submit = form.onSubmit((values) => enter.mutate(values, { onError: (error) => form.setErrors(fieldErrors(error)) }));
  if (data?.isNeeded === false) {
    return (
      <Door title="Already set up">
        <Alert color="indigo" variant="outline">This installation has an owner. <Anchor component={Link} to="/sign-in">Sign in</Anchor>, or ask the owner for an invitation.</Alert>
      </Door>
    );
  }
  return (
    <Door title="Welcome" about="You become the owner of this installation: nobody has an account yet, and there is no default password.">
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <ProblemAlert error={enter.error} title="Not set up yet" />
          {fromLink === '' && (
            <TextInput
              label="Setup token" required autoComplete="off" description="The coordinator printed it when it started, and keeps it in the file setup-token of its data directory."
              {...form.getInputProps('token')} key={form.key('token')}
            />
          )}
          <TextInput label="Your name" autoComplete="name" required autoFocus {...form.getInputProps('name')} key={form.key('name')} />
          <TextInput label="Email" type="email" autoComplete="username" required description="You sign in with it." {...form.getInputProps('email')} key={form.key('email')} />
          <PasswordInput label="Password" autoComplete="new-password" required description="12 characters or more." {...form.getInputProps('password')} key={form.key('password')} />
          <TextInput label="Name of the account" placeholder="Your team or company" {...form.getInputProps('accountName')} key={form.key('accountName')} />
          <Button type="submit" loading={enter.isPending} fullWidth mt="xs">Begin</Button>
        </Stack>
      </form>
    </Door>
  );
}
