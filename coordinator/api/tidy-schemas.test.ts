import { describe, expect, it } from 'vitest';
import { tidySchemas } from './tidy-schemas.ts';

const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });

describe('tidying the schemas of a description', () => {
  it('keeps what is referred to, directly or through another schema, and drops the rest', () => {
    const tidy = tidySchemas({ paths: { '/x': ref('A') }, components: { schemas: { A: { items: ref('B') }, B: { type: 'string' }, C: ref('C'), AInput: {} } } });
    expect(tidy.components.schemas).toEqual({ A: { items: ref('B') }, B: { type: 'string' } });
  });

  it('takes the suffix off an input form unless the other form is used too', () => {
    const schemas = { A: { title: 'out' }, AInput: { title: 'in' }, B: {}, BInput: { items: ref('AInput') } };
    const tidy = tidySchemas({ paths: { body: ref('BInput'), answer: ref('A') }, components: { schemas } });
    expect(tidy).toEqual({ paths: { body: ref('B'), answer: ref('A') }, components: { schemas: { A: { title: 'out' }, AInput: { title: 'in' }, B: { items: ref('AInput') } } } });
  });

  it('ends on schemas that refer to themselves', () => {
    const schemas = { Tree: { items: ref('Tree') } };
    expect(tidySchemas({ paths: ref('Tree'), components: { schemas } }).components.schemas).toEqual(schemas);
  });
});
