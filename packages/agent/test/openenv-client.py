"""Speaks to a MemTrain environment with PyPI's openenv-core client, and prints what came back as one line of JSON.

    MEMTRAIN_OPENENV_PYTHON=python npx jest packages/agent/test/openenv.test.ts   # starts the server, and compares

or, beside a server that printed its address: python packages/agent/test/openenv-client.py ADDRESS
"""

import json
import sys

import requests
from openenv.core.generic_client import GenericEnvClient


def policy(prompt: str) -> str:
    """Copies what it reads into the memory; answers with the last word of the memory."""
    memory = prompt.split("<mem>")[1].split("<chk>")[0].replace("<ans>", "").replace("<upd>", "").strip()
    if prompt.endswith("<ans>"):
        return memory.split(" ")[-1]
    chunk = prompt.split("<chk>")[1].replace("<upd>", "").strip()
    return f"{memory} {chunk}".strip()


def episode(env, **reset) -> dict:
    result = env.reset(**reset)
    prompts = 0
    while not result.done:
        prompts += 1
        result = env.step({"text": policy(result.observation["prompt"])})
    return {"prompts": prompts, "reward": result.reward, "answer": result.observation["answer"], "end": result.observation["end"]}


def main(url: str) -> None:
    with GenericEnvClient(base_url=url).sync() as env:
        episodes = [episode(env, document=name) for name in ("right", "wrong")]
        episodes.append(episode(env, seed=7, episode_id="mine"))
        state = env.state()
        try:
            env.step({"text": "after the end"})
            refused = None
        except RuntimeError as error:
            refused = str(error)
    health = requests.get(f"{url}/health", timeout=10).json()
    schema = sorted(requests.get(f"{url}/schema", timeout=10).json())
    print(json.dumps({"episodes": episodes, "state": state, "refused": refused, "health": health, "schema": schema}))


main(sys.argv[1])
