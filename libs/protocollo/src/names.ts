/** Names and versions of AgID's XML (Allegato 6): namespaces of segnatura_protocollo.xsd and pec_message.xsd. */
export const PROT_NAMESPACE = 'http://www.agid.gov.it/protocollo/';
export const PEC_NAMESPACE = 'http://www.agid.gov.it/protocollo/pec/';
export const SEGNATURA_VERSION = '3.0.0';
export const SEGNATURA_LANGUAGE = 'it';
