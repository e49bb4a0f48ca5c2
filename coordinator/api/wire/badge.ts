/** A small SVG with two fields, for READMEs and wikis. Text is escaped; nothing in it is fetched or run. */
export function badge({ label, value, colour }: { readonly label: string; readonly value: string; readonly colour: string }): string {
  const [labelWidth, valueWidth] = [widthOf(label), widthOf(value)];
  const width = labelWidth + valueWidth;
  const text = (at: number, content: string): string => `<text x="${at}" y="14">${escaped(content)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${escaped(`${label}: ${value}`)}"><title>${escaped(`${label}: ${value}`)}</title>`
    + `<clipPath id="r"><rect width="${width}" height="20" rx="3"/></clipPath><g clip-path="url(#r)"><rect width="${labelWidth}" height="20" fill="#444"/><rect x="${labelWidth}" width="${valueWidth}" height="20" fill="${colour}"/></g>`
    + `<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,sans-serif" font-size="11">${text(labelWidth / 2, label)}${text(labelWidth + valueWidth / 2, value)}</g></svg>`;
}

/** About that of Verdana 11. */
const CHAR_PX = 7;

function widthOf(text: string): number {
  return [...text].length * CHAR_PX + 12;
}

function escaped(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
