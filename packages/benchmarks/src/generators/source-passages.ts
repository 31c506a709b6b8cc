import { z } from 'zod';
import { evidenceIn, hotpotRecord, documentText } from '../adapters/hotpot-documents.ts';
import { BenchmarkError } from '../errors.ts';
import { readRecords } from '../items/read-records.ts';

/** A question whose answer stands in known passages. */
export interface SourceQuestion {
  readonly question: string;
  readonly answers: readonly string[];
  /** Passages (title, newline, text) that hold the answer. */
  readonly evidence: readonly string[];
}

/** What long documents are made of. */
export interface SourceTexts {
  readonly questions: readonly SourceQuestion[];
  /** Passages, each a title, a newline and a text; unique. */
  readonly passages: readonly string[];
}

const squadArticle = z.object({
  title: z.string(),
  paragraphs: z.array(
    z.object({
      context: z.string(),
      qas: z.array(z.object({ question: z.string(), answers: z.array(z.union([z.string(), z.object({ text: z.string() })])) })),
    }),
  ),
});
const titledPassage = z.object({ title: z.string(), text: z.string() });
const contentsPassage = z.object({ contents: z.string() });
const ownQuestion = z.object({ question: z.string(), answers: z.array(z.string()).min(1), evidence: z.array(z.string()).min(1) });

/**
 * Questions and passages of files, JSON arrays or JSON lines, of any of: HotpotQA's (ten paragraphs and supporting facts), SQuAD's articles,
 * passages `{title, text}` or `{id, contents}`, questions of your own `{question, answers, evidence}`. Throws `BenchmarkError`
 * (`bad-data`) that names a record of another form.
 */
export async function readSourceTexts(paths: readonly string[]): Promise<SourceTexts> {
  const questions: SourceQuestion[] = [];
  const passages = new Set<string>();
  for (const path of paths) {
    let number = 0;
    for await (const { value } of unwrapped(path)) {
      number++;
      const known = takeHotpot(value) ?? takeSquad(value) ?? takePassage(value) ?? takeOwn(value);
      if (!known) {
        throw new BenchmarkError(
          'bad-data',
          `${path}, record ${number}: neither HotpotQA's nor SQuAD's form, no {title, text}, {contents} or {question, answers, evidence}`,
        );
      }
      questions.push(...known.questions);
      for (const passage of known.passages) passages.add(passage);
    }
  }
  return { questions, passages: [...passages] };
}

/** SQuAD's file is an object around its articles: small enough to be read whole elsewhere, so only its array form is taken here. */
async function* unwrapped(path: string): AsyncGenerator<{ readonly value: unknown }> {
  for await (const { value } of readRecords(path)) {
    const data = (value as { data?: unknown } | null)?.data;
    if (Array.isArray(data)) for (const article of data) yield { value: article };
    else yield { value };
  }
}

function takeHotpot(value: unknown): SourceTexts | undefined {
  const { data } = hotpotRecord.safeParse(value);
  if (!data) return undefined;
  const evidence = evidenceIn(data);
  const closed = /^(yes|no)$/i.test(data.answer);
  // "yes" and "no" stand in no passage and are guessed too easily.
  const questions = evidence.length > 0 && !closed ? [{ question: data.question, answers: [data.answer], evidence }] : [];
  return { questions, passages: data.context.map(documentText) };
}

function takeSquad(value: unknown): SourceTexts | undefined {
  const { data } = squadArticle.safeParse(value);
  if (!data) return undefined;
  const title = data.title.replaceAll('_', ' ');
  const texts = data.paragraphs.map(({ context }) => `${title}\n${context}`);
  const questions = data.paragraphs.flatMap(({ qas }, index) =>
    qas.flatMap(({ question, answers }) => {
      const accepted = [...new Set(answers.map((answer) => (typeof answer === 'string' ? answer : answer.text)))];
      return accepted.length > 0 ? [{ question, answers: accepted, evidence: [texts[index]!] }] : [];
    }),
  );
  return { questions, passages: texts };
}

function takePassage(value: unknown): SourceTexts | undefined {
  const titled = titledPassage.safeParse(value).data;
  if (titled) return { questions: [], passages: [`${titled.title}\n${titled.text}`] };
  const contents = contentsPassage.safeParse(value).data;
  return contents && { questions: [], passages: [contents.contents] };
}

function takeOwn(value: unknown): SourceTexts | undefined {
  const { data } = ownQuestion.safeParse(value);
  return data && { questions: [data], passages: data.evidence };
}
