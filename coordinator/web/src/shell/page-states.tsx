import { Button, Center, Code, Loader, Stack, Text, Title } from '@mantine/core';
import { Link, useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { useEffect } from 'react';
import { ApiProblem, messageOf } from '../api/api-problem.ts';

export function PagePending() {
  return <Center mih={240} role="status" aria-label="Loading"><Loader type="dots" /></Center>;
}

export function NotFound() {
  return (
    <Center mih="60vh" p="md" component="main">
      <Stack align="center" gap="xs">
        <Title order={1} size="h2">There is no such page</Title>
        <Text c="dimmed" ta="center">The address may have a typing error, what was here has been deleted, or your role has no part in it.</Text>
        <Button component={Link} to="/" mt="sm">To the checks</Button>
      </Stack>
    </Center>
  );
}

/** What a page shows when it could not be loaded. Signed out meanwhile: to sign-in, and back. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const isSignedOut = error instanceof ApiProblem && error.status === 401;
  useEffect(() => {
    if (isSignedOut) location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  }, [isSignedOut]);
  if (isSignedOut) return <PagePending />;
  if (error instanceof ApiProblem && error.status === 404) return <NotFound />;
  return (
    <Center mih="60vh" p="md">
      <Stack align="center" gap="xs" maw={560}>
        <Title order={1} size="h2">This page could not be shown</Title>
        <Code block className="foreign">{messageOf(error)}</Code>
        <Button mt="sm" onClick={() => { reset(); void router.invalidate(); }}>Try again</Button>
      </Stack>
    </Center>
  );
}
