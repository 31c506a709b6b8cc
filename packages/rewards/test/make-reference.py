#!/usr/bin/env python3
"""Writes data/reference-scores.json: what the published scorers say of some hundred predictions.

    pip install --no-deps --target DIR verl==0.9.1 torchmetrics==1.9.0 lightning-utilities==0.15.3 lm_eval==0.4.13
    PYTHONPATH=DIR python make-reference.py                 (needs torch)

em, sub-em: verl (Search-R1's scorer); f1: torchmetrics (SQuAD); boxed-strict: verl (MATH, on which MemAgent's verifier is built);
string-match-all: lm_eval (RULER). sub-em-two-way, string-match-part and count-objectives are restated here. Where @memtrain/rewards departs
from them on purpose, so does this script; each place says why."""
import importlib.util, itertools, json, os, sys, unicodedata

def module(path):
    for root in sys.path:
        file = os.path.join(root, path)
        if os.path.exists(file):
            spec = importlib.util.spec_from_file_location(os.path.basename(path)[:-3], file)
            loaded = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(loaded)
            return loaded
    raise SystemExit(f"{path} is not on PYTHONPATH: see the head of this script")

search = module("verl/utils/reward_score/search_r1_like_qa_em.py")
math = module("verl/utils/reward_score/math_reward.py")
from torchmetrics.functional.text.squad import _compute_f1_score

def ruler_all(prediction, references):
    # lm_eval's module imports optional packages at its head: take the two functions alone.
    for root in sys.path:
        file = os.path.join(root, "lm_eval/tasks/ruler/common_utils.py")
        if os.path.exists(file):
            source = open(file).read()
            names = {"re": __import__("re")}
            start = source.index("def postprocess_pred")
            exec(source[start : source.index("def string_match_part")], names)
            return names["string_match_all"](names["postprocess_pred"]([prediction]), [references])
    raise SystemExit("lm_eval is not on PYTHONPATH: see the head of this script")

nfc = lambda text: unicodedata.normalize("NFC", text)  # On purpose: two spellings of one accented letter are equal.
norm = lambda text: search.normalize_answer(nfc(text))

def em(prediction, golds):
    return int(norm(prediction) != "" and search.em_check(nfc(prediction), [nfc(g) for g in golds]))  # On purpose: empty is wrong.

def sub_em(prediction, golds):
    return int(search.subem_check(nfc(prediction), [nfc(g) for g in golds if norm(g)]))  # On purpose: an empty gold answer is in nothing.

def two_way(prediction, golds):
    said = norm(prediction)
    return int(said != "" and any(norm(g) and (norm(g) in said or said in norm(g)) for g in golds))

def f1(prediction, golds):
    closed = {"yes", "no", "noanswer"}
    def pair(gold):
        a, b = norm(prediction), norm(gold)
        if not a or not b: return 0.0  # On purpose: empty never scores.
        if a in closed or b in closed: return float(a == b)
        return float(_compute_f1_score(nfc(prediction), nfc(gold)))
    return max(map(pair, golds), default=0.0)

def boxed_strict(prediction, golds):
    tail = prediction[-300:].lower()
    box = math.last_boxed_only_string(tail)
    if box is None: return 0
    try: answer = math.remove_boxed(box) if "\\boxed" in box else box[len("\\fbox{") : -1]
    except AssertionError: return 0
    if not answer.strip(): return 0  # On purpose: empty never scores.
    return int(any(math.is_equiv(answer, gold.lower()) for gold in golds))

def ruler_part(prediction, references):
    return float(any(r.lower() in prediction.lower() for r in references))

def count_objectives(prediction, targets):
    answers = [a.strip() for a in prediction.split(";")]
    return sum(em(a, t) for a, t in zip(answers, targets))

golds = [["Paris"], ["The Beatles", "Beatles"], ["New York"], ["España"], ["Café Müller"], ["no"], ["yes"], ["1,024"], ["A. P. J. Abdul Kalam"],
         ["Straße"], ["Ἀθῆναι"], ["İstanbul"], ["O'Neill"], ["the"], ["C++"], ["½"], ["rock-n-roll"], ["Москва"], ["naïve Bayes", "Bayes"]]
predictions = ["Paris", "paris.", " the  PARIS ", "Paris, France", "Paris or London", "London", "", "the", "...", "Beatles", "the beatles!", "Beatle",
               "newyork", "New  York", "New York City", "york new", "ESPAÑA", "Espan\u0303a", "spaña", "Cafe\u0301 Muller", "café müller", "Nolan", "no",
               "No.", "yes", "noanswer", "1024", "1,024", "1 024", "Abdul Kalam", "APJ Abdul Kalam", "STRASSE", "straße", "αθηναι", "Ἀθῆναι",
               "istanbul", "İstanbul", "oneill", "O Neill", "a C++", "c", "½", "1/2", "rock n roll", "RockNRoll", "москва", "Москва́", "a naïve Bayes",
               "bayes bayes naïve", "Paris\u00a0", "Pa\u200bris", "an apple", "Paris\u0085Paris", "new\u001fyork"]
answers = [dict(prediction=p, golds=g) for g, p in itertools.product(golds, predictions)]
# Every pair would be many alike: all that score anything, and some of the rest.
scored = [c for c in answers if two_way(**c) or f1(**c)]
rest = [c for n, c in enumerate(c for c in answers if c not in scored) if n % 9 == 0]
cases = [dict(c, scores={"em": em(**c), "sub-em": sub_em(**c), "sub-em-two-way": two_way(**c), "f1": round(f1(**c), 6)}) for c in scored + rest]

inside = ["Paris", "paris", "the Paris", " New York ", "NewYork", "New\nYork", "\\text{Paris}", "0.5", ".5", "\\frac12", "\\dfrac{1}{2}", "1/2", "\\frac1{2}",
          "x = 5", "5", "50\\%", "50", "\\sqrt3", "\\sqrt{3}", "\\sqrt", "\\frac", "\\frac1", "5 \\text{ km}", "a{b}c", "{Paris}", "España", "ESPAÑA", "",
          " ", "3/04", "90^\\circ", "\\$5", "東京", "A or B", "\\left( 1 \\right)", "10\\!000", "1.5", "-1/2", "Paris."]
wanted = [["Paris"], ["New York"], ["0.5"], ["5"], ["\\sqrt{3}"], ["España"], ["東京", "Tokyo"], ["a{b}c"], ["50"], ["90"], ["(1)"], ["10000"], ["A"], ["-1/2"], ["\\sqrt"]]
boxes = [dict(prediction=f"So it is \\boxed{{{i}}}.", golds=g) for g, i in itertools.product(wanted, inside)]
shapes = ["Paris", "\\boxed{Rome} then \\boxed{Paris}", "\\boxed{Paris} then \\boxed{Rome}", "\\boxed{Paris", "\\boxed{Rome} \\boxed{Par", "\\fbox{Paris}",
          "\\fbox{Rome} \\boxed{Paris}", "\\boxed{\\boxed{Paris}}", "\\boxed{Paris}}", "\\BOXED{paris}", "\\boxed{Paris}" + "x" * 280, "\\boxed{Paris}" + "x" * 290,
          "\\boxed{Paris}" + "🗼" * 280, "\\boxed{Paris}" + "🗼" * 290, "y" * 400 + "\\boxed{" + "z" * 300 + "}", "\\boxed", "boxed{Paris}"]
boxes = [c for n, c in enumerate(boxes) if boxed_strict(**c) or n % 11 == 0] + [dict(prediction=s, golds=["Paris"]) for s in shapes]
cases += [dict(c, scores={"boxed-strict": boxed_strict(**c)}) for c in boxes]

needles = [["7612"], ["7612", "8890", "1234"], ["ABCDE", "vwxyz"], ["Zürich"], ["12"]]
haystacks = ["7612", "The numbers are 7612 and 8890.", "7612, 8890, 1234", "abcde VWXYZ", "ab\x00cde", "vwxyz\tabcde", "ZÜRICH", "Zurich", "", " ", "312", "1 2"]
cases += [dict(prediction=p, golds=g, scores={"string-match-all": round(ruler_all(p, g), 6), "string-match-part": ruler_part(p, g)})
          for g, p in itertools.product(needles, haystacks)]

objectives = [[["Paris"], ["Rome", "Roma"]], [["yes"], ["1,024"], ["The Beatles"]]]
replies = ["Paris; Rome", "Paris;roma ; London", "Rome; Paris", "Paris", "; Rome", "", ";", "Paris, Rome", "yes; 1024; beatles", "yes;;the Beatles", "yes", "Paris ; ; "]
cases += [dict(prediction=p, golds=g, scores={"count-objectives": count_objectives(p, g)}) for g, p in itertools.product(objectives, replies)]

out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "reference-scores.json")
with open(out + ".tmp", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(c, ensure_ascii=True) for c in cases) + "\n]\n")
os.replace(out + ".tmp", out)
counts = {}
for case in cases:
    for name, score in case["scores"].items(): counts.setdefault(name, [0, 0])[0] += 1; counts[name][1] += score > 0
print(len(cases), "cases;", ", ".join(f"{n} {a} ({b} score)" for n, (a, b) in counts.items()))
