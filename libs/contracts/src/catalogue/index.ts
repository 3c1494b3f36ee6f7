export { loadCatalogue } from './load-catalogue.ts';
export type { Catalogue } from './catalogue.ts';
