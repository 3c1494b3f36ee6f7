/** A document as a light tree, however it was read. */
export interface XmlTree {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlTree[];
  /** Character content of the element itself. */
  readonly text: string;
}
