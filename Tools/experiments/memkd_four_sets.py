#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""MemKD on four UCR problems: teacher, plain student, Base-KD, MemKD, and the control with an untrained teacher.

    python3 Tools/experiments/memkd_four_sets.py --data DATA/ucr [--minim .build/release/minim] [--out runs/memkd]

Protocol: series resampled to 100 steps and z-normalised; a fifth of the training cases for validation; every choice
(teacher's rate, students' weight) by the mean validation loss over seeds; the test split is read once, for the chosen
runs. Students learn at 0.05, or with --student-rates A,B at the rate that is best for the plain one. Every run is a
folder that is skipped when it is finished, so a killed script goes on where it was. Writes RATES.json and RATES.md
into --out, RATES being what --student-rates says.
"""
import argparse, concurrent.futures, json, os, statistics, subprocess, sys

SETS = ["ItalyPowerDemand", "Trace", "MoteStrain", "SwedishLeaf"]
SEEDS = [1, 2, 3, 4, 5]
TEACHER_RATES = [0.001, 0.003, 0.01]
WEIGHTS = [0.01, 0.1, 0.5, 1, 5, 10, 50, 100]
# Published AUC-PRC in percent (MemKD, Table II): best teacher, second teacher column, plain student, Base-KD, MemKD.
PUBLISHED = {
    "ItalyPowerDemand": dict(teacher=99.2, second=98.2, plain=94.2, kd=98.6, memkd=98.7),
    "Trace": dict(teacher=73.8, second=54.4, plain=64.8, kd=69.3, memkd=78.8),
    "MoteStrain": dict(teacher=83.9, second=80.8, plain=82.7, kd=81.9, memkd=84.1),
    "SwedishLeaf": dict(teacher=92.1, second=89.7, plain=70.8, kd=71.5, memkd=77.4),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--minim", default=".build/release/minim")
    parser.add_argument("--out", default="runs/memkd")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--student-rates", default="0.05")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    results = {}
    for name in arguments.sets.split(","):
        results[name] = Problem(name, arguments).run()
        write(results, os.path.join(arguments.out, "rates-" + arguments.student_rates))


class Problem:
    def __init__(self, name, arguments):
        self.name, self.arguments = name, arguments
        self.data = os.path.join(arguments.data, name)
        self.out = os.path.join(arguments.out, name)
        self.rates = [float(rate) for rate in arguments.student_rates.split(",")]
        self.pool = concurrent.futures.ThreadPoolExecutor(arguments.jobs)

    def minim(self, *words):
        done = subprocess.run([self.arguments.minim, *map(str, words)], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"minim {' '.join(map(str, words))}: {done.stderr.strip()}")
        return done.stdout

    def train(self, folder, command, *words):
        path = os.path.join(self.out, folder)
        if not os.path.exists(path + "/scores.json"):
            words = [command, "--data", self.data, "--length", "resample:100", "--threads", 1, "--json", "--quiet",
                     "--out", path, *words]
            if os.path.exists(path + "/run.json"):
                words.append("--resume")
            self.minim(*words)
        with open(path + "/scores.json") as file:
            scores = json.load(file)
        return dict(folder=path, loss=scores["loss"], auc=scores["metrics"]["aucPRC"])

    def test(self, folder):
        path = folder + "/test.json"
        if not os.path.exists(path):
            with open(path + ".part", "w") as file:
                file.write(self.minim("eval", folder, "--data", self.data, "--json"))
            os.rename(path + ".part", path)
        with open(path) as file:
            return json.load(file)["metrics"]

    def over_seeds(self, name, command, *words):
        runs = list(self.pool.map(
            lambda seed: self.train(f"{name}-seed{seed}", command, "--seed", seed, *words), SEEDS))
        return dict(runs=runs, loss=statistics.mean(run["loss"] for run in runs))

    def teacher(self):
        def one(rate, seed):
            return self.train(f"teacher-{rate}-seed{seed}", "train", "--layers", 3, "--hidden", 100,
                              "--learning-rate", rate, "--seed", seed)
        first = list(self.pool.map(lambda rate: one(rate, 1), TEACHER_RATES))
        rate = min(zip(first, TEACHER_RATES), key=lambda pair: (pair[0]["loss"], pair[1]))[1]
        runs = list(self.pool.map(lambda seed: one(rate, seed), SEEDS))
        best = max(runs, key=lambda run: (run["auc"], -run["loss"]))
        return rate, runs, best

    def run(self):
        rate, teachers, best = self.teacher()
        untrained = self.train("teacher-untrained", "train", "--layers", 3, "--hidden", 100, "--epochs", 0)
        plain = {r: self.over_seeds(f"plain-{r}", "train", "--learning-rate", r) for r in self.rates}
        student_rate = min(self.rates, key=lambda r: (plain[r]["loss"], r))
        result = dict(
            teacher=dict(rate=rate, best=self.test(best["folder"]),
                         all=[self.test(run["folder"]) for run in teachers]),
            plain=self.report(plain[student_rate], rate=student_rate,
                              validation={str(r): plain[r]["loss"] for r in self.rates}))
        for label, source in (("", best), ("-untrained", untrained)):
            for method in ("kd", "memkd"):
                tried = {w: self.over_seeds(
                    f"{method}{label}-{student_rate}-{w}", "distill", "--teacher", source["folder"], "--method", method,
                    "--weight", w, "--learning-rate", student_rate) for w in WEIGHTS}
                weight = min(WEIGHTS, key=lambda w: (tried[w]["loss"], w))
                result[method + label] = self.report(
                    tried[weight], weight=weight, validation={str(w): tried[w]["loss"] for w in WEIGHTS})
        return result

    def report(self, chosen, **more):
        tests = [self.test(run["folder"]) for run in chosen["runs"]]
        return dict(more, tests=tests)


def write(results, path):
    with open(path + ".part", "w") as file:
        json.dump(results, file, indent=1, sort_keys=True)
    os.rename(path + ".part", path + ".json")
    with open(path + ".md", "w") as file:
        file.write(table(results))


def table(results):
    rows = ["| set | model | published | ours, test AUC-PRC % (mean ± sd, 5 seeds) | difference | accuracy % | chosen |",
            "|---|---|---|---|---|---|---|"]
    means = {}
    for name, result in results.items():
        paper = PUBLISHED[name]

        def row(model, tests, published, chosen):
            aucs = [100 * test["auc_prc"] for test in tests]
            mean = statistics.mean(aucs)
            means.setdefault(model, []).append(mean)
            spread = f" ± {statistics.stdev(aucs):.1f}" if len(aucs) > 1 else ""
            accuracy = statistics.mean(100 * test["accuracy"] for test in tests)
            shown = "" if published is None else f"{published:.1f}"
            difference = "" if published is None else f"{mean - published:+.1f}"
            rows.append(f"| {name} | {model} | {shown} | {mean:.1f}{spread} | {difference} | {accuracy:.1f} | {chosen} |")

        teacher = result["teacher"]
        row("teacher 3x100, best of 5 on validation", [teacher["best"]], paper["teacher"], f"rate {teacher['rate']}")
        row("teacher 3x100, all 5", teacher["all"], paper["second"], "")
        row("student 1x8, plain", result["plain"]["tests"], paper["plain"], f"rate {result['plain']['rate']}")
        for key, label in (("kd", "Base-KD"), ("memkd", "MemKD")):
            row(f"student 1x8, {label}", result[key]["tests"], paper[key], f"weight {result[key]['weight']}")
            control = result[key + "-untrained"]
            row(f"control: {label}, untrained teacher", control["tests"], None, f"weight {control['weight']}")
    rows += ["", f"Means over {len(results)} sets:", ""]
    rows += [f"- {model}: {statistics.mean(values):.1f}" for model, values in means.items()]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
