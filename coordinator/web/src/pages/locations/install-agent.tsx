import { Alert, Button, Card, Code, CopyButton, Group, Loader, Stack, Tabs, Text } from '@mantine/core';
import { IconCheck, IconCopy, IconShieldLock } from '@tabler/icons-react';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ShownOnce } from '../../parts/shown-once.tsx';
import { ToneMark } from '../../parts/tone-mark.tsx';
import { agentDoorQuery, agentsQuery, type Agent } from './fleet.ts';
import { installCommands } from './install-commands.ts';

/** A new key, what to do with it, and whether it worked. */
export function InstallAgent({ code, rawKey }: { readonly code: string; readonly rawKey: string }) {
  const { data: door } = useSuspenseQuery(agentDoorQuery);
  const ways = installCommands({ key: rawKey, reachedHost: window.location.hostname, door });
  return (
    <Stack gap="md">
      <ShownOnce title={`The key of ${code}`} secret={rawKey}>Agents join with it. The commands below hold it, too.</ShownOnce>
      <Card>
        <Tabs defaultValue={ways[0]?.id ?? ''} keepMounted={false}>
          <Tabs.List aria-label="Ways to run an agent">{ways.map(({ id, label }) => <Tabs.Tab key={id} value={id}>{label}</Tabs.Tab>)}</Tabs.List>
          {ways.map(({ id, label, about, commands }) => (
            <Tabs.Panel key={id} value={id} pt="sm">
              <Stack gap="xs">
                <Group justify="space-between" align="center" gap="xs">
                  <Text size="sm" c="dimmed" style={{ flex: '1 1 220px' }}>{about}</Text>
                  <CopyButton value={commands}>
                    {({ copied, copy }) => <Button size="xs" variant="default" onClick={copy} leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}>{copied ? 'Copied' : 'Copy'}</Button>}
                  </CopyButton>
                </Group>
                <Code block tabIndex={0} role="region" aria-label={`Commands: ${label}`} fz="xs">{commands}</Code>
              </Stack>
            </Tabs.Panel>
          ))}
        </Tabs>
        {door.tls === 'own' && (
          <Alert mt="sm" variant="outline" color="gray" icon={<IconShieldLock />} title="One more file">
            The coordinator’s certificate is of an authority of its own. Give agents that authority as <Code>ca.pem</Code>: with <Code>sonde up</Code> it is <Code>tls/ca.pem</Code> in the coordinator’s data directory.
          </Alert>
        )}
      </Card>
      <AgentWait code={code} />
    </Stack>
  );
}

const LOOK_EVERY_MS = 1_000;

/** Until an agent of the location is connected that was not when this was opened. */
function AgentWait({ code }: { readonly code: string }) {
  const { data: agents = [] } = useQuery({ ...agentsQuery, refetchInterval: LOOK_EVERY_MS });
  const ofHere = agents.filter(({ location }) => location === code);
  const [before] = useState<ReadonlySet<string>>(() => new Set(ofHere.map(({ id }) => id)));
  const come = ofHere.find((agent) => !before.has(agent.id)) ?? null;
  return <Card aria-live="polite">{come === null ? <Waiting /> : <Come agent={come} />}</Card>;
}

function Waiting() {
  return (
    <Group gap="sm" wrap="nowrap">
      <Loader size="sm" type="dots" aria-hidden />
      <div><Text fw={600}>Waiting for an agent</Text><Text size="sm" c="dimmed">It appears here a second after it connects. It only ever connects outwards.</Text></div>
    </Group>
  );
}

function Come({ agent }: { readonly agent: Agent }) {
  if (agent.state === 'pending') return <Stack gap={4}><ToneMark tone="waiting">{`${agent.name} waits for approval`}</ToneMark><Text size="sm" c="dimmed">The key asks for it: approve it in the list of agents.</Text></Stack>;
  if (!agent.connected) return <Waiting />;
  return <Stack gap={4}><ToneMark tone="good">{`${agent.name} is connected`}</ToneMark><Text size="sm" c="dimmed">Version {agent.version}. Checks can run from here in a few seconds.</Text></Stack>;
}
