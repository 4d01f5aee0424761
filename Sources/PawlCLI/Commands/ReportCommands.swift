import Foundation
import PawlRuntime

/// `pawl report`: the page with the progress plot.
struct ReportCommand: Command {
  static let specification = CommandSpecification(
    name: "report", summary: "write the HTML report and print its path",
    options: [
      CommandSpecification.study,
      .init(name: "output", value: "PATH", help: "where to write it (the study's folder unless given)"),
      CommandSpecification.json,
    ])
  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let path = arguments.value("output").map { $0.hasPrefix("/") ? $0 : "\(console.directory)/\($0)" }
    let written = try reader(arguments, console: console).writeReport(to: path, version: Program.version)
    console.output(arguments.has("json") ? try JSONText.encode(["report": written]) + "\n" : "\(written)\n")
    return 0
  }
}

/// `pawl export`: the trials as results.tsv or JSON Lines.
struct ExportCommand: Command {
  static let specification = CommandSpecification(
    name: "export", summary: "print all trials as results.tsv (karpathy/autoresearch) or JSON Lines",
    options: [
      CommandSpecification.study,
      .init(name: "format", value: "tsv|jsonl", help: "the format (tsv unless given)"),
    ])
  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let format = arguments.value("format") ?? "tsv"
    guard ["tsv", "jsonl"].contains(format) else {
      throw UsageError("unknown format `\(format)`", hints: ["`--format tsv` or `--format jsonl`"])
    }
    let reader = try reader(arguments, console: console)
    console.output(format == "tsv" ? try reader.resultsTable() : try reader.jsonLines())
    return 0
  }
}
