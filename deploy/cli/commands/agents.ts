import { ApiClient } from '../api-client.ts';
import { apiAccess } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

export async function approveAgent({ env, output }: Context, id: string): Promise<ExitCode> {
  await new ApiClient(await apiAccess(env)).send({ method: 'POST', path: `/v1/agents/${encodeURIComponent(id)}/approve` });
  output.answer({ approved: id }, () => [`approved agent ${id}; it joins within seconds`]);
  return EXIT.ok;
}

export async function drainAgent({ env, output }: Context, id: string, { undo = false }: { readonly undo?: boolean }): Promise<ExitCode> {
  await new ApiClient(await apiAccess(env)).send({ method: undo ? 'DELETE' : 'POST', path: `/v1/agents/${encodeURIComponent(id)}/drain` });
  output.answer(undo ? { undrained: id } : { draining: id }, () => [undo
    ? `agent ${id} is back at work: it has its share of the checks within seconds`
    : `agent ${id} hands its checks over to the others of its location; stop it when \`sonde agents\` says drained`]);
  return EXIT.ok;
}

export async function revokeAgent({ env, output }: Context, id: string): Promise<ExitCode> {
  await new ApiClient(await apiAccess(env)).send({ method: 'DELETE', path: `/v1/agents/${encodeURIComponent(id)}` });
  output.answer({ revoked: id }, () => [`revoked agent ${id}; its streams are cut within seconds`]);
  return EXIT.ok;
}
