import Foundation
import PawlCore

/// What Pawl knows of one coding program: how it is started, and how its transcript is read.
///
/// Each program's knowledge is one type in one file. The sandbox is the guard, so the programs' own questions are turned off.
protocol ProgramDialect: Sendable {
  /// As users know it, for messages.
  var name: String { get }
  /// The program and its arguments; `sh -c` runs them with the task on standard input.
  func words(_ call: ProgramCall) -> [String]
  /// What it needs besides the rule's own variables, which win.
  func environment(_ call: ProgramCall) -> [String: String]
  /// Whether one that ended well has said so in its transcript.
  var saysWhenItIsDone: Bool { get }
  /// Takes the next line of standard output or error, keys masked already.
  func read(_ line: String, into reading: inout TranscriptReading)
}

/// What one start of a program depends on.
struct ProgramCall: Sendable {
  let model: String?
  /// US dollars.
  let spendLimit: Double?
  /// Paths in the candidate's folder, sorted.
  let editableFiles: [String]
  /// Absolute, as the program sees it.
  let promptFile: String
  /// The variables that the rule passes on.
  let passed: [String: String]
  /// Whether anything keeps it in.
  let isConfined: Bool
}

/// What has been read of a transcript so far.
struct TranscriptReading: Sendable {
  var model: String?
  /// US dollars; nil while the program has not said.
  var cost: Double?
  var usage = TokenUsage()
  /// The newest thing that it said to its user.
  private(set) var lastWords = ""
  /// Why it failed by its own account, until it says otherwise.
  var failure: String?
  /// It ended at a limit by its own account, in the middle of its work.
  var isCut = false
  /// Why its model would not answer.
  var refusal: String?
  /// It said that it is done.
  var isDone = false
  /// Of messages that are not summed up yet, by their ids: a program that is ended never sums up.
  var open: [String: TokenUsage] = [:]

  /// Of `open`, and of `lastWords` in bytes: what a program prints has no end.
  static let mostMessages = 10_000
  private static let mostWords = 65_536

  mutating func say(_ words: String) { lastWords = words.end(bytes: Self.mostWords) }
}

extension TokenUsage {
  func adding(_ other: Self) -> Self {
    func sum(_ left: Int, _ right: Int) -> Int {
      let (sum, overflow) = left.addingReportingOverflow(right)
      return overflow ? .max : sum
    }
    return Self(
      input: sum(input, other.input), output: sum(output, other.output), cacheRead: sum(cacheRead, other.cacheRead),
      cacheWrite: sum(cacheWrite, other.cacheWrite))
  }
}

extension String {
  /// Returns the last bytes, whole characters of them.
  package func end(bytes limit: Int) -> String {
    guard utf8.count > limit else { return self }
    return String(decoding: utf8.suffix(limit).drop { $0 & 0xc0 == 0x80 }, as: UTF8.self)
  }

  /// Returns the first line that is not blank, at most `limit` bytes of it.
  func firstLine(bytes limit: Int) -> String {
    let line =
      split(whereSeparator: \.isNewline).lazy.map { $0.trimmingCharacters(in: .whitespaces) }
      .first { !$0.isEmpty } ?? ""
    guard line.utf8.count > limit else { return line }
    var cut = line.utf8.prefix(limit)
    while let last = cut.last, last & 0xc0 == 0x80 { cut.removeLast() }
    if let last = cut.last, last & 0x80 != 0 { cut.removeLast() }
    return String(decoding: cut, as: UTF8.self) + "…"
  }
}

extension ProgramRule.Program {
  var dialect: any ProgramDialect {
    switch self {
    case .claude: ClaudeDialect()
    case .codex: CodexDialect()
    case .gemini: GeminiDialect()
    case .aider: AiderDialect()
    case .command(let shell): CommandDialect(shell: shell)
    }
  }
}

/// A transcript is read without trust: what is missing or of another type is nil.
extension JSONValue {
  /// Reads the object in a line from its first brace on, as standard error may have left text before it.
  init?(transcript line: String) {
    guard let brace = line.utf8.firstIndex(of: UInt8(ascii: "{")) else { return nil }
    self.init(bytes: Array(line.utf8[brace...]))
  }

  func object(_ name: String) -> JSONValue? { self[name].flatMap { $0.isObject ? $0 : nil } }

  /// Returns US dollars: finite and not negative; more than a million are no honest count either.
  func dollars(_ name: String) -> Double? {
    guard let value = self[name]?.double, value >= 0, value <= 1e6 else { return nil }
    return value
  }

  /// Returns a number of tokens: 0 where there is none, and never more than a million million.
  func tokens(_ name: String) -> Int {
    guard let value = self[name]?.double, value > 0 else { return 0 }
    return Int(min(value, 1e12))
  }

  /// Counts where the input includes what came from the cache, which stands under a name of its own.
  func usage(cached name: String) -> TokenUsage {
    let (input, cached) = (tokens("input_tokens"), tokens(name))
    return TokenUsage(
      input: max(0, input - cached), output: tokens("output_tokens"), cacheRead: min(cached, input))
  }
}
