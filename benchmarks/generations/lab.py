"""Calls the stages of `pawl-lab` as `pawl run` would: a folder to read, a folder to write, a seed and a generation."""
import json
import os
import shutil
import subprocess

# What `recipe.json` holds; a caller changes what it studies.
RECIPE = {
    "real": "data/real.jsonl", "held": [], "model": "model.safetensors", "start": "scratch", "stages": {},
    "budget": {"log": 16777216}, "making": {"documents": 1000, "samples": 1, "promptBytes": 32, "temperature": 1, "aim": 0},
    "filters": {"exact": True, "overlap": 50}, "mix": {"keep": "accumulate", "floor": 0.5, "made": 0.3},
    "watch": {"alpha": 0.01, "splits": 200}, "control": True,
}


def read(path):
    with open(path) as file:
        return [json.loads(line) for line in file]


def write(path, rows):
    with open(path, "w") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")


def found(program):
    """A program of the PATH or of a folder, as a path that any folder may use."""
    return shutil.which(program) or os.path.abspath(program)


class Lab:
    """One study's folder, and the program that works on it."""

    def __init__(self, program, folder, settings=(), pawl="pawl"):
        self.program, self.pawl = found(program), found(pawl)
        self.folder = os.path.abspath(folder)
        self.settings = dict(settings)

    def init(self, task):
        shutil.rmtree(self.folder, ignore_errors=True)
        subprocess.run([self.program, "init", self.folder, "--generations", task], check=True, stdout=subprocess.DEVNULL)
        path = f"{self.folder}/trainer.conf"
        lines = [line for line in open(path).read().split("\n") if line.split(" =")[0] not in self.settings]
        lines += [f"{name} = {value}" for name, value in self.settings.items()]
        open(path, "w").write("\n".join(lines) + "\n")

    def data(self, name):
        return read(f"{self.folder}/data/{name}.jsonl")

    def stage(self, *arguments, seed=0, generation=1, inputs=None, recipe=None, snapshot=None, parent=None,
              program=None):
        """Runs a stage and returns what it prints, as numbers by name; `inputs` are files for PAWL_INPUT."""
        given, made = f"{self.folder}/.given", f"{self.folder}/.made"
        for place in (given, made):
            shutil.rmtree(place, ignore_errors=True)
            os.mkdir(place)
        environment = dict(os.environ, PAWL_INPUT=given, PAWL_OUTPUT=made, PAWL_SEED=str(seed),
                           PAWL_GENERATION=str(generation))
        for name, content in (inputs or {}).items():
            if isinstance(content, str):
                shutil.copyfile(content, f"{given}/{name}")
            elif isinstance(content, dict):
                json.dump(content, open(f"{given}/{name}", "w"))
            else:
                write(f"{given}/{name}", content)
        if recipe:
            json.dump(recipe, open(f"{given}/recipe.json", "w"))
        if snapshot is not None:
            write(f"{self.folder}/snapshot.jsonl", snapshot)
            environment["PAWL_SNAPSHOT"] = f"{self.folder}/snapshot.jsonl"
        if parent:
            environment["PAWL_PARENT_MODEL"] = parent
        program = program or self.program
        done = subprocess.run([program, "stage", *arguments], cwd=self.folder, env=environment,
                              stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit(f"`{program} stage {' '.join(arguments)}` ended with {done.returncode}")
        numbers = {}
        for line in done.stdout.splitlines():
            name, _, value = line.partition(": ")
            try:
                numbers[name] = float(value)
            except ValueError:
                pass
        return numbers

    def output(self, name):
        """What the last stage wrote: documents by the line, or one value."""
        path = f"{self.folder}/.made/{name}"
        return read(path) if name.endswith(".jsonl") else json.load(open(path))

    @property
    def model(self):
        return f"{self.folder}/model.safetensors"


def making(**changes):
    """A recipe whose rule of making is changed."""
    recipe = json.loads(json.dumps(RECIPE))
    recipe["making"].update(changes)
    return recipe
