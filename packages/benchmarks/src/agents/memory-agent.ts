import { memAgentTemplate, readEvents } from '@memtrain/agent';
import type { PromptTemplate, ReadOptions } from '@memtrain/agent';
import { askedQuestion } from './asked-question.ts';
import type { AgentReply, EvaluatedAgent } from './evaluated-agent.ts';
import { readAnswer } from './read-answer.ts';
import type { AnswerPlace } from './read-answer.ts';

export interface MemoryAgentOptions extends Pick<
  ReadOptions,
  'chunkTokens' | 'memoryTokens' | 'answerTokens' | 'contextTokens' | 'layout' | 'truncatedMemory' | 'emptyMemory' | 'truncation'
> {
  /** Default `memAgentTemplate`. */
  readonly template?: PromptTemplate;
  /** Default `boxed`. `template` leaves it to the template. */
  readonly answerPlace?: AnswerPlace | 'template';
}

/** MemAgent's reader: chunk by chunk in constant context, then an answer from the memory alone. */
export function memoryAgent(options: MemoryAgentOptions = {}): EvaluatedAgent {
  return readingAgent('memory', options);
}

/** The same with nothing to read: what the model answers from the empty memory, and so knows already. */
export function emptyMemoryControl(options: MemoryAgentOptions = {}): EvaluatedAgent {
  return readingAgent('empty-memory', options);
}

function readingAgent(name: 'memory' | 'empty-memory', options: MemoryAgentOptions): EvaluatedAgent {
  const { template: given = memAgentTemplate, answerPlace = 'boxed', ...limits } = options;
  const { chunkTokens = 5000, memoryTokens = 1024, answerTokens = 1024 } = limits;
  const template = answerPlace === 'template' ? given : { ...given, parseAnswer: (text: string) => readAnswer(text, answerPlace) };
  const parts = { problem: '{problem}', memory: '{memory}', chunk: '{chunk}' };
  const frame = 200;
  return {
    name,
    settings: { template: template.name, answerPlace, ...limits, chunkTokens, memoryTokens, answerTokens },
    wording: [template.update(parts), template.answer(parts), template.emptyMemory],
    estimate(item, tokensPerCharacter) {
      const tokens = name === 'memory' ? (item.text?.characters ?? 0) * tokensPerCharacter : 0;
      const chunks = Math.ceil(tokens / chunkTokens);
      const fixed = frame + memoryTokens + item.question.length * tokensPerCharacter;
      return {
        calls: chunks + 1,
        promptTokens: Math.round(tokens + (chunks + 1) * fixed),
        completionTokens: chunks * memoryTokens + answerTokens,
      };
    },
    async run(model, item, { seed, temperature, signal }): Promise<AgentReply> {
      const text = name === 'memory' && item.text ? await item.text.open() : [];
      const reading = { ...limits, chunkTokens, memoryTokens, answerTokens, template, seed, temperature, ...(signal ? { signal } : {}) };
      let reply: AgentReply = { end: 'no-answer' };
      for await (const event of readEvents(model, text, { ...reading, problem: askedQuestion(item) })) {
        if (event.kind !== 'answer') continue;
        reply = { text: event.text, end: event.end, ...(event.answer === undefined ? {} : { answer: event.answer }) };
      }
      return reply;
    },
  };
}
