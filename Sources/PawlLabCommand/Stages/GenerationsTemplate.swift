/// The settings of a new study's trainer.
func trainerTemplate(_ task: GenerationTask) -> String {
  let head = """
    # The lab's language model and how it learns; see `pawl-lab --help` and docs/generations.md.

    """
  return head
    + (task == .text
      ? """
      depth = 2
      width = 64
      heads = 2
      context = 416
      position = rotary
      optimiser = muon
      batch = 16
      steps = 200
      learning_rate = 4e-3
      muon_rate = 0.02
      weight_decay = 0.01

      """
      : """
      # A digit's place in its number is learnt from a start drawn anew for each sum, so that longer numbers are no news.
      depth = 2
      width = 64
      heads = 4
      context = 192
      position = digits
      position_shift = 64
      answer_after = =
      optimiser = muon
      batch = 128
      steps = 1000
      learning_rate = 3e-3
      muon_rate = 0.02
      weight_decay = 0.01
      # Where training begins at the parent's model:
      later_steps = 200
      later_rate = 0.5

      """)
}

/// What an agent, or a person, is told about a study of generations.
func generationsProgram(_ task: GenerationTask) -> String {
  let (title, what, metric, option) =
    task == .text
    ? (
      "Improve a small language model's own training data",
      "`data/real.jsonl` holds passages of a text, a document a line with the fields that it has, such as its book.",
      "`bits_per_byte`, over held-out passages: lower is better", ""
    )
    : (
      "Teach a small language model to add longer numbers than anyone has shown it",
      """
      `data/real.jsonl` holds sums of numbers of at most \(GenerationsFolder.realDigits) digits, written with the least digit first: `210+430=6400` is
      12 + 34 = 46. The size of a sum (`fields.size`) is the number of digits of its numbers.
      """,
      "`exact`, the share of right answers over sums of 1 to \(GenerationsFolder.heldDigits) digits: higher is better; `exact_12` is that of 12 digits",
      " --task addition"
    )
  return """
    # \(title)

    \(what)
    `data/search.jsonl` and `data/sealed.jsonl` judge, `data/canaries.jsonl` holds what must not be unlearnt; all of `data/` is frozen.

    - `pawl-lab stage train` learns the documents of `PAWL_SNAPSHOT` by `trainer.conf` and leaves `model.safetensors`, from which it begins when
      `PAWL_PARENT_MODEL` names the parent's. `PAWL_SEED` is the seed; the same seed and documents give the same model.
    - `pawl-lab stage evaluate\(option)` prints \(metric).
    - `pawl-lab stage generate\(option)`, `pawl-lab stage diagnose` and `pawl-lab stage judge` are the stages that need the model; each can be
      replaced by a command that reads and writes the same JSON Lines.

    Try it: `PAWL_SNAPSHOT=data/real.jsonl pawl-lab stage train && pawl-lab stage evaluate\(option)`

    """
}
