/**
 * Lets V8 compile the classes of libxml2-wasm's nodes.
 *
 * Their decorators leave the class objects in V8's slow "dictionary" form. Whatever makes nodes cannot be compiled for
 * good then, and V8 tries again and again, on threads beside ours: more processor time than making the nodes takes, and
 * a fifth of what an event costs in all. An object whose properties are looked up through an heir is brought into the
 * fast form. This changes no behaviour; if a later V8 or a later libxml2-wasm makes it useless, it does no harm.
 */
import { XmlAttribute, XmlElement, XmlText } from 'libxml2-wasm';

/** V8 watches how code behaves only after some hundred calls. Takes about a millisecond, once. */
const LOOKUPS = 5_000;

function lookUpThroughHeir(parent: object): void {
  const heir = Object.create(parent) as { readonly absent?: unknown };
  const look = (): unknown => heir.absent;
  for (let i = 0; i < LOOKUPS; i += 1) look();
}

/** To be called once, before documents are read. */
export function makeNodesCompilable(): void {
  for (const node of [XmlElement, XmlText, XmlAttribute]) lookUpThroughHeir(node);
}
