import { z } from 'zod';
import { parseIpaCode, type PublicBody } from '#contracts';
import { readJsonFile } from './read-json-file.ts';

/** `MEMBERS_FILE`: at which address each joined body's node serves documents now. */
const members = z.array(
  z.strictObject({
    ipa: z.string(),
    nodeUrl: z.url({ protocol: /^https$/ }),
  }),
);

/**
 * Addresses of the members' nodes, by lower-case IPA code.
 * @throws HubError `CERTIFICATES_UNREADABLE`, `ID_MALFORMED`
 */
export function readNodeUrls(path: string): ReadonlyMap<string, string> {
  return new Map(
    readJsonFile(path, members).map(({ ipa, nodeUrl }) => [parseIpaCode(ipa).toLowerCase(), nodeUrl]),
  );
}

/** A joined body with its node's address, when one is given; any other body as it is. */
export function withNodeUrl(body: PublicBody, nodeUrls: ReadonlyMap<string, string>): PublicBody {
  const nodeUrl = nodeUrls.get(body.ipa.toLowerCase());
  return body.joined && nodeUrl !== undefined ? { ...body, nodeUrl } : body;
}
