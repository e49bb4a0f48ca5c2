import type { FastifyReply } from 'fastify';

/** An answer that is JSON already. To be called once nothing can fail any more: errors are written as everywhere. */
export function asJsonText(reply: FastifyReply): void {
  reply.serializer((text: unknown) => text as string).type('application/json; charset=utf-8');
}
