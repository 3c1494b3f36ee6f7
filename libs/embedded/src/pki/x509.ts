// The certificate library's dependency injection reads metadata when it is loaded: the polyfill must come first.
import 'reflect-metadata';

export * from '@peculiar/x509';
