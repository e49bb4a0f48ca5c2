import type { FastifySchemaCompiler } from 'fastify';
import type { z } from 'zod';
import { schemaProblems } from '#shared/check/schema-problems.ts';
import { invalidInput } from './api-error.ts';

/** What the schema makes of the input; throws 400 with every problem at once. */
export function validated<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw invalidInput(schemaProblems(schema, input, parsed.error.issues));
}

/**
 * Parameters and queries are judged here. Bodies are judged by their handlers, because some problems
 * (an unknown location) are only known there, and all are told at once.
 */
export const validateAllButBodies: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => (input: unknown) => {
  if (httpPart === 'body') return { value: input };
  try {
    return { value: validated(schema, input) };
  } catch (error) {
    return { error: error as Error };
  }
};
