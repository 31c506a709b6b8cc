/** Made with `zstd -19`: two lines of JSON, with the titles A and B. */
export const zstdLines: Buffer = Buffer.from(
  'KLUv/SRElQEAhAJ7InRpdGxlIjoiQSIsInRleHQiOiJUZXh0IG9mIEEuIn0KQkIuIn0KAgDAC5VNPQH0Jg9D',
  'base64',
);
/** A dump of the pages "1984" and "Zürich" as two frames, one behind the other. */
export const zstdDump: Buffer = Buffer.from(
  'KLUv/STyzQQA4ggcGHCtA0Au9JQiE0xGdXXaI6QZm0EE0MXBAarroUuHOiq+PDDF5S8vJn+ZKIyBtZs+m2nP8vL0nrB+7Rlc3nu6ZFWAqW+FMN' +
    '/coRTy0GVsSNWuQVjBjPCRet2TlolQEKIo2j2eORuFyHdPUnc8aq704xAgUKLUboQtwwUc+MylzCuFF6QDwIJoAZwLlstTvUE0gcm+vhhOYaz7' +
    '4yi1L/0k8uUDAELGFRuwqQPgkiTIWrbXCbeWgoSsPZGKpZx2so3BuhNqWWFoMTuTaiAGjFOFZdwtNdhuqcnBTpqK/fL4KeKR5ahtDTc/d6moNn' +
    'Ut8Me97xyA+LGcHhYmwhf9aQ4A4AiVCUgU5KGaeYEHkLmb2ScFMkO8ZFuOxLSSC0MQKCcPM75I',
  'base64',
);
