export { compileForm, type CompiledForm } from './compile-form.ts';
export { extractFacts, type FormReading } from './extract-facts.ts';
export { FORM_SIZE_LIMIT, rootOf, type FormRoot } from './form-document.ts';
export { readFormPackage, type FormPackage, type RefusedForm } from './form-package.ts';
