import PawlCore

/// A reply as far as it has come, and how both formats tell of it.
struct ReplyDraft {
  struct Call {
    /// Which of the calls a piece of a stream belongs to.
    var index: Int
    var id: String
    var name: String
    var arguments: String
  }
  /// What the server counted; nil is what it did not say.
  struct Count {
    var input: Int?
    var output: Int?
    var cacheRead: Int?
    var cacheWrite: Int?
    /// Whether `output` is of the whole reply, not of its start.
    var isFinal = false
  }
  private(set) var text = ""
  private(set) var thinkingBytes = 0
  private(set) var calls: [Call] = []
  var model: String?
  var count = Count()
  /// How the model says that it ended.
  var stop: AgentReply.End?
  /// The server's own sign that nothing follows has come.
  var isComplete = false
  /// The first thing that was no part of the format.
  var malformed: String?
  /// An error that the server sent in place of the rest.
  var failure: ServerWords?
  /// Whether anything came that a model must have run for.
  var hasBegun = false
  private(set) var contentBytes = 0

  static let callLimit = 512

  mutating func add(text piece: String) {
    hasBegun = true
    text += piece
    contentBytes += piece.utf8.count
  }

  /// Keeps a text behind a tool's call, or behind thinking, apart from the one before it.
  mutating func startText() {
    if !text.isEmpty, !text.hasSuffix("\n") { text += "\n\n" }
  }

  mutating func add(thinking piece: String) {
    hasBegun = true
    thinkingBytes += piece.utf8.count
    contentBytes += piece.utf8.count
  }

  mutating func addCall(index: Int, id: String, name: String, arguments: String) {
    hasBegun = true
    guard calls.count < Self.callLimit else {
      malformed = malformed ?? "more than \(Self.callLimit) calls of tools"
      return
    }
    calls.append(Call(index: index, id: id, name: name, arguments: arguments))
    contentBytes += id.utf8.count + name.utf8.count + arguments.utf8.count
  }

  /// Adds to the newest call with that index; false where there is none.
  mutating func extendCall(index: Int, name: String = "", arguments: String) -> Bool {
    guard let place = calls.lastIndex(where: { $0.index == index }) else { return false }
    calls[place].name += name
    calls[place].arguments += arguments
    contentBytes += name.utf8.count + arguments.utf8.count
    return true
  }

  mutating func noteMalformed(_ data: [UInt8]) {
    guard malformed == nil else { return }
    malformed =
      "a piece of the stream is no JSON: `\(oneLine(String(decoding: data.prefix(400), as: UTF8.self), limit: 80))`"
  }

  /// The text without a block of thinking at its start, as models write it where the server does not take it out.
  var answer: String {
    let (open, close) = ("<think>", "</think>")
    let start = text.drop { $0.isWhitespace }
    guard start.hasPrefix(open) else { return text }
    let bytes = Array(start.utf8)
    let end = Array(close.utf8)
    // Without its end all of it was thinking.
    guard bytes.count >= end.count else { return "" }
    for index in 0...bytes.count - end.count
    where bytes[index] == end[0] && bytes[index..<index + end.count].elementsEqual(end) {
      return String(String(decoding: bytes[(index + end.count)...], as: UTF8.self).drop { $0.isWhitespace })
    }
    return ""
  }

  /// Returns the tokens of the reply, from the length of texts where the server did not count them.
  ///
  /// Four bytes are counted as a token: of English and of code it is about that.
  func usage(requestBytes: Int) -> (TokenUsage, isEstimated: Bool) {
    let written =
      text.utf8.count + thinkingBytes + calls.reduce(0) { $0 + $1.name.utf8.count + $1.arguments.utf8.count }
    let estimate = Self.tokens(written)
    var usage = TokenUsage(cacheRead: Self.bounded(count.cacheRead), cacheWrite: Self.bounded(count.cacheWrite))
    usage.input = count.input.map { Self.bounded($0) } ?? max(0, Self.tokens(requestBytes) - usage.cacheRead)
    usage.output = count.isFinal ? Self.bounded(count.output) : max(estimate, Self.bounded(count.output))
    return (usage, count.input == nil || !count.isFinal)
  }

  static func tokens(_ bytes: Int) -> Int { (bytes + 3) / 4 }

  /// What a server counts is not trusted to fit into sums.
  static func bounded(_ count: Int?) -> Int { min(max(count ?? 0, 0), 1_000_000_000) }
}

extension JSONValue {
  /// A number of tokens; nil for what is none.
  subscript(count name: String) -> Int? {
    guard let value = self[name]?.integer, value >= 0 else { return nil }
    return min(value, 1_000_000_000)
  }
}

/// Turns what a server sends into a draft.
protocol ReplyReading {
  var draft: ReplyDraft { get set }
  /// Takes one event of a stream.
  mutating func take(_ event: JSONValue, named name: String)
  /// Takes an answer that is no stream; false where it is none of this format.
  mutating func take(whole value: JSONValue) -> Bool
}

extension ReplyReading {
  mutating func take(_ event: StreamEvent) {
    if event.data.elementsEqual("[DONE]".utf8) {
      draft.isComplete = true
      return
    }
    // To keep a connection open, some send events without anything.
    guard !event.data.isEmpty else { return }
    guard let value = JSONValue(bytes: event.data), value.isObject || value.array != nil else {
      draft.noteMalformed(event.data)
      return
    }
    take(value, named: event.name)
  }
}
