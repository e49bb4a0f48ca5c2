import { Alert, Anchor, Badge, Button, Card, Group, Progress, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconArrowBackUp, IconCheck, IconDoorExit, IconTrash } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { api } from '../../api/api.ts';
import { durationText } from '../../parts/ago-text.ts';
import { askFirst } from '../../parts/ask-first.tsx';
import { TimeAgo } from '../../parts/time-text.tsx';
import { ToneMark } from '../../parts/tone-mark.tsx';
import { useAct } from '../../parts/use-act.ts';
import { drainAgent, isLeaving, loadText, undrainAgent, type Agent } from './fleet.ts';
import { Leaving } from './leaving.tsx';

/** One agent, with all that it tells about itself. */
export function AgentCard({ agent, mayManage }: { readonly agent: Agent; readonly mayManage: boolean }) {
  const approve = useAct<void>({ run: () => api.post(`/v1/agents/${agent.id}/approve`), stale: ['fleet'], done: () => `${agent.name} may come in` });
  const drain = useAct<void>({ run: () => drainAgent(agent.id), stale: ['fleet'], done: () => `${agent.name} hands its checks over` });
  const undrain = useAct<void>({ run: () => undrainAgent(agent.id), stale: ['fleet'], done: () => `${agent.name} is at work again` });
  const revoke = useAct<void>({ run: () => api.delete(`/v1/agents/${agent.id}`), stale: ['fleet'], done: () => `${agent.name} is revoked` });
  return (
    <Card component="section" aria-label={`Agent ${agent.name}`}>
      <Group justify="space-between" align="flex-start" mb="sm" gap="xs">
        <div style={{ minWidth: 0 }}>
          <Group gap="xs"><Title order={3} size="h5" className="foreign">{agent.name}</Title><Badge variant="outline" color="gray" c="dimmed" size="sm" tt="none">{agent.version}</Badge></Group>
          <Text size="xs" c="dimmed">joined <TimeAgo at={agent.enrolledAt} size="xs" span /> · {agent.id.slice(0, 8)}{agent.engine !== null && <span title={agent.engine.reason}> · times checks {agent.engine.kind === 'kernel' ? 'by the kernel’s clock' : 'in its own process'}</span>}</Text>
        </div>
        <AgentState agent={agent} />
      </Group>
      <SimpleGrid cols={{ base: 2, xs: 3, md: 6 }} spacing="sm">
        <Fact label="Load">
          {loadText(agent.load)}
          <Progress value={Math.min(100, agent.load * 100)} size={4} mt={4} color={agent.overloaded ? 'var(--sonde-failing)' : 'var(--sonde-passing)'} aria-label={`Load of ${agent.name}`} />
          <Text size="xs" c="dimmed" mt={2}>{agent.inFlight} of {agent.capacity} at once</Text>
        </Fact>
        <Fact label="Lateness p99">{durationText(agent.latenessP99Us)}<Sub>event loop {durationText(agent.loopDelayP99Us)}</Sub></Fact>
        <Fact label="Clock">{signed(agent.clockOffsetUs)}<Sub>± {durationText(agent.clockErrorUs)}</Sub></Fact>
        <Fact label="Spool">{agent.spoolDepth === 0 ? 'empty' : agent.spoolDepth.toLocaleString()}<Sub>{agent.spoolDepth === 0 ? 'all is delivered' : 'results to deliver'}</Sub></Fact>
        <Fact label="Config">revision {agent.appliedRevision}<Sub>{agent.inRoster ? 'has a share of the checks' : 'has no share of the checks'}</Sub></Fact>
        <Fact label="Witnesses"><Witnesses agent={agent} /></Fact>
      </SimpleGrid>
      <Troubles agent={agent} />
      {mayManage && (
        <Group gap="xs" mt="sm" justify="flex-end">
          {agent.state === 'pending' && <Button size="xs" leftSection={<IconCheck size={14} />} loading={approve.isPending} onClick={() => approve.mutate()}>Approve</Button>}
          {agent.state === 'active' && (
            <Button
              size="xs" variant="default" leftSection={<IconDoorExit size={14} />} aria-label={`Drain ${agent.name}`} loading={drain.isPending}
              onClick={() => askFirst({ title: `Drain ${agent.name}?`, children: 'The other agents of its location take its checks over within seconds, without a missing or a double slot. It may be stopped once it is drained. While nobody else is there it goes on.', verb: 'Drain', onConfirm: () => drain.mutate() })}
            >Drain</Button>
          )}
          {isLeaving(agent) && <Button size="xs" variant="default" leftSection={<IconArrowBackUp size={14} />} aria-label={`Put ${agent.name} back to work`} loading={undrain.isPending} onClick={() => undrain.mutate()}>Put back to work</Button>}
          <Button
            size="xs" variant="default" leftSection={<IconTrash size={14} />} aria-label={`Revoke ${agent.name}`}
            onClick={() => askFirst({ title: `Revoke ${agent.name}?`, children: 'It is cut off within seconds and cannot come back as it is. What it has not delivered stays on its disk. Stop it on its machine as well.', verb: 'Revoke', onConfirm: () => revoke.mutate() })}
          >Revoke</Button>
        </Group>
      )}
    </Card>
  );
}

function AgentState({ agent }: { readonly agent: Agent }) {
  if (agent.state === 'pending') return <ToneMark tone="waiting">Waits for approval</ToneMark>;
  if (!agent.connected) return <Group gap={6}><ToneMark tone="idle">Away</ToneMark><TimeAgo at={agent.lastSeenAt} c="dimmed" /></Group>;
  if (agent.conflict) return <ToneMark tone="bad">Conflict</ToneMark>;
  if (isLeaving(agent)) return <Leaving agent={agent} />;
  if (agent.impaired) return <ToneMark tone="warn">Cut off</ToneMark>;
  if (agent.overloaded) return <ToneMark tone="warn">Overloaded</ToneMark>;
  return <ToneMark tone="good">Connected</ToneMark>;
}

function Troubles({ agent }: { readonly agent: Agent }) {
  const troubles = [
    agent.conflict && 'Two live copies of it displace each other: a machine was cloned. Stop one, and give it an empty data directory.',
    agent.impaired && 'It is believed to be cut off itself: what it sees now counts for neither up nor down.',
    agent.overloaded && 'It has hardly a free place: slots may be skipped, each recorded as overloaded. Add an agent, or check less often.',
  ].filter((trouble) => trouble !== false);
  if (troubles.length + agent.rejected.length === 0) return null;
  return (
    <Alert mt="sm" variant="outline" color="orange" icon={<IconAlertTriangle />} title={agent.rejected.length > 0 ? `${agent.rejected.length} ${agent.rejected.length === 1 ? 'check' : 'checks'} it cannot run` : 'Needs a look'}>
      <Stack gap={4}>
        {troubles.map((trouble) => <Text key={trouble} size="sm">{trouble}</Text>)}
        {agent.rejected.map(({ checkId, code, reason }) => <Text key={checkId} size="sm" className="foreign"><Anchor component={Link} to={`/checks/${checkId}`} size="sm">{checkId.slice(0, 8)}</Anchor> {code}: {reason}</Text>)}
      </Stack>
    </Alert>
  );
}

function Witnesses({ agent: { witnesses } }: { readonly agent: Agent }) {
  if (witnesses.state === 'none') return <>none<Sub>cannot tell if it is cut off</Sub></>;
  return <>{witnesses.answering} of {witnesses.total}<Sub>{witnesses.state === 'ok' ? 'answer' : witnesses.state === 'failing' ? 'answer: it is cut off' : 'not asked yet'}</Sub></>;
}

export function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed" fw={600}>{label}</Text>
      <Text size="sm" component="div" fw={550} className="tabular">{children}</Text>
    </div>
  );
}

function Sub({ children }: { readonly children: ReactNode }) {
  return <Text size="xs" c="dimmed" fw={400}>{children}</Text>;
}

function signed(us: number): string {
  return `${us < 0 ? '−' : '+'}${durationText(Math.abs(us))}`;
}
