"""Writes the reference models and numbers that the tests of this package compare with.

Needs torch, transformers, peft and safetensors:   python make-reference.py [FOLDER]   (default: data/ beside this file)
Each folder is a random-initialised model in Hugging Face's layout plus the numbers of transformers and torch in double precision:
  expected.json         rows (token ids, no padding), completionStart (first completion position of each row; the loss is the sum over
                        the completion tokens of -log p), loss, greedy (what `generate` adds to each row of the left-padded batch),
                        adamw (options, losses before each of 5 steps, loss after them)
  expected.safetensors  logits.<row> [length, vocabulary], logprobs.<row> [length - 1] (log p(token t + 1 | tokens up to t)),
                        gradient.<parameter>, trained.<parameter> (after the 5 steps: norm, sum, and the first 64 numbers)
An adapter's folder is PEFT's format with the same two files, made with the base model `base` of expected.json; merged.<parameter> are
the base's weights with the adapter added in.
"""
import json
import os
import sys

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, LlamaConfig, Qwen2Config, Qwen3Config

END = 1
PAD = 0
STEPS = 5
NEW_TOKENS = 12
LLAMA3 = {'rope_type': 'llama3', 'factor': 8.0, 'low_freq_factor': 1.0, 'high_freq_factor': 4.0, 'original_max_position_embeddings': 16}

# name -> (config class, spelling of the rotary settings, lengths of the rows, options)
VARIANTS = {
    'qwen3-tied': (Qwen3Config, 'top', [9, 6], dict(vocab_size=64, hidden_size=32, num_attention_heads=4, num_key_value_heads=2, head_dim=16, intermediate_size=48, tie_word_embeddings=True)),
    'qwen3-untied': (Qwen3Config, 'parameters', [33, 1 + 17, 5], dict(vocab_size=96, hidden_size=24, num_attention_heads=4, num_key_value_heads=1, head_dim=8, intermediate_size=40, rope_theta=1e6)),
    'qwen3-one-to-one': (Qwen3Config, 'top', [7, 21], dict(vocab_size=81, hidden_size=36, num_attention_heads=3, num_key_value_heads=3, head_dim=10, intermediate_size=44, tie_word_embeddings=True, rms_norm_eps=1e-2)),
    'qwen2-tied': (Qwen2Config, 'top', [19, 4, 11], dict(vocab_size=96, hidden_size=32, num_attention_heads=4, num_key_value_heads=1, intermediate_size=48, tie_word_embeddings=True, rope_theta=1e6)),
    'qwen2-untied': (Qwen2Config, 'parameters', [13, 37], dict(vocab_size=70, hidden_size=32, num_attention_heads=4, num_key_value_heads=4, intermediate_size=40)),
    'llama-tied': (LlamaConfig, 'top', [15, 8], dict(vocab_size=88, hidden_size=32, num_attention_heads=4, num_key_value_heads=2, intermediate_size=56, tie_word_embeddings=True, rms_norm_eps=1e-5)),
    'llama3-scaled': (LlamaConfig, 'scaling', [41, 3, 27], dict(vocab_size=96, hidden_size=32, num_attention_heads=4, num_key_value_heads=1, head_dim=16, intermediate_size=40, rope_theta=500.0, rope=LLAMA3)),
    'llama3-scaled-one-to-one': (LlamaConfig, 'parameters', [29, 35], dict(vocab_size=64, hidden_size=24, num_attention_heads=2, num_key_value_heads=2, head_dim=12, intermediate_size=40, tie_word_embeddings=True, rope_theta=2000.0, rope=LLAMA3)),
}

# name -> (base, rank, alpha, targets)
ADAPTERS = {
    'lora-qwen3': ('qwen3-tied', 4, 6, ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']),
    'lora-qwen2': ('qwen2-untied', 3, 12, ['q_proj', 'v_proj']),
    'lora-llama3': ('llama3-scaled', 8, 8, ['o_proj', 'down_proj', 'k_proj']),
}


def rows_of(lengths, vocabulary):
    generator = torch.Generator().manual_seed(7)
    return [torch.randint(2, vocabulary, (length - 1,), generator=generator).tolist() + [END] for length in lengths]


def batch(rows, side='right'):
    longest = max(map(len, rows))
    padded = [row + [PAD] * (longest - len(row)) if side == 'right' else [PAD] * (longest - len(row)) + row for row in rows]
    mask = [[1] * len(row) + [0] * (longest - len(row)) if side == 'right' else [0] * (longest - len(row)) + [1] * len(row) for row in rows]
    return torch.tensor(padded), torch.tensor(mask)


def token_logprobs(model, ids, mask):
    logprobs = torch.log_softmax(model(input_ids=ids, attention_mask=mask).logits, -1)
    return logprobs[:, :-1].gather(2, ids[:, 1:, None])[:, :, 0]


def completion_loss(model, rows, starts):
    ids, mask = batch(rows)
    taken = token_logprobs(model, ids, mask)
    return -sum(taken[i, start - 1 : len(row) - 1].sum() for i, (row, start) in enumerate(zip(rows, starts)))


def sharpen(model):
    """Larger than the library's initialisation, norms away from 1 and biases away from 0, so that a mistake shows."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if 'norm' in name:
                parameter.copy_(1 + 0.3 * torch.randn_like(parameter))
            elif name.endswith('.bias'):
                parameter.copy_(0.3 * torch.randn_like(parameter))
            else:
                parameter.mul_(8)


def save_model(model, path, spelling):
    """In Hugging Face's layout; `top` and `scaling` spell the rotary settings in the way of transformers 4."""
    model.save_pretrained(path)
    os.chmod(os.path.join(path, 'model.safetensors'), 0o644)
    file_name = os.path.join(path, 'config.json')
    with open(file_name) as file:
        config = json.load(file)
    if spelling != 'parameters':
        rope = config.pop('rope_parameters')
        config['rope_theta'] = rope.pop('rope_theta')
        config['rope_scaling'] = rope if spelling == 'scaling' else None
        config['torch_dtype'] = config.pop('dtype')
    with open(file_name, 'w') as file:
        json.dump(config, file, indent=2)
        file.write('\n')


def single(tensor):
    return tensor.detach().float().contiguous().clone()


def summary(tensor):
    flat = tensor.detach().double().flatten()
    return torch.cat([flat.norm()[None], flat.sum()[None], flat[:64]]).float()


def greedy(model, rows):
    prompts = [row[:-1] for row in rows]
    ids, mask = batch(prompts, 'left')
    out = model.generate(input_ids=ids, attention_mask=mask, do_sample=False, max_new_tokens=NEW_TOKENS, eos_token_id=[END, 2], pad_token_id=PAD)
    return [cut(row) for row in out[:, ids.shape[1] :].tolist()]


def cut(tokens):
    """Without the padding after an end token."""
    for i, token in enumerate(tokens):
        if token in (END, 2):
            return tokens[: i + 1]
    return tokens


def write(folder, name, config_class, spelling, lengths, options):
    torch.manual_seed(20260603)
    options = {'num_hidden_layers': 2, 'tie_word_embeddings': False, 'max_position_embeddings': 128, 'rms_norm_eps': 1e-6, **options}
    rope = {**options.pop('rope', {'rope_type': 'default'}), 'rope_theta': options.pop('rope_theta', 10000.0)}
    config = config_class(pad_token_id=PAD, eos_token_id=END, bos_token_id=None, rope_parameters=rope, **options)
    model = AutoModelForCausalLM.from_config(config, attn_implementation='eager').float().eval()
    sharpen(model)
    path = os.path.join(folder, name)
    save_model(model, path, spelling)

    rows = rows_of(lengths, options['vocab_size'])
    continued = greedy(model, rows)  # in float32: padding at the left is not a number in double precision
    starts = [max(1, len(row) // 3) for row in rows]
    ids, mask = batch(rows)
    model = model.double()  # so that what differs is the other side's rounding (the library still computes its norms in float32)
    expected = {'rows': rows, 'completionStart': starts, 'endIds': [END, 2], 'greedy': continued}
    tensors = numbers(model, rows, starts, expected)
    save_expected(path, expected, tensors)
    print(name, sum(parameter.numel() for parameter in model.parameters()), 'parameters', expected['adamw']['losses'], expected['greedy'])


def numbers(model, rows, starts, expected):
    """Logits, log-probabilities, gradients and AdamW steps of what is trainable; figures that are single numbers go into `expected`."""
    tensors = {}
    ids, mask = batch(rows)
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=mask).logits
        taken = token_logprobs(model, ids, mask)
        for i, row in enumerate(rows):
            tensors[f'logits.{i}'] = single(logits[i, : len(row)])
            tensors[f'logprobs.{i}'] = single(taken[i, : len(row) - 1])
    loss = completion_loss(model, rows, starts)
    loss.backward()
    expected['loss'] = loss.item()
    trained = [(plain_name(key), parameter) for key, parameter in model.named_parameters() if parameter.requires_grad]
    for key, parameter in trained:
        tensors[f'gradient.{key}'] = single(parameter.grad)
    optimizer = torch.optim.AdamW([parameter for _, parameter in trained], lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = completion_loss(model, rows, starts)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    expected['adamw'] = {
        'options': {'learningRate': 1e-2, 'beta1': 0.9, 'beta2': 0.999, 'epsilon': 1e-8, 'weightDecay': 0.1},
        'losses': losses,
        'lossAfter': completion_loss(model, rows, starts).item(),
    }
    for key, parameter in trained:
        tensors[f'trained.{key}'] = summary(parameter)
    return tensors


def plain_name(key):
    """Without what PEFT wraps around names."""
    return key.removeprefix('base_model.model.').replace('.default.', '.')


def save_expected(path, expected, tensors):
    save_file(tensors, os.path.join(path, 'expected.safetensors'))
    os.chmod(os.path.join(path, 'expected.safetensors'), 0o644)
    with open(os.path.join(path, 'expected.json'), 'w') as file:
        json.dump(expected, file)
        file.write('\n')


def write_adapter(folder, name, base, rank, alpha, targets):
    torch.manual_seed(20260604)
    config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=targets, lora_dropout=0.0, task_type='CAUSAL_LM')
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(os.path.join(folder, base), attn_implementation='eager').float().eval(), config)
    with torch.no_grad():  # B is zero at first; here it is as large as after training
        for key, parameter in model.named_parameters():
            if 'lora_B' in key:
                parameter.copy_(0.2 * torch.randn_like(parameter))
    path = os.path.join(folder, name)
    model.save_pretrained(path)
    os.remove(os.path.join(path, 'README.md'))
    os.chmod(os.path.join(path, 'adapter_model.safetensors'), 0o644)
    settings_file = os.path.join(path, 'adapter_config.json')
    with open(settings_file) as file:
        settings = json.load(file)
    settings['base_model_name_or_path'] = base
    settings['target_modules'].sort()
    with open(settings_file, 'w') as file:
        json.dump(settings, file, indent=2)
        file.write('\n')

    with open(os.path.join(folder, base, 'expected.json')) as file:
        known = json.load(file)
    expected = {'base': base, **{key: known[key] for key in ('rows', 'completionStart', 'endIds')}}
    expected['greedy'] = greedy(model, known['rows'])
    model = model.double()
    tensors = numbers(model, known['rows'], known['completionStart'], expected)
    fresh = get_peft_model(AutoModelForCausalLM.from_pretrained(os.path.join(folder, base)).float(), config)
    fresh.load_adapter(path, 'saved')
    fresh.set_adapter('saved')
    for key, parameter in fresh.merge_and_unload(adapter_names=['saved']).named_parameters():
        tensors[f'merged.{key}'] = summary(parameter)
    save_expected(path, expected, tensors)
    print(name, expected['adamw']['losses'], expected['greedy'])


if __name__ == '__main__':
    torch.set_num_threads(1)
    target = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data')
    for variant, (config_class, spelling, lengths, options) in VARIANTS.items():
        write(target, variant, config_class, spelling, lengths, dict(options))
    for variant, settings in ADAPTERS.items():
        write_adapter(target, variant, *settings)
