import { z } from 'zod';
import { problemAt } from '#shared/check/problem.ts';
import { schemaProblems, valueAt } from '#shared/check/schema-problems.ts';
import type { ApiApp, ApiDeps } from '../api-app.ts';
import { ApiError, invalidInput, notFound } from '../api-error.ts';
import { callerOf } from '../authenticate.ts';
import { channelProblems, ID_MAX, unknownLocations } from '../check-input.ts';
import type { GroupWrite, StoredGroup } from '../groups-port.ts';
import { checkEntity } from '../wire/check-entity.ts';
import { CheckEntity } from '../wire/check-entity-schema.ts';
import { groupEntity, GroupEntity, groupOf, GroupWriteBody, type GroupVersion } from '../wire/group-entity.ts';
import { limit, page } from '../wire/query.ts';
import { variableEntity, variableWrite } from '../wire/variable-entity.ts';
import { contentRange } from './checks.ts';

export const numericIdParam = z.object({ id: z.coerce.number().int().min(1).max(ID_MAX) });
const ListQuery = z.object({ limit, page });

/** Check groups, in the two forms that clients write. */
export function groupRoutes(app: ApiApp, deps: ApiDeps): void {
  for (const version of [1, 2] as const) groupRoutesOf(app, deps, version);
}

function groupRoutesOf(app: ApiApp, { store }: ApiDeps, version: GroupVersion): void {
  const url = `/v${version}/check-groups`;
  const tags = ['check groups'];
  const form = version === 1 ? 'In the first form a section that is null or empty is left to each check.'
    : 'Each section that is not null stands above the checks\' own; `retryStrategy` is `FALLBACK` for each its own, and null for none.';

  const shown = async (accountId: string, group: StoredGroup): Promise<z.output<typeof GroupEntity>> => {
    const variables = (await store.listVariables(accountId, group.id)).map(variableEntity);
    return groupEntity(group, variables.map(({ key, value, locked, secret }) => ({ key, value, locked, secret })), version);
  };
  const own = async (accountId: string, id: number): Promise<StoredGroup> => {
    const group = await store.getGroup(accountId, id);
    if (group === null) throw noSuchGroup(id);
    return group;
  };
  const writeOf = async (accountId: string, body: unknown): Promise<GroupWrite> => {
    const [locations, channels] = await Promise.all([store.listLocations(accountId), store.listChannelIds(accountId)]);
    const parsed = GroupWriteBody.safeParse(body);
    const problems = [
      ...(parsed.success ? [] : schemaProblems(GroupWriteBody, body, parsed.error.issues)),
      ...unknownLocations(body, 'locations', locations.filter(({ kind }) => kind === 'public').map(({ code }) => code)),
      ...unknownLocations(body, 'privateLocations', locations.filter(({ kind }) => kind === 'private').map(({ code }) => code)),
      ...channelProblems(valueAt(body, ['alertChannelSubscriptions']), channels),
    ];
    if (!parsed.success || problems.length > 0) throw invalidInput(problems);
    return {
      group: groupOf(parsed.data, version),
      subscriptions: parsed.data.alertChannelSubscriptions?.map(({ alertChannelId, activated }) => ({ alertChannelId, activated: activated ?? true })) ?? null,
      variables: parsed.data.environmentVariables?.map((variable) => variableWrite(variable, variable.key)) ?? null,
    };
  };

  app.get(url, {
    config: { scope: 'groups:read' },
    schema: { tags, summary: 'Your check groups', description: form, querystring: ListQuery, response: { 200: z.array(GroupEntity) } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { entries, total } = await store.listGroups(accountId, request.query);
    reply.header('content-range', contentRange((request.query.page - 1) * request.query.limit, entries.length, total));
    return reply.send(await Promise.all(entries.map((group) => shown(accountId, group))));
  });

  app.post(url, {
    config: { scope: 'groups:write' },
    schema: { tags, summary: 'Create a check group', description: form, body: GroupWriteBody, response: { 201: GroupEntity } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    return reply.code(201).send(await shown(accountId, await store.createGroup(accountId, await writeOf(accountId, request.body))));
  });

  app.get(`${url}/:id`, {
    config: { scope: 'groups:read' },
    schema: { tags, summary: 'Read a check group', params: numericIdParam, response: { 200: GroupEntity } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    return reply.send(await shown(accountId, await own(accountId, request.params.id)));
  });

  app.put(`${url}/:id`, {
    config: { scope: 'groups:write' },
    schema: {
      tags, summary: 'Replace a check group', description: `${form} The schedules of its checks change together.`,
      params: numericIdParam, body: GroupWriteBody, response: { 200: GroupEntity },
    },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { id } = await own(accountId, request.params.id);
    const write = await writeOf(accountId, request.body);
    if (write.group.locations === null) await refuseHomeless(accountId, id);
    const replaced = await store.replaceGroup(accountId, id, write);
    if (replaced === 'not_found') throw noSuchGroup(id);
    if ('kind' in replaced) throw new ApiError(409, `the variables it would have break ${replaced.by.join(', ')}; change ${replaced.by.length === 1 ? 'it' : 'them'} first`);
    return reply.send(await shown(accountId, replaced));
  });

  app.delete(`${url}/:id`, {
    config: { scope: 'groups:write' },
    schema: { tags, summary: 'Delete a check group', description: 'Refused while checks are in it. Its variables go with it.', params: numericIdParam, response: { 204: z.undefined() } },
  }, async (request, reply) => {
    const deleted = await store.deleteGroup(callerOf(request).accountId, request.params.id);
    if (deleted === 'not_found') throw noSuchGroup(request.params.id);
    if (deleted !== 'deleted') throw new ApiError(409, `checks are in this group: ${deleted.by.join(', ')}; take them out of it or delete them first`);
    return reply.code(204).send();
  });

  app.get(`${url}/:id/checks`, {
    config: { scope: 'groups:read' },
    schema: { tags, summary: 'The checks of a group', description: 'By `groupOrder`, then by age.', params: numericIdParam, querystring: ListQuery, response: { 200: z.array(CheckEntity) } },
  }, async (request, reply) => {
    const { accountId } = callerOf(request);
    const { id } = await own(accountId, request.params.id);
    const { entries, total } = await store.listChecksOfGroup(accountId, id, request.query);
    reply.header('content-range', contentRange((request.query.page - 1) * request.query.limit, entries.length, total));
    return reply.send(entries.map(checkEntity));
  });

  /** Checks that have no location of their own need the group's. */
  async function refuseHomeless(accountId: string, id: number): Promise<void> {
    const homeless: string[] = [];
    for (let at = 1; homeless.length < 10; at += 1) {
      const { entries } = await store.listChecksOfGroup(accountId, id, { limit: 100, page: at });
      homeless.push(...entries.filter(({ check }) => check.locations.length + check.privateLocations.length === 0).map(({ check }) => `'${check.name}'`));
      if (entries.length < 100) break;
    }
    if (homeless.length === 0) return;
    throw invalidInput([problemAt('locations', null, 'at least one', `${homeless.slice(0, 10).join(', ')} would run nowhere: give the group a location, or the checks their own first`)]);
  }
}

function noSuchGroup(id: number): ApiError {
  return notFound(`the group ${id}`);
}
