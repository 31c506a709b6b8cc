"""Loads every reference model and adapter with this package, saves it again, and checks that transformers and PEFT read what was saved
and compute the reference numbers with it. Models are also exported, adapters merged, in every number format and in shards: what
transformers reads of them must be torch's own rounding of the weights, bit for bit.

Needs torch, transformers, peft, safetensors, and the repository's node_modules:   python check-saved.py
"""
import json
import os
import subprocess
import sys
import tempfile

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data')

SAVE = '''
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadLanguageModel } from '@memtrain/lm';
import { wordTokenizer } from '@memtrain/policy';
const [data, out] = process.argv.slice(1);
const tokenizer = wordTokenizer(['<pad>', '<eos>']);
for (const name of readdirSync(data)) {
  const folder = join(data, name);
  const { base } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  const model = await loadLanguageModel(base ? join(data, base) : folder, { tokenizer, ...(base && { adapter: folder }) });
  await model.save(join(out, name));
  for (const dtype of ['F32', 'BF16', 'F16']) await model.exportModel(join(out, `${name}.${dtype}`), { dtype, maxShardBytes: 20_000 });
  await model.dispose();
}
'''


def opened(path, base):
    if not os.path.exists(os.path.join(path, 'adapter_config.json')):
        return AutoModelForCausalLM.from_pretrained(path)
    return PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(os.path.join(DATA, base)), path)


def exported_as_rounded(path, exact, dtype):
    """The shards of an export, their weights against torch's rounding of the exact ones, and the dtype that transformers finds."""
    model = AutoModelForCausalLM.from_pretrained(path, dtype='auto')
    state = model.state_dict()
    exact = exact or state
    if model.dtype != dtype or state.keys() != exact.keys():
        sys.exit(f'{path}: transformers reads {model.dtype} and {sorted(state.keys() ^ exact.keys())}')
    for name, weight in exact.items():
        if not torch.equal(state[name], weight.to(dtype)):
            sys.exit(f'{path}: {name} is not rounded as torch does')
    with open(os.path.join(path, 'model.safetensors.index.json')) as file:
        index = json.load(file)
    shards = sorted(set(index['weight_map'].values()))
    assert shards == sorted(name for name in os.listdir(path) if name.endswith('.safetensors')), path
    assert index['metadata']['total_size'] == sum(t.nbytes for shard in shards for t in load_file(os.path.join(path, shard)).values()), path
    return model, len(shards)


def largest_gap(model, expected, tensors):
    with torch.no_grad():
        return max((model(torch.tensor([row])).logits[0] - tensors[f'logits.{i}']).abs().max().item() for i, row in enumerate(expected['rows']))


out = tempfile.mkdtemp()
node = ['node', '--conditions=@memtrain/source', '--import', 'tsx', '--input-type=module', '-e', SAVE, DATA, out]
subprocess.run(node, cwd=os.path.dirname(DATA), check=True)
worst = 0.0
for name in sorted(os.listdir(DATA)):
    reference = os.path.join(DATA, name)
    with open(os.path.join(reference, 'expected.json')) as file:
        expected = json.load(file)
    tensors = load_file(os.path.join(reference, 'expected.safetensors'))
    saved = opened(os.path.join(out, name), expected.get('base')).eval()
    exported, shards = exported_as_rounded(os.path.join(out, f'{name}.F32'), None, torch.float32)
    exact = exported.state_dict()
    for dtype, torch_dtype in [('BF16', torch.bfloat16), ('F16', torch.float16)]:
        exported_as_rounded(os.path.join(out, f'{name}.{dtype}'), exact, torch_dtype)
    gaps = [largest_gap(model, expected, tensors) for model in (saved, exported.eval())]
    end = saved.generation_config.eos_token_id
    print(f'{name}: largest gap of a logit {gaps[0]:.1e} saved, {gaps[1]:.1e} exported in {shards} shards; end tokens {end}')
    worst = max(worst, *gaps)
sys.exit(worst > 2e-4)
