"""Loads every reference model and adapter with this package, saves it again, and checks that transformers and PEFT read what was saved
and compute the reference numbers with it.

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
  if (base) await model.saveMerged(join(out, `${name}-merged`));
  await model.dispose();
}
'''


def opened(path, base):
    if not os.path.exists(os.path.join(path, 'adapter_config.json')):
        return AutoModelForCausalLM.from_pretrained(path)
    return PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(os.path.join(DATA, base)), path)


out = tempfile.mkdtemp()
node = ['node', '--conditions=@memtrain/source', '--import', 'tsx', '--input-type=module', '-e', SAVE, DATA, out]
subprocess.run(node, cwd=os.path.dirname(DATA), check=True)
worst = 0.0
for name in sorted(os.listdir(out)):
    reference = os.path.join(DATA, name.removesuffix('-merged'))
    with open(os.path.join(reference, 'expected.json')) as file:
        expected = json.load(file)
    tensors = load_file(os.path.join(reference, 'expected.safetensors'))
    model = opened(os.path.join(out, name), expected.get('base')).eval()
    with torch.no_grad():
        gaps = [(model(torch.tensor([row])).logits[0] - tensors[f'logits.{i}']).abs().max().item() for i, row in enumerate(expected['rows'])]
    end = model.generation_config.eos_token_id
    print(f'{name}: largest gap of a logit {max(gaps):.1e}, end tokens {end}')
    worst = max(worst, *gaps)
sys.exit(worst > 2e-4)
