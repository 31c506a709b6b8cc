import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ListenOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Makes what is thrown when the address cannot be used, of a sentence that says so. */
  readonly failure: (what: string, options: { readonly cause: Error }) => Error;
}

/** Starts a server, and resolves to its base URL without a path. */
export function listen(server: Server, { host, port, failure }: ListenOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'something else uses it' : cause.message;
      reject(failure(`cannot serve on ${host}:${port} (${reason})`, { cause }));
    });
    server.listen(port, host, () => {
      const { port: bound } = server.address() as AddressInfo;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${bound}`);
    });
  });
}
