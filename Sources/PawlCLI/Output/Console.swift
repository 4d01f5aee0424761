import CPawlSystem
import Foundation

/// Where a command reads its surroundings and writes what it says; tests give one of their own.
public struct Console: Sendable {
  /// Data: what a pipe should get.
  public var output: @Sendable (String) -> Void
  /// Everything else.
  public var messages: @Sendable (String) -> Void
  public var environment: [String: String]
  public var directory: String
  public var outputIsTerminal: Bool
  public var messagesAreTerminal: Bool
  public var columns: Int

  public init(
    output: @escaping @Sendable (String) -> Void, messages: @escaping @Sendable (String) -> Void,
    environment: [String: String], directory: String, outputIsTerminal: Bool = false,
    messagesAreTerminal: Bool = false, columns: Int = 100
  ) {
    self.output = output
    self.messages = messages
    self.environment = environment
    self.directory = directory
    self.outputIsTerminal = outputIsTerminal
    self.messagesAreTerminal = messagesAreTerminal
    self.columns = columns
  }

  /// The process's own streams.
  public static func standard() -> Self {
    let columns = pawl_terminal_columns(2)
    return Self(
      output: { write($0, to: 1) }, messages: { write($0, to: 2) },
      environment: ProcessInfo.processInfo.environment, directory: FileManager.default.currentDirectoryPath,
      outputIsTerminal: isatty(1) == 1, messagesAreTerminal: isatty(2) == 1,
      columns: columns > 20 ? Int(columns) : 100)
  }

  /// A closed pipe (`pawl log | head`) is no error: what cannot be written is not wanted.
  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }

  var colour: Bool { outputIsTerminal && environment["NO_COLOR", default: ""].isEmpty }
  var messageColour: Bool { messagesAreTerminal && environment["NO_COLOR", default: ""].isEmpty }
}

/// The few colours that are used, and what they mean.
enum Ink: String {
  case good = "32", bad = "31", careful = "33", faint = "2", strong = "1"
  func paint(_ text: String, _ on: Bool) -> String { on ? "\u{1b}[\(rawValue)m\(text)\u{1b}[0m" : text }
}
