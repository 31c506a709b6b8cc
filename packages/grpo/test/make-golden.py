"""Golden losses and gradients of the objective's options, made by the published code of TRL and verl, in double precision.

    pip install torch transformers trl && pip install --no-deps --target VERL verl
    PYTHONPATH=VERL python make-golden.py > data/golden-losses.json

verl imports a cluster framework that its loss functions never call; whatever is not installed is replaced by an empty stand-in.
TRL's `GRPOTrainer._compute_loss` is called on a bare object that hands it our log-probabilities in place of a model's.
"""

import importlib.abc
import importlib.machinery
import json
import sys
from collections import defaultdict
from types import SimpleNamespace
from unittest.mock import MagicMock

import torch
from trl.trainer.grpo_trainer import GRPOTrainer
import trl


class StandIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    names = (
        *("ray", "tensordict", "omegaconf", "hydra", "codetiming", "pybind11", "pylatexenc", "torchdata", "wandb", "cachetools", "orjson"),
        *("PIL", "fastapi", "uvicorn"),
    )

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.names:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        module = MagicMock(name=spec.name)
        module.__path__ = []
        module.__spec__ = spec
        module.__version__ = "0.10.0"
        return module

    def exec_module(self, module):
        pass


sys.meta_path.append(StandIn())
from verl.trainer.ppo import core_algos  # noqa: E402
from verl.workers.config import ActorConfig  # noqa: E402
from importlib.metadata import version  # noqa: E402

torch.manual_seed(0)
LENGTHS = [1, 2, 5, 3, 7, 4]
T = max(LENGTHS)
B = len(LENGTHS)
mask = torch.tensor([[1.0 if t < n else 0.0 for t in range(T)] for n in LENGTHS], dtype=torch.float64)
# float32 values, as a learner holds them, so that both sides start from the same numbers.
draw = lambda low, high: (torch.rand(B, T) * (high - low) + low).float().double()  # noqa: E731
old = draw(-3, -0.1)
current = (old + draw(-0.9, 0.9)).float().double()
reference = (current + draw(-1, 1)).float().double()
sampler = (old + draw(-0.5, 1.2)).float().double()
advantages = torch.tensor([1.0, -0.5, 0.25, -1.5, 2.0, -0.75], dtype=torch.float64)
is_truncated = torch.tensor([False, False, True, False, False, True])
current_leaf = lambda: current.clone().requires_grad_(True)  # noqa: E731

cases = []


def record(name, source, options, loss, leaf):
    gradient = torch.autograd.grad(loss, leaf)[0]
    cases.append(
        {
            "name": name,
            "source": source,
            "options": options,
            "loss": loss.item(),
            "gradient": [gradient[b, :n].tolist() for b, n in enumerate(LENGTHS)],
        }
    )


VERL_AGGREGATION = {
    "conversationMean": "seq-mean-token-sum",
    "tokenMean": "token-mean",
    "sequenceMeanTokenMean": "seq-mean-token-mean",
    "constant": "seq-mean-token-sum-norm",
}
CONSTANT_LENGTH = 16


def verl_case(name, function, aggregation, *, low=0.2, high=0.28, c=1e9, kl=0.0, estimator="k3", cap=None, ours=None):
    leaf = current_leaf()
    info = {"loss_scale_factor": CONSTANT_LENGTH} if aggregation == "constant" else {}
    config = object.__new__(ActorConfig)
    for key, value in dict(clip_ratio=0.2, clip_ratio_low=low, clip_ratio_high=high, clip_ratio_c=c, global_batch_info=info).items():
        object.__setattr__(config, key, value)
    weights = None if cap is None else torch.exp(old - sampler).clamp(max=cap)
    loss, _ = getattr(core_algos, function)(
        old, leaf, advantages[:, None].expand(B, T), mask, VERL_AGGREGATION[aggregation], config, weights
    )
    if kl:
        penalty = core_algos.kl_penalty(leaf, reference, estimator)
        loss = loss + kl * core_algos.agg_loss(penalty, mask, VERL_AGGREGATION[aggregation], **info)
    options = {"clipLow": low, "clipHigh": high, "kl": kl, "klEstimator": estimator, **(ours or {})}
    record(name, f"verl {version('verl')} core_algos.{function}", {"loss": options, "aggregation": aggregation, "cap": cap}, loss, leaf)


def trl_case(
    name, loss_type, aggregation, *, low=0.2, high=0.28, delta=None, beta=0.0, level="token", cap=None, ours=None, mask_truncated=False
):
    leaf = current_leaf()
    # As `mask_truncated_completions` does before the loss.
    own_mask = mask * (~is_truncated).unsqueeze(1).int() if mask_truncated else mask
    args = SimpleNamespace(delta=delta, use_bias_correction_kl=False, steps_per_generation=1)
    accelerator = SimpleNamespace(num_processes=1, gather=lambda x: x, reduce=lambda x, reduction: x)
    holder = SimpleNamespace(
        _get_per_token_logps_and_entropies=lambda *a, **k: (leaf, torch.zeros_like(leaf), None),
        aux_loss_enabled=False,
        top_entropy_quantile=1.0,
        off_policy_mask_threshold=None,
        importance_sampling_level=level,
        beta=beta,
        args=args,
        loss_type=loss_type,
        epsilon_low=low,
        epsilon_high=high,
        use_vllm=cap is not None,
        vllm_importance_sampling_correction=cap is not None,
        model=SimpleNamespace(training=True),
        current_gradient_accumulation_steps=1,
        max_completion_length=CONSTANT_LENGTH,
        accelerator=accelerator,
        _entropy_bonus_enabled=False,
        _metrics={"train": defaultdict(list)},
    )
    inputs = {
        "prompt_ids": torch.zeros(B, 1, dtype=torch.long),
        "prompt_mask": torch.ones(B, 1),
        "completion_ids": torch.zeros(B, T, dtype=torch.long),
        "completion_mask": own_mask,
        "advantages": advantages,
        "old_per_token_logps": old,
        "ref_per_token_logps": reference,
        "importance_sampling_ratio": None if cap is None else torch.exp(old - sampler).clamp(max=cap),
        "num_items_in_batch": own_mask.sum(),
    }
    loss = GRPOTrainer._compute_loss(holder, None, inputs)
    loss_options = {"clipLow": low, "clipHigh": high, "kl": beta, **(ours or {})}
    options = {"loss": loss_options, "aggregation": aggregation, "cap": cap, **({"maskTruncated": True} if mask_truncated else {})}
    record(name, f"TRL {trl.__version__} GRPOTrainer._compute_loss", options, loss, leaf)


for aggregation in VERL_AGGREGATION:
    verl_case(f"verl ppo {aggregation}", "compute_policy_loss_vanilla", aggregation)
for estimator in ("k1", "k2", "k3"):
    verl_case(f"verl ppo with {estimator}", "compute_policy_loss_vanilla", "conversationMean", kl=0.1, estimator=estimator)
verl_case("verl dual clip", "compute_policy_loss_vanilla", "tokenMean", c=1.5, ours={"dualClip": 1.5})
verl_case("verl cispo", "compute_policy_loss_cispo", "tokenMean", ours={"surrogate": "cispo"})
verl_case("verl gspo", "compute_policy_loss_gspo", "sequenceMeanTokenMean", low=0.1, high=0.15, ours={"importance": "sequence"})
verl_case("verl truncated importance sampling", "compute_policy_loss_vanilla", "tokenMean", cap=1.1, kl=0.1)
trl_case("TRL grpo", "grpo", "sequenceMeanTokenMean")
trl_case("TRL dapo", "dapo", "tokenMean")
trl_case("TRL bnpo with KL", "bnpo", "tokenMean", beta=0.1)
trl_case("TRL dr_grpo", "dr_grpo", "constant")
trl_case("TRL cispo", "cispo", "tokenMean", high=1.3, ours={"surrogate": "cispo", "clipLow": 1.0, "clipHigh": 1.3 - 1})
trl_case("TRL gspo", "grpo", "sequenceMeanTokenMean", level="sequence", low=0.1, high=0.15, ours={"importance": "sequence"})
trl_case("TRL luspo at token level", "luspo", "conversationMean")
trl_case("TRL grpo without truncated completions", "grpo", "sequenceMeanTokenMean", mask_truncated=True)
trl_case("TRL dapo without truncated completions, with KL", "dapo", "tokenMean", beta=0.1, mask_truncated=True)
trl_case("TRL dr_grpo without truncated completions", "dr_grpo", "constant", mask_truncated=True)
trl_case("TRL truncated importance sampling with KL", "grpo", "sequenceMeanTokenMean", cap=1.1, beta=0.1)

# Advantages by verl's estimator and TRL's formula (mean, and standard deviation + 1e-4 in TRL, 1e-6 in verl).
rewards = [[1.0, 0.0, 0.0, 0.5], [0.25, 0.75, 0.75, 0.0]]
flat = torch.tensor([r for group in rewards for r in group], dtype=torch.float64)
scores = flat[:, None]
ones = torch.ones_like(scores)
index = __import__("numpy").array([0] * 4 + [1] * 4)
advantage_cases = {
    "mean": core_algos.compute_grpo_outcome_advantage(scores, ones, index, norm_adv_by_std_in_grpo=False)[0],
    "std": core_algos.compute_grpo_outcome_advantage(scores, ones, index, norm_adv_by_std_in_grpo=True)[0],
    "leave-one-out": core_algos.compute_rloo_outcome_advantage(scores, ones, index)[0],
}

# k1 in the reward: verl's penalty on token rewards, then its advantage, which sums them. Two groups of three sequences.
from verl.trainer.ppo.ray_trainer import apply_kl_penalty  # noqa: E402

REWARD_KL = 0.3
outcomes = torch.tensor([1.0, 0.0, 0.5, 0.25, 1.0, 0.0], dtype=torch.float64)
last_token = torch.zeros_like(mask)
last_token[range(B), [n - 1 for n in LENGTHS]] = 1
batch = {"response_mask": mask, "token_level_scores": last_token * outcomes[:, None], "old_log_probs": old, "ref_log_prob": reference}
holder = SimpleNamespace(batch=type("Batch", (dict,), {"batch_size": [B]})(batch))
apply_kl_penalty(holder, SimpleNamespace(value=REWARD_KL, update=lambda **_: None), kl_penalty="kl")
reward_kl_advantages = core_algos.compute_grpo_outcome_advantage(
    holder.batch["token_level_rewards"], mask, __import__("numpy").array([0, 0, 0, 1, 1, 1]), norm_adv_by_std_in_grpo=False
)[0][:, 0]

rows = lambda matrix: [matrix[b, :n].tolist() for b, n in enumerate(LENGTHS)]  # noqa: E731
json.dump(
    {
        "versions": {"trl": trl.__version__, "verl": version("verl"), "torch": torch.__version__},
        "constantLength": CONSTANT_LENGTH,
        "old": rows(old),
        "current": rows(current),
        "reference": rows(reference),
        "sampler": rows(sampler),
        "advantages": advantages.tolist(),
        "truncated": is_truncated.tolist(),
        "cases": cases,
        "rewardKl": {"coefficient": REWARD_KL, "rewards": outcomes.tolist(), "advantages": reward_kl_advantages.tolist()},
        "groups": {"rewards": rewards, "advantages": {k: v[:, 0].view(2, 4).tolist() for k, v in advantage_cases.items()}},
    },
    sys.stdout,
    indent=1,
)
