/** HTML as text, escaped. Everything that is not a constant of the summary goes through `escaped`. */

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** HTML that was written here. */
export interface Html {
  readonly html: string;
}

export function raw(html: string): Html {
  return { html };
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

type Part = string | number | Html | readonly Html[];

function partOf(part: Part): string {
  if (typeof part === 'string') return escaped(part);
  if (typeof part === 'number') return String(part);
  return 'html' in part ? part.html : part.map(({ html }) => html).join('');
}

/** A template whose values are escaped, unless they are HTML already. */
export function markup(constant: TemplateStringsArray, ...values: readonly Part[]): Html {
  return raw(constant.reduce((text, piece, i) => text + partOf(values[i - 1] ?? '') + piece));
}

export interface Column {
  readonly title: string;
  /** Its cells name their row. */
  readonly isHead?: boolean;
}

/** A table that a screen reader can read aloud: a caption, and heads of columns and rows. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Part[])[]): Html {
  if (rows.length === 0) return markup`<p>${caption}: nessuno.</p>\n`;
  const heads = columns.map(({ title }) => markup`<th scope="col">${title}</th>`);
  const lines = rows.map((cells) => {
    const written = cells.map((cell, i) =>
      columns[i]?.isHead === true ? markup`<th scope="row">${cell}</th>` : markup`<td>${cell}</td>`,
    );
    return markup`<tr>${written}</tr>\n`;
  });
  return markup`<div class="table" role="region" tabindex="0" aria-label="${caption}"><table>\n<caption>${caption}</caption>\n<thead><tr>${heads}</tr></thead>\n<tbody>\n${lines}</tbody>\n</table></div>\n`;
}

/** A moment for people and for machines. */
export function time(moment: string | Date, words: string): Html {
  return markup`<time datetime="${new Date(moment).toISOString()}">${words}</time>`;
}

/** A file of the container, as a link beside the summary. */
export function file(name: string, words = name): Html {
  return markup`<a href="${name}">${words}</a>`;
}

export function code(text: string): Html {
  return markup`<code>${text}</code>`;
}

export function list(items: readonly Part[]): Html {
  return markup`<ul>\n${items.map((item) => markup`<li>${item}</li>\n`)}</ul>\n`;
}
