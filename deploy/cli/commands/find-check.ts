import { type ApiClient, asRecord } from '../api-client.ts';
import { CliProblem } from '../cli-problem.ts';
import { EXIT } from '../exit-codes.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A check by its id, or by its exact name where only one has it. */
export async function findCheck(api: ApiClient, idOrName: string): Promise<Readonly<Record<string, unknown>>> {
  if (UUID.test(idOrName)) return asRecord(await api.get(`/v1/checks/${idOrName}`));
  const found = await api.get(`/v1/checks?${new URLSearchParams({ limit: '100', search: idOrName.slice(0, 255) })}`);
  const named = (Array.isArray(found) ? found.map(asRecord) : []).filter((check) => check['name'] === idOrName);
  const [only] = named;
  if (named.length === 1 && only) return only;
  if (named.length > 1) {
    throw new CliProblem(EXIT.usage, `${named.length} checks are named '${idOrName}'; use the id`, named.map((check) => ({ message: String(check['id']) })));
  }
  throw new CliProblem(EXIT.failed, `there is no check '${idOrName}'; \`sonde checks list\` shows what there is`);
}
