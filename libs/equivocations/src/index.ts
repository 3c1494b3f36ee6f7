export { CreateEquivocations1767225603120 } from './create-equivocations.ts';
export { equivocationShape, listEquivocations, type EquivocationView } from './equivocation-store.ts';
export { EquivocationsModule } from './equivocations.module.ts';
export {
  contradiction,
  keepEquivocation,
  noteCopies,
  type Equivocation,
  type SignedBytes,
} from './keep-equivocation.ts';
export { watchEquivocations } from './watch-equivocations.ts';
