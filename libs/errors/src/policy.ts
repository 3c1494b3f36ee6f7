/** What every error code means for a caller, for a consumer and for a person. */
export interface ErrorPolicy {
  /** HTTP status with which an API answers it (problem+json). */
  readonly http: number;
  /** What a consumer does with a record that meets it: try again later, wait behind a gap, or park it. */
  readonly disposition: 'retry' | 'hold' | 'park';
  /** One sentence for people, in the language of the interface. */
  readonly it: string;
  readonly en: string;
  /** What the reader can do about it. */
  readonly remedy: { readonly it: string; readonly en: string };
}
