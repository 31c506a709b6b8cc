"""The peer of `npm run bench -- grpo`: TRL's GRPOTrainer on the CPU, 2 prompts x 8 samples a step.

    python trl_grpo.py FOLDER --threads N --steps N
FOLDER holds a model, its tokenizer and prompts.json. Waits for a line of input before each step, so that the other side's steps can stand in
between, and prints `step {"seconds", "processor"}` after it; at the end `end {...}` with versions and lengths.
"""
import argparse
import json
import os
import sys
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument('folder')
parser.add_argument('--threads', type=int, required=True)
parser.add_argument('--steps', type=int, required=True)
parser.add_argument('--completion', type=int, default=64)
options = parser.parse_args()
os.environ |= {'HF_HUB_OFFLINE': '1', 'TRANSFORMERS_VERBOSITY': 'error', 'TOKENIZERS_PARALLELISM': 'false'}
for variable in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS'):
    os.environ[variable] = str(options.threads)

import torch
import transformers
import trl
from datasets import Dataset

torch.set_num_threads(options.threads)


class Clock(transformers.TrainerCallback):
    def on_step_begin(self, *_, **__):
        sys.stdin.readline()
        self.began = time.perf_counter(), time.process_time()

    def on_step_end(self, *_, **__):
        seconds, processor = time.perf_counter() - self.began[0], time.process_time() - self.began[1]
        print('step', json.dumps({'seconds': seconds, 'processor': processor}), flush=True)


tokenizer = transformers.AutoTokenizer.from_pretrained(options.folder)
prompts = json.load(open(os.path.join(options.folder, 'prompts.json')))
with tempfile.TemporaryDirectory() as output:
    settings = trl.GRPOConfig(
        output_dir=output, per_device_train_batch_size=16, num_generations=8, max_completion_length=options.completion, max_steps=options.steps,
        learning_rate=1e-4, beta=0.0, temperature=1.0, use_cpu=True, bf16=False, fp16=False, gradient_checkpointing=False, report_to=[],
        save_strategy='no', logging_steps=1, disable_tqdm=True, generation_kwargs={'min_new_tokens': options.completion})
    trainer = trl.GRPOTrainer(
        model=transformers.AutoModelForCausalLM.from_pretrained(options.folder, dtype=torch.float32), processing_class=tokenizer, args=settings,
        train_dataset=Dataset.from_list([{'prompt': prompt} for prompt in prompts]), callbacks=[Clock()],
        reward_funcs=lambda completions, **_: [float(len(set(completion.split()))) for completion in completions])
    trainer.train()
lengths = {entry['completions/mean_length'] for entry in trainer.state.log_history if 'completions/mean_length' in entry}
versions = f'TRL {trl.__version__}, torch {torch.__version__}, transformers {transformers.__version__}'
print('end', json.dumps({'version': versions, 'promptTokens': len(tokenizer(prompts[0]).input_ids), 'completionTokens': sorted(lengths)}))
