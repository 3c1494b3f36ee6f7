/** Readers of a light tree. All throw HubError `XML_UNEXPECTED` where the tree is not what the kind prescribes. */
import { HubError } from '#errors';
import type { XmlTree } from './tree.ts';

/** @throws HubError `XML_UNEXPECTED` */
export function unexpected(what: string, cause?: unknown): never {
  throw new HubError('XML_UNEXPECTED', what, { cause });
}

/** The value of an attribute that must be there. */
export function required(tree: XmlTree, name: string): string {
  return tree.attributes.get(name) ?? unexpected(`element ${tree.name} has no attribute ${name}`);
}

/** The value of an attribute, read by `read`; null if absent. */
export function optional<T>(tree: XmlTree, name: string, read: (value: string) => T): T | null {
  const value = tree.attributes.get(name);
  return value === undefined ? null : read(value);
}

/** `{name: value}` if the attribute is there, `{}` otherwise: for optional properties of a type. */
export function whenPresent<N extends string, T>(
  tree: XmlTree,
  name: N,
  read: (value: string) => T,
): Partial<Record<N, T>> {
  const value = tree.attributes.get(name);
  const found: Partial<Record<N, T>> = {};
  if (value !== undefined) found[name] = read(value);
  return found;
}

/** The children of that name in the element's own namespace. */
export function all(tree: XmlTree, name: string): readonly XmlTree[] {
  return tree.children.filter((child) => child.name === name && child.namespace === tree.namespace);
}

/** The child of that name; null if there is none. */
export function maybe(tree: XmlTree, name: string): XmlTree | null {
  const [first, second] = all(tree, name);
  if (second !== undefined) unexpected(`element ${tree.name} has more than one ${name}`);
  return first ?? null;
}

/** The one child of that name. */
export function one(tree: XmlTree, name: string): XmlTree {
  return maybe(tree, name) ?? unexpected(`element ${tree.name} has no ${name}`);
}

/** The element's only child, whatever its name. */
export function only(tree: XmlTree): XmlTree {
  const [first, second] = tree.children;
  if (first === undefined || second !== undefined)
    unexpected(`element ${tree.name} must have one child element`);
  return first;
}

/** One of a closed list of words. */
export function word<T extends string>(value: string, allowed: readonly T[]): T {
  return (
    allowed.find((candidate) => candidate === value) ?? unexpected(`${quoted(value)} is not an allowed value`)
  );
}

/** A whole number without sign or leading zero, at least `least`, at most 15 digits. */
export function whole(value: string, least = 1): number {
  const number = /^(0|[1-9][0-9]{0,14})$/.test(value) ? Number(value) : -1;
  return number >= least
    ? number
    : unexpected(`${quoted(value)} is not a whole number from ${String(least)}`);
}

/** A decimal number in plain notation. */
export function decimal(value: string): number {
  return /^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?$/.test(value)
    ? Number(value)
    : unexpected(`${quoted(value)} is not a number`);
}

export function truth(value: string): boolean {
  return word(value, ['true', 'false']) === 'true';
}

/** A moment, `YYYY-MM-DDTHH:MM:SS.mmmZ`, that exists in the calendar. */
export function moment(value: string): string {
  const shaped = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/.test(value);
  const date = new Date(shaped ? value : NaN);
  return !Number.isNaN(date.getTime()) && date.toISOString() === value
    ? value
    : unexpected(`${quoted(value)} is not a UTC time with milliseconds`);
}

/** Version of a document of ours: this code reads major version 1. */
export function version(value: string): string {
  return /^1\.(0|[1-9][0-9]{0,2})$/.test(value) ? value : unexpected(`version ${quoted(value)} is not 1.x`);
}

/** Bytes in base64 (RFC 4648, 4), padded, without line breaks. */
export function bytes(value: string): Buffer {
  const decoded = Buffer.from(value, 'base64');
  return decoded.toString('base64') === value ? decoded : unexpected('a text is not canonical base64');
}

/** Text as it stands. */
export function plain(value: string): string {
  return value;
}

function quoted(value: string): string {
  return JSON.stringify(value.slice(0, 80));
}
