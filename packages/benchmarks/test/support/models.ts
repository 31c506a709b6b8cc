import type { Model } from '@memtrain/policy';
import { scriptedModel } from '@memtrain/policy/test';
import type { BenchmarkItem } from '../../src/index.ts';

/** What a model says that knows the gold answers: every question it is asked must be one of these. */
export function oracleModel(
  items: readonly BenchmarkItem[],
  say: (gold: string, prompt: string) => string = (gold) => `\\boxed{${gold}}`,
): Model & { calls(): number } {
  const answers = new Map(items.map((item) => [item.question, goldText(item)]));
  const questions = [...answers.keys()].sort((a, b) => b.length - a.length);
  const model = scriptedModel((_request, prompt) => {
    const question = questions.find((known) => prompt.includes(known));
    if (question === undefined) return new Error('an unknown question was asked');
    return prompt.endsWith('Updated memory:\n') ? 'noted' : say(answers.get(question)!, prompt);
  });
  return { ...model, calls: () => model.requests.length };
}

/** The gold answer as one text. */
export function goldText({ gold }: BenchmarkItem): string {
  if (gold.kind === 'each') return gold.answers.map(([first]) => first!.trim()).join('; ');
  return gold.kind === 'all' ? gold.answers.join(', ') : gold.answers[0]!;
}
