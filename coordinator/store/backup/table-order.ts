export type Reference = { readonly table: string; readonly references: string };

/** Tables so that each comes after those it references; references to itself and in a circle are left to deferred constraints. */
export function dependencyOrder(tables: readonly string[], references: readonly Reference[]): readonly string[] {
  const ordered = new Set<string>();
  const visiting = new Set<string>();
  const visit = (table: string): void => {
    if (ordered.has(table) || visiting.has(table)) return;
    visiting.add(table);
    for (const { references: other } of references.filter((one) => one.table === table)) if (tables.includes(other)) visit(other);
    ordered.add(table);
  };
  for (const table of tables.toSorted()) visit(table);
  return [...ordered];
}
