// What a small JSON server of this repository is made of: the retriever's here, the model's in the command line.
export { HttpError } from './http-error.ts';
export { readJsonBody, sendJson } from './json-messages.ts';
export { listen } from './listen.ts';
export type { ListenOptions } from './listen.ts';
export { isLoopback, requireLoopbackName } from './loopback.ts';
