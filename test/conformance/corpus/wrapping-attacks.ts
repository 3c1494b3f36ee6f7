/** The signature in the wrong place, more than once, or around something that was not signed. */
import { attack, replaced, type Made } from './case.ts';

const DSIG = 'http://www.w3.org/2000/09/xmldsig#';

/** Signature wrapping (McIntosh and Austel 2005; Somorovsky et al. 2012): what was signed is kept, something else is read. */
export function wrappings(act: Buffer, unsigned: Buffer): readonly Made[] {
  const forged = replaced(act, 'office="UF-SUAP"', 'office="UF-XXXX"');
  const original = nested(unsigned);
  const signature = signatureOf(act);
  const hiddenIn = (end: string): Buffer => replaced(forged, end, `${original}${end}`);
  const about = (where: string): string => `Content is forged, the signed original is hidden ${where}.`;
  return [
    attack(
      'wrapping/in-new-root',
      'SIGNATURE_MISPLACED',
      'The signed event is the only child of another Event.',
      Buffer.from(`<Event xmlns="urn:reset-hub:event:1">${nested(act)}</Event>`),
    ),
    attack(
      'wrapping/original-with-signature-in-forged',
      'SIGNATURE_MISPLACED',
      'A forged event holds the signed original, signature included, as its last child.',
      replaced(replaced(unsigned, 'UF-SUAP', 'UF-XXXX'), /<\/Event>$/, `${nested(act)}</Event>`),
    ),
    attack(
      'wrapping/original-before-signature',
      'REFERENCE_DIGEST_MISMATCH',
      about('as a sibling before the signature'),
      replaced(forged, '<ds:Signature ', `${original}<ds:Signature `),
    ),
    attack(
      'wrapping/original-after-signature',
      'SIGNATURE_MISPLACED',
      about('as a sibling after the signature'),
      replaced(forged, /<\/Event>$/, `${original}</Event>`),
    ),
    attack('wrapping/original-in-object', 'SIGNATURE_SHAPE', about('in ds:Object'), hiddenIn('</ds:Object>')),
    attack(
      'wrapping/original-in-second-object',
      'SIGNATURE_SHAPE',
      about('in a ds:Object of its own'),
      replaced(forged, '</ds:Signature>', `<ds:Object Id="o">${original}</ds:Object></ds:Signature>`),
    ),
    attack(
      'wrapping/signed-original-in-object',
      'SIGNATURE_MULTIPLE',
      about('in ds:Object together with its own signature'),
      replaced(forged, '</ds:Object>', `${nestedInSignature(nested(act))}</ds:Object>`),
    ),
    attack(
      'wrapping/original-in-key-info',
      'SIGNATURE_SHAPE',
      about('in ds:KeyInfo'),
      hiddenIn('</ds:KeyInfo>'),
    ),
    attack(
      'wrapping/original-in-signed-properties',
      'SIGNATURE_SHAPE',
      about('in the signed properties'),
      hiddenIn('</xades:SignedProperties>'),
    ),
    attack(
      'wrapping/original-in-unsigned-properties',
      'SIGNATURE_SHAPE',
      about('in unsigned properties'),
      replaced(
        forged,
        '</xades:QualifyingProperties>',
        `<xades:UnsignedProperties>${original}</xades:UnsignedProperties></xades:QualifyingProperties>`,
      ),
    ),
    attack(
      'wrapping/original-by-id',
      'SIGNATURE_SHAPE',
      about('under an Id that the reference is made to name'),
      replaced(
        replaced(forged, '<ds:Signature ', `${original.replace('<Event ', '<Event Id="o" ')}<ds:Signature `),
        'URI=""',
        'URI="#o"',
      ),
    ),
    attack(
      'wrapping/original-in-facts-with-signature',
      'SIGNATURE_MISPLACED',
      'The signature moves into the signed original, which is a grandchild of a forged event.',
      replaced(
        replaced(forged, signature, ''),
        '</Facts>',
        `${original.replace(/<\/Event>$/, () => `${signature}</Event>`)}</Facts>`,
      ),
    ),
  ];
}

export function places(act: Buffer): readonly Made[] {
  const signature = signatureOf(act);
  const without = replaced(act, signature, '');
  const atEnd = (text: string): Buffer => replaced(act, /<\/Event>$/, `${text}</Event>`);
  return [
    attack('place/no-signature', 'SIGNATURE_MISSING', 'There is no signature.', without),
    attack('place/two-signatures', 'SIGNATURE_MULTIPLE', 'The signature is there twice.', atEnd(signature)),
    attack(
      'place/second-signature-with-another-prefix',
      'SIGNATURE_MULTIPLE',
      'A second Signature stands in Facts, under another prefix.',
      replaced(act, '<Facts>', `<Facts><x:Signature xmlns:x="${DSIG}"></x:Signature>`),
    ),
    attack(
      'place/counter-signature',
      'SIGNATURE_MULTIPLE',
      'The signature holds a signature.',
      replaced(act, '</ds:SignatureValue>', `${nestedInSignature(signature)}</ds:SignatureValue>`),
    ),
    attack(
      'place/signature-first',
      'SIGNATURE_MISPLACED',
      'The signature is the first child of the root.',
      replaced(without, '<Author', `${signature}<Author`),
      true,
    ),
    attack(
      'place/signature-in-child',
      'SIGNATURE_MISPLACED',
      'The signature is a grandchild of the root.',
      replaced(without, '</Facts>', `${signature}</Facts>`),
    ),
    attack(
      'place/signature-before-root',
      'SIGNED_DOCUMENT_MALFORMED',
      'The signature stands before the root.',
      Buffer.from(signature + without.toString()),
    ),
    attack(
      'place/text-after-signature',
      'SIGNATURE_MISPLACED',
      'A line end follows the signature.',
      atEnd('\n'),
    ),
    attack(
      'place/element-after-signature',
      'SIGNATURE_MISPLACED',
      'An element follows the signature.',
      atEnd('<More></More>'),
    ),
    attack(
      'place/id-used-elsewhere',
      'SIGNATURE_ID_DUPLICATE',
      'Another element has the Id of the signed properties.',
      replaced(act, '<Facts>', '<Facts Id="signature-properties">'),
    ),
    attack(
      'place/id-used-as-xml-id',
      'SIGNATURE_ID_DUPLICATE',
      'Another element has the Id of the content reference, as xml:id.',
      replaced(act, '<Facts>', '<Facts xml:id="signature-content">'),
    ),
    attack(
      'place/id-of-signature-used-elsewhere',
      'SIGNATURE_ID_DUPLICATE',
      'Another element has the Id of the signature, in lower case.',
      replaced(act, '<Facts>', '<Facts id="signature">'),
    ),
  ];
}

/** A document as it is spelled within an event: in canonical form, what is declared already is not declared again. */
function nested(document: Buffer): string {
  return document.toString().replace(' xmlns="urn:reset-hub:event:1"', '');
}

/** The same, within a signature. */
function nestedInSignature(text: string): string {
  return text.replace(` xmlns:ds="${DSIG}"`, '');
}

function signatureOf(act: Buffer): string {
  return /<ds:Signature .*<\/ds:Signature>/s.exec(act.toString())?.[0] ?? '';
}
