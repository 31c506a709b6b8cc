import { z } from 'zod';
import { checkRecord } from '../items/check-record.ts';
import { readStoredValue } from '../items/json-array.ts';
import { readRecords } from '../items/read-records.ts';
import type { Adapter } from './adapter.ts';

const session = z.array(z.object({ role: z.string(), content: z.string() }));
const record = z.object({
  question_id: z.string(),
  question_type: z.string(),
  question: z.string(),
  answer: z.union([z.string(), z.number()]),
  question_date: z.string(),
  haystack_session_ids: z.array(z.string()),
  haystack_dates: z.array(z.string()),
  haystack_sessions: z.array(session),
  answer_session_ids: z.array(z.string()),
});
type LongMemEvalRecord = z.infer<typeof record>;

/**
 * LongMemEval: `longmemeval_s`, `longmemeval_m` or `longmemeval_oracle`. The text is the dated sessions in their order; the question says
 * its date. The authors judge answers with a language model: word metrics are lower bounds, and hypotheses can be written for their script.
 */
export const longMemEval: Adapter = {
  title: 'LongMemEval, its S, M and oracle files',
  headline: 'f1',
  async *items(path) {
    let number = 0;
    for await (const { value, start, end } of readRecords(path)) {
      const found = checkRecord(record, value, `${path}, element ${++number}`);
      let characters = 0;
      for (const piece of sessionTexts(found)) characters += piece.length;
      const again = async (): Promise<LongMemEvalRecord> => (await readStoredValue(path, { start, end })) as LongMemEvalRecord;
      yield {
        id: found.question_id,
        question: `Today is ${found.question_date}. ${found.question}`,
        gold: { kind: 'any', answers: [String(found.answer)] },
        group: found.question_id.endsWith('_abs') ? 'abstention' : found.question_type,
        text: { characters, open: async () => [...sessionTexts(await again())].join('') },
        evidence: async () => {
          const whole = await again();
          const wanted = new Set(whole.answer_session_ids);
          return [...sessionTexts(whole)].filter((_text, index) => wanted.has(whole.haystack_session_ids[index]!));
        },
      };
    }
  },
};

function* sessionTexts({ haystack_sessions: sessions, haystack_dates: dates }: LongMemEvalRecord): Generator<string> {
  for (const [index, turns] of sessions.entries()) {
    const said = turns.map(({ role, content }) => `${role}: ${content}`);
    yield `${index === 0 ? '' : '\n\n'}Conversation of ${dates[index] ?? 'an unknown day'}:\n${said.join('\n')}`;
  }
}
