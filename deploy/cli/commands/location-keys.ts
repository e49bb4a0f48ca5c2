import { ApiClient, asRecord } from '../api-client.ts';
import { apiAccess } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { table } from '../render/table.ts';

/** Flags of a key; the API says what is wrong with them. */
export type KeyFlags = { readonly oneTime?: boolean; readonly expires?: string; readonly maxAgents?: string; readonly approval?: boolean };

export async function addLocationKey({ env, output }: Context, code: string, flags: KeyFlags): Promise<ExitCode> {
  const { body } = await new ApiClient(await apiAccess(env)).send({ method: 'POST', path: keysPath(code), body: keyBody(flags) });
  output.answer(body, () => keyLines({ keys: [body] }));
  return EXIT.ok;
}

export async function listLocationKeys({ env, output }: Context, code: string): Promise<ExitCode> {
  const body = await new ApiClient(await apiAccess(env)).get(keysPath(code));
  output.answer(body, () => keyTable(Array.isArray(body) ? body.map(asRecord) : []));
  return EXIT.ok;
}

export async function revokeLocationKey({ env, output }: Context, code: string, keyId: string): Promise<ExitCode> {
  await new ApiClient(await apiAccess(env)).send({ method: 'DELETE', path: `${keysPath(code)}/${encodeURIComponent(keyId)}` });
  output.answer({ revoked: keyId }, () => [`revoked key ${keyId}; the agents that enrolled with it are cut off`]);
  return EXIT.ok;
}

export function keyBody({ oneTime, expires, maxAgents, approval }: KeyFlags): Record<string, unknown> {
  return {
    ...(oneTime ? { oneTime: true } : {}), ...(approval ? { requireApproval: true } : {}),
    ...(expires === undefined ? {} : { expiresAt: expires }), ...(maxAgents === undefined ? {} : { maxAgents: Number(maxAgents) }),
  };
}

/** The key that is shown once, and what to do with it; nothing where there is none. */
export function keyLines(body: unknown): readonly string[] {
  const keys = asRecord(body)['keys'];
  const raw = Array.isArray(keys) ? asRecord(keys[0])['rawKey'] : undefined;
  if (typeof raw !== 'string') return [];
  return [`key, shown this once: ${raw}`, `start an agent there: SONDE_COORDINATOR=<host:port> SONDE_LOCATION_KEY=${raw} sonde agent`];
}

function keyTable(keys: readonly Record<string, unknown>[]): readonly string[] {
  if (keys.length === 0) return ['no live key: make one with `sonde locations add-key <code>`'];
  return table(['ID', 'KEY', 'ENROLS', 'EXPIRES', 'CREATED'], keys.map((key) => [
    String(key['id']), String(key['maskedKey']),
    `${key['oneTime'] === true ? 'one agent' : key['maxAgents'] === null ? 'any number' : `${String(key['maxAgents'])} at once`}${key['requireApproval'] === true ? ', by approval' : ''}`,
    key['expiresAt'] === null ? 'never' : String(key['expiresAt']), String(key['created_at']),
  ]));
}

function keysPath(code: string): string {
  return `/v1/locations/${encodeURIComponent(code)}/keys`;
}
