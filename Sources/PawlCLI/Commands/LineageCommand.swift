import PawlCore
import PawlReport
import PawlRuntime

/// `pawl lineage ID`: where a training document came from.
struct LineageCommand: Command {
  static let specification = CommandSpecification(
    name: "lineage", summary: "say where a training document came from: real, or which model, prompt and seed",
    positionals: ["ID"], options: [CommandSpecification.study, CommandSpecification.json],
    notes: "IDs stand in the snapshots of a study of generations; `pawl show` of a trial names its files.")

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let reader = try reader(arguments, console: console)
    guard let id = arguments.positionals.first else {
      throw UsageError(
        "`pawl lineage` needs the ID of a document", hints: ["`pawl show TRIAL` names the files that hold them"])
    }
    let lineage = try reader.lineage(of: id)
    console.output(arguments.has("json") ? try JSONText.encode(lineage) + "\n" : text(lineage, console: console))
    return 0
  }

  private static func text(_ lineage: Lineage, console: Console) -> String {
    let document = lineage.document
    var lines: [(String, String)] = []
    switch document.source {
    case .real(let file, let line): lines.append(("source", "real: line \(line) of \(file)"))
    case .made(let making):
      lines.append(("source", "made by a model, for generation \(making.generation)"))
      lines.append(("prompt", making.prompt.isEmpty ? "(none)" : making.prompt.onOneLine))
      lines.append(("seed", "\(making.seed)"))
      lines.append(
        ("filters", making.filters.isEmpty ? "none passed" : "passed \(making.filters.joined(separator: ", "))"))
    }
    if let dropped = lineage.dropped { lines.append(("dropped", dropped)) }
    for field in document.fields.sorted(by: { $0.key < $1.key }) { lines.append((field.key, field.value.onOneLine)) }
    lines.append(("learnt by", snapshots(lineage.snapshots)))
    for (place, step) in lineage.models.enumerated() {
      let of = step.trial == .baseline ? "the baseline" : "trial \(step.trial), generation \(step.generation)"
      let data =
        step.madeBytes > 0
        ? "\(Bytes(Int64(step.realBytes))) of real documents and \(Bytes(Int64(step.madeBytes))) of made ones"
        : "\(Bytes(Int64(step.realBytes))) of real documents"
      lines.append((place == 0 ? "model" : "before it", "\(step.model.prefix(12)), of \(of): trained on \(data)"))
    }
    let title = Ink.strong.paint("document \(document.id)", console.colour)
    return title + "\n\n" + lines.map { "\($0.0.padded(to: 10))\($0.1)\n" }.joined() + "\n\(document.text)\n"
  }

  private static func snapshots(_ trials: [TrialID]) -> String {
    guard !trials.isEmpty else { return "no trial" }
    let shown = trials.prefix(8).map { $0 == .baseline ? "the baseline" : "trial \($0)" }.joined(separator: ", ")
    return shown + (trials.count > 8 ? " and \(trials.count - 8) more" : "")
  }
}
