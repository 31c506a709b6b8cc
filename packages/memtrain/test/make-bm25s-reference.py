"""Top 11 passages of PyPI bm25s for 200 real questions, for serve-retriever-bm25s.test.ts.

    python make-bm25s-reference.py hotpotqa-dev-200.jsonl data/bm25s-reference.json

Passages are the contexts of the questions, each title and text once, in their order. Tokens: lower-case runs of letters, digits and marks,
without the stop words that the corpus package leaves out. BM25 of Lucene, k1 1.2, b 0.75.
"""
import json
import re
import sys
import unicodedata
from pathlib import Path

import bm25s

source = (Path(__file__).parents[2] / 'corpus/src/retrieval/terms.ts').read_text('utf8')
literal = source[source.index('STOP_WORDS'):source.index(".split(' ')")]
stop_words = set(' '.join(re.findall(r"'([^']*)'", literal)).split())


def tokens(text):
    kept = ''.join(c if unicodedata.category(c)[0] in 'LNM' else ' ' for c in text.lower())
    return [token for token in kept.split(' ') if token and token not in stop_words]


items = [json.loads(line) for line in open(sys.argv[1], encoding='utf8')]
passages = list(dict.fromkeys((title, ''.join(sentences)) for item in items for title, sentences in item['context']))
model = bm25s.BM25(k1=1.2, b=0.75, method='lucene')
model.index([tokens(f'{title} {text}') for title, text in passages], show_progress=False)
queries = []
for item in items:
    scores = model.get_scores(list(dict.fromkeys(tokens(item['question']))))
    best = sorted(range(len(passages)), key=lambda i: (-scores[i], i))[:11]
    queries.append({'passages': [int(i) for i in best], 'scores': [round(float(scores[i]), 4) for i in best]})
reference = {'bm25s': bm25s.__version__, 'passages': len(passages), 'queries': queries}
Path(sys.argv[2]).write_text(json.dumps(reference) + '\n')
