import { onTestFinished } from 'vitest';
import { type ScriptedServer, type ServerAction, startScriptedServer } from '#shared/testing/scripted-server.ts';
import { openProbeDoor, type ProbeAnswer, type ProbeDoor } from './probe-door.ts';

/** A scripted server that ends with the test. */
export async function aServer(script: readonly ServerAction[]): Promise<ScriptedServer> {
  const server = await startScriptedServer(script);
  onTestFinished(() => server.close());
  return server;
}

/** A `/probe` that ends with the test. */
export async function aDoor(...args: Parameters<typeof openProbeDoor>): Promise<ProbeDoor> {
  const door = await openProbeDoor(...args);
  onTestFinished(() => door.close());
  return door;
}

/** One probe of a scripted server by a module with this `tcp` section. */
export async function probe(script: readonly ServerAction[], tcp: string, timeout = '5s'): Promise<ProbeAnswer & { readonly received: string }> {
  const server = await aServer(script);
  const door = await aDoor(`modules:\n  m: {prober: tcp, timeout: ${timeout}, tcp: ${tcp}}\n`);
  const answer = await door.ask({ module: 'm', target: `127.0.0.1:${server.port}` });
  await server.connections[0]?.closed;
  return { ...answer, received: server.connections[0]?.received() ?? '' };
}

/** `phase code` of `probe_failure_info`; null when the probe did not fail. */
export function failureOf({ body }: ProbeAnswer): string | null {
  return /probe_failure_info\{phase="(.*)",code="(.*)"\}/.exec(body)?.slice(1).join(' ') ?? null;
}
