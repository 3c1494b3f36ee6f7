/** What a node tells of its own certificates: how long they last, and which one it signs with. */
import { systemClock, type HealthRegistry } from '#platform';
import { keyBoard, keyWarning, measureKeys, type KeyStanding } from '#registry-view';
import type { OpenNode } from './open-node.ts';

/** Registers the gauge and the health check. */
export function watchKeys(health: HealthRegistry, node: OpenNode): void {
  const board = (): readonly KeyStanding[] => {
    const own = node.registry
      .latest()
      .certificates()
      .filter(({ holder }) => holder === node.name);
    return keyBoard(own, systemClock.now());
  };
  measureKeys(node.metrics, board, () => systemClock.now());
  health.register(
    'keys',
    () => {
      const { fingerprint, subject } = node.signer.certificate;
      const used = `signs with signing-g${subject?.generation ?? '?'} ${fingerprint}`;
      const warning = keyWarning(board());
      if (warning !== undefined) return { status: 'degraded', detail: `${used}; ${warning}` };
      return { status: 'up', detail: used };
    },
    { required: false },
  );
}
