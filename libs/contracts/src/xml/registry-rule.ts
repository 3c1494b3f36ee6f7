/** A rule's condition and the bodies it selects, inside a registry entry. */
import { parseIpaCode } from '../ids.ts';
import type { Condition, Selector } from '../procedure.ts';
import { MAX_CONDITION_DEPTH } from './limits.ts';
import { all, only, required, unexpected } from './read.ts';
import type { XmlTree } from './tree.ts';
import { attribute, element, text } from './write.ts';

export function writeCondition(condition: Condition, depth = 1): string {
  if (depth > MAX_CONDITION_DEPTH) tooDeep();
  switch (condition.op) {
    case 'always':
      return element('Always', '');
    case 'equals':
      return element('Equals', attribute('fact', condition.fact) + attribute('value', condition.value));
    case 'in':
      return element(
        'In',
        attribute('fact', condition.fact),
        condition.values.map((value) => element('Value', '', text(value))).join(''),
      );
    case 'all':
    case 'any':
      return element(
        condition.op === 'all' ? 'All' : 'Any',
        '',
        condition.of.map((inner) => writeCondition(inner, depth + 1)).join(''),
      );
    case 'not':
      return element('Not', '', writeCondition(condition.of, depth + 1));
  }
}

/** @throws HubError `XML_UNEXPECTED`, also for a condition nested deeper than `MAX_CONDITION_DEPTH` */
export function readCondition(tree: XmlTree, depth = 1): Condition {
  if (depth > MAX_CONDITION_DEPTH) tooDeep();
  switch (tree.name) {
    case 'Always':
      return { op: 'always' };
    case 'Equals':
      return { op: 'equals', fact: required(tree, 'fact'), value: required(tree, 'value') };
    case 'In':
      return {
        op: 'in',
        fact: required(tree, 'fact'),
        values: all(tree, 'Value').map((value) => value.text),
      };
    case 'All':
      return { op: 'all', of: tree.children.map((inner) => readCondition(inner, depth + 1)) };
    case 'Any':
      return { op: 'any', of: tree.children.map((inner) => readCondition(inner, depth + 1)) };
    case 'Not':
      return { op: 'not', of: readCondition(only(tree), depth + 1) };
    default:
      return unexpected(`${tree.name.slice(0, 80)} is not a condition`);
  }
}

function tooDeep(): never {
  return unexpected(`a condition is nested deeper than ${String(MAX_CONDITION_DEPTH)} levels`);
}

export function writeSelector(selector: Selector): string {
  switch (selector.by) {
    case 'body':
      return element('Body', attribute('ipa', selector.ipa));
    case 'province':
      return element('Province', '');
    case 'bordering':
      return element('Bordering', '');
    case 'area':
      return element('Area', attribute('code', selector.code));
    case 'municipality':
      return element('Municipality', attribute('fact', selector.fact));
  }
}

/** @throws HubError `XML_UNEXPECTED` */
export function readSelector(tree: XmlTree): Selector {
  switch (tree.name) {
    case 'Body':
      return { by: 'body', ipa: parseIpaCode(required(tree, 'ipa')) };
    case 'Province':
      return { by: 'province' };
    case 'Bordering':
      return { by: 'bordering' };
    case 'Area':
      return { by: 'area', code: required(tree, 'code') };
    case 'Municipality':
      return { by: 'municipality', fact: required(tree, 'fact') };
    default:
      return unexpected(`${tree.name.slice(0, 80)} does not select bodies`);
  }
}
