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
/** No text at all (made, as the rest, with Python's bz2). */
export const emptyStream: Buffer = Buffer.from('QlpoORdyRThQkAAAAAA=', 'base64');
/** "ab" 5,000 times: rotations of the text that are equal. */
export const periodicStream: Buffer = Buffer.from('QlpoOTFBWSZTWf5cQiEACcOBADAAIAAwgCkYQqMIVHF3JFOFCQ/lxCIQ', 'base64');
/** Runs of 3 to 300 equal bytes: 3 a, 4 b, 5 c, 255 d, 259 e, 260 f, 300 g, 4 h. */
export const runStream: Buffer = Buffer.from(
  'QlpoMTFBWSZTWShp1QUAAANRAOAAACA/wAAIIAAxA0DQI9QmAmxdZs4kiwPelnIpg0MYPLGnVdR8XckU4UJAoadUFA==',
  'base64',
);
/** All 256 bytes, the n-th n % 7 + 1 times. */
export const manyBytesStream: Buffer = Buffer.from(
  'QlpoOTFBWSZTWbaDIrEAAAD/////////////////////////////////////////////wAI4w4cAjUqjQb/1VIANDQAMgNDQ000AAA00BoDQDQANMQGgAAAA' +
    'AABoZGg0yYQNBoBoekyepk2o2p6m1HqYnoR+qGhGpVA0f/qqjRkNDQaNGgaaGhoAZBo0yNNAaABpkGQ0DQGEGmQZNDTBMmjR6j1GjJphAAAaGhiZDIAYQBky' +
    'aAaEAmCaYTTAmEY0Qw0BMCYmmTCbQmmBMAACY0NIyYEwm0A0j0aDSPUY0DQ1NMEwRjUzUwTTRjQaDTQ0T0CYBMmhGpVAaf/qqgBoaDRpo00yAyAGgyMQaA0A' +
    'ANAAYQMmQZA0BoDRkDQZDTQMEwT1GTJgmmTCBkyANBoGRhA5y7oGx2g9fsAe33F/wNLe6vkEEi5GWDCPZTjPjbXY/75BEn+/5xgErsgVRZ7rCC8Te6PUAD8s' +
    'ZIhZsPRChYywtbodgYuRmkimzvcgBlLATS2uLs9wEIEio6SCzXqECfcLrBtlbfMd9sT8kCJLVK7nB/YMtSQYSJjJCTCzIYPQCRVNUjBtja3H0HD8LF/RDN0C' +
    'ZQrRUv4/mgDvhRhrWLZbdzCJCpCBWkBxINxBMNDpEJDhWnBcQbqCd1EpFJEhWrByQN7BO7i03iRYU+A5cG/gnexib5IwK14LoC2AnfrE4CLAp/BdQW8E8Fan' +
    'CRaFbQF3BxYJ4canESNCoIHSg5AE8WOSPSOCoMHUg5YE8aQTjpIBUMC9gugJkZJJNJIKfQXgHSgmFhkh0hgrlA7gFwBPZiEiUiArmg7wHWgmKi0jEiwqAB4A' +
    'LsCe0sTtosCoEF7BeAT3I1I5I0K6oPHBeQT3Y9JBI8KgwX4HfAnvSKSSSIVDgv4PDBMnKJKpKBUUDAgvoJ78sngSWClgPWBfgTLzCeFJgKjgYUGABMzNJNpN' +
    'BXgBhweiCfauSQRcFRwMWDCgn3SKSSSIV5we8D2QT716fBF4VHg+IGLBMnKJ8UlApcD5ge+CZVgnyRgFSQMeDHAn5yyMUlgqTBkAfSCfoyT6oyCmAK8FcCZd' +
    'mn2RmFMQZUFeCfu0T8I0CpcFiCwBMxMpNJMhTQFmCyBP5apNo1CpoGYBaAmcnU/SToVOAzYLUE/tZP4iwUsCsCsCf7/knkngr/i7kinChIW0GRWI',
  'base64',
);
/** The words w{i * i * 7919 % 1000} for i from 0 to 1,499. */
export const wordsStream: Buffer = Buffer.from(
  'QlpoOTFBWSZTWbVktdoAC3WYgEAAf+AAgGAGvwAAAAAAAAEDQNAgaBoEDQNAgaBoEDQNAb1QKmKR/SE8a9eqU1jI/RzGqi3OUprVuilsctalqc2KW1zVKc1q' +
    'lqc1SltW5SnNimrWpzlKaxblKcxqlqc5SopSmsY5SnMjVra5SltY5SlsjnQWxi2uUqOUpzWtUpzGwWuLUtjlKa1zVKW6KjVLY5SmNY5SnNjYktbnKUtq3KU5' +
    'rVRbnRTGscpTGOXFrW5ylNY5ilMg5q1LU5qlNY5ilOZFNWtTmqU1i3KU5katbXKUpSlNYxylOZGqW1ylNaxylLY5bpBi2Kc5SlOinNaxSnMapanNUpbXMUpz' +
    'VKjVLZHRjWOUpzWqVBa3OUpbVzlKVjmrWpjlKW1jlKWyOdILYxbHKUtq3KVH+VJFKkSUqSKVIkpUj8xzn5SlsatbWxSlLY1a2NUpjGqXFMapS2NUtrXr+fz/' +
    'Nc8ePVqY/PXPXj1bmx45imrYtbUmNjWsWtsY1amtauLbGRsa1i1tjGpNaxa2xrVRrWLW2Ma1SmsWtsUxsaxi1tjGqU1rH9Iktca5zVsYuMbGtYtboJOfNfPz' +
    '168a5znr5Sn54+fMiTmvHPU1rVrW1qlKa1roOokY5+fnj16tzx65z88evo/PIkk+eqfnNWtsY2NayLW1iSJ+W9in568fKU+fPnzx41zpJHqnrY/Ma1jGMbGt' +
    'a1jIKjYyNj+io2NkSbGRsbGxsbGyNjY1aopSlKUpSopSlKUqNjnNjo1ilKUqKUpSlNUuKU6Mgkx/PH6LePn88fnj+fPzn5jxzZBUIkpEqPHR+j1i1tjGxrYx' +
    'ySJjxz5ylPnj19FPnz58/PHRJ+fmvX5TWtbGMY1qmta6CoyNjZGR0jY2LjIyMjY2KjYuRsbGRcXGyMjZGxsVGRUXGxUVGRsjY2Mi4uNkZHJIluePz2Mfn549' +
    'fnj1814t+eIkn0eNY/MYuMbFta1a1ySOevFLiotS4palpKXFLilqXFRalxS1LilLWuKWpbEknr548cpT169fMYtj189nyrgk8W+eNWtbWqU1rVrWxq4JOY/M' +
    'c8fnr189esfnPHz56+XIMh+eqUpSlRTx+YtrVta1rWtU1rWRSlKUpUU1rVDWtjGxalKUpUU1rGta1rY1rWta1sUpSlKVFNY1TpElubHOYtcakxsa1i3QSY8i' +
    'lufPHr1zmuc58+Up5BJ4149WxjmqUxrVLW1qnQZ/pGUEgn/F3JFOFCQtWS12gA==',
  'base64',
);
