"""Calls a retriever server as Search-R1's rollout does, and as MemSearcher's tool does. Standard library only.

    memtrain serve-retriever --corpus corpus.jsonl
    python search-r1-client.py http://127.0.0.1:8000 "a question" "another question"

Search-R1 (search_r1/llm_agent/generation.py): all queries of a step in one POST of {queries, topk, return_scores: true}, the reply's
`result`, and of each `document` the first line of `contents` as the title. MemSearcher (and ReSearch): {query, top_n, return_score}.
"""
import json
import sys
import urllib.error
import urllib.request


def post(url, payload):
    body = json.dumps(payload).encode()
    request = urllib.request.Request(url, body, {'Content-Type': 'application/json'})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def passages_to_string(retrieval_result):
    reference = ''
    for index, item in enumerate(retrieval_result):
        content = item['document']['contents']
        title, *text = content.split('\n')
        reference += 'Doc {}(Title: {}) {}\n'.format(index + 1, title, '\n'.join(text))
    return reference


base, queries = sys.argv[1].rstrip('/'), sys.argv[2:] or ['Who was born in Rome?', 'What is the capital of Italy?']
with urllib.request.urlopen(base + '/health') as response:
    health = json.load(response)
assert health['status'] == 'healthy', health

results = post(base + '/retrieve', {'queries': queries, 'topk': 3, 'return_scores': True})['result']
assert len(results) == len(queries)
for query, result in zip(queries, results):
    scores = [item['score'] for item in result]
    assert len(result) <= 3 and scores == sorted(scores, reverse=True)
    assert all(set(item['document']) >= {'id', 'contents'} for item in result)
    print(f'{query}\n{passages_to_string(result)}')

# One question at a time gives what all together gave; MemSearcher's routes give the same rows.
for query, result in zip(queries, results):
    rows = [item['document'] for item in result]
    assert post(base + '/retrieve', {'queries': [query], 'topk': 3, 'return_scores': True})['result'] == [result]
    assert post(base + '/search', {'query': query, 'top_n': 3}) == rows
    assert post(base + '/search', {'query': query, 'top_n': 3, 'return_score': True}) == [rows, [item['score'] for item in result]]
assert post(base + '/batch_search', {'query': queries, 'top_n': 3}) == [[item['document'] for item in result] for result in results]
assert len(post(base + '/retrieve', {'queries': queries * 256, 'topk': 3, 'return_scores': True})['result']) == 256 * len(queries)
try:
    post(base + '/retrieve', {'queries': 'not a list'})
    raise AssertionError('a wrong body must be refused')
except urllib.error.HTTPError as error:
    assert error.code == 422 and 'queries' in json.load(error)['detail']
print('all calls answered as the published clients expect:', health)
