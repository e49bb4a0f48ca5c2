/**
 * What a TypeScript source makes Node load or read: its imports but those of types alone, `createRequire` of a
 * package, and files beside it (`new URL('./worker.ts', import.meta.url)`). By its text, without running it.
 */
export function importsOf(source: string): readonly string[] {
  const found = FORMS.flatMap((form) => [...source.matchAll(form)].map((match) => match[1]!));
  return [...new Set(found)];
}

const FORMS: readonly RegExp[] = [
  // import … from 'x', export … from 'x'; a whole `import type` is erased and loads nothing.
  /(?:^|\n)\s*(?:import|export)\s(?!\s*type\s)[^'"`;]*?\bfrom\s+['"]([^'"]+)['"]/g,
  /(?:^|\n)\s*import\s+['"]([^'"]+)['"]/g,
  /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
  /\bcreateRequire\(import\.meta\.url\)\(\s*['"]([^'"]+)['"]\s*\)/g,
  /\bnew URL\(\s*['"]([^'"]+)['"],\s*import\.meta\.url\s*\)/g,
];
