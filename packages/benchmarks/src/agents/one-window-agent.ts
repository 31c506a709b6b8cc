import type { Completion, Failure, Model, Prompt } from '@memtrain/policy';
import type { BenchmarkItem } from '../items/benchmark-item.ts';
import { askedQuestion } from './asked-question.ts';
import type { AgentReply, EvaluatedAgent } from './evaluated-agent.ts';
import { middleCut, wholeText } from './middle-cut.ts';
import { readAnswer } from './read-answer.ts';
import type { AnswerPlace } from './read-answer.ts';

export interface OneWindowOptions {
  /** Most tokens of the text; of a longer one the middle is left out. Default 120,000 (MemAgent's baselines). */
  readonly inputTokens?: number;
  /** Default 1024. */
  readonly answerTokens?: number;
  /** True (default): one user message of a chat. */
  readonly chat?: boolean;
  /** Default `boxed`. */
  readonly answerPlace?: AnswerPlace;
}

/** The whole text in one prompt. */
export function oneWindowAgent(options: OneWindowOptions = {}): EvaluatedAgent {
  return promptAgent('one-window', options, async (item) => (item.text ? wholeText(await item.text.open()) : undefined));
}

/** A control: the text cut to a small window (default 8,192 tokens: the memory agent's whole context) before it is shown. */
export function truncatedControl(options: OneWindowOptions = {}): EvaluatedAgent {
  const cut = { inputTokens: 8192, ...options };
  const agent = promptAgent('truncated', cut, async (item) => (item.text ? wholeText(await item.text.open()) : undefined));
  return { ...agent, applies: (item) => item.text !== undefined };
}

/** A control: the question alone. */
export function closedBookControl(options: OneWindowOptions = {}): EvaluatedAgent {
  return promptAgent('closed-book', options, async () => undefined);
}

/** A control: only the passages that hold the answer. Items that name none are left out. */
export function oracleControl(options: OneWindowOptions = {}): EvaluatedAgent {
  const agent = promptAgent('oracle', options, async (item) => (await item.evidence!()).join('\n\n'));
  return { ...agent, applies: (item) => item.evidence !== undefined };
}

const instruction: Readonly<Record<AnswerPlace, string>> = {
  boxed: 'Put the answer in \\boxed{}.',
  'the-answer-is': 'End with a sentence of the form "Therefore, the answer is ...".',
  reply: 'Reply with the answer and nothing else.',
};

function promptText(question: string, text: string | undefined, place: AnswerPlace): string {
  const asked = `Question: ${question}\n${instruction[place]}`;
  return text === undefined ? asked : `Read the text, then answer the question below it.\n\n<text>\n${text}\n</text>\n\n${asked}`;
}

function promptAgent(name: string, options: OneWindowOptions, show: (item: BenchmarkItem) => Promise<string | undefined>): EvaluatedAgent {
  const { inputTokens = 120_000, answerTokens = 1024, chat = true, answerPlace = 'boxed' } = options;
  return {
    name,
    settings: { inputTokens, answerTokens, chat, answerPlace },
    wording: [promptText('{question}', '{text}', answerPlace), promptText('{question}', undefined, answerPlace)],
    estimate(item, tokensPerCharacter) {
      const shown = name === 'one-window' || name === 'truncated' ? (item.text?.characters ?? 0) : 0;
      const promptTokens = Math.min(inputTokens, shown * tokensPerCharacter) + item.question.length * tokensPerCharacter + 50;
      return { calls: 1, promptTokens: Math.round(promptTokens), completionTokens: answerTokens };
    },
    async run(model, item, { seed, temperature, signal }): Promise<AgentReply> {
      const text = await show(item);
      const cut = text === undefined ? undefined : middleCut(text, inputTokens, model.tokenizer);
      const asked = promptText(askedQuestion(item), cut, answerPlace);
      const prompt: Prompt = chat ? [{ role: 'user', content: asked }] : asked;
      const result = await firstResult(model, { prompt, seed, maxTokens: answerTokens }, { temperature, ...(signal ? { signal } : {}) });
      if ('error' in result) return { end: 'model-error', error: result.error.message };
      const answer = readAnswer(result.text, answerPlace);
      if (answer !== undefined) return { text: result.text, answer, end: 'answered' };
      return { text: result.text, end: result.finish === 'length' ? 'length' : 'no-answer' };
    },
  };
}

async function firstResult(
  model: Model,
  request: { readonly prompt: Prompt; readonly seed: number; readonly maxTokens: number },
  sampling: { readonly temperature: number; readonly signal?: AbortSignal },
): Promise<Completion | Failure> {
  for await (const result of model.complete([request], { ...sampling, maxTokens: request.maxTokens })) return result;
  return { error: new Error('the model gave no result') };
}
