#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlReferee
import PawlRefereeProtocol

/// The command line of `pawl-lab`.
public enum LabCommand {
  static let help = """
    pawl-lab: train small byte-level language models, and judge them fairly

    usage: pawl-lab init DIR [--text NAME | --data FILE] [--budget OPERATIONS] [--generations TASK]
           pawl-lab run train.swift [--rung N] [--split PART] [--flops N] [--steps N] [--cpu SECONDS] [--wall SECONDS]
                                    [--curve FILE] [--save FILE]
           pawl-lab referee --text HELD_OUT [options] -- COMMAND...
           pawl-lab sample train.swift --model FILE [--prompt TEXT] [--bytes N] [--temperature T] [--seed N] [--rung N]
           pawl-lab stage NAME [options]
           pawl-lab kernels [--depth N] [--width N] [--context N] [--threads N] [--seconds S]

    init   makes DIR a git repository with `train.swift`, `program.md`, the text and the settings
             --text NAME          learn a text that Debian packages: \(texts)
             --data FILE          learn a text of your own; of a long one, a sample
             --budget OPERATIONS  floating-point operations of a run on rung 1, such as 3e11
             --generations TASK   data and settings of a study of generations instead: `text`, or `addition`, which needs no text
    run    compiles and trains `train.swift`, then prints its held-out bits per byte after a line `---`
             --rung N             the scale, 1 to 3; PAWL_RUNG in the environment sets the same, 1 without it
             --split PART         the held-out text that judges, `search` or `sealed`; PAWL_SPLIT sets the same
             --flops N --steps N --cpu SECONDS --wall SECONDS
                                  train until one of these is spent, instead of the budget in `lab.conf`
             --curve FILE         write the learning curve as lines of JSON
             --save FILE          write the trained parameters, as safetensors
             --isolation none     without a sandbox: the candidate can then read the held-out text
    referee  judges any program that speaks the referee's protocol, such as one in PyTorch; see docs/referee.md
             --text HELD_OUT      the text to judge by, hidden from the program
             --context N          bytes in a window; 256 without it
             --windows N          windows that make the metric; all without it
             --cpu S, --wall S    what training may take, by the referee's clock
             --limit S            stop without a metric after this time; 3600 without it
             --warm-up S          more time for answering, such as for compiling the model
             --metric NAME        what the metric is called; val_bpb without it
             --seed-env NAME      the variable of the environment with the seed; PAWL_SEED without it
             --hide PATH          hide this file or folder too; may be given again
             --env NAME           pass this variable on too; may be given again
             --isolation none     as above
    sample   lets a model write; FILE is what `run --save` wrote, with the same `train.swift` and rung
             --prompt TEXT        what the text begins with
             --bytes N            bytes to write; 500 without it
             --temperature T      0 for the likeliest byte always; 0.8 without it
    stage    a step of a study of generations that needs the lab's language model; see docs/generations.md
             train      learns `PAWL_SNAPSHOT` by `trainer.conf`, from `PAWL_PARENT_MODEL` where that is set, and leaves
                        `model.safetensors`; --settings FILE, --data FILE and --model FILE name others
             evaluate   scores that model on `data/search.jsonl`, or `data/sealed.jsonl` where `PAWL_SPLIT` is `sealed`, and
                        prints `bits_per_byte` or, with --task addition, `exact`; --model FILE and --data FILE name others
             generate   goes on from the prompts of `PAWL_INPUT`; with --task addition makes sums of its own, --grow N (1) digits
                        longer than any that the model has learnt; --bytes N bounds a document
             diagnose   measures the loss of each document of `probe.jsonl`
             judge      answers `canaries.jsonl`
    kernels  says which loops this processor gets, and how fast it multiplies a model's matrices with them
           PAWL_SEED in the environment is the seed; 0 without it
           PAWL_LAB_CACHE is a folder for compiled candidates, otherwise `pawl-lab` in XDG_CACHE_HOME or ~/.cache

    exit codes: 0 done, 1 something is missing or must not be, 2 wrong usage, 3 train.swift does not compile,
                4 training failed, 5 out of time, 6 invalid predictions
    """

  private static var texts: String { PackagedText.allCases.map(\.rawValue).joined(separator: ", ") }

  /// Runs the program with the arguments after its name; returns its exit code.
  public static func main(_ arguments: [String]) -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    do {
      try run(arguments)
      return ExitCode.success.rawValue
    } catch {
      var text = "error: \(error.message)\n"
      if !error.hints.isEmpty { text += "\n" + error.hints.map { "hint: \($0)\n" }.joined() }
      _ = writeAll(Array(text.utf8), to: 2)
      return error.code.exit.rawValue
    }
  }

  private static func run(_ arguments: [String]) throws(LabError) {
    let wanted: Set = ["-h", "--help", "help"]
    if arguments.prefix(while: { $0 != "--" }).contains(where: wanted.contains) {
      say(help)
      return
    }
    switch arguments.first {
    case "init": try InitCommand(arguments.dropFirst()).run()
    case "run": try RunCommand(arguments.dropFirst()).run()
    case "sample": try SampleCommand(arguments.dropFirst()).run()
    case "kernels": try KernelsCommand(arguments.dropFirst()).run()
    case "stage": try StageCommand(arguments.dropFirst()).run()
    case "referee": try RefereeCommand(arguments.dropFirst()).run()
    case let other:
      throw LabError(
        .usage, other.map { "`\($0)` is not a command of pawl-lab" } ?? "no command given",
        hints: ["`pawl-lab --help` lists the commands"])
    }
  }
}
