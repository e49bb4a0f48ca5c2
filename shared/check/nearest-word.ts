/** The known word a person may have meant, at most a third of it (and 3 edits) away; null when none is near. */
export function nearestWord(word: string, known: readonly string[]): string | null {
  let best: { readonly word: string; readonly edits: number } | null = null;
  for (const candidate of known) {
    const edits = editDistance(word.toLowerCase().slice(0, 64), candidate.toLowerCase());
    if (edits <= Math.min(3, Math.ceil(candidate.length / 3)) && (best === null || edits < best.edits)) best = { word: candidate, edits };
  }
  return best?.word ?? null;
}

/** Levenshtein's, over two rows. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
