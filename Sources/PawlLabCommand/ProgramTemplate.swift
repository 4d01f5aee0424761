import PawlReferee

/// What an agent is told about a study of the lab.
func programTemplate(_ rung: Rung) -> String {
  """
  # Train the best byte-level language model that the budget allows

  `train.swift` trains a small GPT on a text and is judged on text that it has not seen. Make `val_bpb` lower.

  - **Change** `train.swift` and nothing else: model, optimiser, schedule, loop, settings. `data/` and `lab.conf` are frozen.
  - **Run** it with `pawl-lab run train.swift`. After a line `---` comes `val_bpb: 2.123456`, held-out bits per byte: lower is better.
    No line means no metric: read the error, which names the line of `train.swift` where it can. Lines that begin with `| ` are yours,
    those that begin with `step ` are the learning curve. `PAWL_SEED` in the environment sets the seed.
  - **Budget**: \(rung.budget.words); an attempt is stopped
    after \(shortest(rung.wallLimit)) seconds, and has \(rung.memoryMebibytes) MiB of memory. A bigger model therefore takes fewer steps.
    `step.fraction` says how much is spent. `--steps 20` gives a short trial of whether it works at all.
  - **Rules**: learn from `data/train.txt` alone, through `lab.gradients`. `finish` hands in a function that gets windows of `lab.context`
    bytes; a row may use the bytes up to its own, of its own window, and each row is normalised by softmax. The metric comes from
    another process, which checks that; nothing that `train.swift` prints counts. It is one file of at most 256 KiB; it may not quote
    the held-out text, nor reach into the library (no `@_…` attributes, no `dlsym`).
  - **Scales**: what wins on rung 1 is tried on bigger ones (`--rung 2`, `--rung 3`), so write for any `lab.context` and `lab.size`.

  ## What is there

  `import PawlLab` gives `Lab` (`context`, `size`, `seed`, `precision`, `nextStep`, `gradients`, `finish`), `Parameters` (`matrix`, `embedding`,
  `vector`, `scalar`, `clipGradients`), `AdamW`, `Muon`, `Generator`, and operations whose gradients come by themselves: `tape.embedding`,
  `linear`, `+`, `*`, `scaled` (by a number or a learned scalar), `layerNorm`, `rmsNorm`, `headNorm` (QK norm), `addingPositions`, `rotary`,
  `causalAttention` (`keyHeads:` for grouped heads, `window:` for local ones), `gelu`, `reluSquared`, `swiglu`, `softCapped`, `crossEntropy`.
  The functions given to `gradients` and `finish` run on several threads: they read weights and change nothing.

  ## Ideas

  Noise between seeds is small but not zero, so prefer changes that should matter: the learning rate and its schedule; batch size against
  number of steps; rotary positions; RMSNorm; ReLU squared or SwiGLU; Muon for the matrices; an untied head; the initial scale; depth
  against width; a soft cap on the logits; residual scalings; weight decay only where it helps.

  A comment such as `// pawl: log 1e-4...3e-2` tells an agent that turns knobs which values make sense.

  """
}
