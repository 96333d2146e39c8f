// The fenced blocks of a page of the documentation.
import { readFile } from 'node:fs/promises';

const DOCS = new URL('../../docs/', import.meta.url);

/** Every fenced block of a page, in order: its language, its text and the line it begins at. */
export async function snippetsOf(page) {
  const lines = (await readFile(new URL(page, DOCS), 'utf8')).split('\n');
  const snippets = [];
  let open = null;
  lines.forEach((line, index) => {
    if (!line.startsWith('```')) {
      open?.text.push(line);
    } else if (open) {
      snippets.push({ ...open, text: open.text.join('\n') });
      open = null;
    } else {
      open = { language: line.slice(3).trim(), line: index + 1, text: [] };
    }
  });
  if (open) throw new Error(`${page}:${open.line}: the block never ends`);
  return snippets;
}

const AsyncFunction = (async () => {}).constructor;

/** Runs a block as it stands, with values for the names that it expects, and answers the names that it defines. */
export function run(snippet, given, defines = []) {
  const body = `${snippet.text}\nreturn { ${defines.join(', ')} };`;
  return new AsyncFunction(...Object.keys(given), body)(...Object.values(given));
}
