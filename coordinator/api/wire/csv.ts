/** https://www.rfc-editor.org/rfc/rfc4180; null is an empty cell. */
export function csvLine(cells: readonly (string | number | boolean | null)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/**
 * Spreadsheets run what begins like a formula (https://owasp.org/www-community/attacks/CSV_Injection); what targets
 * sent is in these cells, so such text gets an apostrophe before it. Numbers are numbers.
 */
function csvCell(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = /^[\s]*[=+\-@|%\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
