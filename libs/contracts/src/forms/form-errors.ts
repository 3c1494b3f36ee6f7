import { XmlElement, type ErrorDetail, type XmlDocument } from 'libxml2-wasm';

/** One thing wrong with a form. */
export interface FormError {
  readonly line: number;
  /** The offending element; a name without a prefix is in the document's default namespace. */
  readonly xpath: string;
  /** What the schema wants. Never the value found: that is the citizen's. */
  readonly reason: string;
}

/** How many errors of one form are told. */
const MAX_ERRORS = 20;

/** Turns libxml2's findings about `document` into ours. */
export function formErrors(details: readonly ErrorDetail[], document: XmlDocument): readonly FormError[] {
  return details
    .filter(({ level }) => level > 1)
    .slice(0, MAX_ERRORS)
    .map(({ line, xpath, message }) => ({
      line,
      xpath: namedPath(xpath ?? '/', document.root),
      reason: withoutValues(message.trim()),
    }));
}

/** The phrases in which libxml2 quotes a value of the document, each up to what it says of it. */
const QUOTED = [
  /(The (?:actual )?value )'[\s\S]*'(?= (?:is|has|does|must|was|violates|exceeds|of))/u,
  /^(|.*?: )'[\s\S]*'(?= is not a valid value of)/u,
  /(Duplicate key-sequence |The key-sequence |No match found for key-sequence )\[[\s\S]*\](?= (?:in|of))/u,
];

/** Longer messages quote a long value: they are not worth searching, and a hostile one could make that slow. */
const LONGEST_MESSAGE = 2_000;

/** Keeps what the schema wants and leaves out the text found in the form. */
function withoutValues(message: string): string {
  if (message.length > LONGEST_MESSAGE) return 'the value is not allowed by the schema';
  return QUOTED.reduce((text, phrase) => text.replace(phrase, '$1‹…›'), message).replace(
    /\{[^{}]*\}(?=[\w.-])/gu,
    '',
  );
}

/**
 * libxml2 writes elements of a default namespace as `*[n]`, counted among all siblings; people want names. Steps
 * become the element's name, with its position among siblings of that name where there are several.
 */
function namedPath(path: string, root: XmlElement): string {
  if (!path.includes('*')) return path;
  const steps = path.split('/').slice(2);
  let element = root;
  let named = `/${nameOf(root)}`;
  for (const step of steps) {
    const children = elementsOf(element);
    const match = /^(.+?)(?:\[([0-9]+)\])?$/u.exec(step);
    const alike = children.filter((child) => match?.[1] === '*' || nameOf(child) === match?.[1]);
    const next = alike[Number(match?.[2] ?? 1) - 1];
    if (next === undefined) return path;
    const namesakes = children.filter((child) => nameOf(child) === nameOf(next));
    const place = namesakes.findIndex((child) => child.isSameNode(next)) + 1;
    named += `/${nameOf(next)}${namesakes.length > 1 ? `[${place}]` : ''}`;
    element = next;
  }
  return named;
}

function elementsOf(parent: XmlElement): readonly XmlElement[] {
  const children: XmlElement[] = [];
  for (let node = parent.firstChild; node !== null; node = node.next)
    if (node instanceof XmlElement) children.push(node);
  return children;
}

function nameOf({ prefix, name }: XmlElement): string {
  return prefix === '' ? name : `${prefix}:${name}`;
}
