import { ApiClient, asRecord } from '../api-client.ts';
import { CliProblem } from '../cli-problem.ts';
import { apiAccess } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { safeText } from '../render/safe-text.ts';
import { table } from '../render/table.ts';
import { keyBody, keyLines, type KeyFlags } from './location-keys.ts';

const PATH = '/v1/private-locations';

export async function listPrivateLocations({ env, output }: Context): Promise<ExitCode> {
  const body = await new ApiClient(await apiAccess(env)).get(PATH);
  const places = Array.isArray(body) ? body.map(asRecord) : [];
  output.answer(body, () => (places.length === 0 ? ['no private locations yet: create one with `sonde private-locations create <slug>`'] : table(
    ['SLUG', 'NAME', 'AGENTS', 'LAST SEEN', 'KEYS'],
    places.map((one) => [
      String(one['slugName']), safeText(String(one['name'])), String(one['agentCount']), one['lastSeen'] === null ? 'never' : String(one['lastSeen']),
      (Array.isArray(one['keys']) ? one['keys'].map(asRecord) : []).map((key) => `${String(key['id'])} (${String(key['maskedKey'])})`).join(', '),
    ]),
  )));
  return EXIT.ok;
}

export async function createPrivateLocation({ env, output }: Context, slug: string, flags: { name?: string }): Promise<ExitCode> {
  const { body } = await new ApiClient(await apiAccess(env)).send({ method: 'POST', path: PATH, body: { slugName: slug, name: flags.name ?? slug } });
  output.answer(body, () => [`created private location ${slug}`, ...keyLines(body)]);
  return EXIT.ok;
}

export async function deletePrivateLocation({ env, output }: Context, slug: string): Promise<ExitCode> {
  const api = new ApiClient(await apiAccess(env));
  const id = await idOf(api, slug);
  await api.send({ method: 'DELETE', path: `${PATH}/${id}` });
  output.answer({ deleted: id }, () => [`deleted private location ${slug}`]);
  return EXIT.ok;
}

export async function addPrivateLocationKey({ env, output }: Context, slug: string, flags: KeyFlags): Promise<ExitCode> {
  const api = new ApiClient(await apiAccess(env));
  const { body } = await api.send({ method: 'POST', path: `${PATH}/${await idOf(api, slug)}/keys`, body: keyBody(flags) });
  output.answer(body, () => keyLines({ keys: [body] }));
  return EXIT.ok;
}

export async function revokePrivateLocationKey({ env, output }: Context, slug: string, keyId: string): Promise<ExitCode> {
  const api = new ApiClient(await apiAccess(env));
  await api.send({ method: 'DELETE', path: `${PATH}/${await idOf(api, slug)}/keys/${encodeURIComponent(keyId)}` });
  output.answer({ revoked: keyId }, () => [`revoked key ${keyId}; the agents that enrolled with it are cut off`]);
  return EXIT.ok;
}

async function idOf(api: ApiClient, slugOrId: string): Promise<string> {
  const body = await api.get(PATH);
  const place = (Array.isArray(body) ? body.map(asRecord) : []).find((one) => one['slugName'] === slugOrId || one['id'] === slugOrId);
  if (!place) throw new CliProblem(EXIT.failed, `there is no private location '${slugOrId}'; \`sonde private-locations list\` shows those there are`);
  return String(place['id']);
}
