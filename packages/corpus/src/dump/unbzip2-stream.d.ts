declare module 'unbzip2-stream' {
  /** A classic (pre-Readable) through stream: `write` emits decoded `data` synchronously. */
  interface Decoder {
    on(event: 'data', listener: (chunk: Buffer) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    write(chunk: Uint8Array): boolean;
    end(): void;
  }
  export default function unbzip2Stream(): Decoder;
}
