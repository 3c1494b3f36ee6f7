// The certificate library's dependency injection reads metadata when it is loaded: the polyfill must come first.
import 'reflect-metadata';

export { KeyUsageFlags, KeyUsagesExtension, X509Certificate as ReadableCertificate } from '@peculiar/x509';
