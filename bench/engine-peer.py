"""The peer of `npm run bench -- engine`: PyTorch and transformers doing the same work on the same weights.

    python engine-peer.py FOLDER --threads N --what train|generate|samples [--repeats R] [--device cuda] [--rows 8] [--length 512]
Prints one line of JSON: seconds and processor seconds of the quickest repeat.
  train     rows of tokens (8 x 512), forward, backward, AdamW
  generate  32 different prompts of 256 tokens, 64 new tokens each; `prefill` is the forward pass over the prompts alone
  samples   4 prompts of 256 tokens, 8 samples of 64 tokens each
"""
import argparse
import json
import os
import time

parser = argparse.ArgumentParser()
parser.add_argument('folder')
parser.add_argument('--threads', type=int, required=True)
parser.add_argument('--what', required=True)
parser.add_argument('--repeats', type=int, default=3)
parser.add_argument('--device', default='cpu')
parser.add_argument('--rows', type=int, default=8)
parser.add_argument('--length', type=int, default=512)
options = parser.parse_args()
os.environ.setdefault('HF_HUB_OFFLINE', '1')
os.environ.setdefault('TRANSFORMERS_VERBOSITY', 'error')
for variable in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS'):
    os.environ[variable] = str(options.threads)

import torch
import transformers

torch.set_num_threads(options.threads)
torch.manual_seed(0)
# As ONNX Runtime does; the variable forbids it to both.
torch.backends.cuda.matmul.allow_tf32 = os.environ.get('NVIDIA_TF32_OVERRIDE') != '0'
model = transformers.AutoModelForCausalLM.from_pretrained(options.folder, dtype=torch.float32).to(options.device)
vocabulary = model.config.vocab_size


def quickest(work, repeats=options.repeats):
    def finished():
        work()
        if options.device == 'cuda':
            torch.cuda.synchronize()

    finished()
    best = None
    for _ in range(repeats):
        started, processor = time.perf_counter(), time.process_time()
        finished()
        taken = dict(seconds=time.perf_counter() - started, processor=time.process_time() - processor)
        best = taken if best is None or taken['seconds'] < best['seconds'] else dict(best, processor=min(best['processor'], taken['processor']))
    return best


device = torch.cuda.get_device_name() if options.device == 'cuda' else 'cpu'
result = dict(torch=torch.__version__, transformers=transformers.__version__, device=device)
if options.what == 'train':
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    ids = torch.randint(3, vocabulary, (options.rows, options.length), device=options.device)

    def step():
        model(input_ids=ids, labels=ids, use_cache=False).loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    result |= quickest(step)
else:
    model.eval()
    rows, samples = (32, 1) if options.what == 'generate' else (4, 8)
    ids = torch.randint(3, vocabulary, (rows, 256), device=options.device)
    mask = torch.ones_like(ids)
    settings = dict(attention_mask=mask, max_new_tokens=64, min_new_tokens=64, do_sample=True, temperature=1.0, top_k=0, use_cache=True,
                    pad_token_id=0, eos_token_id=None, num_return_sequences=samples)
    with torch.inference_mode():
        result |= quickest(lambda: model.generate(ids, **settings))
        whole = ids.repeat_interleave(samples, 0)
        result['prefill'] = quickest(lambda: model(input_ids=whole, use_cache=True, logits_to_keep=1))
print(json.dumps(result))
