import Foundation
import PawlRuntime

/// `pawl doctor`: what is there, what is missing, how to mend it.
struct DoctorCommand: Command {
  static let specification = CommandSpecification(
    name: "doctor", summary: "say what is there, what is missing, and how to mend it",
    options: [CommandSpecification.json],
    notes: "Exits with 1 where something is missing that a study cannot do without.")

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let findings = Doctor.examine(at: console.directory)
    if arguments.has("json") {
      console.output(try JSONText.encode(findings) + "\n")
    } else {
      let width = (findings.map(\.name.count).max() ?? 0) + 2
      for finding in findings { console.output(line(finding, width: width, colour: console.colour)) }
    }
    return findings.contains { $0.state == .missing } ? 1 : 0
  }

  private static func line(_ finding: Doctor.Finding, width: Int, colour: Bool) -> String {
    let mark =
      switch finding.state {
      case .good: Ink.good.paint("ok     ", colour)
      case .warning: Ink.careful.paint("warning", colour)
      case .missing: Ink.bad.paint("missing", colour)
      }
    let text = "\(mark)  \(finding.name.padded(to: width))\(finding.detail)\n"
    return text + (finding.remedy.map { "\(String(repeating: " ", count: 9 + width))mend: \($0)\n" } ?? "")
  }
}

/// JSON as all commands print it: sorted keys, no escaped slashes.
enum JSONText {
  static func encode(_ value: some Encodable, pretty: Bool = true) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
      pretty ? [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
