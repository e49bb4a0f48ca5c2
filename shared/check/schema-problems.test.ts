import { expect, test } from 'vitest';
import { z } from 'zod';
import { schemaProblems } from './schema-problems.ts';

test('a pattern is told in its own words, with the name of its field once', () => {
  const schema = z.object({ slug: z.string().regex(/^a$/, 'slug must be an a'), key: z.string().regex(/^b$/, 'must be a b'), plain: z.string().regex(/^c$/) });
  const input = { slug: 'x', key: 'x', plain: 'x' };
  expect(schemaProblems(schema, input, schema.safeParse(input).error!.issues).map(({ message }) => message)).toEqual([
    'slug: must be an a', 'key: must be a b', 'plain: must be a valid regex',
  ]);
});
