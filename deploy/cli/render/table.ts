/** Text in aligned columns; widths are those of the widest cell. Cells with a paint are padded before they are painted. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): readonly string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => textOf(row[column] ?? '').length)));
  const line = (cells: readonly Cell[]): string => cells.map((cell, column) => {
    const padded = column === cells.length - 1 ? textOf(cell) : textOf(cell).padEnd(widths[column] ?? 0);
    return typeof cell === 'string' ? padded : cell.paint(padded);
  }).join('  ').trimEnd();
  return [line(head), ...rows.map(line)];
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}
