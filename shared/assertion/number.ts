/** A decimal number as people and services write it, spaces around it allowed; null for anything else. */
export function parseDecimal(text: string): number | null {
  const trimmed = text.trim();
  // Number() alone would also take '', '0x10' and 'Infinity'.
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/.test(trimmed)) return null;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : null;
}
