import PawlCore
import PawlRuntime

/// `pawl log --results FILE`: what another tool's `results.tsv` says, and what in it cannot be read.
struct ResultsListing {
  /// What goes with `--results`; the other filters speak of this study's trials.
  private static let allowed: Set<String> = ["results", "last", "all", "json", "directory"]

  static func run(_ path: String, _ arguments: ParsedArguments, console: Console) throws -> Int32 {
    for option in LogCommand.specification.allOptions where arguments.has(option.name) && !allowed.contains(option.name)
    {
      throw UsageError(
        "`--\(option.name)` does not go with `--results`", hints: ["`--last`, `--all` and `--json` do"])
    }
    let file = try ResultsFile(
      path: path.hasPrefix("/") ? path : "\(console.directory)/\(path)",
      hint: "`pawl log` without `--results` lists this study's trials")
    let limit = arguments.has("all") ? nil : try arguments.integer("last", atLeast: 1)
    let rows = limit.map { file.rows.suffix($0) } ?? file.rows[...]
    for problem in file.problems {
      console.note(problem)
    }
    if arguments.has("json") {
      for row in rows { console.output(try JSONText.encode(row, pretty: false) + "\n") }
    } else if !rows.isEmpty {
      let table = TextTable(
        header: ["line", "commit", "status", file.metricName ?? "metric", "GiB", "description"], numbers: [0, 3, 4],
        console: console)
      console.output(
        table.text(
          rows.map { row in
            let cells = [
              "\(row.line)", row.commit.map { String($0.prefix(8)) } ?? "", row.status, row.metric?.asMetric ?? "",
              row.memoryGB?.formatted(digits: 3) ?? "", row.description.replacing("\n", with: " "),
            ]
            return (cells, row.status == "keep")
          }))
    }
    // Rows say something; a file without any is not what was meant.
    return file.rows.isEmpty ? 1 : 0
  }
}

extension Console {
  func note(_ text: String) { messages(Ink.careful.paint("note", messageColour) + " \(text)\n") }

  /// Says what could not be read of a file that has a metric at all; without one that is the error.
  func noteProblems(of file: ResultsFile) {
    guard file.metricName != nil else { return }
    // A file of a hundred thousand broken lines must not bury the answer.
    for problem in file.problems.prefix(10) { note(problem) }
    if file.problems.count > 10 { note("and \(file.problems.count - 10) more lines that cannot be read") }
  }
}

/// Rows in aligned columns, the last cut to the terminal's width.
struct TextTable {
  let header: [String]
  /// Columns that are aligned on the right.
  let numbers: Set<Int>
  let console: Console

  func text(_ rows: [(cells: [String], good: Bool)]) -> String {
    let widths = header.indices.map { column in
      rows.reduce(header[column].count) { max($0, $1.cells[column].count) }
    }
    return Ink.strong.paint(line(header, widths), console.colour) + "\n"
      + rows.map { row in
        let text = line(row.cells, widths)
        return (row.good ? Ink.good.paint(text, console.colour) : text) + "\n"
      }.joined()
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var text = ""
    for (column, cell) in cells.enumerated() {
      let last = column == cells.count - 1
      text +=
        last
        ? cell : (numbers.contains(column) ? cell.aligned(to: widths[column]) : cell.padded(to: widths[column])) + "  "
    }
    return console.outputIsTerminal ? text.cut(to: console.columns) : text
  }
}
