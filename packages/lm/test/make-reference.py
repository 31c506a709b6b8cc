"""Writes the reference models and numbers that the tests of this package compare with.

Needs torch, transformers and safetensors:   python make-reference.py [FOLDER]   (default: data/ beside this file)
Each folder is a random-initialised Qwen3ForCausalLM in Hugging Face's layout plus expected.json:
  rows            token ids, no padding; `padded` is the right-padded batch (padId) with `attentionMask`
  logits          one [length][vocabulary] array a row, real positions only
  nextLogprobs    log p(rows[i][t+1] | rows[i][..t]), one array of length-1 a row
  completionStart first completion position of each row; the loss is the sum over the completion tokens of -log p
  loss, gradients name -> {shape, norm, values | first} (values: all numbers, C order; first: the first 32)
  adamw           options, losses before each of 3 steps, and name -> {norm, sum, first} of the parameters afterwards
"""
import json
import os
import sys

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

ROWS = [[5, 17, 3, 42, 8, 8, 61, 29, 1], [7, 33, 12, 50, 2, 1]]
STARTS = [5, 3]
PAD = 0
ALL_VALUES_UP_TO = 64
VARIANTS = {
    'qwen3-tied': dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=16, intermediate_size=48, tie_word_embeddings=True, rope_theta=10000.0),
    'qwen3-untied': dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=6, num_key_value_heads=2, head_dim=8, intermediate_size=40, tie_word_embeddings=False, rope_theta=1000000.0),
}


def rounded(tensor):
    return [float(f'{x:.9g}') for x in tensor.detach().flatten().tolist()]


def described(tensor):
    flat = tensor.detach().flatten()
    numbers = {'values': rounded(flat)} if flat.numel() <= ALL_VALUES_UP_TO else {'first': rounded(flat[:32])}
    return {'shape': list(tensor.shape), 'norm': float(flat.double().norm()), 'sum': float(flat.double().sum()), **numbers}


def batch():
    longest = max(map(len, ROWS))
    ids = torch.tensor([row + [PAD] * (longest - len(row)) for row in ROWS])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ROWS])
    return ids, mask


def token_logprobs(model, ids, mask):
    logprobs = torch.log_softmax(model(input_ids=ids, attention_mask=mask).logits, -1)
    return logprobs[:, :-1].gather(2, ids[:, 1:, None])[:, :, 0]


def completion_loss(model, ids, mask):
    taken = token_logprobs(model, ids, mask)
    return -sum(taken[i, start - 1 : len(row) - 1].sum() for i, (row, start) in enumerate(zip(ROWS, STARTS)))


def write(folder, name, options):
    torch.manual_seed(20260603)
    theta = options.pop('rope_theta')
    config = Qwen3Config(vocab_size=64, max_position_embeddings=128, rms_norm_eps=1e-6, attention_bias=False, hidden_act='silu', pad_token_id=PAD, eos_token_id=1, bos_token_id=None,
                         rope_parameters={'rope_type': 'default', 'rope_theta': theta}, **options)
    model = Qwen3ForCausalLM(config).float().eval()
    with torch.no_grad():  # larger than the library's initialisation, and norms away from 1, so that a mistake shows
        for parameter_name, parameter in model.named_parameters():
            if 'norm' in parameter_name:
                parameter.copy_(1 + 0.3 * torch.randn_like(parameter))
            else:
                parameter.mul_(8)
    path = os.path.join(folder, name)
    model.save_pretrained(path)
    config_file = os.path.join(path, 'config.json')
    with open(config_file) as file:  # spelled in the way of the published Qwen3 checkpoints
        saved = json.load(file)
    saved['rope_theta'] = theta
    saved['torch_dtype'] = 'float32'
    with open(config_file, 'w') as file:
        json.dump(saved, file, indent=2)
        file.write('\n')
    generation = os.path.join(path, 'generation_config.json')
    if os.path.exists(generation):
        os.remove(generation)

    ids, mask = batch()
    model = model.double()  # so that what differs is the other side's rounding (the library still computes its norms in float32)
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=mask).logits
        taken = token_logprobs(model, ids, mask)
    loss = completion_loss(model, ids, mask)
    loss.backward()
    expected = {
        'rows': ROWS,
        'padId': PAD,
        'padded': ids.tolist(),
        'attentionMask': mask.tolist(),
        'completionStart': STARTS,
        'logits': [[rounded(logits[i, t]) for t in range(len(row))] for i, row in enumerate(ROWS)],
        'nextLogprobs': [rounded(taken[i, : len(row) - 1]) for i, row in enumerate(ROWS)],
        'greedyNext': [int(logits[i, len(row) - 1].argmax()) for i, row in enumerate(ROWS)],
        'loss': loss.item(),
        'gradients': {key: described(parameter.grad) for key, parameter in model.named_parameters()},
        'gradientNorm': float(torch.sqrt(sum((parameter.grad ** 2).sum() for parameter in model.parameters()))),
    }
    options = dict(lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1)
    optimizer = torch.optim.AdamW(model.parameters(), **options)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = completion_loss(model, ids, mask)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
    expected['adamw'] = {
        'options': {'learningRate': 1e-2, 'beta1': 0.9, 'beta2': 0.999, 'epsilon': 1e-8, 'weightDecay': 0.1},
        'losses': losses,
        'lossAfter': completion_loss(model, ids, mask).item(),
        'parameters': {key: described(parameter) for key, parameter in model.named_parameters()},
    }
    with open(os.path.join(path, 'expected.json'), 'w') as file:
        json.dump(expected, file)
        file.write('\n')
    os.chmod(os.path.join(path, 'model.safetensors'), 0o644)
    print(name, sum(parameter.numel() for parameter in model.parameters()), 'parameters', losses)


if __name__ == '__main__':
    torch.set_num_threads(1)
    target = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), 'data')
    for variant, settings in VARIANTS.items():
        write(target, variant, dict(settings))
