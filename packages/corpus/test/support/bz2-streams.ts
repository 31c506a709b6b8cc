/** Two bzip2 streams (made with Python's bz2): their texts, one behind the other, are a dump of the pages "1984" and "Zürich". */
export const firstStream: Buffer = Buffer.from(
  'QlpoOTFBWSZTWQf/BewAADtZgFAQUIPkdy7v3eAwALqwap+kmgDQAYQADRTEaPSAyAADQSSFHqaHlMh6hkaeieoPSwEMhEEDGkYm' +
    'uVJTp7xcrjpNxvia24v8VySZs2/VAxoNhDg8LHdQRga+jKCoFZUXXQe5E3K0NHtCD2uvV8MTNgcWrskN+sS2y0WeA7CZGxzIlTsU' +
    'FBwcHiou1CRukQMIlbfXMhNyStkqPomYxHGaQKS9QsRRtaDYKYyvnEKgc4WSyP8XckU4UJAH/wXs',
  'base64',
);
export const secondStream: Buffer = Buffer.from(
  'QlpoOTFBWSZTWc0CCV8AABdf7VAQUAHQFyAEABou793gQAAEAAAECAAQACAAlA1NNKemBJtRkyaNGCeoeg0RADQyNAAAAkikBAyB' +
    'BwgDDZe8dmusQwALjLFDFGqVd60hw0HGvVPgpJLI1KFx2YkTwXUTfqjSHoqiAdLfPDQE3puiIgKk7W8sxkPmzhWGh0omCbNU0G/B' +
    'QcasbzP9f5BME4DsxkCStFrAtaRZT/Si+BdyRThQkM0CCV8=',
  'base64',
);
/** The same dump as one stream. */
export const singleStream: Buffer = Buffer.from(
  'QlpoOTFBWSZTWetLP2gAAGPf7VAQUIP0dyAEABou793gQAAEAAAECAAQADABGthhpE1NMmJgRozNQEwjJtBKqfpGoxMmTAmjIwAm' +
    'jASiTU2TNRT0002qHqbUGEeo9QKhEwBBRBB4gKGePaz76TPg9tNMOGcbRwTKb3CDqNO32JS8jIijxXPWkMkDAiVABiwOjWIkvRg0' +
    'Ax8HTxhWyidEOYgwIUxVeykUKMBBYoQmYPSli3qlTsuqqwuhtN9BKR1tTmLJQHpj9GpE4ApbJL68DoJ67wdxvBnx+UySEQ5h1TVk' +
    'KXBMG4peHZ4OJebbIQ28FQxpWRLoIWZteVkBsicDcbhvy5yjd6DjKoMBipSciReo4gHdm6JXIKWItg8FEHkt4a1XIu5IpwoSHWln7QA=',
  'base64',
);
