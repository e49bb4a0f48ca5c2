import { ApiClient, asRecord } from '../api-client.ts';
import { apiAccess } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Colors } from '../output.ts';
import { formatMs } from '../render/result-line.ts';
import { safeText } from '../render/safe-text.ts';
import { table } from '../render/table.ts';
import { keyLines } from './location-keys.ts';

export async function listLocations({ env, output }: Context): Promise<ExitCode> {
  const body = await new ApiClient(await apiAccess(env)).get('/v1/locations');
  const locations = Array.isArray(body) ? body.map(asRecord) : [];
  output.answer(body, () => (locations.length === 0 ? ['no locations yet: create one with `sonde locations create <code>`'] : table(
    ['CODE', 'NAME', 'KIND', 'AGENTS', 'AVAILABLE'],
    locations.map((one) => [
      String(one['code']), safeText(String(one['name'])), String(one['kind']), String(one['liveAgents']),
      one['available'] === true ? 'yes' : { text: 'no', paint: output.colors.red },
    ]),
  )));
  return EXIT.ok;
}

export async function createLocation({ env, output }: Context, code: string, flags: { name?: string }): Promise<ExitCode> {
  const { body } = await new ApiClient(await apiAccess(env)).send({
    method: 'POST', path: '/v1/locations', body: { code, ...(flags.name === undefined ? {} : { name: flags.name }) },
  });
  output.answer(body, () => [`created location ${code}`, ...keyLines(body)]);
  return EXIT.ok;
}

export async function listAgents({ env, output }: Context): Promise<ExitCode> {
  const body = await new ApiClient(await apiAccess(env)).get('/v1/agents');
  const agents = Array.isArray(body) ? body.map(asRecord) : [];
  output.answer(body, () => (agents.length === 0 ? ['no agent has joined yet'] : table(
    ['NAME', 'LOCATION', 'STATE', 'ROLE', 'VERSION', 'REVISION', 'RUNNING', 'UNSENT', 'LATE P99 MS', 'TIMED BY', 'LAST SEEN'],
    agents.map((one) => [
      safeText(String(one['name'])), String(one['location']),
      stateOf(one, agents, output.colors),
      one['inRoster'] === true ? 'runs checks' : 'stands by', safeText(String(one['version'])), String(one['appliedRevision']),
      `${String(one['inFlight'])}/${String(one['capacity'])}`, String(one['spoolDepth']), formatMs(Number(one['latenessP99Us']) / 1000).trim(),
      timedBy(one),
      String(one['lastSeenAt']),
    ]),
  )));
  return EXIT.ok;
}

/** Whose clock the agent's checks have, and why it is not the kernel's. */
function timedBy(agent: Readonly<Record<string, unknown>>): string {
  const engine = agent['engine'] === null || agent['engine'] === undefined ? null : asRecord(agent['engine']);
  if (engine === null) return '–';
  return engine['kind'] === 'kernel' ? 'kernel' : safeText(`agent (${String(engine['reason'])})`);
}

function stateOf(agent: Readonly<Record<string, unknown>>, all: readonly Readonly<Record<string, unknown>>[], colors: Colors) {
  if (agent['state'] === 'pending') return { text: `to be approved: ${String(agent['id'])}`, paint: colors.yellow };
  const isConnected = agent['connected'] === true;
  const hasSuccessor = all.some((one) => one['location'] === agent['location'] && one['state'] === 'active' && one['connected'] === true);
  if (agent['state'] === 'draining') return { text: !isConnected ? 'draining, away' : hasSuccessor ? 'draining' : 'draining: goes on until another agent is there', paint: colors.yellow };
  if (agent['state'] === 'drained') return { text: isConnected ? 'drained: may be stopped' : 'drained, away', paint: colors.green };
  if (agent['conflict'] === true) return { text: 'conflict: runs twice', paint: colors.red };
  return isConnected ? { text: 'connected', paint: colors.green } : { text: 'away', paint: colors.red };
}
