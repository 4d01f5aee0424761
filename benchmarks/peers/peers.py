"""How each system is called: at its defaults, but for where its model is, how long it runs and what its seed is."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def clean_environment(more):
    """Nothing of the caller's that changes what the peers do, but what finding programs takes."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, **more}


class Peer:
    """One system on one task, in a folder of its own."""

    # Whether it evaluates programs inside of its own processes.
    evaluates_itself = False

    def __init__(self, task, folder, port, seed, evaluations, options):
        self.task, self.folder, self.seed, self.evaluations = task, pathlib.Path(folder), seed, evaluations
        self.url = f"http://127.0.0.1:{port}/v1"
        self.bin = pathlib.Path(options.environment) / "bin"
        self.options = options
        self.source = HERE / "tasks" / task
        self.log = self.folder / "evaluations.jsonl"
        self.variables = clean_environment({"PEERS_EVALUATIONS": str(self.log), "OPENAI_API_KEY": "none"})

    def values(self):
        """Returns time, value and seconds of each evaluation in the order in which they ended."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text().splitlines()]


class OpenEvolve(Peer):
    name = "OpenEvolve"
    package = "openevolve"
    evaluates_itself = True

    def prepare(self):
        shutil.copytree(self.source, self.folder / "task")
        # Its own seed is 42 unless set, for every run alike.
        lines = [f"random_seed: {self.seed}", "llm:", f"  api_base: {self.url}", "  primary_model: scripted"]
        lines += ["database:", f"  random_seed: {self.seed}"]
        (self.folder / "config.yaml").write_text("\n".join(lines) + "\n")

    def command(self):
        # The first evaluation is that of the program as it is.
        return [
            self.bin / "openevolve-run", self.folder / "task/program.py", self.folder / "task/evaluate.py",
            "--config", self.folder / "config.yaml", "--iterations", str(self.evaluations - 1),
            "--output", self.folder / "output",
        ]


class ShinkaEvolve(Peer):
    name = "ShinkaEvolve"
    package = "shinka-evolve"

    def prepare(self):
        shutil.copytree(self.source, self.folder / "task")
        (self.folder / "task/program.py").rename(self.folder / "task/initial.py")

    def command(self):
        # Its default models are four of two providers, and an embedding model: all of them are the one on loopback here.
        models = json.dumps([f"local/scripted@{self.url}"])
        return [
            self.bin / "shinka_run", "--task-dir", self.folder / "task", "--results_dir", self.folder / "output",
            "--num_generations", str(self.evaluations), "--set", f"evo.llm_models={models}",
            "--set", f"evo.embedding_model=local/scripted@{self.url}", "--set", f"job.python_executable={self.options.python}",
        ]


class Pawl(Peer):
    """Pawl with one agent, the scripted model."""

    name = "Pawl"
    # What `pawl.yaml` has beyond what `pawl init` writes.
    more = []

    def prepare(self):
        shutil.copytree(self.source, self.folder / "task")
        self.shell("git", "init", "-q", "-b", "main")
        self.shell("git", "add", "-A")
        self.shell("git", "-c", "user.name=peers", "-c", "user.email=peers@localhost", "commit", "-q", "-m", "start")
        metric, direction = {"rastrigin": ("rastrigin", "minimize"), "circles": ("radii", "maximize")}[self.task]
        self.shell(
            self.options.pawl, "init", "--study", "peers", "--command", f"{self.options.python} evaluate.py", "--metric", metric,
            "--direction", direction, "--editable", "program.py")
        yaml = self.folder / "task/pawl.yaml"
        lines = [f"seed: {self.seed}", "agents:", f"  - {{name: scripted, api: openai, model: scripted, base_url: '{self.url}'}}", *self.more]
        yaml.write_text(yaml.read_text() + "\n" + "\n".join(lines) + "\n")

    def shell(self, *words):
        words = [str(word) for word in words]
        ended = subprocess.run(words, cwd=self.folder / "task", env=self.variables, capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            raise SystemExit(f"{' '.join(words)} ended with exit code {ended.returncode}:\n{ended.stderr}")

    def command(self):
        # More trials than are looked at: attempts of the calibration and of certificates are evaluations too.
        return ["sh", "-c", f"cd task && exec '{self.options.pawl}' run --trials {self.evaluations}"]

    def values(self):
        events = journal(self.folder / "task/.pawl/peers/journal.sqlite")
        return [
            {"time": at / 1000, "value": result.get("measurement"), "seconds": result["usage"]["wallSeconds"]}
            for at, kind, (result, *_) in events if kind == "attemptFinished"
        ]


def journal(path):
    """Returns time, kind and content of every event of a study."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        rows = connection.execute("SELECT at, kind, payload FROM events ORDER BY sequence").fetchall()
    finally:
        connection.close()
    return [(at, kind, list((json.loads(payload)[kind] or {}).values())) for at, kind, payload in rows]
